"""A layer as text: what is written reads back, and every face spells it from one table."""

from dataclasses import fields

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from costmodel.cli.main import command_parser
from costmodel.cli.options import layer_of
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import (
    KERNEL,
    LAYER_NAMES,
    LAYER_OPTIONS,
    layer_words,
    read_layer,
    stated,
    write_layer,
)
from costmodel.documents.request import split
from costmodel.documents.spelling import compare_command, compare_directive
from costmodel.errors import CostModelError, InputError, LayerError
from costmodel.typed import read_pair

LEAST = {"m": "12", "n": "20", "size": "17x22"}


@st.composite
def layers(draw):
    """A layer with one to three axes and any value in every field."""
    dims = draw(st.integers(1, 3))

    def each(low, high):
        axes = st.tuples(*[st.integers(low, high)] * dims)
        return draw(st.one_of(st.integers(low, high), axes))

    groups = draw(st.integers(1, 3))
    transposed = draw(st.booleans())
    zeros = each(0, 2)
    padding = draw(st.sampled_from(("same", "valid", zeros)))
    try:
        return ConvLayer(
            kernel=each(1, 4),
            in_channels=groups * draw(st.integers(1, 9)),
            out_channels=groups * draw(st.integers(1, 9)),
            size=draw(st.tuples(*[st.integers(1, 30)] * dims)),
            stride=each(1, 3),
            padding=padding,
            dilation=each(1, 3),
            groups=groups,
            batch=draw(st.integers(1, 3)),
            bias=draw(st.booleans()),
            transposed=transposed,
            output_padding=each(0, 2) if transposed and padding != "same" else 0,
        )
    except LayerError:
        assume(False)


@given(layers())
def test_a_layer_reads_back(layer):
    assert read_layer(write_layer(layer)) == layer
    assert read_layer(stated(write_layer(layer))) == layer
    assert read_layer(dict(map(read_pair, layer_words(layer).split()))) == layer


@given(layers())
def test_commands_and_directives_spell_the_same_layer(layer):
    texts = write_layer(layer)
    command = compare_command(texts, ["basis"], ["macs"], {"basis.b": 4}).split()
    assert layer_of(command_parser("compare").parse_args(command[4:])) == layer
    words, options = split(compare_directive(texts, ["basis"], ["macs"], {"basis.b": 4}))
    assert words == ["compare"]
    assert options.pop("basis.b") == "4"
    assert read_layer({k: v for k, v in options.items() if k in LAYER_NAMES}) == layer


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
