"""One meaning per colour in every figure: of variants, of classes of convolutions, of operations.

What is the same thing has the same colour everywhere: a dense convolution is blue, be it a variant,
a class that is measured or an operation of a network. The four families that most comparisons are
about have the colours of Okabe and Ito that remain distinct for protan, deutan and tritan eyes.
Within a family, shades differ in lightness, and marker and dash differ too, so that no distinction
rests on colour alone. Every shade keeps 3:1 against a white and against a near-black background;
what is written on a colour keeps 4.5:1.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from functools import lru_cache

from costmodel.core.variant import VARIANTS, Variant
from costmodel.timing.convolution import CLASSES

#: Family → colour, marker symbol (of Plotly), and the same marker as a character for text.
FAMILY_STYLES: dict[str, tuple[str, str, str]] = {
    "standard": ("#0072B2", "circle", "●"),
    "grouped": ("#5E7182", "hexagon", "⬢"),
    "separable": ("#D55E00", "square", "■"),
    "basis": ("#009E73", "diamond", "◆"),
    "low-rank": ("#CC79A7", "triangle-up", "▲"),
    "block": ("#8A7A55", "pentagon", "⬟"),
    "channel": ("#7B6FA0", "star", "★"),
    "training": ("#875A6C", "cross", "✚"),
    "algorithm": ("#00979C", "x", "✖"),
    "custom": ("#9951B4", "star-diamond", "✦"),
}
#: What is none of the others: several stages together, an operation without products.
NEUTRAL = "#7A7A7A"
_FALLBACK = (NEUTRAL, "circle", "●")
#: What no family is for, by its colour.
FURTHER = {
    "pointwise": "#8A9130",
    "one axis": "#C67E7E",
    "transposed": "#A3574A",
    "linear": "#A2752D",
    "matmul": "#0E93BE",
    "better": "#2D63C6",
    "worse": "#C0274A",
    "neutral": NEUTRAL,
}
#: Every colour by its one meaning.
MEANINGS = {**{family: color for family, (color, *_) in FAMILY_STYLES.items()}, **FURTHER}
# Class of convolutions → its meaning, its place among those that share it, its marker.
_CLASSES = {
    "dense": ("standard", 0, "circle"),
    "strided": ("standard", 1, "square"),
    "dilated": ("standard", 2, "diamond"),
    "depthwise": ("grouped", 0, "hexagon"),
    "grouped": ("grouped", 1, "pentagon"),
    "pointwise": ("pointwise", 0, "triangle-up"),
    "strided pointwise": ("pointwise", 1, "triangle-down"),
    "one axis": ("one axis", 0, "x"),
    "transposed": ("transposed", 0, "star"),
    "vector": ("linear", 0, "cross"),
}
# Kind of operation in a network → its meaning; all others are neutral.
_KINDS = {
    "conv": "standard",
    "conv_transpose": "transposed",
    "linear": "linear",
    "matmul": "matmul",
}

#: Backgrounds of the two themes, lightest and darkest, that every colour has to stand out from.
LIGHT, DARK = "#FFFFFF", "#12171D"
_LOWEST, _HIGHEST = 0.132, 0.298  # relative luminances with 3:1 against both
_TONES = (_HIGHEST, _LOWEST, (_LOWEST + _HIGHEST) / 2)
_APART = 0.04  # of luminances within the range above
_EITHER = 0.179  # the luminance on which black and white read equally well
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


def class_marker(kind: str) -> dict[str, str]:
    """The colour and the symbol of a class of convolutions, or of what is none: several stages."""
    meaning, place, symbol = _CLASSES[kind] if kind in CLASSES else ("neutral", 0, "circle-open")
    return {"color": tone(MEANINGS[meaning], place), "symbol": symbol}


def kind_color(key: str) -> str:
    """The colour of a kind of operation: its own where it multiplies, a neutral one elsewhere."""
    return MEANINGS[_KINDS.get(key, "neutral")]


def text_on(color: str) -> str:
    """Black or white, whichever reads better on a colour: at least 4.5:1 on any."""
    return "#000000" if luminance(color) > _EITHER else "#FFFFFF"


def tone(color: str, place: int) -> str:
    """A colour, or one of the same hue that is told from it at a glance.

    Args:
        place: 0 for the colour itself, 1 and 2 for others.
    """
    if place == 0:
        return color
    rest = [tone for tone in _TONES if abs(tone - luminance(color)) > _APART]
    return with_luminance(color, rest[place - 1])


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
