"""The ratio curve shows the sweep's ratios, the exact break-even and the present value."""

import pytest

from costmodel import VARIANTS, ConvLayer, count
from costmodel.plots.curve import ratio_curve
from costmodel.sweeping.axes import axes, hyper_axes
from costmodel.sweeping.break_evens import break_evens
from costmodel.sweeping.grid import on_grid

LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 48))


@pytest.fixture(scope="module")
def basis():
    variant = VARIANTS["basis"]
    (axis,) = hyper_axes(LAYER, variant, {"b": 5})
    swept = on_grid([variant], LAYER, {axis.key: tuple(range(1, 11))})
    even = break_evens(count(variant, LAYER), axis, ("macs", "params"))
    return swept, axis, even


def lines(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


def test_lines_are_the_ratios(basis):
    swept, axis, even = basis
    found = lines(ratio_curve(swept, axis, even))
    for name, metric in (("MACs", "macs"), ("Parameters", "params")):
        assert list(found[name].x) == list(range(1, 11))
        assert list(found[name].y) == swept.ratio("basis", metric).tolist()


def test_the_exact_break_even_is_marked_once(basis):
    swept, axis, even = basis
    figure = ratio_curve(swept, axis, even)
    (vertical,) = [shape for shape in figure.layout.shapes if shape.yref == "paper"]
    assert vertical.x0 == vertical.x1 == pytest.approx(1152 / 137)
    (note,) = figure.layout.annotations
    assert "b = 1152/137 ≈ 8.409" in note.text


def test_a_break_even_out_of_sight_is_not_drawn(basis):
    _, axis, even = basis
    near = on_grid(["basis"], LAYER, {axis.key: (1, 2, 3)})
    assert not ratio_curve(near, axis, even).layout.annotations


def test_the_present_value_is_marked(basis):
    swept, axis, even = basis
    marks = [t for t in ratio_curve(swept, axis, even).data if not t.name]
    assert {(t.x, t.y) for t in marks} == {((5,), (float(swept.ratio("basis", "macs")[4]),))}


def test_hover_has_exact_counts(basis):
    swept, axis, even = basis
    text = lines(ratio_curve(swept, axis, even))["MACs"].customdata[3]
    assert f"{swept.cells['basis', 'macs'][3]:,} of {swept.baseline['macs'][3]:,}" in text


def test_values_that_do_not_fit_are_gaps():
    variant = VARIANTS["grouped"]
    (axis,) = hyper_axes(LAYER, variant)
    swept = on_grid([variant], LAYER, {axis.key: (1, 2, 3, 4)})
    assert list(lines(ratio_curve(swept, axis))["MACs"].x) == [1, 2, 4]


def test_several_variants_are_told_apart():
    chosen = [VARIANTS["basis"], VARIANTS["cp"]]
    axis = next(a for a in axes(LAYER, chosen) if a.key == "out_channels")
    figure = ratio_curve(on_grid(chosen, LAYER, {"out_channels": (8, 16)}), axis)
    assert set(lines(figure)) == {
        "basis, MACs",
        "basis, Parameters",
        "CP decomposition, MACs",
        "CP decomposition, Parameters",
    }
