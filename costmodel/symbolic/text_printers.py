"""Formulas as lines of characters: Unicode text, and Python source."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from sympy import Expr, Integer, Mul, Pow, Rational, Symbol, fraction, together
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.str import StrPrinter

from costmodel.symbolic.ordered_printer import SETTINGS, OrderedPrinter


class TextPrinter(OrderedPrinter, StrPrinter):
    """Unicode text on one line: `(k^2 + n)·b·m·h·w`."""

    _default_settings: ClassVar[dict[str, Any]] = {**StrPrinter._default_settings, **SETTINGS}
    times = "·"
    power = "^"

    def _print_Symbol(self, expr: Symbol) -> str:
        value = self._value(expr)
        return str(expr.name) if value is None else str(value)

    def _print_Pow(self, expr: Pow, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        if exponent.is_Rational and exponent < 0:
            return str(self._print_Mul(expr))
        if exponent == Rational(1, 2):
            return self._root(base)
        source = self._print(base)
        if precedence(base) < PRECEDENCE["Func"] or self._is_fraction(base):
            source = f"({source})"
        above = self._print(exponent)
        return f"{source}{self.power}{above if exponent.is_Integer else f'({above})'}"

    def _root(self, base: Expr) -> str:
        source = self._print(base)
        return f"√{source if isinstance(base, Symbol) else f'({source})'}"

    def _print_floor(self, expr: Expr) -> str:
        return f"⌊{self._print(together(expr.args[0]))}⌋"

    def _print_ceiling(self, expr: Expr) -> str:
        return f"⌈{self._print(together(expr.args[0]))}⌉"

    def _call(self, name: str, expr: Expr) -> str:
        arguments = sorted(expr.args, key=lambda arg: str(self._print(arg)))
        return f"{name}({', '.join(self._print(arg) for arg in arguments)})"

    def _print_Relational(self, expr: Expr) -> str:
        return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

    def _print_Max(self, expr: Expr) -> str:
        return self._call("max", expr)

    def _print_Min(self, expr: Expr) -> str:
        return self._call("min", expr)


class PythonPrinter(TextPrinter):
    """Python source; with the setting `integer` all divisions are exact ones of ints."""

    _default_settings: ClassVar[dict[str, Any]] = {**TextPrinter._default_settings}
    times = "*"
    power = "**"

    def whole(self, expr: Expr) -> str:
        """The source of a complete expression."""
        return self._integer(expr) if self._settings["integer"] else str(self.doprint(expr))

    def _integer(self, expr: Expr) -> str:
        """An expression whose value is an integer: one exact division, below everything."""
        above, below = fraction(together(expr))
        if below == 1:
            return str(self._print(above))
        return f"{self._dividend(above)}//{self._bracketed(below)}"

    def _dividend(self, expr: Expr) -> str:
        """What stands before `//`: a product needs no parentheses there."""
        return str(self._print(expr)) if isinstance(expr, Mul | Pow) else self._bracketed(expr)

    def _bracketed(self, expr: Expr) -> str:
        """A source that an operator of any strength can stand beside."""
        source = str(self._print(expr))
        return source if isinstance(expr, Symbol | Integer) else f"({source})"

    def _print_Symbol(self, expr: Symbol) -> str:
        value = self._value(expr)
        if value is not None:
            number = Fraction(value)
            exact = number.denominator == 1
            return str(number) if exact else f"Fraction({number.numerator}, {number.denominator})"
        name = self._settings["renaming"].names.get(expr.name)
        return name.python or name.text if name else str(expr.name)

    def _print_floor(self, expr: Expr) -> str:
        above, below = fraction(together(expr.args[0]))
        return f"({self._dividend(above)}//{self._bracketed(below)})"

    def _print_ceiling(self, expr: Expr) -> str:
        above, below = fraction(together(expr.args[0]))
        return f"(-(-{self._dividend(above)}//{self._bracketed(below)}))"

    def _root(self, base: Expr) -> str:
        return f"({self._print(base)})**0.5"

    def _print_gcd(self, expr: Expr) -> str:
        return self._call("math.gcd", expr)
