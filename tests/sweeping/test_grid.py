"""Grids: every cell equals the single count, nothing wraps round, break-evens are exact."""

import itertools

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel import VARIANTS, ConvLayer, CostModelError, count
from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.sweeping import grid
from costmodel.sweeping.axes import LAYER_AXES, axes, hyper_axes, rounded, spaced
from costmodel.sweeping.grid import fitting_values, on_grid

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14), stride=(2, 1))
ALL = list(VARIANTS.values())


def single(variant, layer, **hyper):
    try:
        return count(variant, layer, **hyper)
    except CostModelError:
        return None


@pytest.mark.parametrize("variant", ALL, ids=lambda v: v.id)
@pytest.mark.parametrize("key", ["in_channels", "out_channels", "size", "stride"])
def test_layer_axes_equal_single_counts(variant, key):
    values = (1, 3, 6, 7, 12)
    found = on_grid([variant], LAYER, {key: values})
    for place, value in enumerate(values):
        changes = {f: (value, value) if f == "size" else value for f in LAYER_AXES[key][1]}
        try:
            layer = LAYER.replace(**changes)
        except CostModelError:
            layer = None
        expected = single(variant, layer) if layer else None
        for metric in ("params", "macs"):
            cell = found.cells[variant.id, metric][place]
            assert cell == (None if expected is None else expected[metric])


@pytest.mark.parametrize("variant", ALL, ids=lambda v: v.id)
def test_hyper_axes_equal_single_counts(variant):
    for axis in hyper_axes(LAYER, variant):
        values = spaced(axis.low, axis.high, 9)
        found = on_grid([variant], LAYER, {axis.key: values})
        for place, value in enumerate(values):
            expected = single(variant, LAYER, **{axis.letter: value})
            cell = found.cells[variant.id, "macs"][place]
            assert cell == (None if expected is None else expected.macs), (axis.key, value)


def test_two_axes_are_a_grid():
    grid = {"in_channels": (5, 9, 10), "basis.b": (1, 4)}
    found = on_grid(["basis"], LAYER, grid)
    assert found.cells["basis", "macs"].shape == (3, 2)
    for (a, m), (b, base) in itertools.product(enumerate((5, 9, 10)), enumerate((1, 4))):
        counts = count("basis", LAYER.replace(in_channels=m), b=base)
        assert found.cells["basis", "macs"][a, b] == counts.macs
        assert found.cells["basis", "params"][a, b] == counts.params


def test_other_hyper_parameters_are_kept():
    found = on_grid(["tucker2"], LAYER, {"tucker2.r1": (3, 7)}, r2=5)
    assert found.cells["tucker2", "params"].tolist() == [
        count("tucker2", LAYER, r1=r1, r2=5).params for r1 in (3, 7)
    ]


def test_an_axis_of_one_variant_leaves_the_others_alone():
    found = on_grid(["basis", "shared_basis"], LAYER, {"basis.b": (1, 6)})
    default = count("shared_basis", LAYER).params
    assert found.cells["shared_basis", "params"].tolist() == [default, default]


def test_cells_that_do_not_fit_are_missing_and_not_zero():
    found = on_grid(["grouped"], LAYER, {"grouped.g": (2, 5, 12)})
    assert found.cells["grouped", "params"][1] is None
    ratios = found.ratio("grouped", "params")
    assert numpy.isnan(ratios[1])
    assert ratios[0] == 0.5


def test_too_small_inputs_are_missing():
    layer = ConvLayer(kernel=5, in_channels=3, out_channels=4, size=(9, 8), padding="valid")
    found = on_grid(["standard"], layer, {"size": (3, 4, 5, 6)})
    assert found.cells["standard", "macs"].tolist() == [None, None, 5 * 5 * 12, 5 * 5 * 12 * 4]


@pytest.mark.parametrize("power", [2, 6, 12])
def test_large_cells_are_exact(power):
    """int64 ends at 2^63; these products lie on both sides of it."""
    big = 10**power
    layer = ConvLayer(kernel=3, in_channels=big, out_channels=big + 1, size=(big, big + 3))
    found = on_grid(["standard"], layer, {"in_channels": (big, big + 7)})
    expected = [9 * m * (big + 1) * big * (big + 3) for m in (big, big + 7)]
    assert found.cells["standard", "macs"].tolist() == expected
    assert all(type(cell) is int for cell in found.cells["standard", "macs"])


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({}, "0 axes"),
        ({"size": (3,), "stride": (1,), "batch": (2,)}, "3 axes"),
        ({"sise": (3,)}, "did you mean 'size'"),
        ({"size": ()}, "no values"),
        ({"size": (2.5,)}, "integers"),
    ],
)
def test_impossible_sweeps_are_a_sentence(axes, message):
    with pytest.raises(CostModelError, match=message):
        on_grid(["standard"], LAYER, axes)


def test_a_grid_that_takes_too_long_is_a_sentence(monkeypatch):
    monkeypatch.setattr(grid, "LONGEST", -1.0)
    monkeypatch.setattr(grid, "_BLOCK", 10)
    sizes = {"size": tuple(range(1, 31))}
    with pytest.raises(CostModelError, match="30 cells took longer than -1 s, of which 10 were"):
        on_grid(["basis"], LAYER, sizes, b=77)  # values that no other test has left remembered


def test_a_grid_in_blocks_is_the_same(monkeypatch):
    axes = {"in_channels": tuple(range(1, 40)), "grouped.g": (1, 2, 3, 5)}
    whole = on_grid(["grouped"], LAYER, axes).cells["grouped", "macs"].tolist()
    monkeypatch.setattr(grid, "_BLOCK", 7)
    grid._all.cache_clear()
    assert on_grid(["grouped"], LAYER, axes).cells["grouped", "macs"].tolist() == whole
    assert None in whole[0]


def test_what_stays_is_said():
    found = on_grid(["basis", "cp"], LAYER, {"size": (3, 5)}, **{"basis.b": 3})
    assert found.hyper == {"basis": {"b": 3}, "cp": {}}
    assert on_grid(["basis"], LAYER, {"basis.b": (3, 5)}, b=4).hyper == {"basis": {}}


def test_table_has_one_row_per_cell_and_variant():
    found = on_grid(["standard", "grouped"], LAYER, {"grouped.g": (1, 5)}).to_table()
    assert found.names == (
        "grouped.g",
        "variant",
        "params",
        "macs",
        "params_ratio",
        "macs_ratio",
    )
    assert found.rows[3] == {
        "grouped.g": 5,
        "variant": "grouped",
        "params": None,
        "macs": None,
        "params_ratio": None,
        "macs_ratio": None,
    }
    assert found.rows[2]["macs_ratio"] == 1.0


@given(st.integers(1, 50), st.integers(0, 5000), st.integers(2, 300))
def test_spaced_has_both_ends_and_no_doubles(low, more, most):
    values = spaced(low, low + more, most)
    assert values[0] == low
    assert values[-1] == low + more
    assert len(values) == len(set(values)) <= most or more < most
    assert list(values) == sorted(values)


def test_axes_name_the_present_values():
    found = {axis.key: axis for axis in axes(LAYER, [VARIANTS["basis"]], {"basis.b": 7})}
    assert found["in_channels"].current == 24
    assert found["basis.b"].current == 7
    assert found["basis.b"].high == 15  # k_h · k_w
    assert (found["basis.b"].variant, found["basis.b"].letter) == ("basis", "b")


def test_fitting_values_divide_the_channels():
    (axis,) = hyper_axes(LAYER, VARIANTS["grouped"])
    values = fitting_values(VARIANTS["grouped"], LAYER, axis, 100)
    assert values == (1, 2, 3, 4, 6, 12)


def test_fitting_values_keep_the_present_one_and_stay_few():
    layer = LAYER.replace(in_channels=2**16, out_channels=2**16)
    (axis,) = hyper_axes(layer, VARIANTS["channel_svd"], {"r": 777})
    values = fitting_values(VARIANTS["channel_svd"], layer, axis, 50, {"r": 777})
    assert 777 in values
    assert len(values) <= 51


@settings(max_examples=25, deadline=None)
@given(
    k=st.sampled_from([1, 3, 5]),
    m=st.integers(2, 40),
    n=st.integers(41, 90),
    size=st.integers(6, 30),
)
def test_sweep_agrees_with_count_on_any_layer(k, m, n, size):
    layer = ConvLayer(kernel=k, in_channels=m, out_channels=n, size=(size, size + 1))
    found = on_grid(["channel_svd"], layer, {"channel_svd.r": (1, 2, n)})
    for place, r in enumerate((1, 2, n)):
        single_r = Counts(
            bind(VARIANTS["channel_svd"], layer, {"r": r})
        )  # r may be above full rank
        assert found.cells["channel_svd", "macs"][place] == single_r.macs


@given(st.integers(1, 500), st.integers(0, 5000), st.integers(2, 200))
def test_rounded_stays_within_and_is_even_where_it_skips(low, more, most):
    values = rounded(low, low + more, most)
    assert list(values) == sorted(set(values))
    assert low <= values[0] <= values[-1] <= low + more
    if more >= most and len(values) > 2:
        step = values[1] - values[0]
        assert step % 2 == 0
        assert all(value % step == 0 for value in values)
    elif more < most:
        assert values == tuple(range(low, low + more + 1))
