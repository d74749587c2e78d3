"""Colours: contrast on both themes, apart for colour-blind eyes, one per variant and stable."""

import itertools

import pytest

from costmodel.core.variant import FAMILIES, VARIANTS, Variant
from costmodel.plots.palette import (
    DARK,
    FAMILY_STYLES,
    LIGHT,
    luminance,
    shade,
    style_of,
    with_luminance,
)

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
