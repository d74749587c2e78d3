"""Full rank in letters: `min(m, k²n, k²r2)`."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, sympify

from costmodel.core.bind import bind
from costmodel.core.full_rank import full_rank_of
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.formulas.layers import general_layer
from costmodel.formulas.letters import hyper_symbols


def full_rank(variant: Variant, letter: str, given: Mapping[str, Number] | None = None) -> Expr:
    """The full rank of a letter on the general layer of `formula`.

    given: values of other letters; the others are symbols. Raises `VariantError` for no rank.

    >>> from costmodel.core.variant import VARIANTS
    >>> full_rank(VARIANTS["tucker2"], "r1")
    Min(m, k**2*n, k**2*r2)
    """
    values = {**hyper_symbols(variant), **(given or {})}
    return sympify(full_rank_of(bind(variant, general_layer(variant), values), letter))
