"""Formulas: every metric of every variant in letters, and what follows from them.

`formula`, `ratio` and `break_even` give SymPy expressions; `text`, `latex`, `markdown` and `python`
print them in textbook order, in any of the `NOTATIONS`; `derivation` shows the numbers substituted;
`check_claims` compares what papers state with what the stages give. SymPy is imported here and
nowhere below, so numeric paths never pay for it.
"""

from __future__ import annotations

from costmodel.symbolic.algebra import Shown, display, divisible, expanded, factored, has_rounding
from costmodel.symbolic.breakeven import BreakEven, break_even, break_evens
from costmodel.symbolic.claims import ClaimResult, check_claims
from costmodel.symbolic.derivation import Derivation, derivation, stage_derivations
from costmodel.symbolic.einsum import einsum_formula
from costmodel.symbolic.formulas import clear_cache, formula, ratio
from costmodel.symbolic.layers import GridLayer, general_layer, grid_layer, twin_layer
from costmodel.symbolic.letters import public, symbol
from costmodel.symbolic.notations import NOTATIONS, Name, Notation, rename
from costmodel.symbolic.notebook import notebook_latex
from costmodel.symbolic.printers import fence, latex, markdown, python, text
from costmodel.symbolic.rows import FormulaRow, formula_rows, rows
from costmodel.symbolic.tables import FORMATS, render

__all__ = [
    "FORMATS",
    "NOTATIONS",
    "BreakEven",
    "ClaimResult",
    "Derivation",
    "FormulaRow",
    "GridLayer",
    "Name",
    "Notation",
    "Shown",
    "break_even",
    "break_evens",
    "check_claims",
    "clear_cache",
    "derivation",
    "display",
    "divisible",
    "einsum_formula",
    "expanded",
    "factored",
    "fence",
    "formula",
    "formula_rows",
    "general_layer",
    "grid_layer",
    "has_rounding",
    "latex",
    "markdown",
    "notebook_latex",
    "public",
    "python",
    "ratio",
    "rename",
    "render",
    "rows",
    "stage_derivations",
    "symbol",
    "text",
    "twin_layer",
]
