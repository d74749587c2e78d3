"""What the reader of a report can move: the sizes of a layer, and the letters of a variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from costmodel.core.bind import bind
from costmodel.core.hyper import Hyper
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.formulas.letters import AXES, IN_GRID
from costmodel.sweeping.axes import LAYER_AXES, axes, hyper_axes

#: The largest size that may be typed beside a slider, which itself ends earlier.
TYPED = 1 << 16
#: Into how many parts a real letter's slider divides one at least.
_PARTS = 100
_SIDES = {"h": "rows", "w": "columns", "d": "depth"}
_LETTERS = {
    "kernel": "k",
    "in_channels": "m",
    "out_channels": "n",
    "stride": "s",
    "dilation": "delta",
    "groups": "G",
    "batch": "N",
}
#: Fields of a layer that only have a slider where the layer says something of them.
_SELDOM = ("dilation", "groups", "batch")


@dataclass(frozen=True)
class Slider:
    """One integer that can be moved.

    name: its letter. label: for people. low, high: the ends of the slider. value: where it stands.
    field, axes: of the layer, and which of its axes (all of them for a number); "" for a letter of
    a variant. most: the largest value that may be typed. parts: of a real letter, into how many
    parts one is divided: it is so many of them, an exact fraction; 0 for an integer.
    """

    name: str
    label: str
    low: int
    high: int
    value: int
    field: str = ""
    axes: tuple[int, ...] = ()
    most: int = TYPED
    parts: int = 0


def most_of(letter: Hyper) -> int:
    """The largest value of a hyper-parameter that may be typed."""
    return TYPED if letter.high is None else letter.high


def sliders(layer: ConvLayer) -> tuple[Slider, ...]:
    """Those of a layer: window, channels, input, stride; others where they are not 1.

    Axes with one value between them have one slider; each axis of the input has its own.
    """
    ends = {axis.key: axis.high for axis in axes(layer, ())}
    sides = AXES[layer.dims]
    found = []
    for field in ("kernel", "in_channels", "out_channels", "size", "stride", *_SELDOM):
        value = getattr(layer, field)
        values = value if isinstance(value, tuple) else (value,)
        if field in _SELDOM and set(values) == {1}:
            continue
        label = LAYER_AXES[field][0] if field in LAYER_AXES else field
        whole = tuple(range(len(values)))
        names: list[tuple[str, str, tuple[int, ...]]]
        if field == "size":
            names = [
                (name, f"input {_SIDES[side]}", (axis,))
                for axis, (name, side) in enumerate(zip(IN_GRID[layer.dims], sides, strict=True))
            ]
        elif len(set(values)) == 1:
            names = [(_LETTERS[field], label, whole)]
        else:
            names = [
                (f"{_LETTERS[field]}_{side}", f"{label}, {_SIDES[side]}", (axis,))
                for axis, side in enumerate(sides)
            ]
        for name, words, places in names:
            at = values[places[0]]
            high = max(ends.get(field, 0), 2 * at)
            found.append(Slider(name, words, 1, high, at, field, places))
    return tuple(found)


def moved(layer: ConvLayer, own: Sequence[Slider], values: Mapping[str, Number]) -> ConvLayer:
    """The layer with its sliders at these values, by name."""
    fields: dict[str, Any] = {}
    for slider in own:
        present = fields.get(slider.field, getattr(layer, slider.field))
        if isinstance(present, tuple):
            fields[slider.field] = tuple(
                values[slider.name] if axis in slider.axes else value
                for axis, value in enumerate(present)
            )
        else:
            fields[slider.field] = values[slider.name]
    return layer.replace(**fields)


def hyper_sliders(
    layer: ConvLayer, variant: Variant, hyper: Mapping[str, Number]
) -> tuple[Slider, ...]:
    """Those of a variant's hyper-parameters; none where it does not fit the layer."""
    integers = tuple(
        Slider(
            axis.letter,
            axis.label.partition(": ")[2],
            axis.low,
            axis.high,
            axis.current,
            most=most_of(variant.hyper[axis.letter]),
        )
        for axis in hyper_axes(layer, variant, hyper)
    )
    return (*integers, *_real_sliders(layer, variant, hyper))


def _real_sliders(
    layer: ConvLayer, variant: Variant, hyper: Mapping[str, Number]
) -> Iterator[Slider]:
    """Those of the real letters that have two ends, in parts of one that their values are whole in.

    None where the variant does not fit the layer.
    """
    bounded = [(name, own, own.high) for name, own in variant.hyper.items() if own.real]
    if not bounded:
        return
    try:
        values = bind(variant, layer, dict(hyper)).hyper
    except CostModelError:
        return
    for name, own, high in bounded:
        if high is None:
            continue
        value = Fraction(values[name])
        parts = value.denominator * -(-_PARTS // value.denominator)
        label = f"{own.meaning}, in parts of {parts}"
        low, most = own.low * parts, high * parts
        yield Slider(name, label, low, most, int(value * parts), most=most, parts=parts)
