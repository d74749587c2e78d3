"""Formulas as lines of characters: Unicode text, and Python source."""

from __future__ import annotations

import keyword
from fractions import Fraction
from typing import Any, ClassVar

from sympy import Expr, Integer, Mul, Pow, Rational, Symbol, fraction, together
from sympy.functions.elementary.integers import RoundFunction
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.str import StrPrinter

from costmodel.formulas.printing.ordered_printer import SETTINGS, OrderedPrinter


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
        return f"{name}({', '.join(self._arguments(expr))})"

    def _print_Relational(self, expr: Expr) -> str:
        return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

    def _print_Max(self, expr: Expr) -> str:
        return self._call("max", expr)

    def _print_Min(self, expr: Expr) -> str:
        return self._call("min", expr)

    def _print_gcd(self, expr: Expr) -> str:
        return self._call("gcd", expr)


class PythonPrinter(TextPrinter):
    """Python source; with the setting `integer` all divisions are exact ones of ints."""

    _default_settings: ClassVar[dict[str, Any]] = {**TextPrinter._default_settings}
    times = "*"
    power = "**"

    def whole(self, expr: Expr) -> str:
        """The source of a complete expression."""
        expr = expr.doit()  # what a rule leaves unevaluated has a closed form in most cases
        if self._settings["integer"]:
            return self._quotient(expr, "//")
        # a rounding gives Python an int, and int/int a float, even among exact fractions
        return self._quotient(expr, "/") if expr.has(RoundFunction) else str(self.doprint(expr))

    def _quotient(self, expr: Expr, sign: str) -> str:
        """An expression with one division, below everything."""
        above, below = fraction(together(expr))
        if below == 1:
            return str(self._print(above))
        return f"{self._dividend(above)}{sign}{self._bracketed(below)}"

    def _dividend(self, expr: Expr) -> str:
        """What stands before `//`: a product needs no parentheses there."""
        return str(self._print(expr)) if isinstance(expr, Mul | Pow) else self._bracketed(expr)

    def _print_Add(self, expr: Expr, order: Any = None) -> str:
        if any(term.is_Rational and not term.is_Integer for term in expr.args):
            # not (k/2 - 1/2), where Python would make a float of the 1/2: (k - 1)/2
            above, below = fraction(together(expr))
            return f"{self._bracketed(above)}/{self._bracketed(below)}"
        return super()._print_Add(expr, order)

    def _bracketed(self, expr: Expr) -> str:
        """A source that an operator of any strength can stand beside."""
        source = str(self._print(expr))
        return source if isinstance(expr, Symbol | Integer) else f"({source})"

    def _is_fraction(self, expr: Expr) -> bool:
        return False  # Fraction(1, 4) binds like a name

    def _print_Symbol(self, expr: Symbol) -> str:
        value = self._value(expr)
        if value is not None:
            number = Fraction(value)
            exact = number.denominator == 1
            return str(number) if exact else f"Fraction({number.numerator}, {number.denominator})"
        given = self._settings["renaming"].names.get(expr.name)
        name = str(given.python or given.text if given else expr.name)
        return f"{name}_" if keyword.iskeyword(name) else name

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

    def _print_Function(self, expr: Expr) -> str:
        rule = expr.func.rule  # what has no closed form is the rule itself, by its full name
        values = ", ".join(self._quotient(value, "//") for value in expr.args)  # all are integers
        return f"{rule.__module__}.{rule.__qualname__}({values})"
