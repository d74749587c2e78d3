"""Formulas as LaTeX."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from sympy import Expr, Pow, Rational, Symbol, together
from sympy.printing.conventions import split_super_sub
from sympy.printing.latex import LatexPrinter as SympyLatexPrinter
from sympy.printing.latex import tex_greek_dictionary, translate
from sympy.printing.precedence import PRECEDENCE, precedence

from costmodel.formulas.printing.ordered_printer import SETTINGS, OrderedPrinter


class LatexPrinter(OrderedPrinter, SympyLatexPrinter):
    """LaTeX that GitHub, KaTeX and MathJax all understand."""

    _default_settings: ClassVar[dict[str, Any]] = {
        **SympyLatexPrinter._default_settings,
        **SETTINGS,
    }

    @property
    def times(self) -> str:  # type: ignore[override]
        """Nothing between letters; a dot between numbers, which would run into one."""
        return " " if self._settings["values"] is None else r" \cdot "

    def _parenthesised(self, source: str) -> str:
        return rf"\left({source}\right)"

    def _print_Symbol(self, expr: Symbol, style: str = "plain") -> str:
        value = self._value(expr)
        if value is not None:
            number = Fraction(value)
            if number.denominator == 1:
                return str(number)
            return rf"\frac{{{number.numerator}}}{{{number.denominator}}}"
        name = self._settings["renaming"].names.get(expr.name)
        if name and name.latex is not None:
            return name.latex
        return letter_latex(expr.name)

    def _over(self, top: list[str], above: list[Expr], bottom: list[str], below: list[Expr]) -> str:
        if not bottom and not below:
            return self._product(top, above)
        upper, lower = self._alone(top, above), self._alone(bottom, below)
        return rf"\frac{{{upper or '1'}}}{{{lower}}}"

    def _alone(self, numbers: list[str], parts: list[Expr]) -> str:
        """What stands above or below the line; a single sum needs no parentheses there."""
        if not numbers and len(parts) == 1:
            return str(self._print(parts[0]))
        return self._product(numbers, parts)

    def _print_Pow(self, expr: Pow) -> str:
        base, exponent = expr.as_base_exp()
        if exponent.is_Rational and exponent < 0:
            return str(self._print_Mul(expr))
        if exponent == Rational(1, 2):
            return rf"\sqrt{{{self._print(base)}}}"
        source = self._print(base)
        if precedence(base) < PRECEDENCE["Func"] or self._is_fraction(base):
            source = self._parenthesised(source)
        return f"{source}^{{{self._print(exponent)}}}"

    def _print_floor(self, expr: Expr, exp: Any = None) -> str:
        return rf"\left\lfloor {self._print(together(expr.args[0]))} \right\rfloor"

    def _print_ceiling(self, expr: Expr, exp: Any = None) -> str:
        return rf"\left\lceil {self._print(together(expr.args[0]))} \right\rceil"

    def _call(self, name: str, expr: Expr) -> str:
        return rf"{name}\left({', '.join(self._arguments(expr))}\right)"

    def _print_Max(self, expr: Expr, exp: Any = None) -> str:
        return self._call(r"\max", expr)

    def _print_Min(self, expr: Expr, exp: Any = None) -> str:
        return self._call(r"\min", expr)

    def _print_gcd(self, expr: Expr, exp: Any = None) -> str:
        return self._call(r"\gcd", expr)

    def _print_Function(self, expr: Expr, exp: Any = None) -> str:
        # SymPy writes \operatorname, which GitHub refuses
        arguments = ", ".join(self._print(arg) for arg in expr.args)
        return rf"{letter_latex(expr.func.__name__)}\left({arguments}\right)"


def letter_latex(name: str) -> str:
    """A letter as LaTeX: `r1` with an index, `alpha` as Greek, a longer word upright."""
    stem, _, index = split_super_sub(name)
    greek = translate(stem)
    if len(stem) > 1 and greek == stem and stem not in tex_greek_dictionary:
        greek = rf"\mathrm{{{stem}}}"
    if not index:
        return greek
    inner = "".join(i if len(i) == 1 or i.isdigit() else rf"\mathrm{{{i}}}" for i in index)
    return f"{greek}_{{{inner}}}"
