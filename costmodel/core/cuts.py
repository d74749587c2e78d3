"""Cuts: every way to separate a bond from the axes on one side of it.

A side of a bond is a matrix, of which the bond is one side and the axes behind it the other. Its
rank is no larger than the product of the axes of any cut through the factors on that side: axes of
the kernel, or bonds on the way to them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import reduce

from costmodel.core.bonds import Factor, Factors, Index, Place, beside, shared

#: One way to cut a side off: the product of some axes, one for each parallel branch, added up.
Cut = tuple[frozenset[Index], ...]
_NOTHING: list[Cut] = [(frozenset(),)]


class Cutter:
    """The cuts of one bond.

    own: the factors that have it. batch: the indices that all of those have. beside: the bonds
    between just the same factors. exact: whether the smallest cut is known to be reached.
    circular: whether other bonds lead round this one.
    """

    def __init__(self, whole: Factors, bond: Index) -> None:
        self.whole, self.bond = whole, bond
        self.own = self._with(bond)
        self.batch = frozenset.intersection(*(f.indices for f in self.own)) - {bond}
        self.beside = [i for i in self.batch - whole.open if self._with(i) == self.own]
        self.met: list[Factor] = []
        self.circular = self.exact = False

    def cuts(self) -> list[Cut]:
        """Every way to cut the bond off, but those that are never smaller than another."""
        base = self.own[0].place
        for factor in self.own:
            base = base[: shared(base, factor.place)]
        groups = self._groups(self.own, base, self.bond, self.own)
        found = [
            cut for left in range(len(groups)) for cut in _all(groups[:left] + groups[left + 1 :])
        ]
        met = [i for f in self.met for i in (f.indices & self.whole.open) - self.batch]
        self.circular = self.circular or self.batch - self.whole.open != set(self.beside)
        self.exact = not self.circular and len(groups) == 2 and len(met) == len(set(met))
        return _smallest(found)

    def _with(self, index: Index) -> list[Factor]:
        return [factor for factor in self.whole.factors if index in factor.indices]

    def _groups(
        self, members: list[Factor], base: Place, bond: Index, seen: list[Factor]
    ) -> list[list[Cut]]:
        """The cuts of each side of a bond: of a factor, or of branches that stand side by side.

        Branches that `base` is in as well are no parting of the ways.
        """

        def inner(factor: Factor) -> Place:
            return factor.place[shared(factor.place, base) :]

        sides = [self._side(f, bond, seen) for f in members if not inner(f)]
        deeper = [f for f in members if inner(f)]
        for _, block in itertools.groupby(deeper, lambda f: inner(f)[0][0]):
            branches = [
                _all(self._groups(list(branch), (*base, step), bond, seen))
                for step, branch in itertools.groupby(block, lambda f: inner(f)[0])
            ]
            sides.append(
                _smallest(tuple(itertools.chain(*cuts)) for cuts in itertools.product(*branches))
            )
        return sides

    def _side(self, factor: Factor, bond: Index, seen: list[Factor]) -> list[Cut]:
        """What a factor shows to a bond: the axes behind it, or bonds on the way to them."""
        self.met.append(factor)
        parts: list[list[Cut]] = []
        for index in sorted(factor.indices - self.batch - {bond}):
            cuts: list[Cut] = [(frozenset({index}),)]
            if index not in self.whole.open:
                others = [
                    f
                    for f in self._with(index)
                    if f is not factor and not beside(f.place, factor.place)
                ]
                if any(f in seen for f in others):
                    self.circular = True
                else:
                    on = [*seen, factor, *others]
                    cuts += _all(self._groups(others, factor.place, index, on))
            parts.append(cuts)
        return _all(parts)


def _all(parts: list[list[Cut]]) -> list[Cut]:
    """The cuts of several parts together: one of each, multiplied."""
    return reduce(_times, parts, _NOTHING)


def _times(one: list[Cut], other: list[Cut]) -> list[Cut]:
    return _smallest(tuple(a | b for a in left for b in right) for left in one for right in other)


def _smallest(cuts: Iterable[Cut]) -> list[Cut]:
    """The cuts without those that hold a whole other one."""
    kept: list[Cut] = []
    for cut in dict.fromkeys(cuts):
        if not any(_holds(cut, other) for other in kept):
            kept = [other for other in kept if not _holds(other, cut)] + [cut]
    return kept


def _holds(cut: Cut, other: Cut) -> bool:
    return len(other) == 1 and any(other[0] <= part for part in cut)
