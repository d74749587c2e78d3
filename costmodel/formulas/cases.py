"""An inequality in letters, solved for one of them: on which side of which bound, and when.

The excess of a cost over its budget is a polynomial in the letter, whose coefficients are
expressions in the other sizes. Which signs these may have is known (`signs`); where one may have
either, the answer is given by cases. No sign is ever taken from a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import (
    Add,
    And,
    Dummy,
    Expr,
    Integer,
    Symbol,
    cancel,
    expand,
    factor_list,
    fraction,
    sqrt,
    together,
    true,
)
from sympy.logic.boolalg import Boolean

from costmodel.errors import CostModelError
from costmodel.formulas.algebra import factored
from costmodel.formulas.coefficients import coefficients_in
from costmodel.formulas.signs import Low, below_zero, is_zero, sign_of

_MAX_CASES = 3


@dataclass(frozen=True)
class Case:
    """One side of one bound.

    when: under which condition on the other sizes; SymPy's true for always. cheaper: "below",
    "above", "between", "outside", or "always" without a bound. bounds: the exact values at which
    the cost meets the budget, the smaller one first.
    """

    when: Boolean
    cheaper: str
    bounds: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Inequality:
    """`excess < 0`, or at most 0, to be solved for a letter.

    excess: where no roundings are left. strict: below 0. low: the least value of every letter.
    high: the largest of the letter solved for, None for no limit.
    """

    excess: Expr
    letter: Symbol
    low: Low
    high: Expr | None = None
    strict: bool = True

    def cases(self) -> tuple[Case, ...]:
        """The cases, which exclude each other; where none of them holds the answer is never.

        Raises `CostModelError` where there is no closed form.
        """
        above, below = fraction(together(self.excess))
        least = self._least(below)
        if least != 0:  # x = least + t, t from 1 up
            step = Dummy("t", integer=True, positive=True)
            moved = replace(
                self,
                excess=self.excess.xreplace({self.letter: step + least}),
                letter=step,
                high=None,
            )
            return tuple(
                replace(case, bounds=tuple(factored(together(b + least)) for b in case.bounds))
                for case in moved.cases()
            )
        # a denominator is a product of sizes, which are positive
        found = list(self._products(above))
        if len(found) > _MAX_CASES:
            raise CostModelError(
                f"which {self.letter} are within it depends on the other sizes in {len(found)} "
                f"cases; allowed are up to {_MAX_CASES}, and layers of numbers"
            )
        return tuple(found)

    def _least(self, below: Expr) -> Expr:
        """What the letter is above, because a size in a denominator is its difference to it."""
        for part, _ in factor_list(below)[1]:
            if part.has(self.letter):
                slope, *rest = coefficients_in(part, self.letter)
                if slope == 1 and len(rest) == 1 and sign_of(rest[0], self.low).high <= 0:
                    return -rest[0]
        return Integer(0)

    # -- factors -----------------------------------------------------------------------------------
    def _products(self, above: Expr) -> Iterator[Case]:
        """The cases of a product: the sign of what has not the letter, then that of what has it."""
        number, parts = factor_list(above)
        rest, own = number, []
        for part, exponent in parts:
            if not part.has(self.letter):
                sign = sign_of(part, self.low)
                if sign.low == sign.high:
                    rest = rest * sign.low**exponent
                else:
                    rest = rest * part ** (2 - exponent % 2)
            elif (known := self._sign(part)) != 0:
                rest = rest * known**exponent
            else:
                own += [part] * (exponent % 2)
                rest = rest * part ** (0 if exponent % 2 else 2)
        if rest.has(self.letter) or len(own) > 1:
            raise CostModelError(
                f"a product of {len(own) or 2} factors that have {self.letter}; allowed is one, of "
                "degree 1 or 2"
            )
        signs = sign_of(rest, self.low)
        for side in (1, -1):
            if side in signs:
                when = true if signs.low == signs.high else below_zero(-side * rest)
                if own:
                    yield from _and(when, self._solved(expand(side * own[0])))
                elif side < 0:
                    yield Case(when, "always")
        if 0 in signs and not self.strict:
            yield Case(true if signs.low == signs.high else is_zero(rest), "always")

    def _sign(self, part: Expr) -> int:
        """The sign of a factor that has the letter; 0 where it has a bound to tell."""
        if part.free_symbols != {self.letter}:
            sign = sign_of(part, self.low)
            return sign.low if sign.low == sign.high else 0
        coefficients = coefficients_in(part, self.letter)
        if len(coefficients) != 2:
            return 0
        root = -coefficients[1] / coefficients[0]
        if root < 0 or (self.high is not None and root > self.high):
            return 1 if part.xreplace({self.letter: self.low(self.letter)}) > 0 else -1
        return 0

    # -- one factor --------------------------------------------------------------------------------
    def _solved(self, factor: Expr) -> Iterator[Case]:
        """Where a polynomial is below 0."""
        coefficients = coefficients_in(factor, self.letter)
        if len(coefficients) == 2:
            return self._linear(*coefficients)
        if len(coefficients) == 3:
            return self._quadratic(*coefficients)
        raise CostModelError(
            f"an equation of degree {len(coefficients) - 1} in {self.letter}; allowed are 1 and 2"
        )

    def _linear(self, a: Expr, b: Expr) -> Iterator[Case]:
        """a·x + b < 0."""
        slope, start = sign_of(a, self.low), sign_of(b, self.low)
        low = self.low(self.letter)
        least = sign_of(a * low + b, self.low)  # the excess at the least value
        known = slope.low == slope.high
        if 1 in slope and start.low < 0 and not (known and least.low >= 0):
            yield Case(true if known else below_zero(-a), "below", (_quotient(-b, a),))
        if -1 in slope and start.high <= 0 and low > 0:  # it falls from there
            rest = not known and 0 in slope and start.high < 0
            yield Case(true if known else below_zero(a, strict=not rest), "always")
            if rest:
                return
        elif -1 in slope:
            yield Case(true if known else below_zero(a), "above", (_quotient(b, -a),))
        if 0 in slope and start.low < 0:
            even = true if known else is_zero(a)
            yield Case(even if start.high < 0 else And(even, below_zero(b, self.strict)), "always")

    def _quadratic(self, a: Expr, b: Expr, c: Expr) -> Iterator[Case]:
        """a·x² + b·x + c < 0."""
        sign = sign_of(a, self.low)
        known = sign.low == sign.high
        if 1 in sign:
            yield from _and(true if known else below_zero(-a), self._opened_up(a, b, c))
        if -1 in sign:
            turned = self._opened_up(-a, -b, -c)
            yield from _and(true if known else below_zero(a), _complement(list(turned)))
        if 0 in sign:
            yield from _and(true if known else is_zero(a), self._linear(b, c))

    def _opened_up(self, a: Expr, b: Expr, c: Expr) -> Iterator[Case]:
        """a·x² + b·x + c < 0 with a > 0: between two roots, of which one may not be positive."""
        slope, start = sign_of(b, self.low), sign_of(c, self.low)
        smaller, larger = _roots(a, b, c)
        surely = start.high < 0 or (start.high <= 0 and slope.high < 0)
        if start.low < 0 or surely:
            yield Case(true if surely else below_zero(c), "below", (larger,))
        if start.high > 0 and slope.low < 0:
            real = expand(b**2 - 4 * a * c)
            when = [] if sign_of(real, self.low).low > 0 else [below_zero(-real)]
            when += [] if slope.high < 0 else [below_zero(b)]
            when += [] if start.low >= 0 else [below_zero(-c, strict=False)]
            if sign_of(real, self.low).high > 0:
                yield Case(And(*when), "between", (smaller, larger))


def _and(when: Boolean, cases: Iterator[Case]) -> Iterator[Case]:
    for case in cases:
        yield replace(case, when=when if case.when == true else And(when, case.when))


def _complement(cases: list[Case]) -> Iterator[Case]:
    """Where a parabola that opens downwards is below 0: outside of where the other one is.

    Raises `CostModelError` for more cases than can be said in reverse.
    """
    if not cases:
        yield Case(true, "always")
        return
    if len(cases) > 1:
        raise CostModelError(
            "a bound that depends on the other sizes in too many cases; allowed are layers of "
            "numbers"
        )
    (case,) = cases
    yield replace(case, cheaper={"below": "above", "between": "outside"}[case.cheaper])
    if case.when != true:
        yield Case(_negated(case.when), "always")


def _negated(when: Boolean) -> Boolean:
    """The opposite of a condition, written the same way."""
    from sympy import Not

    return Not(when)


def _quotient(above: Expr, below: Expr) -> Expr:
    """A quotient, both sides collected and without common factors; their signs as they are."""
    top, bottom = fraction(cancel(together(above / below)))
    if factored(cancel(below / bottom)).could_extract_minus_sign():
        top, bottom = -top, -bottom
    return factored(expand(top)) / factored(expand(bottom))


def _roots(a: Expr, b: Expr, c: Expr) -> tuple[Expr, Expr]:
    """The smaller and the larger root of a·x² + b·x + c, a > 0, in textbook form."""
    a, b, c = map(factored, (a, b, c))
    if b == 0:
        root = sqrt(_quotient(-c, a))
        return -root, root
    half = b / 2
    if all(term.as_coeff_Mul()[0].is_Integer for term in Add.make_args(expand(half))):
        root = sqrt(factored(half**2 - a * c))
        return (-root - half) / a, (root - half) / a
    root = sqrt(factored(b**2 - 4 * a * c))
    return (-root - b) / (2 * a), (root - b) / (2 * a)
