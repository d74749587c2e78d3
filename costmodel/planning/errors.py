"""The error of each option, where trained weights are at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.errors import InputError, VariantError
from costmodel.factors.errors import RankErrors, errors
from costmodel.factors.factorize import factorize
from costmodel.factors.inputs import output_error
from costmodel.factors.read.stored import StoredLayer, Weights
from costmodel.network.change import Choice
from costmodel.network.operation import NetOp
from costmodel.planning.measures import Rated

#: Second moments of what layers see, by their names; None where nothing is known of it.
Seen = Mapping[str, list[Any]] | None


def squared_errors(weights: Weights, each: bool, seen: Seen = None) -> Rated:
    """What rates options by the squared relative error of the layer's kernel, or of its outputs.

    An option whose variant has no factors is none.

    Args:
        weights: of the network's layers, by their names.
        each: also variants whose values take a decomposition each, which may take long.
        seen: second moments of the layers' inputs by their names; then an error is that of the
            layer's outputs on them, of the factors that come nearest to the kernel, which takes a
            decomposition for every option. Layers without are not replaced.
    """
    stored = {name: layer for layer in weights.layers for name in (layer.name, *layer.also)}

    def rate(ops: Sequence[NetOp], choices: Sequence[Choice | None]) -> list[float | None]:
        op = ops[0]
        name = op.name.partition("#")[0]
        if name not in stored:
            raise InputError(
                f"{weights.name} has no weights of layer {name!r}; allowed are those of the "
                "network that is planned, or where= without this layer"
            )
        assert op.layer is not None  # decisions are about layers
        if seen is not None and name not in seen:
            return [0.0 if choice is None else None for choice in choices]
        moments = None if seen is None else seen[name]
        layer = _Layer(stored[name], op.layer, each, moments)
        return [0.0 if choice is None else layer.error(choice) for choice in choices]

    return rate


class _Layer:
    """One layer's kernel, read once, with what is known of its factors by variant."""

    def __init__(
        self, stored: StoredLayer, layer: ConvLayer, each: bool, moments: list[Any] | None
    ) -> None:
        self.kernel, self.layer, self.each, self.moments = stored.kernel(), layer, each, moments
        self.known: dict[Variant, RankErrors | None] = {}

    def error(self, choice: Choice) -> float | None:
        """The squared relative error of an option, None where it is none."""
        variant, values = choice.variant, dict(choice.hyper)
        if self.moments is not None:
            return self._of_outputs(variant, values, self.moments)
        if variant not in self.known:
            self.known[variant] = self._all_ranks(variant)
        found = self.known[variant]
        if found is not None:
            return self._at(found, values)
        if not self.each:
            return None
        try:
            return factorize(self.kernel, variant, layer=self.layer, hyper=values).error ** 2
        except VariantError:
            return None

    def _of_outputs(
        self, variant: Variant, values: Mapping[str, Any], moments: list[Any]
    ) -> float | None:
        try:
            factors = factorize(self.kernel, variant, layer=self.layer, hyper=values)
        except VariantError:
            return None
        left = (self.kernel - factors.kernel()).astype(float)
        return output_error(left, self.kernel.astype(float), moments) ** 2

    def _all_ranks(self, variant: Variant) -> RankErrors | None:
        try:
            return errors(self.kernel, variant, layer=self.layer)
        except VariantError:
            return None

    @staticmethod
    def _at(found: RankErrors, values: Mapping[str, Any]) -> float | None:
        """The squared error at some ranks; None above full rank, where nothing more is gained."""
        place = []
        for letter, ranks in found.decomposition.ranks.items():
            at = numpy.searchsorted(ranks, values[letter])
            if at == len(ranks) or ranks[at] != values[letter]:
                return None
            place.append(int(at))
        return float(found.decomposition.squares[tuple(place)])
