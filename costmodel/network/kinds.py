"""Kinds of operations that a network runs, and what is counted of each. One entry each.

A kind says in which column an operation's work stands. Products with weights or between
activations are multiply-accumulates ("macs", in every total); the rest has columns of its own that
no total includes unless they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.registry import Registry


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


class Kinds(Registry[Kind]):
    """The kinds by key, in order of declaration."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of work besides multiply-accumulates, in order."""
        names = dict.fromkeys(k.column for k in self.values() if k.column and not k.multiplies)
        return tuple(names)


#: Every kind of operation by key.
KINDS = Kinds("kind of operation")


def _declare(key: str, label: str, column: str, convention: str) -> None:
    KINDS.add(key, Kind(key, label, column, convention))


_MACS = "multiply-accumulates, products with padding zeros included; a bias costs none"

_declare("conv", "convolution", "macs", _MACS)
_declare("conv_transpose", "transposed convolution", "macs", _MACS)
_declare("linear", "linear layer", "macs", _MACS)
_declare("matmul", "matrix product", "macs", "multiply-accumulates between two activations")
_declare("norm", "normalisation", "norm_ops", "elements normalised, one scale and shift each")
_declare("activation", "activation", "activation_ops", "elements that a function is applied to")
_declare("pool", "pooling and reduction", "pool_ops", "elements read, once per window they lie in")
_declare("elementwise", "element-wise arithmetic", "elementwise_ops", "elements written")
_declare("embedding", "table look-up", "", "a look-up computes nothing; its table is parameters")
_declare("shape", "copy, view or index", "", "moves elements and computes nothing")
_declare("unused", "never run", "", "parameters that the network has and no operation reads")
_declare("other", "other", "", "not modelled: its work is in no column")
