"""Terms: sums of products of atoms, and the atoms, which are letters, floors and calls.

An atom knows its place among the factors of a product, how it is written, and what it is worth
where the letters are; what is inside a floor or a call is a `Sum` again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from costmodel.core.numbers import Number, floor_div, plain, product
from costmodel.core.polynomial_text import Terms, latex, source

#: The name of a quotient: what makes it exact in Python.
QUOTIENT = "Fraction"

_GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "lambda", "mu", "rho", "sigma", "tau")
_FUNCTIONS = ("min", "max", "gcd")


class Sum:
    """Terms as a frozen value.

    terms: coefficient of every monomial; never changed once made.
    """

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._hash: int | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and self.terms == other.terms

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __str__(self) -> str:
        """Python's syntax, exact with ints."""
        return source(self.terms, {})

    __repr__ = __str__

    def to_latex(self) -> str:
        """The same for documents."""
        return latex(self.terms)

    def atoms(self) -> Iterator[Atom]:
        """Every atom once, the atoms inside another one before it."""
        seen: set[Atom] = set()
        for monomial in self.terms:
            for atom, _ in monomial:
                for inner in (*(a for part in atom.inner for a in part.atoms()), atom):
                    if inner not in seen:
                        seen.add(inner)
                        yield inner

    @property
    def integer(self) -> bool:
        """Whether it is an integer wherever its symbols are what they are declared to be."""
        return all(
            isinstance(c, int) and all(atom.integer for atom, _ in m) for m, c in self.terms.items()
        )

    @property
    def low(self) -> Number | None:
        """A bound that it never falls below, None where its signs do not show one."""
        bound: Number = 0
        for monomial, coefficient in self.terms.items():
            lows = [atom.low for atom, _ in monomial]
            if monomial and (coefficient < 0 or any(low is None or low < 0 for low in lows)):
                return None
            powers = (low**exponent for low, (_, exponent) in zip(lows, monomial, strict=True))
            bound = bound + coefficient * product(powers)
        return bound

    def value(self, known: Mapping[Atom, Number]) -> Number:
        """The value where those of the atoms are known, as numbers of any kind."""
        value = sum(
            coefficient * product(known[atom] ** exponent for atom, exponent in monomial)
            for monomial, coefficient in self.terms.items()
        )
        return plain(value)


@dataclass(frozen=True)
class Symbol:
    """A size by name; `integer` False is a ratio such as a resolution multiplier."""

    name: str
    integer: bool = True
    grid = 0
    letter = True
    inner = ()

    @cached_property
    def key(self) -> tuple[int, str]:
        """Place in the order of factors: letters first."""
        return 0, self.name

    @property
    def low(self) -> int:
        """The least value: sizes are at least 1, ratios at least 0."""
        return int(self.integer)

    def source(self, known: Mapping[Atom, str]) -> str:
        """Its name."""
        return self.name

    def latex(self) -> str:
        """A Greek name as the letter, a longer word upright."""
        if self.name in _GREEK:
            return rf"\{self.name}"
        return self.name if len(self.name) == 1 else rf"\mathrm{{{self.name}}}"


@dataclass(frozen=True)
class Floor:
    """⌊top / bottom⌋ with a positive int `bottom`."""

    top: Sum
    bottom: int
    integer = True
    letter = False

    @cached_property
    def _hash(self) -> int:
        return hash((self.top, self.bottom))

    def __hash__(self) -> int:
        return self._hash

    @property
    def inner(self) -> tuple[Sum, ...]:
        """What is inside."""
        return (self.top,)

    @property
    def grid(self) -> int:
        """The divisor: floors of finer grids stand before those of coarser ones."""
        return self.bottom

    @cached_property
    def key(self) -> tuple[int, str]:
        """Place in the order of factors: floors after letters."""
        return 1, f"({self.top})//{self.bottom}"

    @property
    def low(self) -> Number | None:
        """The least value, where it is known."""
        low = self.top.low
        return None if low is None else low // self.bottom

    def value(self, known: Mapping[Atom, Number]) -> Number:
        """The value where those of the atoms inside are known."""
        return floor_div(self.top.value(known), self.bottom)

    def source(self, known: Mapping[Atom, str]) -> str:
        """`(H + 1)//2`."""
        top = source(self.top.terms, known)
        return f"{top if top.isidentifier() else f'({top})'}//{self.bottom}"

    def latex(self) -> str:
        """The quotient between ⌊ ⌋."""
        top = self.top.to_latex()
        inside = top if self.bottom == 1 else rf"\frac{{{top}}}{{{self.bottom}}}"
        return rf"\left\lfloor {inside} \right\rfloor"


@dataclass(frozen=True)
class Call:
    """What has no polynomial form: `min(3, H)`, `gcd(m, 8)`, the quotient `Fraction(H, W + 1)`.

    rule gives the value for arguments of any kind, closed its closed form of symbols, where it has
    one.
    """

    name: str
    inner: tuple[Sum, ...]
    rule: Callable[..., Number]
    integer: bool = True
    closed: Callable[..., Number | None] | None = field(default=None, compare=False)
    grid = 0
    letter = False
    low = None

    @cached_property
    def key(self) -> tuple[int, str]:
        """Place in the order of factors: last."""
        return 2, self.source({})

    def value(self, known: Mapping[Atom, Number]) -> Number:
        """The value where those of the atoms inside are known."""
        return self.rule(*(argument.value(known) for argument in self.inner))

    def source(self, known: Mapping[Atom, str]) -> str:
        """The call in Python."""
        return f"{self.name}({', '.join(source(part.terms, known) for part in self.inner)})"

    def latex(self) -> str:
        """The usual sign of the function."""
        texts = [part.to_latex() for part in self.inner]
        if self.name == QUOTIENT:
            return rf"\frac{{{texts[0]}}}{{{texts[1]}}}"
        name = self.name.replace("_", r"\_")
        name = rf"\{name}" if name in _FUNCTIONS else rf"\mathrm{{{name}}}"
        return rf"{name}\left({', '.join(texts)}\right)"


Atom = Symbol | Floor | Call
