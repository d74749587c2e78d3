"""Sentences about break-evens on one layer; that these are exact is tested with the solver."""

import pytest

from costmodel import VARIANTS, ConvLayer, count
from costmodel.sweeping.axes import axes, hyper_axes
from costmodel.sweeping.break_evens import boundary, break_evens, explain_break_even

SQUARE = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 48))


def even_sentence(id, letter, layer=SQUARE):
    variant = VARIANTS[id]
    axis = next(a for a in hyper_axes(layer, variant) if a.letter == letter)
    counts = count(variant, layer)
    return explain_break_even(counts, axis, break_evens(counts, axis, ("macs", "params")))


def test_break_even_sentence_joins_equal_bounds():
    assert even_sentence("basis", "b") == (
        "On this layer: fewer MACs and parameters while b < 1152/137 ≈ 8.409, so up to b = 8."
    )


def test_break_even_sentence_keeps_different_bounds_apart():
    sentence = even_sentence("cp", "r", SQUARE.replace(stride=2))
    assert sentence.count("fewer") == 2
    assert "MACs while" in sentence
    assert "parameters while" in sentence


def test_break_even_sentence_from_above():
    assert even_sentence("grouped", "g") == (
        "On this layer: fewer MACs and parameters while g > 1, so from g = 2."
    )


def test_break_even_beyond_the_range():
    assert "at every d shown (break-even at d = 24)" in even_sentence("ghost", "d")


def test_break_even_below_the_range():
    layer = ConvLayer(kernel=1, in_channels=64, out_channels=128, size=(56, 48))
    assert even_sentence("basis", "b", layer).startswith("On this layer: never fewer MACs")


def test_break_even_of_rounded_costs():
    """⌈n/q⌉ maps: what has no closed bound has a last value all the same."""
    sentence = even_sentence("ghost", "q")
    assert "fewer MACs and parameters at every q shown" in sentence
    assert "fewer MACs and parameters for a = " not in sentence
    assert "MACs for a = 5 to " in even_sentence("fft", "a", SQUARE.replace(size=(9, 8)))


def test_axes_of_the_layer_and_the_baseline_have_none():
    counts = count("basis", SQUARE, b=4)
    size = next(axis for axis in axes(SQUARE, [counts.variant]) if not axis.letter)
    assert break_evens(counts, size, ("macs",)) == []
    assert "stay as they are" in explain_break_even(counts, size, [])
    assert "is 1 everywhere" in explain_break_even(count("standard", SQUARE), size, [])
    letter = next(iter(hyper_axes(SQUARE, counts.variant)))
    assert break_evens(counts, letter, ("biases",)) == [], "the standard layer has none"
    assert "No value of b" in explain_break_even(counts, letter, [])


def test_the_boundary_is_the_exact_bound():
    """b < k²n/(k² + n), along n; where there is no such layer, there is no point."""
    counts = count("basis", SQUARE, b=4)
    across = next(axis for axis in axes(SQUARE, [counts.variant]) if axis.key == "out_channels")
    (up,) = hyper_axes(SQUARE, counts.variant)
    line = dict(boundary(counts, across, up, (0, 5, 128), "macs"))
    assert line == {5: pytest.approx(45 / 14), 128: pytest.approx(1152 / 137)}
