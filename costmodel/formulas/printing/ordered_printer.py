"""What the printers share: textbook order, signs, fractions, and numbers in place of letters."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sympy import Add, Expr, Integer, Rational, Symbol
from sympy.printing.precedence import PRECEDENCE, precedence

from costmodel.core.numbers import Number
from costmodel.formulas.alphabets import Renaming
from costmodel.formulas.printing.ordering import factors, terms

#: Settings of these printers besides SymPy's. renaming: a `Renaming`. values: numbers by symbol,
#: printed instead of it. integer: whether the value of the whole expression is one.
SETTINGS: dict[str, Any] = {"renaming": Renaming({}, {}, {}), "values": None, "integer": False}


class OrderedPrinter:
    """What the three printers share: order, signs and fractions. A mixin for SymPy's printers."""

    _settings: dict[str, Any]
    times = "*"

    def whole(self, expr: Expr) -> str:
        """The source of a complete expression."""
        return str(self.doprint(expr))  # type: ignore[attr-defined]

    def _rank(self, letter: str) -> int:
        return int(self._settings["renaming"].rank(letter))

    def _value(self, expr: Symbol) -> Number | None:
        values = self._settings["values"]
        return None if values is None else values.get(expr)

    def _print_Add(self, expr: Add, order: Any = None) -> str:
        parts = []
        for index, term in enumerate(terms(expr, self._rank)):
            minus = term.could_extract_minus_sign()
            source = self._term(-term if minus else term)
            if index:
                parts.append(" - " if minus else " + ")
            elif minus:
                source = f"-{source}"
            parts.append(source)
        return "".join(parts)

    def _print_Mul(self, expr: Expr) -> str:
        number, above, below = factors(expr, self._rank)
        sign = "-" if number < 0 else ""
        number = abs(number)
        top = [] if number.p == 1 and above else [str(number.p)]
        bottom = [] if number.q == 1 else [str(number.q)]
        return sign + self._over(top, above, bottom, below)

    def _print_Rational(self, expr: Rational) -> str:
        return self._print_Mul(expr)

    def _print_Integer(self, expr: Integer) -> str:
        return str(expr.p)

    def _term(self, term: Expr) -> str:
        """A term of a sum; a sum inside, which SymPy leaves there unevaluated, in parentheses."""
        source = str(self._print(term))  # type: ignore[attr-defined]
        return self._parenthesised(source) if isinstance(term, Add) else source

    def _factor(self, factor: Expr) -> str:
        """A factor of a product, in parentheses where it needs them."""
        source = str(self._print(factor))  # type: ignore[attr-defined]
        if precedence(factor) < PRECEDENCE["Mul"] or self._is_fraction(factor):
            return self._parenthesised(source)
        return source

    def _is_fraction(self, expr: Expr) -> bool:
        """Whether the number printed for a letter is one that needs parentheses."""
        value = self._value(expr) if isinstance(expr, Symbol) else None
        return value is not None and Fraction(value).denominator != 1

    def _arguments(self, expr: Expr) -> list[str]:
        """The arguments of a function whose order means nothing: letters first, then numbers."""
        ordered = sorted((arg.is_number, str(self._print(arg))) for arg in expr.args)  # type: ignore[attr-defined]
        return [source for _, source in ordered]

    def _parenthesised(self, source: str) -> str:
        return f"({source})"

    def _product(self, numbers: list[str], parts: list[Expr]) -> str:
        return self.times.join([*numbers, *map(self._factor, parts)])

    def _over(self, top: list[str], above: list[Expr], bottom: list[str], below: list[Expr]) -> str:
        """A fraction on one line; a denominator of several factors in parentheses."""
        upper = self._product(top, above) or "1"
        if not bottom and not below:
            return upper
        lower = self._product(bottom, below)
        return f"{upper}/{lower if len(bottom) + len(below) == 1 else f'({lower})'}"
