"""Plans in files: what was written is put in place again."""

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.network.choices import read_choices
from costmodel.network.replace import put_each

NET = cm.load("alexnet")


def test_a_replaced_network_is_read_back(tmp_path):
    after = NET.replace("basis", "conv2", b=3).replace("tucker2", "conv[34]", r1=48, r2="n/8")
    path = tmp_path / "plan.csv"
    path.write_text(after.to_table("weight_bytes").to_csv())
    again = put_each(NET, read_choices(str(path)))
    assert again.ops == after.ops
    assert {name: str(choice) for name, choice in read_choices(str(path)).items()} == {
        "conv2": "basis,b=3",
        "conv3": "tucker2,r1=48,r2=48",
        "conv4": "tucker2,r1=48,r2=24",  # of two groups
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layer,variant\nconv1,basis\n", "no column hyper; allowed is a table with the columns"),
        ("", "no column layer or variant or hyper"),
        ("layer,variant,hyper\na,basis,\na,cp,\n", "layer 'a' stands twice"),
        ("layer,variant,hyper\na,bases,\n", "layer a: unknown variant 'bases'"),
        ("layer,variant,hyper\na,basis,r=4\n", "layer a: unknown hyper-parameter 'r'"),
        ("layer,variant,hyper\na,basis,b\n", "layer a: 'b'; allowed is NAME=VALUE"),
    ],
)
def test_what_is_no_plan_is_one_sentence(text, words, tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(text)
    with pytest.raises(CostModelError, match=words) as caught:
        read_choices(str(path))
    assert "\n" not in str(caught.value)


def test_an_unknown_layer_is_named(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text("layer,variant,hyper\nconv9,basis,b=4\n")
    with pytest.raises(CostModelError, match="unknown operation 'conv9'"):
        put_each(NET, read_choices(str(path)))
