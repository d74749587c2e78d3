"""Kinds of operations that a network runs, and what is counted of each. One entry each.

A kind says in which column an operation's work stands. Products with weights or between
activations are multiply-accumulates ("macs", in every total); the rest has columns of its own that
no total includes unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from costmodel.errors import CostModelError, unknown


@dataclass(frozen=True)
class Kind:
    """One kind of operation.

    key: the value in the `kind` column. label: for people. column: where its work is counted, ""
    for none. convention: one sentence: what one unit of that column is.
    """

    key: str
    label: str
    column: str
    convention: str

    @property
    def multiplies(self) -> bool:
        """Whether its work is multiply-accumulates, which every total includes."""
        return self.column == "macs"


class KindRegistry(Mapping[str, Kind]):
    """The kinds by key, in order of declaration."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}

    def add(self, key: str, label: str, column: str, convention: str) -> Kind:
        """Register a kind; a key can be taken once."""
        if key in self._kinds:
            raise CostModelError(f"kind {key!r} is declared twice; allowed is a new key")
        self._kinds[key] = Kind(key, label, column, convention)
        return self._kinds[key]

    def __getitem__(self, key: str) -> Kind:
        try:
            return self._kinds[key]
        except KeyError:
            raise CostModelError(unknown("kind of operation", key, self._kinds)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of work besides multiply-accumulates, in order."""
        found = dict.fromkeys(k.column for k in self.values() if k.column and not k.multiplies)
        return tuple(found)


#: Every kind of operation by key.
KINDS = KindRegistry()

_MACS = "multiply-accumulates, products with padding zeros included; a bias costs none"

KINDS.add("conv", "convolution", "macs", _MACS)
KINDS.add("conv_transpose", "transposed convolution", "macs", _MACS)
KINDS.add("linear", "linear layer", "macs", _MACS)
KINDS.add("matmul", "matrix product", "macs", "multiply-accumulates between two activations")
KINDS.add("norm", "normalisation", "norm_ops", "elements normalised, one scale and shift each")
KINDS.add("activation", "activation", "activation_ops", "elements that a function is applied to")
KINDS.add("pool", "pooling and reduction", "pool_ops", "elements read, once per window they lie in")
KINDS.add("elementwise", "element-wise arithmetic", "elementwise_ops", "elements written")
KINDS.add("embedding", "table look-up", "", "a look-up computes nothing; its table is parameters")
KINDS.add("shape", "copy, view or index", "", "moves elements and computes nothing")
KINDS.add("unused", "never run", "", "parameters that the network has and no operation reads")
KINDS.add("other", "other", "", "not modelled: its work is in no column")
