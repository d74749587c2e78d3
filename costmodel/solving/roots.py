"""Where a polynomial changes its sign, as exact numbers; SymPy is imported only for surds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from costmodel.core.numbers import plain
from costmodel.core.readable import exact
from costmodel.solving.integers import at_most_zero, value

_BITS = 80  # after the binary point


@dataclass(frozen=True)
class Root:
    """A positive number at which a cost meets a budget.

    exact: the number where it is rational. value: the nearest float. polynomial: its coefficients
    from the constant up, with this root.
    """

    exact: Fraction | None
    value: float
    polynomial: tuple[int, ...]

    @property
    def text(self) -> str:
        """An integer alone, a fraction with its decimal, a surd as a decimal: `7/3 ≈ 2.333`."""
        if self.exact is None:
            return f"{self.value:.4g} (rounded)"
        number = plain(self.exact)
        return exact(number) if isinstance(number, int) else f"{number} ≈ {self.value:.4g}"

    @property
    def sympy(self) -> Any:
        """The exact number."""
        import sympy

        if self.exact is not None:
            return sympy.Rational(self.exact.numerator, self.exact.denominator)
        found = sympy.real_roots(sympy.Poly(self.polynomial[::-1], sympy.Symbol("x")))
        return min(found, key=lambda root: abs(float(root) - self.value))


def crossings(p: Sequence[int]) -> list[Root]:
    """The positive numbers at which an integer polynomial changes its sign, in order.

    Two of them between the same two integers are none to the integers, and left out.
    """
    found: list[Root] = []
    while p and not p[0]:
        p = p[1:]  # 0 is not positive
    if len(p) < 2:
        return found
    for first, last in at_most_zero(p, 0, None):
        if first > 0:
            found.append(_root(p, first - 1, first))
        if last is not None:
            found.append(_root(p, last, last + 1))
    return [root for root in found if root.value > 0 and _changes(p, root)]


def _root(p: Sequence[int], low: int, high: int) -> Root:
    """The root between two neighbouring integers, one of which it may be."""
    for end in (low, high):
        if value(p, end) == 0:
            return Root(Fraction(end), float(end), tuple(p))
    # p at a/2^bits, times 2^(bits · degree), is an integer
    degree = len(p) - 1
    scaled = [c << (_BITS * (degree - power)) for power, c in enumerate(p)]
    inside, outside = low << _BITS, high << _BITS
    rises = value(p, low) <= 0
    while outside - inside > 1:
        middle = (inside + outside) // 2
        if (value(scaled, middle) <= 0) is rises:
            inside = middle
        else:
            outside = middle
    near = Fraction(inside, 1 << _BITS)
    guess = near.limit_denominator(abs(p[-1]))
    top, bottom = guess.numerator, guess.denominator
    is_root = sum(c * top**power * bottom ** (degree - power) for power, c in enumerate(p)) == 0
    return Root(guess if is_root else None, float(guess if is_root else near), tuple(p))


def _changes(p: Sequence[int], root: Root) -> bool:
    """Whether the sign on the left of an integer root is another one than on its right."""
    if root.exact is None or root.exact.denominator > 1:
        return True
    middle = int(root.exact)
    before, after = value(p, middle - 1), value(p, middle + 1)
    return (before > 0) is not (after > 0) if before and after else True
