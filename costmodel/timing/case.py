"""Case: what is timed once, a variant on a layer, and its text in the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.hyper import route
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.readable import shape_text
from costmodel.core.variant import VARIANTS
from costmodel.errors import InputError, VariantError
from costmodel.network.network import Network
from costmodel.timing.convolution import Convolution, convolutions

_DEFAULTS = {f.name: f.default for f in fields(ConvLayer)}


@dataclass(frozen=True)
class Case:
    """A variant on a layer with its hyper-parameters.

    hyper: (letter, value) pairs of those that were given; the others have their defaults.
    """

    layer: ConvLayer
    variant: str = VARIANTS.baseline.id
    hyper: tuple[tuple[str, Number], ...] = ()

    @property
    def key(self) -> str:
        """The case as text: equal for equal cases, and read back by `from_key`."""
        hyper = json.dumps({"hyper": dict(self.hyper)}, sort_keys=True, default=str)
        return hyper[:-1] + self.ending

    @property
    def ending(self) -> str:
        """The end of the key, which cases share that differ in their settings alone."""
        said = {f.name: getattr(self.layer, f.name) for f in fields(ConvLayer)}
        geometry = {name: value for name, value in said.items() if value != _DEFAULTS[name]}
        parts = {"layer": geometry, "variant": self.variant}
        return ", " + json.dumps(parts, sort_keys=True)[1:]

    @classmethod
    def from_key(cls, key: str) -> Case:
        """The case that a text stands for."""
        try:
            parts = json.loads(key)
            layer = ConvLayer(**{n: _tuples(v) for n, v in parts["layer"].items()})
            return cls(
                layer, parts["variant"], tuple((n, _number(v)) for n, v in parts["hyper"].items())
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{key!r} is no timed case; allowed are those of `Case.key`"
            ) from error

    @property
    def bound(self) -> BoundVariant:
        """The variant with every size known."""
        return bind(VARIANTS[self.variant], self.layer, dict(self.hyper))

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        """What runs, one entry per convolution."""
        return convolutions(self.bound)

    @property
    def complete(self) -> Case:
        """The same case with every hyper-parameter said, those by default too."""
        return replace(self, hyper=tuple(sorted(dict(self.bound.hyper).items())))

    def __str__(self) -> str:
        layer = self.layer
        size, window = shape_text(layer.size), shape_text(layer.kernel)
        return f"{self.variant} {window}, {layer.in_channels} → {layer.out_channels} at {size}"


def cases_of(
    layer: ConvLayer, variants: Iterable[str] | None, hyper: Mapping[str, Any]
) -> list[Case]:
    """Variants on a layer as cases.

    Args:
        variants: ids; None is every one that fits and that a module runs.
        hyper: values by letter or by `variant.letter`.

    Raises:
        VariantError: a named variant that does not fit, or that no module runs.
    """
    chosen = [VARIANTS[id] for id in variants or VARIANTS]
    values = route(chosen, dict(hyper))
    found = []
    for variant in chosen:
        if variant.algorithm_of:
            if variants:
                raise VariantError(
                    f"{variant.id} is an algorithm of {variant.algorithm_of}, which no module "
                    f"runs; allowed is {variant.algorithm_of}"
                )
            continue
        case = Case(layer, variant.id, tuple(sorted(values[variant.id].items())))
        try:
            case = case.complete  # raises where the variant does not fit
        except VariantError:
            if variants:
                raise
        else:
            found.append(case)
    return found


def network_cases(network: Network) -> list[Case]:
    """The layers of a network as cases, each once."""
    return [Case(layer) for layer in dict.fromkeys(op.layer for op in network.ops) if layer]


def _number(value: Any) -> Any:
    """A fraction is kept as its text, which JSON has no number for."""
    return Fraction(value) if isinstance(value, str) else value


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
