"""What a plan is asked for: which layers, which variants, and what is known of each option."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, InputError
from costmodel.factors.read.stored import Weights
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.network.selection import Selector, selector
from costmodel.planning.measures import ERROR, LARGEST_ERROR, MS, Measures, Rated, known, measures
from costmodel.planning.options import Allowed
from costmodel.timing.comparison import Timed
from costmodel.timing.opened import open_times

#: Variants that may be chosen, of all layers or by a selection of them.
Variants = Iterable[str | Variant] | Mapping[str, Iterable[str | Variant]] | None


class Statement(NamedTuple):
    """A network, and what is decided about it.

    weights: of its layers. variants, where, keep, multiple_of, machine,
    store: see `plan`. seen: second moments of what the layers see, by name.
    """

    network: Network
    weights: Weights | None
    variants: Variants = None
    where: Selector = None
    keep: Selector = None
    multiple_of: int = 1
    machine: str | None = None
    store: str | None = None
    seen: Mapping[str, list[Any]] | None = None

    @classmethod
    def of(
        cls,
        source: Network | Any,
        weights: Weights | None,
        input_shape: Any,
        inputs: Any = None,
        **choices: Any,
    ) -> Statement:
        """From a network, or from a `torch.nn.Module`, whose weights are its own."""
        if isinstance(source, Network):
            for name, given in (("input_shape", input_shape), ("inputs", inputs)):
                if given is not None:
                    raise InputError(f"{name}= with a Network; allowed is a torch.nn.Module")
            return cls(source, weights, **choices)
        from costmodel.factors.read.model import seen_by, weights_of
        from costmodel.network.read.torch.reader import from_torch

        if weights is not None:
            raise InputError("weights= with a model; allowed are its own, or a Network")
        if inputs is not None and choices.get("variants") is None:
            raise InputError(
                "inputs= without variants=, with a decomposition for every option; allowed are "
                "both of them"
            )
        network = from_torch(source, input_shape=input_shape)
        own = weights_of(source, type(source).__name__)
        if inputs is None:
            return cls(network, own, **choices)
        layers = {
            op.name.partition("#")[0]: op.layer
            for op in reversed(network.ops)  # of one that runs several times the first run
            if op.layer is not None and op.has_weights
        }
        return cls(network, own, seen=seen_by(source, inputs, layers), **choices)

    def measured(self, keys: Iterable[str]) -> Measures:
        """The options of every layer that may be replaced, with what they add to some measures.

        Raises:
            InputError: a measure that no plan of this network can be about.
        """
        keys = list(keys)
        rated: dict[str, tuple[float, Rated]] = {}
        timed = None
        for key in keys:
            known(key)
            if key in (ERROR, LARGEST_ERROR):
                rated[key] = 0.0, self._errors(key)
            if key == MS:
                from costmodel.planning.times import milliseconds

                timed = Timed(open_times(self.store, self.machine))
                rated[key] = milliseconds(self.network, timed)
        found = measures(
            self.network, keys, self._wanted(), self._allowed(), self.multiple_of, rated
        )
        return replace(found, timed=timed)

    def _errors(self, key: str) -> Rated:
        if self.weights is None:
            raise InputError(
                f"{key} of {self.network.name}, whose trained weights are not known; allowed are "
                "weights=, a model, or another measure"
            )
        from costmodel.planning.errors import squared_errors

        return squared_errors(self.weights, self.variants is not None, self.seen)

    def _wanted(self) -> Callable[[NetOp], bool]:
        """Whether an operation may be replaced."""
        may = self._selected("where", self.where)
        stays = self._selected("keep", self.keep)
        return lambda op: (may is None or may(op)) and not (stays is not None and stays(op))

    def _selected(self, name: str, where: Selector) -> Callable[[NetOp], bool] | None:
        if where is None:
            return None
        meant = selector(where, self.network.macs)
        if not any(meant(op) for op in self.network.ops):
            raise CostModelError(
                f"no layer of {self.network.name} is selected by {name}={where!r}; allowed are the "
                f"names, kernels and kinds of its {len(self.network.layers)} layers"
            )
        return meant

    def _allowed(self) -> Allowed:
        """Which variants may stand in place of an operation."""
        if isinstance(self.variants, Mapping):
            rules = [
                (selector(where, self.network.macs), [VARIANTS.of(v) for v in ids])
                for where, ids in self.variants.items()
            ]
            return lambda op: [v for meant, ids in rules if meant(op) for v in ids]
        if self.variants is not None:
            chosen = [VARIANTS.of(v) for v in self.variants]
            return lambda op: chosen
        computing = [v for v in VARIANTS.values() if not v.algorithm_of and not v.training]
        return lambda op: computing
