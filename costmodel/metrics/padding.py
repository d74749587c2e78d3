"""Multiplies without the products that have a padding zero in them.

Along one axis with P window positions and k taps there are P·k products, of which those before the
first and behind the last element fall on padding. Both are the lattice points below a line, so the
count is exact for any stride, dilation and padding: an odd window with "same" padding p at stride 1
has k·H − p·(p + 1) products left. The axes are independent, so the window's are the product.
"""

from __future__ import annotations

from costmodel.core.grid import Geometry
from costmodel.core.numbers import (
    Number,
    ceil_div,
    equal,
    is_exact,
    is_symbolic,
    largest,
    plain,
    product,
    same,
    share,
    smallest,
    unevaluated,
)
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOWS
from costmodel.core.taps import zeros_before
from costmodel.metrics.lattice import points_below
from costmodel.metrics.metric import declare
from costmodel.metrics.settings import Settings

_MAX_TAPS = 16  # of a window that are summed one by one


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
    values = tuple(map(plain, (positions, taps, stride, dilation, pad, size)))
    edges = map(plain, (pad, _behind(*values)))
    if not any(map(is_symbolic, values)) or all(map(is_exact, edges)):
        count = _closed(*values)
        if count is not None:
            return count
    return unevaluated("taps_inside", inside, *values, closed=_opened)


def _behind(
    positions: Number, taps: Number, stride: Number, dilation: Number, pad: Number, size: Number
) -> Number:
    """How far the last tap of the last position reaches behind the last element."""
    # equal grids first: of polynomials, whose floors take up a constant, only those cancel
    return positions * stride - size + (taps - 1) * dilation - pad - stride + 1


def _closed(*values: Number) -> Number | None:
    """All products without those on padding; None where symbols have no closed form."""
    positions, taps, stride, dilation, pad, _ = values
    steps, counts = (stride, dilation), (positions, taps)
    before = points_below(pad, steps, counts)
    behind = points_below(_behind(*values), steps, counts)
    return None if before is None or behind is None else positions * taps - before - behind


def _opened(*values: Number) -> Number | None:
    """`_closed`, or of a window of few taps the sum of what each of them reads."""
    count = _closed(*values)
    positions, taps, stride, dilation, pad, size = values
    if count is not None or not is_exact(taps) or taps > _MAX_TAPS:
        return count

    def first(place: Number) -> Number:
        """The first position from which a tap is at this place or behind it."""
        return smallest(positions, largest(0, ceil_div(place, stride)))

    places = (pad - tap * dilation for tap in range(taps))
    return sum(first(place + size) - first(place) for place in places)


def macs_without_padding(stage: BoundStage, settings: Settings) -> Number:
    """The multiplies of a stage whose input is an element, not a zero that it pads itself."""
    if stage.given_macs is not None:
        return stage.macs
    line = stage.line
    channels = product(stage.sizes[name] for name in line.summed if name not in WINDOWS)
    inside = product(map(taps_inside, stage.geometry))
    count = stage.out_channels * channels * inside * stage.batch
    for window in line.inputs:
        if window.zeros:
            total, positions, taps = (stage.sizes[n] for n in (window.key, *window.names))
            count = share(count * _channels_inside(total, positions, taps), positions * taps)
    for axis in line.contracted:
        if axis.pattern:
            taps = product(stage.sizes[name] for name in axis.names)
            count = share(count * stage.weight_axis_size(axis), taps)
    return count


def _channels_inside(total: Number, positions: Number, taps: Number) -> Number:
    """Products of a window over channels with zeros outside that read a channel."""
    before = zeros_before(total, positions, taps)
    if equal(same(total, positions), 1):
        return inside(positions, taps, 1, 1, before, total)
    # ⌊e·total/positions⌋ + c − before is a channel where this times `positions` is one of them
    return inside(positions, taps, total, positions, before * positions, total * positions)


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
