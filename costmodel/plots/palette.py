"""One colour and one marker per variant, everywhere.

The four families that most comparisons are about have the colours of Okabe and Ito that remain
distinct for protan, deutan and tritan eyes; the others have neutral tones. Within a family, shades
differ in lightness, and marker and dash differ too, so that no distinction rests on colour alone.
Every shade keeps 3:1 against a white and against a near-black background.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from functools import lru_cache

from costmodel.core.variant import VARIANTS, Variant

#: Family → colour, marker symbol (of Plotly), and the same marker as a character for text.
FAMILY_STYLES: dict[str, tuple[str, str, str]] = {
    "standard": ("#0072B2", "circle", "●"),
    "grouped": ("#5E7182", "hexagon", "⬢"),
    "separable": ("#D55E00", "square", "■"),
    "basis": ("#009E73", "diamond", "◆"),
    "low-rank": ("#CC79A7", "triangle-up", "▲"),
    "block": ("#8A7A55", "pentagon", "⬟"),
    "channel": ("#7B6FA0", "star", "★"),
    "training": ("#7A7A7A", "cross", "✚"),
    "algorithm": ("#4F7F86", "x", "✖"),
    "custom": ("#A8591E", "star-diamond", "✦"),
}
_FALLBACK = ("#707070", "circle", "●")

#: Backgrounds of the two themes, lightest and darkest, that every colour has to stand out from.
LIGHT, DARK = "#FFFFFF", "#12171D"
_LOWEST, _HIGHEST = 0.132, 0.298  # relative luminances with 3:1 against both
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_VARIATIONS = ("", "-open", "-dot", "-open-dot")


@dataclass(frozen=True)
class Style:
    """How a variant is drawn: colour, marker symbol, dash of its lines, and a mark for text."""

    color: str
    symbol: str
    dash: str
    mark: str


def style_of(variant: Variant) -> Style:
    """The style of a variant: its family's, in the shade of its place within the family."""
    family = [v.id for v in VARIANTS.values() if v.family == variant.family]
    place = family.index(variant.id) if variant.id in family else 0
    return _style(variant.family, place, max(len(family), 1))


@lru_cache(maxsize=512)
def _style(family: str, place: int, count: int) -> Style:
    color, symbol, mark = FAMILY_STYLES.get(family, _FALLBACK)
    return Style(
        shade(color, place, count),
        symbol + _VARIATIONS[place % len(_VARIATIONS)],
        _DASHES[place % len(_DASHES)],
        mark,
    )


def shade(color: str, place: int, count: int) -> str:
    """The `place`-th of `count` shades of a colour; the first is the colour itself.

    Shades alternate between darker and lighter within the luminances that keep 3:1 on both themes.
    """
    if place == 0:
        return color
    span = _HIGHEST - _LOWEST
    target = _LOWEST + span * (((place - 1) * 0.61803398875) % 1)
    return with_luminance(color, target)


def with_luminance(color: str, target: float) -> str:
    """The colour of the same hue whose relative luminance is `target`."""
    hue, _, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in channels(color)))
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if luminance(_hex(colorsys.hls_to_rgb(hue, middle, saturation))) < target:
            low = middle
        else:
            high = middle
    return _hex(colorsys.hls_to_rgb(hue, (low + high) / 2, saturation))


def channels(color: str) -> tuple[int, int, int]:
    """Red, green, blue of `#RRGGBB`, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2."""

    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(rgb: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in rgb)
