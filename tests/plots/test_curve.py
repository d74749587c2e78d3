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
    for name, metric in (("basis, MACs", "macs"), ("basis, Parameters", "params")):
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
    text = lines(ratio_curve(swept, axis, even))["basis, MACs"].customdata[3]
    assert f"{swept.cells['basis', 'macs'][3]:,} of {swept.baseline['macs'][3]:,}" in text


def test_lines_join_the_values_that_fit():
    variant = VARIANTS["grouped"]
    (axis,) = hyper_axes(LAYER, variant)
    swept = on_grid([variant], LAYER, {axis.key: (1, 2, 3, 4)})
    assert list(lines(ratio_curve(swept, axis))["grouped, MACs"].x) == [1, 2, 4]


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


def test_lines_that_leave_the_plot_say_how_far_they_go():
    axis = next(a for a in axes(LAYER, [VARIANTS["cp"]]) if a.key == "out_channels")
    swept = on_grid(["cp", "basis"], LAYER, {axis.key: (2, 64, 128)}, ("macs",), r=64, b=4)
    figure = ratio_curve(swept, axis)
    highest = float(swept.ratio("cp", "macs")[0])
    assert highest > figure.layout.yaxis.range[1]
    (note,) = figure.layout.annotations
    assert note.text == f"▲ lines that leave the plot: up to ×{highest:.4g}, CP decomposition"
    inside = on_grid(["cp"], LAYER, {axis.key: (64, 128)}, ("macs",), r=4)
    assert not ratio_curve(inside, axis).layout.annotations


@pytest.mark.parametrize(
    ("hyper", "said"),
    [
        ({}, "hyper-parameters follow the layer, by their defaults"),
        ({"b": 4}, "the hyper-parameters that were set stay, the others follow the layer"),
        ({"b": 4, "r": 64}, "all hyper-parameters stay as they are on the layer"),
    ],
)
def test_what_stays_stands_below_the_axis(hyper, said):
    axis = next(a for a in axes(LAYER, [VARIANTS["cp"]]) if a.key == "out_channels")
    swept = on_grid(["cp", "basis"], LAYER, {axis.key: (2, 64)}, ("macs",), **hyper)
    assert ratio_curve(swept, axis).layout.xaxis.title.text == f"output channels<br>{said}"
