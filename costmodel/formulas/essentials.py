"""What a page says of a variant in letters, as LaTeX: one call that takes and returns plain values.

It may take long for a variant that a stranger has typed, so a server makes it elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from costmodel.comparing.count import Counts
from costmodel.formulas.algebra import display
from costmodel.formulas.break_even import break_evens
from costmodel.formulas.derivation import derivation
from costmodel.formulas.formula import ratio
from costmodel.formulas.printing.printers import latex


class Essentials(NamedTuple):
    """Formulas as LaTeX.

    derivations: of each metric its label and its formula, the numbers put in, the result. ratio: to
    the standard layer, at stride 1. cheaper: the conditions under which it costs less.
    """

    derivations: tuple[tuple[str, str], ...]
    ratio: str
    cheaper: tuple[str, ...]


def essentials(counts: Counts, metrics: Sequence[str], compared: str = "macs") -> Essentials:
    """The formulas of a variant on a layer of numbers, and its ratio in general.

    Args:
        counts: what `count` gave.
        metrics: the keys of the metrics that are derived.
        compared: the key of the one that ratio and conditions are about.

    Raises `CostModelError` where one of them goes beyond the limits of `core.limits`.
    """
    variant = counts.variant
    own = tuple(variant.hyper)
    one_by_one = (derivation(counts, metric=metric) for metric in metrics)
    return Essentials(
        tuple((one.metric.label, one.latex()) for one in one_by_one),
        latex(display(ratio(variant, compared), plain=True).expr, own=own),
        tuple(even.to_latex() for even in break_evens(variant, compared)),
    )


def warm() -> None:
    """Derive one, so that what SymPy works out once is there for the next."""
    from costmodel.comparing.count import count
    from costmodel.core.layer_text import EXAMPLE
    from costmodel.core.variant import VARIANTS

    for variant in VARIANTS.values():
        if variant.common:
            essentials(count(variant, EXAMPLE), ("macs", "params"))
