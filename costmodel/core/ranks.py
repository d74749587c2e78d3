"""Full rank: the value of a rank from which on a larger one can express nothing more.

A bond `r` between two groups of factors is the inner dimension of a product of two matrices, so no
kernel needs more of it than the smaller side of the unfolding that the bond cuts: the product of
the axes of either group. Bonds further away count with their own size or with what lies beyond
them, whichever is smaller. Axes that all of the bond's own factors have are batches: there is a
product for each value of theirs. Of a bond in three factors or more (a CP rank) it is the smallest
product of all groups but one: enough for every kernel, but not known to be the least that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from costmodel.core.bonds import Factors, factors
from costmodel.core.cuts import Cutter
from costmodel.core.expression import Expr
from costmodel.core.numbers import Number, ceil_div, largest, product, smallest
from costmodel.core.variant import Variant

#: What an expression is worth where it stands for a size.
Evaluate = Callable[[Expr], Number]


@dataclass(frozen=True)
class Rank:
    """A hyper-parameter that is a rank: the size of bonds, and of nothing else.

    letter: its name. exact: whether its full rank is the least one, so that with one less not every
    kernel can be expressed that the other sizes allow; False where it is enough, and may be more.
    circular: whether its bonds have a way round them.
    """

    letter: str
    exact: bool
    circular: bool
    _bonds: tuple[_Bond, ...]

    def full(self, sizes: Mapping[str, Number], evaluate: Evaluate) -> Number:
        """The full rank.

        Args:
            sizes: of every axis by its name; the letter's own is not looked at.
            evaluate: what the expression of a window with a size of its own is worth.
        """

        def size_of(axis: str | Expr) -> Number:
            return sizes[axis] if isinstance(axis, str) else evaluate(axis)

        values = [bond.full(size_of) for bond in self._bonds]
        return values[0] if len(values) == 1 else largest(*values)


@dataclass(frozen=True)
class _Bond:
    """One bond: the smallest of `cuts` bounds it, together with the bonds `beside` it.

    Axes are names, or the expressions of windows that have sizes of their own.
    """

    cuts: tuple[tuple[tuple[str | Expr, ...], ...], ...]
    beside: tuple[str | Expr, ...]

    def full(self, size_of: Callable[[str | Expr], Number]) -> Number:
        sums = (sum(product(map(size_of, axes)) for axes in cut) for cut in self.cuts)
        least = smallest(*sums) if len(self.cuts) > 1 else next(sums)
        return ceil_div(least, product(map(size_of, self.beside))) if self.beside else least


@lru_cache(maxsize=1024)
def ranks(variant: Variant, dims: int) -> Mapping[str, Rank]:
    """The ranks among a variant's hyper-parameters, on layers with `dims` spatial axes.

    A letter that other sizes are worked out from, or between stages that count their channels off
    in another way, is none: what it bounds does not follow from the bond alone.
    """
    found = {}
    letters = [name for name, hyper in variant.hyper.items() if not hyper.real]
    used = set(_names_in_sizes(variant)) if letters else set()
    for letter in letters:
        if letter not in used and (rank := _rank(letter, factors(variant, dims))):
            found[letter] = rank
    return found


def within_full_rank(
    found: Mapping[str, Rank],
    values: Mapping[str, Number],
    sizes: Mapping[str, Number],
    evaluate: Evaluate,
) -> dict[str, Number]:
    """The values of some ranks, each taken down to its full rank beside the others.

    Once is enough, since every bound counts what lies behind the other ranks too; but where bonds
    go round in a circle: there each bound falls with the others, and is never below one that it
    depends on, so as often as there are ranks is often enough.

    Args:
        found: the ranks by letter.
        values: of each of them.
        sizes, evaluate: as `Rank.full` takes them.
    """
    settled = dict(values)
    for _ in found if any(rank.circular for rank in found.values()) else [None]:
        beside = {**sizes, **settled}
        for letter, rank in found.items():
            settled[letter] = smallest(beside[letter], rank.full(beside, evaluate))
    return settled


def _names_in_sizes(variant: Variant) -> Iterable[str]:
    """Every name that a size is worked out from; one that stands alone is that size itself."""
    for expr in variant.derived.values():
        if expr.op != "name":
            yield from expr.names()
    for expr, _ in variant.sequence.expressions():
        yield from expr.names()


def _rank(letter: str, whole: Factors) -> Rank | None:
    tied = frozenset(whole.bonds(letter))
    bonds, exact, circular = [], whole.plain, False
    for index in sorted(tied):
        cutter = Cutter(whole, index)
        if len(cutter.own) < 2 or tied & cutter.batch:
            return None
        # of bonds that have one size, none is what bounds another
        cuts = [cut for cut in cutter.cuts() if not any(tied & part for part in cut)]
        exact, circular = exact and cutter.exact, circular or cutter.circular
        if not cuts:
            return None
        bonds.append(
            _Bond(
                tuple(tuple(whole.axes(part) for part in cut) for cut in cuts),
                whole.axes(cutter.beside),
            )
        )
    return Rank(letter, exact, circular, tuple(bonds)) if bonds else None
