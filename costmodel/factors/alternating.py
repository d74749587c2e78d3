"""Alternating least squares: one factor after the other is the best beside the rest.

Each step is linear (Carroll, Chang, Psychometrika 35, 1970; Harshman 1970). A sum of rank-one terms
may have no best approximation: two terms then grow without end and cancel each other (de Silva,
Lim, SIAM J. Matrix Anal. Appl. 30(3), 2008). A small penalty on the factors' norms, which are kept
equal, bounds them. A step beyond the last one is taken where it helps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Penalty on the factors' squared norms, relative to what the kernel's norm makes comparable.
RIDGE = 1e-10
SWEEPS = 400
FIRST_SWEEPS = 30
_PATIENCE = 40
_ENOUGH = 1e-7
#: Relative errors: below the first there are factors that hit the kernel, and it pays to go on to
#: them; below the second they are found.
_NEARLY, _EXACT = 1e-2, 2e-7


class Fitted(Protocol):
    """What has factors to be found."""

    def best(self, arrays: Sequence[Array], number: int, ridge: float) -> Array:
        """The best factor beside the others."""

    def loss(self, arrays: Sequence[Array]) -> float:
        """The squared error."""

    def balanced(self, arrays: Sequence[Array]) -> list[Array]:
        """Other factors of the same product, with equal norms."""


@dataclass(frozen=True)
class Run:
    """Where a start has led to: the factors, and their squared error."""

    arrays: list[Array]
    loss: float


def alternate(problem: Fitted, starts: Sequence[Callable[[], list[Array]]], square: float) -> Run:
    """The best factors that some starts lead to; the most promising one is followed to its end.

    square: the squared norm of the target.
    """
    runs = [_followed(problem, start(), square, FIRST_SWEEPS) for start in starts]
    best = min(runs, key=lambda run: run.loss)
    return _followed(problem, best.arrays, square, SWEEPS)


def _followed(problem: Fitted, arrays: list[Array], square: float, sweeps: int) -> Run:
    count = len(arrays)
    ridge = RIDGE * square ** (1 - 1 / count) if square else RIDGE
    arrays = problem.balanced(arrays)
    loss = problem.loss(arrays)
    mark = loss
    for sweep in range(sweeps * 5):
        if sweep >= sweeps and (sweep - sweeps) % _PATIENCE == 0:
            if loss > _NEARLY**2 * square or (sweep > sweeps and loss > mark / 2):
                break
            mark = loss
        last, before = arrays, loss
        arrays = list(arrays)
        for number in range(count):
            arrays[number] = problem.best(arrays, number, ridge)
        arrays = problem.balanced(arrays)
        loss = problem.loss(arrays)
        if loss <= _EXACT**2 * square or abs(before - loss) <= _ENOUGH * loss:
            break
        beyond = (sweep + 1) ** (1 / 3)
        ahead = [a + beyond * (a - b) for a, b in zip(arrays, last, strict=True)]
        reached = problem.loss(ahead)
        if sweep and reached < loss:
            arrays, loss = problem.balanced(ahead), reached
    return Run(arrays, loss)
