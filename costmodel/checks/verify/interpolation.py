"""Interpolation: on which classes of sizes a count is a polynomial, and of which degree in each.

Most counts are polynomials, or quotients of two (`k^2·m·n/g`). A count with floors or ceilings is
one on every residue class: where `⌈h/2⌉` stands, h = 2·t and h = 2·t + 1 are told apart, and each
class has a polynomial in t of its own. What a rounding divides by has to be held at a value first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import Expr, Poly, Rational, Symbol, ceiling, expand, floor, fraction, ilcm, together

from costmodel.core.numbers import Number
from costmodel.errors import CostModelError
from costmodel.formulas.algebra import divisible

_MAX_CLASSES = 256


class NotPolynomialError(CostModelError):
    """A count that is no quotient of polynomials on any residue class."""


@dataclass(frozen=True)
class SizeClass:
    """One class of sizes.

    held: letters with a fixed value. steps: letters that move in steps, as (step, rest):
    size = step·t + rest. Every other letter is its own t.
    """

    held: Mapping[Symbol, Number]
    steps: Mapping[Symbol, tuple[int, int]]

    def size(self, letter: Symbol, t: int) -> int:
        """The size that a letter has at step t."""
        step, rest = self.steps.get(letter, (1, 0))
        return step * t + rest

    def at(self, expr: Expr) -> Expr:
        """The expression on this class, in the letters' t, free of roundings."""
        result = _settled(expr.subs({s: _exact(v) for s, v in self.held.items()}))
        moved = {s: step * s + rest for s, (step, rest) in self.steps.items()}
        return _settled(result.subs(moved, simultaneous=True))

    def quotient(self, expr: Expr) -> tuple[Expr, Expr]:
        """The expression on this class as numerator and denominator, both polynomials.

        Raises `NotPolynomialError` where it is no quotient of polynomials.
        """
        above, below = fraction(together(self.at(expr)))
        letters = sorted(expr.free_symbols, key=str)
        for part in (above, below):
            if not part.is_polynomial(*letters):
                raise NotPolynomialError(
                    f"{expr} is no quotient of polynomials in {', '.join(map(str, letters))}"
                )
        return above, below

    def degrees(self, exprs: Iterable[Expr], letters: Sequence[Symbol]) -> dict[Symbol, int]:
        """The largest degree of each letter, over numerators and denominators of all."""
        parts = [part for expr in exprs for part in self.quotient(expr)]
        return {
            letter: max((int(Poly(part, letter).degree()) for part in parts), default=0)
            for letter in letters
        }

    def __str__(self) -> str:
        return ", ".join(f"{letter}={value}" for letter, value in self.held.items())


def size_classes(exprs: Sequence[Expr], held: Mapping[Symbol, Sequence[Number]]) -> list[SizeClass]:
    """The classes of sizes on which all of the expressions are quotients of polynomials.

    Args:
        exprs: counts, in symbols.
        held: values for letters that may have to be held (hyper-parameters); only those by which
            a rounding divides are.

    Raises:
        NotPolynomialError: a letter would have to be held that has no values, or there are too
            many classes.
    """
    letters = sorted(_to_hold(exprs), key=str)
    for letter in letters:
        if letter not in held:
            raise NotPolynomialError(
                f"a rounding depends on {letter} in a way that is not linear; allowed are "
                "roundings that divide by hyper-parameters or by numbers"
            )
    classes = []
    for values in itertools.product(*(held[letter] for letter in letters)):
        fixed = dict(zip(letters, values, strict=True))
        steps = _steps([_settled(e.subs({s: _exact(v) for s, v in fixed.items()})) for e in exprs])
        for rests in itertools.product(*(range(step) for step in steps.values())):
            pairs = zip(steps, zip(steps.values(), rests, strict=True), strict=True)
            classes.append(SizeClass(fixed, dict(pairs)))
            if len(classes) > _MAX_CLASSES:
                raise NotPolynomialError(f"more than {_MAX_CLASSES} classes of residues")
    return classes


def _roundings(expr: Expr) -> list[Expr]:
    return sorted(expr.atoms(floor, ceiling), key=str)


def _to_hold(exprs: Iterable[Expr]) -> set[Symbol]:
    """Letters that a rounding divides by, or that multiply another letter inside of one."""
    held: set[Symbol] = set()
    for expr in exprs:
        for rounding in _roundings(expr):
            above, below = fraction(together(divisible(rounding.args[0])))
            held |= below.free_symbols | {s for s in above.free_symbols if not s.is_integer}
            for term in expand(above).as_ordered_terms():
                rest = sorted(term.free_symbols - held, key=str)
                if len(rest) > 1 or any(Poly(term, s).degree() > 1 for s in rest):
                    held |= set(rest)
    return held


def _steps(exprs: Iterable[Expr]) -> dict[Symbol, int]:
    """The period of each letter that stands in a rounding."""
    steps: dict[Symbol, int] = {}
    left = list(exprs)
    while True:
        outer: dict[Symbol, int] = {}
        for expr in left:
            for rounding in _roundings(expr):
                inner = expand(rounding.args[0])
                for letter in inner.free_symbols:
                    below = Rational(inner.coeff(letter)).q
                    outer[letter] = int(ilcm(outer.get(letter, 1), below))
        outer = {letter: step for letter, step in outer.items() if step > 1}
        if not outer:
            break
        for letter, step in outer.items():
            steps[letter] = steps.get(letter, 1) * step
        # of nested roundings, the inner ones are gone now and the outer ones are next
        left = [_settled(e.subs({s: step * s for s, step in outer.items()})) for e in left]
    return dict(sorted(steps.items(), key=lambda pair: str(pair[0])))


def _settled(expr: Expr) -> Expr:
    """The expression with its roundings' arguments expanded: whole parts come out by themselves."""
    return expr.replace(
        lambda e: isinstance(e, floor | ceiling), lambda e: e.func(expand(e.args[0]))
    )


def _exact(value: Number) -> Any:
    return Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else value
