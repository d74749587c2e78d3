"""Numbers for people: exact digits first, an SI form beside them, ratios in both directions.

Only what a person reads is made here; cells stay numbers everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from costmodel.core.numbers import Number

#: SI prefixes by power of 1000.
_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q")
_DIGITS = 4
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# Ratios that differ less from 1 are said in percent, of which so few are "less than".
_CLOSE = 0.1
_LEAST = 0.01
#: The largest integer up to which a browser's numbers (doubles) are exact.
MAX_SAFE = 2**53


def exact(value: Number) -> str:
    """An integer with its digits grouped by three (`231,211,008`); a fraction as a decimal."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{float(value):,.6g}"


def shape_text(sizes: Iterable[object]) -> str:
    """Sizes along axes, of a grid, a window or a tensor: `56×56`."""
    return "×".join(map(str, sizes))


def si(value: Number, unit: str = "") -> str:
    """Four significant digits with an SI prefix: `231.2 M MAC`.

    Numbers below 1000 are given as they are; the unit follows after the prefix.
    """
    power, rest = 0, abs(value)
    while rest >= 1000 and power < len(_PREFIXES) - 1:
        rest, power = rest / 1000, power + 1
        if round(rest, _DIGITS - len(str(int(rest)))) >= 1000 and power < len(_PREFIXES) - 1:
            rest, power = rest / 1000, power + 1  # 999,999 is 1.000 M, not 1000 k
    sign = "-" if value < 0 else ""
    if not power:
        number = exact(value)
    elif round(rest) >= 10**_DIGITS:  # beyond the prefixes
        return " ".join(part for part in (_scientific(value), unit) if part)
    else:
        number = f"{sign}{rest:.{max(_DIGITS - len(str(int(rest))), 0)}f}"
    return " ".join(part for part in (number, f"{_PREFIXES[power]}{_spaced(unit, power)}") if part)


def _spaced(unit: str, power: int) -> str:
    return f" {unit}" if unit and power else unit


def _scientific(value: Number) -> str:
    digits, _, power = f"{Decimal(value):.{_DIGITS - 1}e}".partition("e+")
    return f"{digits}·10{power.translate(_RAISED)}"


def ratio(value: float | None) -> str:
    """A ratio to the baseline: `×0.1150`; "–" where there is none."""
    return "–" if value is None else f"×{_four(value)}"


def ratio_in_words(value: float | None) -> str:
    """A ratio and what it means: `×0.1150 (8.7× fewer)`, `×1.25 (1.25× more)`, `×1 (the same)`.

    Close to 1 it is the difference that says something: `×0.9983 (0.17 % fewer)`.
    """
    if value is None:
        return "–"
    if value == 1:
        return "×1 (the same)"
    if value <= 0:
        return "×0 (none)"
    word = "more" if value > 1 else "fewer"
    if abs(value - 1) < _CLOSE:
        percent = 100 * abs(value - 1)
        much = f"{percent:.2g} %" if percent >= _LEAST else f"less than {_LEAST:g} %"
    else:
        much = f"{_short(max(value, 1 / value))}×"
    return f"{ratio(value)} ({much} {word})"


def percent(share: float) -> str:
    """A share in percent with up to three digits: `12.7 %`, `0.04 %`; a trace is said to be one."""
    value = 100 * float(share)
    if 0 < value < _LEAST:
        return f"less than {_LEAST:g} %"
    if 100 - _LEAST < value < 100:
        return f"more than {100 - _LEAST:g} %"
    return f"{value:.3g} %" if value < 99.95 else f"{value:.4g} %"


def _four(value: float) -> str:
    """Four significant digits, never with an exponent."""
    if _rounded(value, _DIGITS) >= 10**_DIGITS:
        return _grouped(value, _DIGITS)
    if value and abs(value) < 1:
        return f"{value:.4f}" if abs(value) >= 1e-3 else f"{Decimal(f'{value:.3e}'):f}"
    return f"{value:.4g}"


def _short(value: float) -> str:
    """Three significant digits of what is above 1."""
    return f"{value:.3g}" if _rounded(value, 3) < 1000 else _grouped(value, 3)


def _rounded(value: float, digits: int) -> float:
    return abs(float(f"{value:.{digits - 1}e}"))


def _grouped(value: float, digits: int) -> str:
    """So many significant digits of what has more before its point, grouped by three."""
    if abs(value) >= 10**9:
        return si(float(f"{value:.{digits - 1}e}"))
    return f"{float(f'{value:.{digits - 1}e}'):,.0f}"


def in_text(label: str) -> str:
    """A label within a sentence: `parameters`, but `MACs`."""
    return label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}"


def sortable(values: list[int]) -> list[str]:
    """Exact integers as text of one width: sorting the texts sorts the numbers.

    Padded with spaces on the left, which stand before every digit in any order of characters.
    """
    texts = [exact(value) for value in values]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]
