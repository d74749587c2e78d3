"""Lowering: sums and guards as statements, each as far outside of the loops as it can stand.

The axes of a space are loops, one in the other. What depends on the outer ones alone is computed
there once; inside, a polynomial is left as a short sum over the factors of the innermost axis. The
same statements are the body of a compiled loop, and array expressions in which outer values are
small arrays that are broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from costmodel.core.polynomial_terms import Atom, Call, Floor, Sum, Symbol
from costmodel.sweeping.traced import Guard


@dataclass
class Lowering:
    """Statements by level: 0 stands before all loops, `n` inside the first n of them.

    levels: the level of every size by its name, under which its value is known there.
    lines: (level, name, expression) in an order in which each needs those before it only.
    rules: of calls that have no name of their own, by the name under which they are called.
    """

    levels: Mapping[str, int]
    lines: list[tuple[int, str, str]] = field(default_factory=list)
    rules: dict[str, Any] = field(default_factory=dict)
    _known: dict[Any, str] = field(default_factory=dict)
    _placed: dict[Atom, int] = field(default_factory=dict)

    def level(self, value: Sum) -> int:
        """Inside how many loops a value is known."""
        return max((self._level(a) for m in value.terms for a, _ in m), default=0)

    def value(self, value: Sum) -> str:
        """The name, or the number, under which a sum is known at its level and further inside."""
        if value not in self._known:
            self._known[value] = self._sum(value)
        return self._known[value]

    def guard(self, guard: Guard) -> tuple[int, str]:
        """The level and the condition of a guard."""
        name = self.value(guard.value)
        return self.level(guard.value), f"{name} {guard.relation} 0"

    def _level(self, atom: Atom) -> int:
        if atom not in self._placed:
            self._placed[atom] = (
                self.levels[atom.name]
                if isinstance(atom, Symbol)
                else max(map(self.level, atom.inner))
            )
        return self._placed[atom]

    def _stated(self, level: int, expression: str) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append((level, name, expression))
        return name

    def _sum(self, value: Sum) -> str:
        scale = math.lcm(*(c.denominator for c in value.terms.values()))
        if scale > 1:  # integers only: a value that is whole at every point is divided last
            whole = Sum({m: int(c * scale) for m, c in value.terms.items()})
            return self._stated(self.level(value), f"{self.value(whole)} // {scale}")
        level = self.level(value)
        inside: dict[tuple[tuple[Atom, int], ...], dict[Any, int]] = {}
        for monomial, coefficient in value.terms.items():
            key = tuple(part for part in monomial if level and self._level(part[0]) == level)
            rest = tuple(part for part in monomial if part not in key)
            inside.setdefault(key, {})[rest] = int(coefficient)
        if level == 0:
            return str(next(iter(value.terms.values()), 0))
        (factors, share), *others = inside.items()
        if not others and len(factors) == 1 and factors[0][1] == 1 and share == {(): 1}:
            return self._atom(factors[0][0])
        return self._stated(level, " + ".join(self._product(k, Sum(r)) for k, r in inside.items()))

    def _product(self, key: tuple[tuple[Atom, int], ...], rest: Sum) -> str:
        factors = [self._atom(atom) for atom, exponent in key for _ in range(exponent)]
        if rest.terms != {(): 1} or not factors:
            factors.insert(0, self.value(rest))
        return "*".join(factor if factor[0] != "-" else f"({factor})" for factor in factors)

    def _atom(self, atom: Atom) -> str:
        if atom not in self._known:
            self._known[atom] = self._computed(atom)
        return self._known[atom]

    def _computed(self, atom: Atom) -> str:
        match atom:
            case Symbol():
                return atom.name
            case Floor():
                text = f"{self.value(atom.top)} // {atom.bottom}"
            case Call():
                name = atom.name
                if not name:  # a rule of Python numbers
                    name = f"rule{len(self.rules)}"
                    self.rules[name] = atom.rule
                text = f"{name}({', '.join(map(self.value, atom.inner))})"
        return self._stated(self._level(atom), text)
