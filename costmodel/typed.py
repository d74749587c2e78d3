"""What people type, read and written: `3x5`, `same`, `yes`, `b=4`; one pair of functions per kind.

What `write_…` writes of a value, `read_…` reads as the same value; `str` writes integers. Every
reader raises `InputError` with the text and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from costmodel.errors import InputError, shown

if TYPE_CHECKING:
    from fractions import Fraction

_T = TypeVar("_T")
_DIGITS = 18
_INTEGER = re.compile(rf"-?[0-9]{{1,{_DIGITS}}}")
_EXPONENT = 30
_DAY = 86_400
_DECIMAL = rf"(?:[0-9]{{1,{_DIGITS}}}(?:\.[0-9]{{0,{_DIGITS}}})?|\.[0-9]{{1,{_DIGITS}}})"
_NUMBER = re.compile(
    rf"-?(?:{_DECIMAL}(?:[eE]([-+]?[0-9]{{1,2}}))?|[0-9]{{1,{_DIGITS}}}/[0-9]{{1,{_DIGITS}}})"
)
_AMOUNT = re.compile(rf"([0-9]{{1,{_DIGITS}}}(?:\.[0-9]{{1,{_DIGITS}}})?) ?([%kMGT]?)")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_SIGNED = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
#: Paddings that are words.
PADDINGS = ("same", "valid")


def read_integer(text: str, low: int | None = None, high: int | None = None) -> int:
    """`42` as an int, from `low` to `high`."""
    value = int(text) if _INTEGER.fullmatch(text) else None
    if value is None or not (low is None or low <= value) or not (high is None or value <= high):
        allowed = _bounds(low, high) or f" of up to {_DIGITS} digits"
        raise InputError(f"{shown(text)!r}; allowed are integers{allowed}")
    return value


def read_number(text: str, low: int | None = None, high: int | None = None) -> Fraction:
    """`0.25`, `1/4` or `2e-3` exactly, from `low` to `high`; the one reader of real numbers.

    Digits and exponent are limited: `1e99999999` would be a number of 40 MB.
    """
    match = _NUMBER.fullmatch(text.strip())
    from fractions import Fraction

    try:
        if match is None or abs(int(match[1] or 0)) > _EXPONENT:
            raise ValueError
        number = Fraction(text.strip())
        if not (low is None or low <= number) or not (high is None or number <= high):
            raise ValueError
    except (ValueError, ZeroDivisionError):
        allowed = _bounds(low, high) or f" of up to {_DIGITS} digits and exponents to {_EXPONENT}"
        raise InputError(
            f"{shown(text)!r}; allowed are numbers{allowed}, such as 0.25 or 1/4"
        ) from None
    return number


def read_seconds(text: str) -> float:
    """`2.5` as seconds, above 0 and at most a day."""
    seconds = read_number(text)
    if not 0 < seconds <= _DAY:
        raise InputError(f"{shown(text)!r}; allowed are seconds above 0, up to {_DAY}")
    return float(seconds)


def read_sizes(text: str, low: int | None = None, high: int | None = None) -> tuple[int, ...]:
    """`3` or `3x5` or `8x56x56` as ints, each from `low` to `high`."""
    try:
        return tuple(read_integer(part, low, high) for part in re.split("[xX×]", text))
    except InputError:
        bounds = _bounds(low, high)
        allowed = f"{bounds}, or one per axis such as 3x5" if bounds else " such as 3 or 56x56"
        raise InputError(f"{shown(text)!r}; allowed are integers{allowed}") from None


def write_sizes(sizes: Iterable[object]) -> str:
    """`8x56x56`, every number said."""
    return "x".join(map(str, sizes))


def read_axes(text: str, low: int | None = None, high: int | None = None) -> int | tuple[int, ...]:
    """One int for all axes, `3`, or a tuple with one for each, `3x5`."""
    sizes = read_sizes(text, low, high)
    return sizes[0] if len(sizes) == 1 else sizes


def write_axes(values: object) -> str:
    """One value, or one per axis; said once where all are the same."""
    short = said_once(values)
    return write_sizes(short if isinstance(short, tuple) else (short,))


def said_once(values: object) -> object:
    """One value for all axes where they have the same; anything else as it is."""
    return values[0] if isinstance(values, tuple) and len(set(values)) == 1 else values


def read_padding(text: str, low: int | None = None) -> int | tuple[int, ...] | str:
    """A padding: `same`, `valid`, `1` or `1x2`."""
    if text in PADDINGS:
        return text
    try:
        return read_axes(text, low)
    except InputError:
        raise InputError(
            f"{shown(text)!r}; allowed are {', '.join(PADDINGS)}, and integers such as 1 or 1x2"
        ) from None


def write_padding(padding: object) -> str:
    """The word, or the zeros."""
    return padding if isinstance(padding, str) else write_axes(padding)


def read_flag(text: str) -> bool:
    """`yes` or `no`."""
    if text not in ("yes", "no"):
        raise InputError(f"{shown(text)!r}; allowed are yes and no")
    return text == "yes"


def write_flag(value: bool) -> str:
    """`yes` or `no`."""
    return "yes" if value else "no"


def read_names(text: str) -> list[str]:
    """`a,b` as a list."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise InputError(f"{shown(text)!r}; allowed are names separated by commas")
    return names


def read_names_or_all(text: str) -> list[str] | None:
    """`a,b` as a list; `all` as None."""
    return None if text == "all" else read_names(text)


def read_shapes(text: str) -> tuple[tuple[int, ...], ...]:
    """`1x3x224x224,1x7` as shapes of tensors."""
    return tuple(map(read_sizes, read_names(text.replace(" ", ""))))


def write_shapes(shapes: Iterable[Iterable[object]]) -> str:
    """`1x3x224x224,1x7`."""
    return ",".join(map(write_sizes, shapes))


def read_pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE` as two texts."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name or not value:
        raise InputError(f"{shown(text)!r}; allowed is NAME=VALUE, such as b=4")
    return name, value


def read_pairs(text: str) -> dict[str, str]:
    """`macs=50%,params=10M`: texts by name, each name once."""
    pairs: dict[str, str] = {}
    for part in read_names(text):
        name, value = read_pair(part)
        if name in pairs:
            raise InputError(f"{shown(name)} is given twice in {shown(text)!r}; allowed is once")
        pairs[name] = value
    return pairs


def read_setting(text: str) -> tuple[str, int | str]:
    """`b=4` or `tucker2.r1=16` or `alpha=1/4`: a hyper-parameter with its value."""
    name, value = read_pair(text)
    return name, read_value(value)


def read_value(text: str) -> int | str:
    """An int where it is one; other texts are for hyper-parameters that are real numbers."""
    return int(text) if _INTEGER.fullmatch(text) else text


def read_amount(text: str) -> tuple[Fraction, bool]:
    """`30%`, `10M`, `2.5k` or `1000`: the number, and whether it is a share of something."""
    match = _AMOUNT.fullmatch(text.strip())
    if not match:
        raise InputError(f"{shown(text)!r}; allowed are amounts such as 30%, 10M, 2.5k or 1000")
    number = read_number(match[1])
    if match[2] == "%":
        return number / 100, True
    return number * 1000 ** ("kMGT".index(match[2]) + 1 if match[2] else 0), False


def write_pairs(values: Mapping[str, object], between: str = ",") -> str:
    """`r1=32,r2=64`; nothing for none."""
    return between.join(f"{name}={value}" for name, value in values.items())


def write_cell(text: str) -> str:
    """A text as a cell of a CSV that no spreadsheet takes for a formula: `'=1+1` for `=1+1`.

    What begins with = + - @, a tab or a line break has an apostrophe in front, and so has what
    would read as such a one; numbers stay as they are.
    """
    return f"'{text}" if _FORMULA.match(text) and not _SIGNED.fullmatch(text) else text


def read_cell(text: str) -> str:
    """The text of a cell, of which `write_cell` may have made it."""
    return text[1:] if text[:1] == "'" and write_cell(text[1:]) == text else text


def named(name: str, read: Callable[[str], _T], text: str) -> _T:
    """The value that stands at a name; the error says the name too."""
    try:
        return read(text)
    except InputError as error:
        raise InputError(f"{name}={error}") from None


def _bounds(low: int | None, high: int | None) -> str:
    if low is None:
        return ""
    return f" from {low} up" if high is None else f" from {low} to {high}"
