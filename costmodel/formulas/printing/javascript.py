"""Closed formulas as JavaScript: integers of any size (BigInt), floors kept, each worked out once.

What is printed is a polynomial's sum of products, so a page can count without Python what the rules
gave once. Divisions are floors or come out even; nothing is ever a rounded number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from costmodel.core.numbers import Number
from costmodel.core.polynomial_terms import Atom, Call, Floor, Sum, Symbol
from costmodel.core.polynomial_text import Monomial, Terms, drawn_out
from costmodel.errors import CostModelError

#: The function of a page that gives ⌊a/b⌋, 0 for b = 0.
FLOOR = "floorDiv"


class JavaScript:
    """Statements in order, and the expressions that need them.

    names: of the sizes in the script, where they differ from their own. functions: what a call is
    called in the script, by its name here. A page has to have these, and `FLOOR`.
    """

    def __init__(
        self, names: Mapping[str, str] | None = None, functions: Mapping[str, str] | None = None
    ) -> None:
        self.lines: list[str] = []
        self._names, self._functions = names or {}, functions or {}
        self._known: dict[Atom, str] = {}

    def value(self, value: Number) -> str:
        """An expression for an int, or for a sum that is an integer wherever its sizes are.

        Raises `CostModelError` for a call that the script has no function for, such as a quotient
        of sizes, which is no integer.
        """
        terms: Terms = value.terms if isinstance(value, Sum) else {(): value}
        scale = math.lcm(*(c.denominator for c in terms.values()))
        if scale == 1:
            return self._sum(terms)
        whole: Terms = {m: int(c * scale) for m, c in terms.items()}
        return f"{FLOOR}({self._sum(whole)}, {scale}n)"

    def _sum(self, terms: Terms) -> str:
        common, rest = drawn_out(terms)
        text = ""
        for monomial, coefficient in rest.items():
            if not coefficient:
                continue  # the number 0
            part = self._product(monomial, abs(int(coefficient)))
            if coefficient < 0:
                text = f"{text or '0n'} - {part}"  # -k**2n is no expression in JavaScript
            else:
                text += f" + {part}" if text else part
        return f"{self._product(common, 1)}*({text})" if common else text or "0n"

    def _product(self, monomial: Monomial, coefficient: int) -> str:
        factors = [
            self._atom(atom) + (f"**{exponent}n" if exponent > 1 else "")
            for atom, exponent in monomial
        ]
        if coefficient != 1 or not factors:
            factors.insert(0, f"{coefficient}n")
        return "*".join(factors)

    def _atom(self, atom: Atom) -> str:
        if isinstance(atom, Symbol):
            return self._names.get(atom.name, atom.name)
        if atom not in self._known:
            text = self._computed(atom)
            name = self._known[atom] = f"v{len(self._known)}"
            self.lines.append(f"const {name} = {text};")
        return self._known[atom]

    def _computed(self, atom: Floor | Call) -> str:
        values = [self.value(part) for part in atom.inner]
        if isinstance(atom, Floor):
            return f"{FLOOR}({values[0]}, {atom.bottom}n)"
        if atom.name not in self._functions:
            raise CostModelError(
                f"{atom.source({})} has no exact form in JavaScript; allowed are sums, products, "
                f"floors{''.join(f', {name}' for name in self._functions)}"
            )
        return f"{self._functions[atom.name]}({', '.join(values)})"
