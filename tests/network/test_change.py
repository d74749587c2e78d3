"""What is put in place of layers, as people type it."""

import pytest

from costmodel.errors import CostModelError
from costmodel.network.change import read_choice, read_replacement


@pytest.mark.parametrize(
    ("text", "where", "choice"),
    [
        ("basis", "", "basis"),
        ("basis,b=7", "", "basis,b=7"),
        ("layer1.*=basis,b=4", "layer1.*", "basis,b=4"),
        ("layer4.*=tucker2,r1=m/4,r2=n/4", "layer4.*", "tucker2,r1=m/4,r2=n/4"),
        ("kernel=3=cp", "kernel=3", "cp"),
        ("layer2.*,kind=linear = channel_svd , r=9", "layer2.*,kind=linear", "channel_svd,r=9"),
        ("kind=linear,head=octave,alpha=1/4", "kind=linear,head", "octave,alpha=1/4"),
    ],
)
def test_a_replacement_is_a_selection_and_a_choice(text, where, choice):
    read = read_replacement(text)
    assert (read[0], str(read[1])) == (where, choice)
    assert read_choice(str(read[1])) == read[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layer1.*=bassis,b=4", "unknown variant 'bassis': did you mean 'basis'"),
        ("bassis", "unknown variant 'bassis': did you mean 'basis'"),
        ("basis,r=4", "unknown hyper-parameter of basis 'r'|unknown hyper-parameter 'r'"),
        ("basis,b=4,b=5", "b is given twice"),
        ("basis,b", "'b'"),
        ("", "unknown variant ''"),
    ],
)
def test_what_is_none_is_one_sentence(text, words):
    with pytest.raises(CostModelError, match=words) as caught:
        read_replacement(text)
    assert "\n" not in str(caught.value)
