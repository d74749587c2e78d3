"""What can vary: the sizes of a layer, and the hyper-parameters of the variants on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from costmodel.core import expression
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.full_rank import full_ranks
from costmodel.core.hyper import Hyper, route
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, is_exact
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.solving.solve import break_even_on_layer

_REMEMBERED = 2_000  # variants on layers
#: Fields of a layer that can vary, with their label and the fields that get the value.
LAYER_AXES: dict[str, tuple[str, tuple[str, ...]]] = {
    "in_channels": ("input channels", ("in_channels",)),
    "out_channels": ("output channels", ("out_channels",)),
    "channels": ("input and output channels", ("in_channels", "out_channels")),
    "size": ("input height and width", ("size",)),
    "kernel": ("kernel side", ("kernel",)),
    "stride": ("stride", ("stride",)),
    "dilation": ("dilation", ("dilation",)),
    "batch": ("batch", ("batch",)),
}


@dataclass(frozen=True)
class Axis:
    """Something that can vary.

    key: a key of `LAYER_AXES`, or "variant.letter". label: for people. low, high: the range that
    makes sense on the layer (larger values may be allowed too). current: its value there.
    """

    key: str
    label: str
    low: int
    high: int
    current: int

    @property
    def variant(self) -> str:
        """The id of the only variant that it changes, "" for an axis of the layer."""
        return self.key.partition(".")[0] if "." in self.key else ""

    @property
    def letter(self) -> str:
        """The letter of the hyper-parameter, "" for an axis of the layer."""
        return self.key.partition(".")[2]

    @property
    def short(self) -> str:
        """The letter, or the label where there is none."""
        return self.letter or self.label


def axes(
    layer: ConvLayer, variants: Sequence[Variant], hyper: Mapping[str, Number] | None = None
) -> list[Axis]:
    """What can vary on a layer: its own sizes first, then the hyper-parameters of the variants.

    `hyper` holds current values ("basis.b" or "b"); real-valued hyper-parameters are left out.
    """
    found = [
        Axis(key, label, 1, _layer_limit(layer, key), _current(layer, fields))
        for key, (label, fields) in LAYER_AXES.items()
    ]
    values = route(variants, hyper or {})
    for variant in variants:
        found += hyper_axes(layer, variant, values[variant.id])
    return found


def hyper_axes(
    layer: ConvLayer, variant: Variant, hyper: Mapping[str, Number] | None = None
) -> list[Axis]:
    """The integer hyper-parameters of one variant as axes; none where it does not fit the layer."""
    return [*_hyper_axes(layer, variant, tuple((hyper or {}).items()))]


@lru_cache(maxsize=_REMEMBERED)
def _hyper_axes(
    layer: ConvLayer, variant: Variant, hyper: tuple[tuple[str, Number], ...]
) -> tuple[Axis, ...]:
    """`hyper_axes`, remembered: a page asks several times a redraw, and break-evens are solved."""
    try:
        bound = bind(variant, layer, dict(hyper))
    except CostModelError:
        return ()
    full = full_ranks(bound)
    return tuple(
        Axis(
            f"{variant.id}.{letter}",
            f"{letter}: {variant.hyper[letter].meaning}",
            low,
            _rank_limit(bound, letter, full[letter]) if letter in full else high,
            bound.hyper[letter],
        )
        for letter, (low, high) in hyper_ranges(bound).items()
    )


def hyper_ranges(bound: BoundVariant) -> dict[str, tuple[int, int]]:
    """From where to where each integer hyper-parameter makes sense, a rank up to its full rank."""
    full = full_ranks(bound)
    return {
        letter: (
            declared.low,
            max(min(full[letter], declared.high or full[letter]), declared.low)
            if letter in full
            else _hyper_limit(declared, bound.env),
        )
        for letter, declared in bound.variant.hyper.items()
        if not declared.real
    }


def placed(
    layer: ConvLayer,
    values: Mapping[str, Number],
    hyper: Mapping[str, Number],
    variant: Variant,
) -> tuple[ConvLayer, dict[str, Number]]:
    """A layer and a variant's hyper-parameters with some axes, by key, at other values."""
    fields: dict[str, Number] = {}
    letters = dict(hyper)
    for key, value in values.items():
        owner, dot, letter = key.partition(".")
        if not dot:
            for field in LAYER_AXES[key][1]:
                fields[field] = (value,) * layer.dims if field == "size" else value
        elif owner == variant.id:
            letters[letter] = value
    return layer.replace(**fields) if fields else layer, letters


def spaced(low: int, high: int, most: int) -> tuple[int, ...]:
    """At most `most` different integers from `low` to `high`, both included, evenly spread."""
    if high - low < most:
        return tuple(range(low, high + 1))
    step = high - low
    return tuple(dict.fromkeys(low + step * i // (most - 1) for i in range(most)))


def rounded(low: int, high: int, most: int) -> tuple[int, ...]:
    """At most `most` (and a few) integers at multiples of a power of two, ends included.

    Channels are even in practice: evenly spread odd and even values in turn would show what
    rounding does, and not how a cost grows.
    """
    step = 1
    while (high - low) // step >= most:
        step *= 2
    inner = range(low + (-low) % step, high + 1, step)
    return tuple(sorted({low, high, *inner})) if step == 1 else tuple(inner) or (low, high)


def _current(layer: ConvLayer, fields: Sequence[str]) -> int:
    value = getattr(layer, fields[-1])
    return int(value[-1] if isinstance(value, tuple) else value)


def _layer_limit(layer: ConvLayer, key: str) -> int:
    """A range in which one sees something: twice the present value, and no less than is common."""
    current = _current(layer, LAYER_AXES[key][1])
    common = {"kernel": 11, "stride": 4, "dilation": 6, "batch": 64, "size": 64}.get(key, 256)
    return max(2 * current, common)


def _rank_limit(bound: BoundVariant, letter: str, full: int) -> int:
    """Full rank, or just beyond the last value that saves multiplies or parameters if that is more.

    Within what is allowed.
    """
    declared = bound.variant.hyper[letter]
    others = {name: value for name, value in bound.hyper.items() if name != letter}
    limit = full
    for metric in METRICS.values():
        if metric.shown:
            with suppress(CostModelError):  # a metric that the letter does not change
                found = break_even_on_layer(
                    bound.variant, letter, bound.layer, metric.key, hyper=others
                )
                limit = max(limit, (found.largest or 0) + 1)
    if declared.high is not None:
        limit = min(limit, declared.high)
    return max(limit, declared.low + 1)


def _hyper_limit(declared: Hyper, env: Mapping[str, Number]) -> int:
    """Where a slider should end: `upto` on this layer, within what is allowed."""
    limit = expression.parse(declared.upto or "n").evaluate(env)
    limit = int(limit) if is_exact(limit) else declared.low
    if declared.high is not None:
        limit = min(limit, declared.high)
    return max(limit, declared.low + 1)
