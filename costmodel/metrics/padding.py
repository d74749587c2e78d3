"""Multiplies without the products that have a padding zero in them.

Along one axis with P window positions and k taps there are P·k products, of which those before the
first and behind the last element fall on padding. Both are the lattice points below a line, so the
count is exact for any stride, dilation and padding: an odd window with "same" padding p at stride 1
has k·H − p·(p + 1) products left. The axes are independent, so the window's are the product.
"""

from __future__ import annotations

import functools
from typing import Any

from costmodel.core.numbers import Number, is_exact, is_symbolic, product
from costmodel.core.stage import BoundStage, Geometry
from costmodel.core.stage_line import WINDOWS
from costmodel.metrics.fractions import share
from costmodel.metrics.lattice import points_below
from costmodel.metrics.metric import declare
from costmodel.metrics.settings import Settings


def taps_inside(axis: Geometry) -> Number:
    """Products along one axis, Σ over positions of the taps that land on an element.

    Of a transposed axis: the products that are not cut off the result.
    """
    positions, reached = (axis.size, axis.out) if axis.transposed else (axis.out, axis.size)
    return inside(positions, axis.kernel, axis.stride, axis.dilation, axis.pads[0], reached)


def inside(
    positions: Number, taps: Number, stride: Number, dilation: Number, pad: Number, size: Number
) -> Number:
    """How many of the places position·stride + tap·dilation − pad are from 0 to size − 1.

    Of symbols it is an unevaluated `taps_inside(…)`, which becomes a number once they do, unless
    both edges of the window are numbers.
    """
    values = (positions, taps, stride, dilation, pad, size)
    if not any(map(is_symbolic, values)):
        return positions * taps - _outside(*values)
    if all(is_exact(off) or off.is_number for off in (pad, _behind(*values))):
        off = _outside(*values)
        if off is not None:
            return positions * taps - off
    return _symbolic()(*values)


def _behind(
    positions: Number, taps: Number, stride: Number, dilation: Number, pad: Number, size: Number
) -> Number:
    """How far the last tap of the last position reaches behind the last element."""
    return (positions - 1) * stride + (taps - 1) * dilation - pad - size + 1


def _outside(*values: Number) -> Number | None:
    """Products on padding; None where symbols have no closed form."""
    positions, taps, stride, dilation, pad, _ = values
    steps, counts = (stride, dilation), (positions, taps)
    before = points_below(pad, steps, counts)
    behind = points_below(_behind(*values), steps, counts)
    return None if before is None or behind is None else before + behind


@functools.cache
def _symbolic() -> Any:
    import sympy

    # the class has the name under which it is printed
    class taps_inside(sympy.Function):
        is_integer = True
        is_nonnegative = True

        @classmethod
        def eval(cls, *values: Any) -> Any:
            if all(value.is_Integer for value in values):
                return sympy.Integer(inside(*map(int, values)))
            return None

        def doit(self, **hints: Any) -> Any:
            """The closed form with minima and maxima, where there is one."""
            values = [int(value) if value.is_Integer else value for value in self.args]
            off = _outside(*values)
            return self if off is None else values[0] * values[1] - off

    return taps_inside


def macs_without_padding(stage: BoundStage, settings: Settings) -> Number:
    """The multiplies of a stage whose input is an element, not a zero that it pads itself."""
    if stage.given_macs is not None:
        return stage.macs
    line = stage.line
    channels = product(stage.sizes[name] for name in line.summed if name not in WINDOWS)
    inside = product(map(taps_inside, stage.geometry))
    count = stage.out_channels * channels * inside * stage.batch
    for axis in line.contracted:
        if axis.pattern:
            taps = product(stage.sizes[name] for name in axis.names)
            count = share(count * stage.weight_axis_size(axis), taps)
    return count


declare(
    key="macs_without_padding",
    label="MACs without padding",
    unit="MAC",
    convention="multiply–accumulates of one forward pass without products with the zeros that "
    "a stage pads; of a pattern of taps the mean over all patterns, and an algorithm with a "
    "count of its own keeps it",
    rule=macs_without_padding,
    whole=False,
)
