"""Fields: one piece of a page's state each, with its text form in the URL and its limits.

A field reads untrusted text, so its limits are checked here in Python; a widget shows the same
limits, but a browser can send anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from costmodel.errors import InputError, unknown
from costmodel.typed import (
    read_flag,
    read_integer,
    read_names,
    read_number,
    read_pair,
    read_sizes,
    write_flag,
    write_pairs,
)

_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z")
_MAX_AXES = 3
_SETTING = re.compile(r"[^\W=,][^=,]{0,39}=[0-9]{1,7}([./][0-9]{1,7})?\Z")


@dataclass(frozen=True)
class Field:
    """A named value: `name` is its key in the URL and in the session, `default` a fresh value."""

    name: str
    default: Any
    label: str = ""
    help: str | None = None

    #: Whether a widget has the field's name as its key; others are set with `State.put` alone.
    bound: ClassVar[bool] = True

    def read(self, text: str) -> Any:
        """The value that a text stands for; `InputError` where it stands for none."""
        raise NotImplementedError

    def write(self, value: Any) -> str | None:
        """The text of a value; None for one that need not stand in the URL."""
        return str(value)

    def check(self, value: Any) -> Any:
        """The value, if it is one of this field; `InputError` otherwise."""
        text = self.write(value)
        return value if text is None else self.read(text)

    def fail(self, text: object, allowed: str) -> InputError:
        """One sentence for a value that is not allowed."""
        shown = str(text)
        shown = shown if len(shown) <= 60 else shown[:57] + "…"
        return InputError(f"{self.label or self.name} is {shown!r}; allowed {allowed}")


@dataclass(frozen=True)
class Integer(Field):
    """An integer from `low` to `high`."""

    low: int = 1
    high: int = 10**6

    #: What else is allowed, in the sentence that refuses a text.
    also: ClassVar[str] = ""

    def read(self, text: str) -> int | None:
        """The integer."""
        try:
            return read_integer(text, self.low, self.high)
        except InputError:
            allowed = f"are integers from {self.low:,} to {self.high:,}{self.also}"
            raise self.fail(text, allowed) from None


@dataclass(frozen=True)
class OptionalInteger(Integer):
    """An integer, or None for "as the library sets it", which does not stand in the URL."""

    bound: ClassVar[bool] = False
    also: ClassVar[str] = ", or nothing"
    default: int | None = None

    def read(self, text: str) -> int | None:
        """The integer, None for an empty text."""
        return super().read(text) if text else None

    def write(self, value: int | None) -> str | None:
        """Digits, or nothing for None."""
        return None if value is None else str(value)


@dataclass(frozen=True)
class OptionalReal(Field):
    """A decimal such as 0.25, or None; the session holds the text, so that nothing is rounded."""

    bound: ClassVar[bool] = False
    default: str | None = None
    low: float = 0
    high: float = 1

    def read(self, text: str) -> str | None:
        """The decimal as it was typed, None for an empty text."""
        text = text.strip()
        if not text:
            return None
        if not _DECIMAL.match(text) or not self.low <= float(text) <= self.high:
            raise self.fail(text, f"are decimals from {self.low} to {self.high}, or nothing")
        return text

    def write(self, value: str | None) -> str | None:
        """The text itself."""
        return value


@dataclass(frozen=True)
class Flag(Field):
    """On or off: yes or no in the URL."""

    default: bool = False

    def read(self, text: str) -> bool:
        """Whether it is on."""
        try:
            return read_flag(text)
        except InputError:
            raise self.fail(text, "are yes and no") from None

    def write(self, value: bool) -> str:
        """The word."""
        return write_flag(value)


@dataclass(frozen=True)
class Choice(Field):
    """One of some names; the options can depend on the rest of the page."""

    options: Sequence[str] = ()
    titles: Callable[[str], str] = field(default=str)

    def read(self, text: str) -> str:
        """The name, if it is an option."""
        if text not in self.options:
            named = filter(None, self.options)  # "" stands for what the page chooses itself
            raise InputError(unknown(self.label or self.name, text[:60], named))
        return text


@dataclass(frozen=True)
class Several(Field):
    """Some of some names, separated by commas in the URL; the order is that of the options."""

    default: tuple[str, ...] = ()
    options: Sequence[str] = ()
    titles: Callable[[str], str] = field(default=str)

    def read(self, text: str) -> tuple[str, ...]:
        """The names, in the order of the options."""
        names = read_names(text) if text else []
        for name in names:
            if name not in self.options:
                raise InputError(unknown(self.label or self.name, name[:60], self.options))
        return tuple(option for option in self.options if option in names)

    def write(self, value: Sequence[str]) -> str:
        """The names with commas between, in the order of the options."""
        return ",".join(option for option in self.options if option in value)


@dataclass(frozen=True)
class Sizes(Field):
    """One integer or one per axis, typed as `3` or `3x5`; the session holds the text itself."""

    default: str = "1"
    low: int = 1
    high: int = 10**6
    words: tuple[str, ...] = ()

    def read(self, text: str) -> str:
        """The text without blanks around it, if it is one of the words or sizes of a layer."""
        text = text.strip()
        if text in self.words:
            return text
        try:
            axes = len(read_sizes(text, self.low, self.high))
        except InputError:
            axes = 0
        if not 1 <= axes <= _MAX_AXES:
            words = "".join(f"{word!r}, " for word in self.words)
            raise self.fail(
                text, f"are {words}integers from {self.low:,} to {self.high:,}, such as 3 or 3x5"
            )
        return text


@dataclass(frozen=True)
class Text(Field):
    """Text of a bounded length, as it was typed."""

    default: str = ""
    most: int = 2000

    def read(self, text: str) -> str:
        """The text, if it is short enough."""
        if len(text) > self.most:
            raise self.fail(text, f"are up to {self.most:,} characters, not {len(text):,}")
        return text


@dataclass(frozen=True)
class Texts(Field):
    """Some short texts in their order, each once; with semicolons between in the URL."""

    bound: ClassVar[bool] = False
    default: tuple[str, ...] = ()
    most: int = 60
    length: int = 200

    def read(self, text: str) -> tuple[str, ...]:
        """The texts, if they are few and short enough."""
        texts = tuple(dict.fromkeys(filter(None, map(str.strip, text.split(";")))))
        if len(texts) > self.most or any(len(one) > self.length for one in texts):
            raise self.fail(
                text, f"are up to {self.most} texts of {self.length} characters with ; between"
            )
        return texts

    def write(self, value: Sequence[str]) -> str | None:
        """The texts with semicolons between; nothing for none."""
        return ";".join(value) or None


@dataclass(frozen=True)
class NamedSizes(Field):
    """Sizes by name, `H=320,alpha=1/2` in the URL; as a mapping from names to texts."""

    bound: ClassVar[bool] = False
    default: Mapping[str, str] = field(default_factory=dict)
    most: int = 8

    def read(self, text: str) -> dict[str, str]:
        """The texts by name."""
        parts = read_names(text) if text else []
        if len(parts) > self.most or not all(map(_SETTING.match, parts)):
            raise self.fail(text, f"are up to {self.most} NAME=NUMBER, such as H=320 or alpha=1/2")
        pairs = dict(map(read_pair, parts))
        try:
            for number in pairs.values():
                read_number(number)
        except InputError:  # H=1/0
            raise self.fail(text, "are numbers such as H=320 or alpha=1/2") from None
        return pairs

    def write(self, value: Mapping[str, str]) -> str | None:
        """The settings with commas between; nothing for none."""
        return write_pairs(value) or None
