"""ConvLayer: normalisation, PyTorch's output sizes, and errors that name the value."""

import numpy as np
import pytest
import sympy

from costmodel import ConvLayer
from costmodel.errors import LayerError

LAYER = ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22), stride=(2, 1))


def test_one_value_stands_for_every_axis():
    layer = ConvLayer(3, 4, 6, (7, 8, 9), stride=2)
    assert (layer.kernel, layer.stride, layer.dilation) == ((3, 3, 3), (2, 2, 2), (1, 1, 1))
    assert layer.dims == 3
    assert ConvLayer(3, 4, 6, 11).size == (11, 11)


def test_same_padding_is_ceil_of_size_over_stride():
    assert LAYER.out_size == (9, 22)
    assert ConvLayer(4, 2, 3, (10,), stride=3).out_size == (4,)
    assert ConvLayer(4, 2, 3, (10,)).pads == ((1, 2),)  # PyTorch pads the odd one at the end


def test_transposed_sizes():
    layer = ConvLayer(3, 4, 6, (5, 7), stride=(2, 3), transposed=True)
    assert layer.out_size == (10, 21)
    exact = layer.replace(padding=1, output_padding=(1, 0))
    assert exact.out_size == ((5 - 1) * 2 - 2 + 3 + 1, (7 - 1) * 3 - 2 + 3)


def test_numpy_ints_become_exact_ints():
    layer = ConvLayer(np.int64(3), np.int32(4), 6, (np.int64(7), 8))
    assert type(layer.in_channels) is int
    assert type(layer.size[0]) is int


def test_arrays_and_symbols_pass_through():
    sizes = np.array([7, 8, 9])
    assert (ConvLayer(3, 4, 6, (sizes, 5), stride=2).out_size[0] == [4, 4, 5]).all()
    h, s = sympy.symbols("h s", integer=True, positive=True)
    out = ConvLayer(3, 4, 6, (h, 5), stride=s).out_size[0]
    assert [out.subs({h: n, s: 2}) for n in (7, 8, 9)] == [4, 4, 5]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kernel": 0}, "kernel is 0; allowed are integers from 1 up"),
        ({"in_channels": -3}, "in_channels is -3; allowed are integers from 1 up"),
        ({"size": (0, 4)}, "size is 0"),
        ({"size": (2, 3, 4, 5)}, "size has 4 axes; allowed are 1, 2 or 3"),
        ({"stride": (1, 2, 3)}, "stride has 3 values; allowed is one"),
        ({"stride": 1.5}, "stride is 1.5; allowed are integers"),
        ({"batch": True}, "batch is True; allowed are integers"),
        ({"padding": "full"}, "padding is 'full'; allowed are 'same', 'valid'"),
        ({"padding": -1}, "padding is -1; allowed are integers from 0 up"),
        ({"groups": 5}, "in_channels 12 is not divisible by groups 5"),
        ({"groups": 3}, "out_channels 20 is not divisible by groups 3"),
        ({"kernel": 30, "padding": 2}, "reaches over 30 positions, but the padded input"),
        ({"dilation": 9, "padding": 0}, "dilation 9 reaches over 19 positions"),
        ({"bias": 1}, "bias is 1; allowed are True and False"),
        ({"output_padding": 1}, "allowed is 0 except for transposed layers"),
        (
            {"output_padding": 2, "transposed": True, "padding": 0},
            "output_padding is 2; allowed are values below",
        ),
        ({"kernal": 3}, "unknown layer field 'kernal': did you mean 'kernel'?"),
        ({"in_channels": np.array([4, 0])}, "in_channels holds values"),
    ],
)
def test_errors_are_one_sentence_with_the_value(changes, words):
    with pytest.raises(LayerError) as caught:
        LAYER.replace(**changes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_of_a_layer_names_what_is_not_default():
    text = str(LAYER.replace(groups=4, batch=3, dilation=(1, 2)))
    assert text == (
        "3×5 convolution, 12 → 20 channels, input 17×22, output 9×22, stride 2×1, dilation 1×2, "
        "groups 4, batch 3"
    )


def test_replacing_the_size_by_one_of_another_dimension():
    box = ConvLayer(3, 12, 20, (17, 22), dilation=2).replace(size=(9, 17, 22))
    assert (box.kernel, box.dilation) == ((3, 3, 3), (2, 2, 2))


def test_a_layer_is_a_frozen_value():
    assert LAYER.replace() == LAYER
    assert hash(LAYER) == hash(LAYER.replace())
    with pytest.raises(AttributeError):
        LAYER.batch = 2


def test_arrays_are_checked_in_every_cell():
    with pytest.raises(LayerError, match="at least one output position"):
        LAYER.replace(kernel=(np.array([3, 30]), 5), padding=2)
    with pytest.raises(LayerError, match="not divisible by groups"):
        LAYER.replace(in_channels=np.array([12, 14]), groups=4)


def test_a_transposed_layer_whose_padding_leaves_nothing_is_refused_in_its_own_words():
    with pytest.raises(LayerError) as caught:
        ConvLayer(1, 4, 6, (4, 9), padding=(2, 0), transposed=True)
    assert str(caught.value) == (
        "padding 2 cuts 4 positions off axis 0, of which a transposed convolution makes 4; allowed "
        "is at least one output position"
    )


def test_output_padding_of_arrays_is_checked():
    import numpy as np

    layer = ConvLayer(3, 4, 6, (7, 9), stride=2, padding=0, transposed=True)
    with pytest.raises(LayerError, match="output_padding"):
        layer.replace(output_padding=np.array([1, 2]))
    with pytest.raises(LayerError, match="output_padding"):
        ConvLayer(3, 4, 6, (7, 9), output_padding=np.array([0, 1]))
    assert layer.replace(output_padding=np.array([1, 0])).out_size[0].tolist() == [16, 15]
