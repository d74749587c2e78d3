"""A layer as text: what is written reads back, and what need not be said is left out."""

from dataclasses import fields

import pytest
from hypothesis import given

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import (
    KERNEL,
    LAYER_OPTIONS,
    layer_words,
    read_layer,
    stated,
    write_layer,
)
from costmodel.errors import CostModelError, InputError
from costmodel.typed import read_pair
from tests.core.layers import layers

LEAST = {"m": "12", "n": "20", "size": "17x22"}


@given(layers())
def test_a_layer_reads_back(layer):
    assert read_layer(write_layer(layer)) == layer
    assert read_layer(stated(write_layer(layer))) == layer
    assert read_layer(dict(map(read_pair, layer_words(layer).split()))) == layer


def test_every_field_of_a_layer_can_be_typed():
    assert [option.field for option in LAYER_OPTIONS] == [f.name for f in fields(ConvLayer)]


def test_what_is_not_typed_is_the_default_of_the_library():
    assert read_layer(LEAST) == ConvLayer(KERNEL, 12, 20, (17, 22))


def test_what_need_not_be_said_is_left_out():
    layer = ConvLayer((3, 5), 12, 20, (17, 22), stride=2, padding=(1, 0), bias=True)
    assert layer_words(layer) == "k=3x5 m=12 n=20 size=17x22 stride=2 padding=1x0 bias=yes"
    assert layer_words(ConvLayer(3, 4, 4, (9,))) == "k=3 m=4 n=4 size=9 dims=1"


def test_one_number_is_a_square():
    assert read_layer({**LEAST, "size": "9"}).size == (9, 9)
    assert read_layer({**LEAST, "size": "9", "dims": "3"}).size == (9, 9, 9)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({"m": "12", "n": "20"}, "size= is missing; a layer needs m, n and size, and may set k …"),
        ({**LEAST, "strid": "2"}, "unknown layer option 'strid': did you mean 'stride'"),
        ({**LEAST, "stride": "2y"}, "stride='2y'; allowed are integers such as 3 or 56x56"),
        ({**LEAST, "bias": "1"}, "bias='1'; allowed are yes and no"),
        ({**LEAST, "dims": "two"}, "dims='two'; allowed are integers of up to 18 digits"),
        ({**LEAST, "dims": "3"}, "size has 2 axes; allowed with 3 dims is as many"),
    ],
)
def test_what_describes_no_layer_is_one_sentence(texts, sentence):
    with pytest.raises(CostModelError) as refused:
        read_layer(texts)
    assert str(refused.value).startswith(sentence)
    if "dims" not in texts or texts["dims"] != "3":
        assert isinstance(refused.value, InputError)
