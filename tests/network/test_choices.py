"""Plans in files: what was written is put in place again."""

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.network.choices import read_choices
from costmodel.network.read.csv.writer import layer_table, to_csv
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


def test_a_name_that_a_spreadsheet_would_run_is_guarded_and_read_back(tmp_path):
    columns = "name,kind,in_channels,out_channels,kernel,height,width\n"
    path = tmp_path / "net.csv"
    path.write_text(f"{columns}=cmd|'/c',conv,6,10,3,17,14\n@b,conv,10,7,5,17,14\n")
    net = cm.from_csv(str(path))
    for text in (to_csv(net), layer_table(net).to_csv(), net.to_table().to_csv()):
        assert "'=cmd" in text
        assert "'@b" in text
    path.write_text(layer_table(net).to_csv())
    assert [op.name for op in cm.from_csv(str(path)).ops] == [op.name for op in net.ops]
    path.write_text(net.replace("basis", "*cmd*", b=2).to_table().to_csv())
    assert list(read_choices(str(path))) == ["=cmd|'/c'"]
