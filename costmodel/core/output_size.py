"""PyTorch's output-size rules along one axis: convolutions, transposed ones, pooling.

Plain arithmetic on whatever sizes come in: ints, arrays, symbols, polynomials.
"""

from __future__ import annotations

from costmodel.core.numbers import Number, ceil_div, equal, smallest


def same_padding(kernel: Number, dilation: Number) -> tuple[Number, Number]:
    """PyTorch's "same": `dilation·(kernel − 1)` zeros, the odd one after the input."""
    total = dilation * (kernel - 1)
    return total // 2, total - total // 2


def strided_size(size: Number, stride: Number) -> Number:
    """Positions that remain of `size` where every `stride`-th is taken: ⌈size / stride⌉."""
    return size if equal(stride, 1) else ceil_div(size, stride)


def conv_size(
    size: Number, kernel: Number, stride: Number, pads: tuple[Number, Number], dilation: Number
) -> Number:
    """Outputs along one axis: ⌊(size + pads − dilation·(kernel − 1) − 1) / stride⌋ + 1."""
    return (size + pads[0] + pads[1] - dilation * (kernel - 1) - 1) // stride + 1


def transposed_size(
    size: Number,
    kernel: Number,
    stride: Number,
    pads: tuple[Number, Number],
    dilation: Number,
    extra: Number = 0,
) -> Number:
    """Outputs of a transposed convolution, of which `pads` are cut off and `extra` added behind."""
    return (size - 1) * stride - pads[0] - pads[1] + dilation * (kernel - 1) + 1 + extra


def pool_size(
    size: Number, kernel: int, stride: int, pad: int, dilation: int = 1, ceil_mode: bool = False
) -> Number:
    """Outputs of a pooling window.

    `ceil_mode` keeps a last window that lies only partly inside, but none that begins behind the
    input.
    """
    out = conv_size(size, kernel, stride, (pad, pad + (stride - 1 if ceil_mode else 0)), dilation)
    if not ceil_mode or dilation * (kernel - 1) + 1 >= stride + pad:
        return out  # so long a window that none begins behind the input
    return smallest(out, strided_size(size + pad, stride))
