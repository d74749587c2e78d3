"""Conditions: guards in short, as a person, LaTeX and SymPy write them.

Bounds of a letter are one range, remainders of division are said as such; what is neither stands as
it was asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from costmodel.core.numbers import Number
from costmodel.core.polynomial import Polynomial
from costmodel.core.polynomial_terms import Floor, Sum, Symbol
from costmodel.network.guards import Guard

#: No size is looked for beyond this one.
_LARGEST = 1 << 40


@dataclass(frozen=True, slots=True)
class Range:
    """`low ≤ letter ≤ high`, or everything but that; `high` None is no bound."""

    letter: str
    low: int
    high: int | None
    excluded: bool = False

    def written(self, latex: bool = False) -> str:
        """As a person writes it, or in LaTeX."""
        least, unequal = (r"\le", r"\ne") if latex else ("≤", "≠")
        letter = Symbol(self.letter).latex() if latex else self.letter
        if self.low == self.high:
            return f"{letter} {unequal if self.excluded else '='} {self.low}"
        if self.excluded:
            both = (r"\text{ or }" if latex else " or ").join(
                (f"{letter} < {self.low}", f"{letter} > {self.high}")
            )
            return f"({both})"
        if self.high is None:
            least = r"\ge" if latex else "≥"
            return f"{letter} {least} {self.low}"
        return f"{f'{self.low} {least} ' if self.low > 1 else ''}{letter} {least} {self.high}"

    def sympy(self, expression: Callable[[Number], Any]) -> Any:
        """As a SymPy condition; `expression` makes a polynomial SymPy's."""
        from sympy import And, Ge, Le, Not

        letter = expression(Polynomial({((Symbol(self.letter), 1),): 1}))
        inside = Ge(letter, self.low)
        if self.high is not None:
            inside = And(inside, Le(letter, self.high))
        return Not(inside) if self.excluded else inside


@dataclass(frozen=True, slots=True)
class Remainder:
    """`top` leaves `rest` when it is divided by `bottom`; or leaves another rest."""

    top: Sum
    bottom: int
    rest: int
    excluded: bool = False

    def written(self, latex: bool = False) -> str:
        """As a person writes it, or in LaTeX."""
        top = self.top.to_latex() if latex else str(self.top)
        if not latex and not self.rest:
            return f"{top}{' not' if self.excluded else ''} divisible by {self.bottom}"
        if latex:
            sign = r"\not\equiv" if self.excluded else r"\equiv"
            return rf"{top} {sign} {self.rest} \pmod{{{self.bottom}}}"
        top = top if top.isidentifier() else f"({top})"
        return f"{top} mod {self.bottom} {'≠' if self.excluded else '='} {self.rest}"

    def sympy(self, expression: Callable[[Number], Any]) -> Any:
        """As a SymPy condition; `expression` makes a polynomial SymPy's."""
        from sympy import Eq, Mod, Ne

        rest = Mod(expression(Polynomial(self.top.terms)), self.bottom)
        return (Ne if self.excluded else Eq)(rest, self.rest)


@dataclass(frozen=True, slots=True)
class Relation:
    """A guard that is neither: it stands as it is."""

    guard: Guard

    def written(self, latex: bool = False) -> str:
        """As a person writes it: what is subtracted stands on the other side."""
        signs = {">=": "≥", "==": "=", "!=": "≠"}
        if latex:
            signs = {">=": r"\ge", "==": "=", "!=": r"\ne"}
        sides = (
            {m: c for m, c in self.guard.value.terms.items() if c > 0},
            {m: -c for m, c in self.guard.value.terms.items() if c < 0},
        )
        left, right = (Sum(s).to_latex() if latex else str(Sum(s)) for s in sides)
        sign = signs[self.guard.relation]
        if set(sides[0]) <= {()}:  # a number alone stands on the right
            left, right, sign = right, left, {"≥": "≤", r"\ge": r"\le"}.get(sign, sign)
        return f"{left} {sign} {right}"

    def sympy(self, expression: Callable[[Number], Any]) -> Any:
        """As a SymPy condition; `expression` makes a polynomial SymPy's."""
        from sympy import Eq, Ge, Ne

        made = {">=": Ge, "==": Eq, "!=": Ne}[self.guard.relation]
        return made(expression(self.guard.value), 0)


Condition = Range | Remainder | Relation


def conditions(guards: Iterable[Guard]) -> tuple[Condition, ...]:
    """The guards as short conditions that say the same: bounds of letters first."""
    spans: list[Range] = []
    remainders: dict[tuple[Sum, bool], Remainder] = {}
    others: list[Condition] = []
    for guard in guards:
        remainder = _remainder(guard)
        if remainder is not None:
            key = remainder.top, remainder.excluded
            known = remainders.get(key)
            if known is None:
                remainders[key] = remainder
            elif not (known.rest or remainder.rest or remainder.excluded):
                bottom = math.lcm(known.bottom, remainder.bottom)
                remainders[key] = Remainder(remainder.top, bottom, 0)
            elif remainder != known:
                others.append(remainder)
            continue
        span = _range(guard)
        if span is None:
            others.append(Relation(guard))
        else:
            spans.append(span)
    result: list[Condition] = []
    for letter in sorted({span.letter for span in spans}):
        result += _merged(letter, [span for span in spans if span.letter == letter])
    return tuple(dict.fromkeys((*result, *remainders.values(), *others)))


def fixed_letters(found: Iterable[Condition]) -> dict[str, int]:
    """The letters of which conditions leave one value, with that value."""
    return {
        c.letter: c.low
        for c in found
        if isinstance(c, Range) and not c.excluded and c.low == c.high
    }


def sentence(guards: Iterable[Guard], latex: bool = False) -> str:
    """All conditions, joined with "and"; "" for none."""
    joint = r" \text{ and } " if latex else " and "
    return joint.join(condition.written(latex) for condition in conditions(guards))


# -- one guard -------------------------------------------------------------------------------------
def _remainder(guard: Guard) -> Remainder | None:
    """`top − bottom·⌊top/bottom⌋ = rest`, in whatever form the terms have it."""
    if guard.relation == ">=":
        return None
    for value in (guard.value, -guard.value):
        for monomial, coefficient in value.terms.items():
            if len(monomial) != 1 or monomial[0][1] != 1:
                continue
            atom = monomial[0][0]
            if not isinstance(atom, Floor) or coefficient >= 0 or coefficient % atom.bottom:
                continue
            times = -coefficient // atom.bottom
            left = value - coefficient * Polynomial({monomial: 1})
            rest = times * Polynomial(atom.top.terms) - left
            if isinstance(rest, int) and rest % times == 0:
                return _plain(atom.top, atom.bottom, rest // times, guard.relation == "!=")
    return None


def _plain(top: Sum, bottom: int, rest: int, excluded: bool) -> Remainder:
    """The same without a constant, a sign or a common factor in the top."""
    terms = dict(top.terms)
    rest -= int(terms.pop((), 0))
    factor = math.gcd(*(int(c) for c in terms.values()))
    shared = math.gcd(factor, bottom)
    if all(isinstance(c, int) for c in terms.values()) and rest % shared == 0:
        factor = -factor if all(c < 0 for c in terms.values()) else factor
        terms = {m: c // factor for m, c in terms.items()}
        bottom //= shared
        rest = rest // shared * pow(factor // shared, -1, bottom)
    return Remainder(Sum(terms), bottom, rest % bottom, excluded)


def _range(guard: Guard) -> Range | None:
    """The sizes that a guard allows, where it is monotone in its only letter."""
    letters = guard.value.free_symbols
    if len(letters) != 1:
        return None
    (letter,) = letters
    sign = 1 if _grows(guard.value) else -1
    rising = guard.value * sign
    if sign < 0 and not _grows(rising):
        return None
    first = _first(rising, letter, 0)
    if guard.relation == ">=":
        # falling: −rising ≥ 0 up to where rising becomes 1
        return Range(letter, first, None) if sign > 0 else _up_to(letter, _first(rising, letter, 1))
    after = _first(rising, letter, 1)
    return Range(letter, first, after - 1, guard.relation == "!=")


def _up_to(letter: str, end: int) -> Range:
    return Range(letter, 1, end - 1)


def _grows(value: Sum) -> bool:
    """Whether no term falls where a letter grows."""
    for monomial, coefficient in value.terms.items():
        if monomial and coefficient < 0:
            return False
        for atom, exponent in monomial:
            if isinstance(atom, Floor):
                if not _grows(atom.top):
                    return False
            elif not isinstance(atom, Symbol):
                return False
            alone = len(monomial) == 1 and exponent == 1
            if not alone and (atom.low is None or atom.low < 0):
                return False
    return True


def _first(rising: Polynomial, letter: str, least: int) -> int:
    """The first size at which a rising value is at least this; `_LARGEST` stands for none."""
    low, high = 0, 1
    while high < _LARGEST and rising.subs(**{letter: high}) < least:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if rising.subs(**{letter: middle}) < least else (low, middle)
    return high


# -- several ranges of a letter --------------------------------------------------------------------
def _merged(letter: str, spans: Iterable[Range]) -> list[Range]:
    """One range that all allow, and the exclusions inside it."""
    low, high = 1, _LARGEST
    gaps = []
    for span in spans:
        if span.excluded:
            gaps.append((span.low, _LARGEST if span.high is None else span.high))
        else:
            low = max(low, span.low)
            high = min(high, _LARGEST if span.high is None else span.high)
    inside: list[tuple[int, int]] = []
    for start, end in sorted(gaps):  # from below: a gap at the lower end moves it
        if start <= low:
            low = max(low, end + 1)
        elif inside and start <= inside[-1][1] + 1:
            inside[-1] = inside[-1][0], max(end, inside[-1][1])
        else:
            inside.append((start, end))
    while inside and inside[-1][1] >= high:
        high = min(high, inside.pop()[0] - 1)
    bound = [Range(letter, low, None if high >= _LARGEST - 1 else high)]
    if low == 1 and high >= _LARGEST - 1:
        bound = []
    kept = [(a, b) for a, b in inside if a <= high and b >= low]
    return bound + [Range(letter, a, b, excluded=True) for a, b in kept]
