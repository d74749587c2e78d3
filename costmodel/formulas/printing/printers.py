"""An expression as text, LaTeX or Python source, in textbook order and any notation.

SymPy's own printers sort factors by alphabet (`h k^{2} m n w`); those used here order them as the
source documents do (`k^{2} m n h w`) and write sums before letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sympy import Expr, Symbol

from costmodel.core.numbers import Number
from costmodel.formulas.algebra import factored
from costmodel.formulas.alphabets import DEFAULT, Alphabet, renaming
from costmodel.formulas.printing.latex_printer import LatexPrinter
from costmodel.formulas.printing.text_printers import PythonPrinter, TextPrinter


def text(
    expr: Expr,
    alphabet: str | Alphabet = DEFAULT,
    own: Iterable[str] | None = None,
    values: Mapping[Symbol, Number] | None = None,
) -> str:
    """An expression as one line of Unicode text: `(k^2 + n)·b·m·h·w`, `b/n + b/k^2`, `⌈n/q⌉`.

    Args:
        expr: what to print, in the project's letters.
        alphabet: the letters to print it in.
        own: letters that keep their names: the hyper-parameters of the variant that it is about.
            None where that is not known; letters that can be either then keep theirs.
        values: numbers to print in place of the letters, for the line of a derivation in which
            they are substituted; nothing is evaluated.
    """
    return _print(TextPrinter, expr, alphabet, own, values)


def latex(
    expr: Expr,
    alphabet: str | Alphabet = DEFAULT,
    own: Iterable[str] | None = None,
    values: Mapping[Symbol, Number] | None = None,
) -> str:
    r"""An expression as LaTeX without dollars: `\left(k^{2} + n\right) b m h w`.

    Safe in GitHub, KaTeX and MathJax. The arguments are those of `text`.
    """
    return _print(LatexPrinter, expr, alphabet, own, values)


def fence(source: str) -> str:
    """LaTeX source as a block of Markdown, which GitHub renders."""
    return f"```math\n{source.strip()}\n```\n"


def python(
    expr: Expr,
    alphabet: str | Alphabet = DEFAULT,
    own: Iterable[str] | None = None,
    values: Mapping[Symbol, Number] | None = None,
    integer: bool = True,
) -> str:
    """An expression as Python source: `k**2*m*n*h*w//g`, `-(-n//q)` for ⌈n/q⌉.

    Args:
        expr, alphabet, own, values: those of `text`.
        integer: whether the value is an integer, as a count's is. Divisions are then exact ones of
            integers, on one line below everything, so that ints give the exact int. Otherwise
            they are `/` (a ratio, a bound), exact for fractions.

    Returns:
        Source that needs nothing but the letters, `max` and `min`; where it has a greatest common
        divisor `math`, and where a number substituted is none of the integers `Fraction`. A rule
        without a closed form, as of a padded window with a stride and a dilation that are both
        letters, stays a call of the metric's own function.
    """
    return _print(PythonPrinter, expr, alphabet, own, values, integer=integer)


def _print(
    printer: type[Any],
    expr: Expr,
    alphabet: str | Alphabet,
    own: Iterable[str] | None,
    values: Mapping[Symbol, Number] | None,
    **settings: Any,
) -> str:
    rename = renaming(expr.free_symbols, alphabet, own)
    if rename.symbols:
        renamed = rename.apply(expr)
        expr = factored(renamed) if renamed.count_ops() < expr.count_ops() else renamed
    if values is not None:
        values = rename.values(values)
    result = printer({"renaming": rename, "values": values, **settings}).whole(expr)
    return str(result)
