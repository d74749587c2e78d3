"""Polynomials over symbols and floors: sizes that are not known yet, in microseconds.

A layer's output size is ⌊(size + …)/stride⌋ + 1, so every count of a network is a polynomial with
integer coefficients in its input sizes and in floors of them. This number type flows through the
same rules as ints do (`ConvLayer`, stages, metrics) and keeps such polynomials in a normal form:
like terms are collected, and floors of floors become one floor,

    ⌊x/c⌋ + k = ⌊(x + k·c)/c⌋      ⌊⌊x/c⌋/d⌋ = ⌊x/(c·d)⌋      ⌊(d·q + r)/d⌋ = q + ⌊r/d⌋,

so that a chain of strided layers ends at ⌊(H + 31)/32⌋, and all layers on one grid are one term.
SymPy's floors stay nested instead, and importing it takes longer than all the rest together; `subs`
with its symbols converts the result at the end for those who want it.

    >>> H = symbol("H")
    >>> ((H - 1) // 2 + 1 + 2 - 3) // 2 + 1
    (H + 3)//4
    >>> 2*H*H + H*(3 - 2*H)
    3*H
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from costmodel.core.numbers import Number, product, total
from costmodel.core.polynomial_text import Monomial, Rational, Terms, latex, source
from costmodel.errors import CostModelError

_GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "lambda", "mu", "rho", "sigma", "tau")


@dataclass(frozen=True)
class Symbol:
    """A size by name; `integer` False is a ratio such as a resolution multiplier."""

    name: str
    integer: bool = True
    grid = 0
    letter = True

    @cached_property
    def key(self) -> tuple[int, str]:
        """Place in the order of factors: symbols first."""
        return 0, self.name

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

    top: Polynomial
    bottom: int
    integer: bool = True
    letter = False

    @property
    def grid(self) -> int:
        """The divisor: floors of finer grids stand before those of coarser ones."""
        return self.bottom

    @cached_property
    def key(self) -> tuple[int, str]:
        """Place in the order of factors: floors last."""
        return 1, f"({self.top})//{self.bottom}"

    @cached_property
    def _hash(self) -> int:
        return hash((self.top, self.bottom))

    def __hash__(self) -> int:
        return self._hash

    def source(self, known: Mapping[Atom, str]) -> str:
        """`(H + 1)//2`."""
        top = source(self.top.terms, known)
        return f"{top if top.isidentifier() else f'({top})'}//{self.bottom}"

    def latex(self) -> str:
        """The quotient between ⌊ ⌋."""
        return rf"\left\lfloor \frac{{{self.top.to_latex()}}}{{{self.bottom}}} \right\rfloor"


Atom = Symbol | Floor


class Polynomial:
    """A polynomial; made by arithmetic on `symbol(...)`, and an int again where nothing is left.

    terms: coefficient of every monomial; never changed once made.
    """

    __slots__ = ("_hash", "terms")

    #: What `arith` asks of a symbolic value.
    is_number = False

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._hash: int | None = None

    # -- what is in it ---------------------------------------------------------------------------
    @property
    def free_symbols(self) -> frozenset[str]:
        """The names of the symbols in it, those inside floors included."""
        return frozenset(atom.name for atom in self.atoms() if isinstance(atom, Symbol))

    def atoms(self) -> Iterator[Atom]:
        """Every atom once, the atoms inside a floor before the floor."""
        seen: set[Atom] = set()
        for monomial in self.terms:
            for atom, _ in monomial:
                if isinstance(atom, Floor):
                    for inner in atom.top.atoms():
                        if inner not in seen:
                            seen.add(inner)
                            yield inner
                if atom not in seen:
                    seen.add(atom)
                    yield atom

    @property
    def integer(self) -> bool:
        """Whether it is an integer wherever its symbols are what they are declared to be."""
        return all(isinstance(c, int) and _integral(m) for m, c in self.terms.items())

    # -- arithmetic ------------------------------------------------------------------------------
    def __add__(self, other: Any) -> Any:
        if isinstance(other, int):
            return self._plus(other)
        terms = _terms(other)
        if terms is None:
            return NotImplemented
        result = dict(self.terms)
        for monomial, coefficient in terms.items():
            result[monomial] = result.get(monomial, 0) + coefficient
        return _make(result)

    __radd__ = __add__

    def _plus(self, number: int) -> Any:
        """The sum with an int, the most frequent one: a step of an output-size rule."""
        if not number:
            return self
        result = dict(self.terms)
        constant = result.pop((), 0) + number
        if not constant:
            return Polynomial(result)
        if len(result) == 1:
            absorbed = _absorbed(result, constant)
            if absorbed is not None:
                return absorbed
        result[()] = constant
        return Polynomial(result)

    def __neg__(self) -> Any:
        return Polynomial({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, int):
            return self._plus(-other)
        terms = _terms(other)
        if terms is None:
            return NotImplemented
        return self + Polynomial({m: -c for m, c in terms.items()})

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, int) and not isinstance(other, bool):
            if other == 1:
                return self
            return _make({m: c * other for m, c in self.terms.items()})
        terms = _terms(other)
        if terms is None:
            return NotImplemented
        result: dict[Monomial, Rational] = {}
        for left, a in self.terms.items():
            for right, b in terms.items():
                monomial = _times(left, right)
                result[monomial] = result.get(monomial, 0) + a * b
        return _make(result)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Any:
        if not isinstance(exponent, int) or exponent < 0:
            return NotImplemented
        result: Any = 1
        for _ in range(exponent):
            result = self * result
        return result

    def __truediv__(self, other: Any) -> Any:
        """Exact division; `CostModelError` where it does not come out as a polynomial."""
        if isinstance(other, int | Fraction):
            return _make({m: Fraction(c) / other for m, c in self.terms.items()})
        if not isinstance(other, Polynomial):
            return NotImplemented
        if self == other:
            return 1
        quotient = _quotient(self, other)
        if quotient is None:
            raise CostModelError(f"{self} is not divisible by {other}; allowed are its factors")
        return quotient

    def __rtruediv__(self, other: Any) -> Any:
        raise CostModelError(f"{other} is not divisible by {self}; allowed are its factors")

    def __floordiv__(self, other: Any) -> Any:
        """The floor of the quotient, in normal form; by an int, or exactly by a polynomial."""
        if not isinstance(other, int):
            return self / other
        if other < 1:
            raise CostModelError(f"{self} is divided by {other}; allowed are integers from 1 up")
        return _floor(self.terms, other)

    def __mod__(self, other: int) -> Any:
        return self - (self // other) * other

    # -- identity --------------------------------------------------------------------------------
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.terms == other.terms

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __bool__(self) -> bool:
        raise CostModelError(f"whether {self} is zero depends on its symbols")

    def __str__(self) -> str:
        """Python's syntax, exact with ints."""
        return source(self.terms, {})

    __repr__ = __str__

    def to_latex(self) -> str:
        """The same for documents."""
        return latex(self.terms)

    # -- values ----------------------------------------------------------------------------------
    def subs(self, **values: Number) -> Number:
        """The polynomial with numbers of any kind in place of some symbols."""
        known: dict[Atom, Any] = {}
        for atom in self.atoms():
            if isinstance(atom, Symbol):
                known[atom] = values.get(atom.name, Polynomial({((atom, 1),): 1}))
            else:
                known[atom] = _value(atom.top.terms, known) // atom.bottom
        return _value(self.terms, known)


def symbol(name: str, integer: bool = True) -> Polynomial:
    """An unknown size; `integer=False` for a ratio. The name must be one that Python can have."""
    import keyword

    if not name.isidentifier() or keyword.iskeyword(name) or not name.isascii():
        raise CostModelError(f"symbol {name!r}; allowed are letters, digits and underscores")
    return Polynomial({((Symbol(name, integer), 1),): 1})


def _terms(value: Any) -> Terms | None:
    if isinstance(value, Polynomial):
        return value.terms
    if isinstance(value, int | Fraction):
        return {(): value} if value else {}
    return None


def _make(terms: dict[Monomial, Rational]) -> Any:
    """A polynomial without zero terms, or the plain number that it is."""
    clean = {m: _plain(c) for m, c in terms.items() if c}
    if not clean:
        return 0
    if () in clean and len(clean) <= 2:
        constant = clean.pop(())
        if not clean:
            return constant
        absorbed = _absorbed(clean, constant)
        if absorbed is not None:
            return absorbed
        clean[()] = constant
    return Polynomial(clean)


def _absorbed(terms: Terms, constant: Rational) -> Any:
    """⌊x/c⌋ + k as ⌊(x + k·c)/c⌋: an output size stays one factor, and a product one term.

    None where the only other term is no single floor.
    """
    ((monomial, coefficient),) = terms.items()
    if coefficient != 1 or len(monomial) != 1 or not isinstance(constant, int):
        return None
    atom, exponent = monomial[0]
    if exponent != 1 or not isinstance(atom, Floor):
        return None
    return Polynomial({((Floor(atom.top + constant * atom.bottom, atom.bottom), 1),): 1})


def _plain(value: Rational) -> Rational:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def _integral(monomial: Monomial) -> bool:
    return all(atom.integer for atom, _ in monomial)


def _times(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, exponent in right:
        powers[atom] = powers.get(atom, 0) + exponent
    return tuple(sorted(powers.items(), key=lambda item: item[0].key))


def _quotient(whole: Polynomial, part: Polynomial) -> Any:
    """The exact quotient by a single term, None where there is none."""
    if len(part.terms) != 1:
        return None
    ((divisor, scale),) = part.terms.items()
    result: dict[Monomial, Rational] = {}
    for monomial, coefficient in whole.terms.items():
        powers = dict(monomial)
        for atom, exponent in divisor:
            powers[atom] = powers.get(atom, 0) - exponent
            if powers[atom] < 0:
                return None
        kept = tuple((atom, exponent) for atom, exponent in powers.items() if exponent)
        result[kept] = Fraction(coefficient) / scale
    return _make(result)


def _floor(terms: Terms, bottom: int) -> Any:
    """⌊terms / bottom⌋ in normal form."""
    scale = math.lcm(*(c.denominator for c in terms.values()))
    bottom *= scale
    whole: dict[Monomial, Rational] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in terms.items():
        value = int(coefficient * scale)
        if monomial and _integral(monomial):  # ⌊(d·q + r)/d⌋ = q + ⌊r/d⌋ needs an integer q
            whole[monomial], value = divmod(value, bottom)
        if value:
            rest[monomial] = value
    left = _make(whole)
    if not rest or (len(rest) == 1 and () in rest):
        return left + rest.get((), 0) // bottom
    constant = rest.pop((), 0)
    if len(rest) == 1:
        ((monomial, coefficient),) = rest.items()
        if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
            atom = monomial[0][0]
            if isinstance(atom, Floor):
                inner = atom.top + constant * atom.bottom
                return left + _floor(inner.terms, atom.bottom * bottom)
    if all(map(_integral, rest)):
        common = math.gcd(bottom, *rest.values())
        if common > 1:
            rest = {m: c // common for m, c in rest.items()}
            constant, bottom = constant // common, bottom // common
            return left + _floor({**rest, (): constant} if constant else rest, bottom)
    if constant:
        rest[()] = constant
    return left + Polynomial({((Floor(Polynomial(rest), bottom), 1),): 1})


def _value(terms: Terms, known: Mapping[Atom, Number]) -> Number:
    value = total(
        coefficient * product(known[atom] ** exponent for atom, exponent in monomial)
        for monomial, coefficient in terms.items()
    )
    return _plain(value) if isinstance(value, int | Fraction) else value
