"""Numbers for people: exact digits first, an SI form beside them, ratios in both directions.

Only what a person reads is made here; cells stay numbers everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

from costmodel.core.numbers import Number

#: SI prefixes by power of 1000.
_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q")
_DIGITS = 4
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
    else:
        number = f"{sign}{rest:.{max(_DIGITS - len(str(int(rest))), 0)}f}"
    return " ".join(part for part in (number, f"{_PREFIXES[power]}{_spaced(unit, power)}") if part)


def _spaced(unit: str, power: int) -> str:
    return f" {unit}" if unit and power else unit


def ratio(value: float | None) -> str:
    """A ratio to the baseline: `×0.1150`; "–" where there is none."""
    return "–" if value is None else f"×{_four(value)}"


def ratio_in_words(value: float | None) -> str:
    """A ratio with its inverse: `×0.1150 (8.69× fewer)`, `×1.250 (1.25× more)`, `×1 (the same)`."""
    if value is None:
        return "–"
    if value == 1:
        return "×1 (the same)"
    if value <= 0:
        return "×0 (none)"
    more = f"{value:.3g}× more" if value > 1 else f"{1 / value:.3g}× fewer"
    return f"{ratio(value)} ({more})"


def _four(value: float) -> str:
    if value and (abs(value) < 1e-4 or abs(value) >= 1e6):
        return f"{value:.3e}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.4f}"


def sortable(values: list[int]) -> list[str]:
    """Exact integers as text of one width: sorting the texts sorts the numbers.

    Padded with spaces on the left, which stand before every digit in any order of characters.
    """
    texts = [exact(value) for value in values]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]
