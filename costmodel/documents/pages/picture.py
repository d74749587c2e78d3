"""The picture at the beginning: what multiplies promise beside what time says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from costmodel.comparing.compare import compare
from costmodel.core.layer_text import EXAMPLE
from costmodel.core.variant import VARIANTS, Variant
from costmodel.documents.canvas import canvas, look
from costmodel.plots.palette import style_of
from costmodel.timing.machines import SHIPPED
from costmodel.timing.opened import estimates
from costmodel.timing.store.shipped import names

PATH = "docs/multiplies_and_time.svg"
_GREY = "#555555"
_END = 1.14
_LETTER, _LINE = 0.0128, 0.052  # width of a letter and height of a line, on axes that end at `_END`
_GAP = 0.017
#: How the line's own words stand below it.
_BELOW: dict[str, Any] = {
    "xytext": (0, -13),
    "textcoords": "offset points",
    "rotation": 33,
    "rotation_mode": "anchor",
    "ha": "center",
    "color": _GREY,
    "fontsize": 8,
}


@dataclass(frozen=True)
class Point:
    """A variant on the example layer: its multiplies and its time, as ratios to the baseline's."""

    variant: Variant
    macs: float
    time: float


def points() -> tuple[list[Point], str]:
    """A point for each common variant, and in words whose times they are."""
    common = [variant for variant in VARIANTS.values() if variant.common]
    comparison = compare(EXAMPLE, common)
    found = estimates(comparison, machine=SHIPPED + names()[0])
    whole = found.by_variant[VARIANTS.baseline.id].seconds
    ratios = dict(zip(comparison.column("variant"), comparison.column("macs_ratio"), strict=True))
    # three decimals: the same picture, whichever processor has done the sums
    made = [
        Point(v, round(ratios[v.id], 3), round(found.by_variant[v.id].seconds / whole, 3))
        for v in common
    ]
    return made, str(found.opened.predictor.machine)


def picture() -> dict[str, bytes]:
    """The picture by its path from the root of the project."""
    shown, machine = points()
    (axes,), draw = canvas(width=6.4, height=4.4)
    axes.plot([0, _END], [0, _END], color=_GREY, linewidth=0.8, linestyle="--")
    axes.annotate("as much time as multiplies", (0.87, 0.87), **_BELOW)
    for point, side in zip(shown, _sides(shown), strict=True):
        style = look(style_of(point.variant))
        axes.plot([point.macs], [point.time], **{**style, "linestyle": "none"}, markersize=8)
        axes.annotate(
            point.variant.title,
            (point.macs, point.time),
            xytext=(7 if side == "right" else -7, 0),
            textcoords="offset points",
            ha="left" if side == "right" else "right",
            va="center",
            fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            zorder=1.5,
        )
    axes.set_xlim(0, _END)
    axes.set_ylim(0, _END)
    axes.set_xlabel(f"multiplies, ratio to the {VARIANTS.baseline.title}")
    axes.set_ylabel("time, the same ratio")
    above = sum(point.time > point.macs for point in shown)
    axes.set_title(
        f"{above} of {len(shown) - 1} variants save less time than multiplies", loc="left", size=11
    )
    axes.text(0, -0.17, f"{EXAMPLE}; {machine}", transform=axes.transAxes, size=7, color=_GREY)
    return {PATH: draw("svg")}


Box = tuple[float, float, float, float]  # left, right, bottom, top


def _sides(shown: Sequence[Point]) -> tuple[str, ...]:
    """On which side of each point its name stands: where the names cover the least of the rest."""
    marks = [_box(point.macs - _GAP, 2 * _GAP, point) for point in shown]

    def covered(sides: Sequence[str]) -> tuple[int, int]:
        names = [_name(point, side) for point, side in zip(shown, sides, strict=True)]
        outside = sum(left < 0 or right > _END for left, right, _, _ in names)
        others = sum(_meet(*pair) for pair in combinations(names, 2))
        on_marks = sum(
            _meet(name, mark)
            for row, name in enumerate(names)
            for place, mark in enumerate(marks)
            if place != row
        )
        return outside + others + on_marks, sides.count("right")  # the line lies on the right

    return min(product(("left", "right"), repeat=len(shown)), key=covered)


def _name(point: Point, side: str) -> Box:
    length = _LETTER * len(point.variant.title)
    return _box(point.macs + (_GAP if side == "right" else -_GAP - length), length, point)


def _box(left: float, length: float, point: Point) -> Box:
    return left, left + length, point.time - _LINE / 2, point.time + _LINE / 2


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
