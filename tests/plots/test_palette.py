"""Colours: contrast on both themes, apart for colour-blind eyes, one per variant and stable."""

import itertools
import re
import tomllib
from pathlib import Path

import pytest

from costmodel.core.variant import FAMILIES, VARIANTS, Variant
from costmodel.network.kinds import KINDS
from costmodel.plots.palette import (
    DARK,
    FAMILY_STYLES,
    LIGHT,
    MEANINGS,
    NEUTRAL,
    channels,
    class_marker,
    kind_color,
    luminance,
    shade,
    style_of,
    text_on,
    with_luminance,
)
from costmodel.timing.convolution import CLASSES

ROOT = Path(__file__).absolute().parents[2]

# Full dichromacies after Machado, Oliveira, Fernandes 2009, on linear RGB.
DICHROMACIES = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def contrast(one: str, other: str) -> float:
    """Contrast ratio by WCAG 2, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def linear(color):
    values = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]


def lab(rgb):
    """CIE L*a*b* of linear sRGB, D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.95047, 1.0, 1.08883)
    xyz = [sum(a * b for a, b in zip(row, rgb, strict=True)) for row in rows]
    f = [
        max(v, 0) ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116
        for v in (v / w for v, w in zip(xyz, white, strict=True))
    ]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def distance(one, other, matrix):
    def seen(color):
        rgb = [sum(a * b for a, b in zip(row, linear(color), strict=True)) for row in matrix]
        return lab([min(max(v, 0), 1) for v in rgb])

    return sum((a - b) ** 2 for a, b in zip(seen(one), seen(other), strict=True)) ** 0.5


def test_every_family_has_a_style():
    assert set(FAMILY_STYLES) == set(FAMILIES)
    assert len({symbol for _, symbol, _ in FAMILY_STYLES.values()}) == len(FAMILIES)


@pytest.mark.parametrize("variant", list(VARIANTS.values()), ids=lambda v: v.id)
@pytest.mark.parametrize("background", [LIGHT, DARK])
def test_every_variant_stands_out_from_both_themes(variant, background):
    assert contrast(style_of(variant).color, background) >= 3


@pytest.mark.parametrize("eyes", DICHROMACIES)
def test_the_main_families_differ_for_colour_blind_eyes(eyes):
    """A distance of 10 in L*a*b* is plainly visible side by side."""
    colors = [FAMILY_STYLES[f][0] for f in ("standard", "separable", "basis", "low-rank")]
    for one, other in itertools.combinations(colors, 2):
        assert distance(one, other, DICHROMACIES[eyes]) > 10, (one, other)


def test_the_check_of_colour_blindness_can_fail():
    """Red and green of the same lightness, the classical mistake."""
    assert distance("#BF6B6B", "#8C8059", DICHROMACIES["deutan"]) < 10


def test_no_two_variants_of_a_family_look_the_same():
    for family in FAMILIES:
        styles = [style_of(v) for v in VARIANTS.values() if v.family == family]
        assert len({(s.color, s.symbol, s.dash) for s in styles}) == len(styles)


# -- one meaning per colour ------------------------------------------------------------------------
MIXED = "several stages"


def apart(one, other):
    """The distance of two colours in L*a*b*; plainly visible side by side from 10 on."""
    pairs = zip(lab(linear(one)), lab(linear(other)), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


def colours_by_meaning():
    """Everything that any figure draws in a colour of its own."""
    found = {meaning: {color} for meaning, color in MEANINGS.items()}
    for variant in VARIANTS.values():
        found[variant.family].add(style_of(variant).color)
    return found


def shared(found):
    """Pairs of meanings with colours that could be taken for each other, by their distance."""
    return [
        (one, other, round(distance))
        for one, other in itertools.combinations(found, 2)
        if (distance := min(apart(a, b) for a in found[one] for b in found[other])) < 10
    ]


def test_no_colour_has_two_meanings():
    assert shared(colours_by_meaning()) == []


def test_the_check_of_meanings_can_fail():
    """As it was: a colour of one's own variants beside the darkest of the separable ones."""
    assert shared({**colours_by_meaning(), "custom": {"#B35A00"}})


def test_classes_and_kinds_of_operations_have_the_colour_of_what_they_are():
    standard = style_of(VARIANTS.baseline).color
    assert class_marker("dense")["color"] == kind_color("conv") == standard
    assert class_marker("vector")["color"] == kind_color("linear")
    assert class_marker("transposed")["color"] == kind_color("conv_transpose")
    assert {kind_color(k.key) for k in KINDS.values() if not k.multiplies} == {NEUTRAL}
    multiplying = [kind_color(kind.key) for kind in KINDS.values() if kind.multiplies]
    assert len({*multiplying, NEUTRAL}) == len(multiplying) + 1
    colours = [class_marker(name)["color"] for name in (*CLASSES, MIXED)]
    for one, other in itertools.combinations(colours, 2):
        assert apart(one, other) >= 8, (one, other)
    symbols = [class_marker(name)["symbol"] for name in (*CLASSES, MIXED)]
    assert len(set(symbols)) == len(symbols)
    for color in {*colours, *MEANINGS.values()}:
        assert contrast(color, LIGHT) >= 3 <= contrast(color, DARK), color


def strangers(source):
    """Colours in a source that mean something and are not the palette's; greys mean nothing.

    The stops of a continuous scale, which stands with a key of its own, are not looked at.
    """
    source = re.sub(r'\(\d\.\d+, "#[0-9A-Fa-f]{6}"\)', "", source)
    found = {color.upper() for color in re.findall(r"#[0-9A-Fa-f]{6}", source)}
    grey = {c for c in found if max(channels(c)) - min(channels(c)) <= 28}
    return found - grey - set(MEANINGS.values()) - {LIGHT, DARK}


def test_figures_and_pages_take_their_colours_from_the_palette():
    for folder in ("plots", "dashboard", "documents"):
        for path in (ROOT / "costmodel" / folder).rglob("*.py"):
            if path.name != "palette.py":
                assert not strangers(path.read_text(encoding="utf-8")), path


def test_the_check_of_strangers_can_fail():
    source = '"#0072B2" "#FFFFFF" "#56B4E9" (0.25, "#4F9BC9")'
    assert strangers(source) == {"#56B4E9"}


def test_what_is_written_on_a_colour_can_be_read():
    """On the colours of figures, and on any other."""
    steps = range(0, 256, 17)
    grid = [f"#{r:02X}{g:02X}{b:02X}" for r in steps for g in steps for b in steps[::3]]
    for color in {*grid, *MEANINGS.values(), *(style_of(v).color for v in VARIANTS.values())}:
        assert contrast(text_on(color), color) >= 4.5, color


def test_the_themes_can_be_read():
    """Text, links and what is chosen on both backgrounds, and captions, which are fainter."""
    with open(ROOT / ".streamlit" / "config.toml", "rb") as file:
        themes = tomllib.load(file)["theme"]
    assert (themes["light"]["backgroundColor"], themes["dark"]["backgroundColor"]) == (LIGHT, DARK)
    for theme in themes.values():
        for background in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
            for text in ("textColor", "linkColor", "primaryColor"):
                assert contrast(theme[text], background) >= 4.5, (text, background)


def test_a_variant_of_ones_own_has_the_style_of_its_family():
    mine = Variant("mine", "m, n m i j -> n")
    assert style_of(mine).color == FAMILY_STYLES["custom"][0]


@pytest.mark.parametrize("target", [0.13, 0.2, 0.29])
def test_with_luminance_hits_its_target(target):
    assert luminance(with_luminance("#CC79A7", target)) == pytest.approx(target, abs=0.004)


def test_the_first_shade_is_the_colour_itself():
    assert shade("#CC79A7", 0, 9) == "#CC79A7"
    assert shade("#CC79A7", 1, 9) != "#CC79A7"


def test_contrast_of_black_and_white():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
