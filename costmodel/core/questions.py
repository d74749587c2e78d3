"""Questions: what the rules ask of sizes that are not known yet, and who answers.

A count with symbols in it follows one path through the rules: it takes for granted that channels
divide evenly and that chains fit, and that two sizes which may be the same are not. Whoever listens
learns every such fact, and may decide a question otherwise; nobody listening is the usual case.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from costmodel.errors import CostModelError


@dataclass(frozen=True)
class Sign:
    """`value` is at least 0, or with `strict` above 0."""

    value: Any
    strict: bool = False

    @property
    def opposite(self) -> Sign:
        """What is true where this is not."""
        return Sign(-self.value, not self.strict)


@dataclass(frozen=True)
class Zero:
    """`value` is 0."""

    value: Any


@dataclass(frozen=True)
class Divides:
    """`value` is a multiple of `divisor`."""

    divisor: Any
    value: Any


Fact = Sign | Zero | Divides


class Unknown:
    """The value of a comparison that depends on symbols: neither true nor false."""

    __slots__ = ("sign",)

    def __init__(self, sign: Sign) -> None:
        self.sign = sign

    @property
    def opposite(self) -> Unknown:
        """The comparison that is true where this one is false."""
        return Unknown(self.sign.opposite)

    def __bool__(self) -> bool:
        raise CostModelError("the truth of a comparison depends on symbols")


class Listener:
    """Hears what the rules ask of numbers that are not known yet."""

    def same(self, difference: Any) -> bool:
        """Decide whether two numbers, given by their difference, are the same."""
        return False

    def granted(self, fact: Fact) -> None:
        """Take note of what has to be true, or there is an error instead of a count."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listened(listener: Listener) -> Iterator[None]:
    """Whatever is asked inside is asked of this listener."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def heard() -> bool:
    """Whether somebody is listening."""
    return _LISTENER.get() is not None


def same(difference: Any) -> bool:
    """Whether two numbers that are not known yet are to be taken for the same; as a rule not."""
    listener = _LISTENER.get()
    return listener is not None and listener.same(difference)


def granted(fact: Fact) -> None:
    """Something that is taken for granted of numbers that are not known yet."""
    listener = _LISTENER.get()
    if listener is not None:
        listener.granted(fact)
