"""A tiny language for sizes: `n/g`, `ceil(n/q)`, `b*m*(k^2+n)`. Nothing is evaluated as code.

    sum     = product { ("+" | "-") product }
    product = factor { ("*" | "/" | "//") factor }
    factor  = "-" factor | atom [ "^" digit ]
    atom    = integer | name | function "(" sum { "," sum } ")" | "(" sum ")"

`/` is exact division: it is an error, not a rounded number, where it does not come out even. The
functions are `ceil(a/b)` and `floor(a/b)`, which round, and `min`, `max`, `gcd` of several values.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from costmodel.core.limits import check_operation, check_power
from costmodel.core.numbers import (
    Number,
    ceil_div,
    common_divisor,
    exact_div,
    floor_div,
    largest,
    smallest,
)
from costmodel.errors import CostModelError, NotationError

_TOKEN = re.compile(r"\s*(?:([0-9]+)|([A-Za-z_][A-Za-z0-9_]*)|(//|[-+*/^(),]))")
_MAX_DEPTH = 30  # typed by strangers in the dashboard: a bound instead of a deep recursion
_MAX_DIGITS = 18
_MAX_LENGTH = 500
_MAX_ARGUMENTS = 8


def _within(sign: str, rule: Callable[[Number, Number], Number]) -> Any:
    """A rule that is not begun where its result would be beyond the limits."""

    def apply(a: Number, b: Number) -> Number:
        check_operation(sign, a, b)
        return rule(a, b)

    return apply


def _power(base: Number, exponent: int) -> Number:
    check_power(base, exponent)
    return base**exponent


_BINARY: dict[str, Callable[[Number, Number], Number]] = {
    "+": _within("+", operator.add),
    "-": _within("-", operator.sub),
    "*": _within("*", operator.mul),
    "/": _within("/", exact_div),
    "//": _within("/", floor_div),
    "^": _power,
}
_ROUNDING: dict[str, Callable[[Number, Number], Number]] = {"ceil": ceil_div, "floor": floor_div}
_SEVERAL: dict[str, Callable[..., Number]] = {
    "min": smallest,
    "max": largest,
    "gcd": common_divisor,
}


@dataclass(frozen=True)
class Expr:
    """A parsed expression: an operator with operands, a name, or a number.

    `op` is an operator sign, a function's name, "neg", "name" or "int"; `args` are sub-expressions,
    or the name or the int itself.
    """

    op: str
    args: tuple[Expr | str | int, ...]
    text: str = ""

    def names(self) -> Iterator[str]:
        """The names that have to be known to evaluate this, in reading order."""
        if self.op == "name":
            yield str(self.args[0])
        for arg in self.args:
            if isinstance(arg, Expr):
                yield from arg.names()

    def evaluate(self, env: Mapping[str, Number]) -> Number:
        """The value, in whatever number type `env` holds; an unknown name is a `CostModelError`."""
        if self.op == "int":
            return self.args[0]
        if self.op == "name":
            name = str(self.args[0])
            if name not in env:
                raise CostModelError(
                    f"unknown name {name!r} in {self.text or name!r}: "
                    f"allowed are {', '.join(sorted(env))}"
                )
            return env[name]
        inner = self.args[0]
        assert isinstance(inner, Expr)
        if self.op == "neg":
            return -inner.evaluate(env)
        if self.op in _ROUNDING:
            # ceil(a/b) rounds the quotient itself; the exact division inside would refuse it
            a, b = (inner.args if inner.op == "/" else (inner, Expr("int", (1,))))[:2]
            assert isinstance(a, Expr)
            assert isinstance(b, Expr)
            return _ROUNDING[self.op](a.evaluate(env), b.evaluate(env))
        if self.op in _SEVERAL:
            return _SEVERAL[self.op](*(a.evaluate(env) for a in self.args if isinstance(a, Expr)))
        right = self.args[1]
        assert isinstance(right, Expr)
        return _BINARY[self.op](inner.evaluate(env), right.evaluate(env))

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=2048)
def parse(text: str, *, within: str | None = None, offset: int = 0) -> Expr:
    """Parse an expression; errors show `within` (the whole line) with a caret at the place."""
    return _Parser(text, within if within is not None else text, offset).parse()


class _Parser:
    def __init__(self, text: str, within: str, offset: int) -> None:
        self.text, self.within, self.offset = text, within, offset
        self.position, self.depth = 0, 0
        self.kind, self.value, self.start = "", "", 0
        self._next()

    def error(self, cause: str, at: int | None = None) -> NotationError:
        place = self.start if at is None else at
        return NotationError(cause, self.within, self.offset + place)

    def _next(self) -> None:
        match = _TOKEN.match(self.text, self.position)
        if match:
            self.kind = ("int", "name", "sign")[(match.lastindex or 1) - 1]
            self.value, self.start = match[match.lastindex or 1], match.start(match.lastindex or 1)
            self.position = match.end()
        elif self.text[self.position :].strip():
            rest = self.text[self.position :]
            self.start = self.position + len(rest) - len(rest.lstrip())
            raise self.error(f"{self.text[self.start]!r} does not belong in an expression")
        else:
            self.kind, self.value, self.start = "end", "", len(self.text.rstrip())

    def parse(self) -> Expr:
        if len(self.text) > _MAX_LENGTH:
            raise self.error(f"an expression of more than {_MAX_LENGTH} characters", 0)
        result = self.sum()
        if self.kind != "end":
            raise self.error(f"an operator is missing before {self.value!r}")
        return Expr(result.op, result.args, self.text.strip())

    def _binary(self, signs: tuple[str, ...], operand: Callable[[], Expr]) -> Expr:
        left = operand()
        while self.kind == "sign" and self.value in signs:
            sign = self.value
            self._next()
            left = Expr(sign, (left, operand()), self.text)
        return left

    def sum(self) -> Expr:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self.error(f"more than {_MAX_DEPTH} levels of parentheses")
        result = self._binary(("+", "-"), self.product)
        self.depth -= 1
        return result

    def product(self) -> Expr:
        return self._binary(("*", "/", "//"), self.factor)

    def factor(self) -> Expr:
        negative = False
        while self.kind == "sign" and self.value == "-":
            negative = not negative
            self._next()
        base = self.atom()
        if self.kind == "sign" and self.value == "^":
            self._next()
            if self.kind != "int" or len(self.value) != 1:
                raise self.error("an exponent is one digit")
            base = Expr("^", (base, Expr("int", (int(self.value),))), self.text)
            self._next()
        return Expr("neg", (base,), self.text) if negative else base

    def atom(self) -> Expr:
        kind, value, start = self.kind, self.value, self.start
        if kind == "int":
            if len(value) > _MAX_DIGITS:
                raise self.error(f"a number of more than {_MAX_DIGITS} digits")
            self._next()
            return Expr("int", (int(value),), value)
        if kind == "name":
            self._next()
            if self.value == "(" and value in {*_ROUNDING, *_SEVERAL}:
                return self._call(value, start)
            return Expr("name", (value,), self.text)
        if value == "(":
            return self._parenthesis()
        raise self.error("a number, a name or '(' is missing", start)

    def _parenthesis(self) -> Expr:
        (result,) = self._arguments(1)
        return result

    def _call(self, function: str, start: int) -> Expr:
        rounds = function in _ROUNDING
        values = self._arguments(1 if rounds else _MAX_ARGUMENTS)
        if not rounds and len(values) == 1:
            raise self.error(f"{function}() needs two values or more", start)
        return Expr(function, values, self.text)

    def _arguments(self, most: int) -> tuple[Expr, ...]:
        opened = self.start
        self._next()
        values = [self.sum()]
        while self.value == "," and len(values) < most:
            self._next()
            values.append(self.sum())
        if self.value != ")":
            if self.value == ",":
                raise self.error("',' separates the values of min, max and gcd only")
            raise self.error("this '(' is never closed", opened)
        self._next()
        return tuple(values)
