"""Variants on layers: windows over channels, other resolutions, branches, patterns, biases.

Each addition to plain stages with numbers worked out by hand, and with its errors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.bound import BoundBias, BoundBlock, BoundResample, BoundSlice
from costmodel.core.hyper import Hyper
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, VariantError

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22), stride=(2, 3))
EVEN = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(16, 24))


def variant(stages: str, where: Any = None, **hyper: Any) -> Variant:
    declared = {
        name: value if isinstance(value, Hyper) else Hyper(value, "a size of this test")
        for name, value in hyper.items()
    }
    return Variant("mine", stages, hyper=declared, where=where or {})


# -- windows over channels -------------------------------------------------------------------------
def test_a_channel_window_shares_its_kernel_over_the_positions() -> None:
    (stage,) = cm.count(
        variant("n+c, c i j -> n", {"c": "m - n + 1"}), LAYER.replace(out_channels=5)
    ).stages
    assert stage.params == 8 * 15
    assert stage.macs == 8 * 15 * 5 * 9 * 8
    assert stage.kind == "channel window"


def test_channel_windows_over_several_axes() -> None:
    mine = variant("a+c=3 b+d=4, a b c d i j -> a b", a=2, b=3, c=2, d=3)
    counts = cm.count(mine, LAYER.replace(out_channels=6))
    assert counts.params == 2 * 3 * 2 * 3 * 15
    assert counts.macs == counts.params * 9 * 8


def test_spread_windows_may_have_more_positions_than_channels() -> None:
    counts = cm.count(variant("n~c, n c i j -> n", c=4), LAYER)
    assert (counts.params, counts.macs) == (20 * 4 * 15, 20 * 4 * 15 * 9 * 8)


# -- another resolution ----------------------------------------------------------------------------
def test_down_and_up_return_to_the_layer_s_grid() -> None:
    mine = variant("m, m i j -> m @ down=2 | m, n m -> n | n, n i=4 j=4 -> n @ up=2")
    first, middle, last = bind(mine, LAYER).stages
    assert first.out_grid == middle.out_grid == last.in_grid == (5, 4)
    assert last.out_grid == LAYER.out_size == (9, 8)
    assert first.macs == 12 * 15 * 5 * 4
    assert last.macs == 20 * 16 * 5 * 4  # a transposed window: products at its input positions
    assert [g.kernel for g in last.geometry] == [4, 4]


def test_pooling_and_upsampling_cost_nothing_and_keep_the_stride() -> None:
    mine = variant("/2 | m, n m i j -> n | *2")
    pool, stage, up = bind(mine, LAYER).program.items
    assert isinstance(pool, BoundResample)
    assert (pool.in_grid, pool.out_grid) == ((17, 22), (9, 11))
    assert stage.out_grid == (5, 4)  # type: ignore[union-attr]
    assert isinstance(up, BoundResample)
    assert (up.up, up.out_grid) == (True, (9, 8))
    assert cm.count(mine, LAYER).macs == 15 * 240 * 5 * 4


def test_up_may_be_done_in_steps() -> None:
    mine = variant("/2 | /2 | m, n m i j -> n | *2 | *2")
    *_, half, full = bind(mine, EVEN).program.items
    assert (half.out_grid, full.out_grid) == ((8, 12), (16, 24))  # type: ignore[union-attr]


@pytest.mark.parametrize("padding", ["valid", 0, (3, 1), "same"])
@pytest.mark.parametrize("stride", [1, (2, 3)])
def test_a_pooled_stage_ends_on_the_pooled_output(padding: Any, stride: Any) -> None:
    layer = LAYER.replace(padding=padding, stride=stride)
    _, stage, _ = bind(variant("/2 | m, n m i j -> n | *2"), layer).program.items
    assert stage.out_grid == tuple(-(-n // 2) for n in layer.out_size)  # type: ignore[union-attr]
    for geometry in stage.geometry:  # type: ignore[union-attr]
        assert geometry.reached == geometry.out


def test_a_window_of_its_own_size_keeps_the_grid_of_the_layer() -> None:
    for size in (1, 2, 3, 4, 6):
        for layer in (LAYER, LAYER.replace(padding=(1, 4)), LAYER.replace(transposed=True)):
            (stage,) = bind(variant("m, n m i=q j=q -> n", q=size), layer).stages
            assert stage.out_grid == layer.out_size
            assert stage.weights == size * size * 240
            assert all(g.reached == g.out for g in stage.geometry)


def test_one_tap_is_taken_where_same_padding_has_its_centre() -> None:
    layer = cm.ConvLayer(4, 6, 10, (9, 12))  # PyTorch's "same": one zero before, two after
    (stage,) = bind(variant("m, n m i=1 j=1 -> n"), layer).stages
    assert [g.pads for g in stage.geometry] == [(0, 0), (0, 0)]


def test_dilation_comes_on_top_of_the_layer_s() -> None:
    (stage,) = bind(variant("m, n m i j -> n @ dilation=2"), LAYER.replace(dilation=(1, 3))).stages
    assert [g.dilation for g in stage.geometry] == [2, 6]
    assert stage.out_grid == LAYER.out_size
    assert stage.macs == 15 * 240 * 9 * 8


# -- branches --------------------------------------------------------------------------------------
def test_concatenation_adds_channels_and_sum_keeps_them() -> None:
    both = variant("{ m, a m i j -> a & m, b m i=1 j=1 -> b }", a=8, b=12)
    assert cm.count(both, LAYER).params == 12 * 8 * 15 + 12 * 12
    added = variant("m, n m i j -> n | { = + n, n i j -> n }")
    block = bind(added, LAYER).program.items[-1]
    assert isinstance(block, BoundBlock)
    assert (block.mode, block.branches[0].items) == ("sum", ())
    assert cm.count(added, LAYER).params == 240 * 15 + 20 * 15


def test_repetition_multiplies_what_stands_in_it() -> None:
    mine = variant("m, n m i j -> n | { n, o n -> o }^L-1", {"o": "n"}, L=4)
    assert cm.count(mine, LAYER).params == 240 * 15 + 3 * 400
    assert cm.count(mine, LAYER, L=1).params == 240 * 15
    assert len(cm.count(mine, LAYER, L=1).stages) == 1
    L = sympy.Symbol("L", integer=True, positive=True)
    assert sympy.expand(cm.count(mine, LAYER, L=L).params - 240 * 15 - (L - 1) * 400) == 0


def test_slices_take_channels() -> None:
    mine = variant("m, c m i j -> c | { :7 & 7: | e, d e -> d }", {"e": "c - 7"}, c=27, d=13)
    assert cm.count(mine, LAYER).params == 12 * 27 * 15 + 20 * 13
    block = bind(mine, LAYER).program.items[-1]
    assert isinstance(block, BoundBlock)
    assert block.branches[0].items == (BoundSlice(0, 7),)


def test_a_branch_without_channels_does_not_exist() -> None:
    mine = variant("{ m, a m i j -> a & m, b m i=1 j=1 -> b }", {"b": "n - a"}, a=20)
    assert len(bind(mine, LAYER).program.items) == 1
    assert cm.count(mine, LAYER).params == 240 * 15
    taken = variant("{ :a | a, n a i j -> n + a: | b, n b i j -> n }", {"b": "m - a"}, a=12)
    assert len(bind(taken, LAYER).stages) == 1
    assert len(bind(taken, LAYER, a=5).stages) == 2


# -- bias ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("stages", "on"),
    [
        ("m, n m i j -> n", [20]),
        ("{ m, a m i j -> a & m, b m i=1 j=1 -> b }", [8, 12]),
        ("{ m, n m i j -> n + m, n m i=1 j=1 -> n }", [0, 20]),
        ("/2 | m, n m i j -> n | *2", [20]),
    ],
)
def test_a_bias_belongs_to_the_stages_that_write_the_output(stages: str, on: list[int]) -> None:
    bound = bind(variant(stages, a=8, b=12), LAYER.replace(bias=True))
    assert [stage.biases for stage in bound.program.stages()] == on
    assert [stage.biases for stage in bound.stages] == on


@pytest.mark.parametrize(
    "stages",
    [
        "m, c m i j -> c | :n",
        "m, n m i j -> n | { = + n, n i j -> n }^3",
        "{ = & m, c m -> c } | :n",
    ],
)
def test_a_bias_is_a_step_where_no_stage_writes_the_output(stages: str) -> None:
    mine = variant(stages, c=24)
    layer = LAYER.replace(bias=True, stride=1)
    bound = bind(mine, layer)
    assert bound.program.items[-1] == BoundBias(20)
    assert sum(stage.biases for stage in bound.program.stages()) == 0
    more = cm.count(mine, layer).params - cm.count(mine, layer.replace(bias=False)).params
    assert more == 20


# -- patterns and explicit counts ------------------------------------------------------------------
def test_a_pattern_counts_its_taps_in_every_dimension() -> None:
    mine = variant("m, n m (i j)=T -> n", T=Hyper("ceil(taps/2)", "taps that exist"))
    line = cm.ConvLayer(5, 12, 20, (31,))
    box = cm.ConvLayer((3, 5, 7), 12, 20, (9, 11, 13))
    for layer, taps in ((line, 3), (LAYER, 8), (box, 53)):
        (stage,) = bind(mine, layer).stages
        assert stage.weights == taps * 240
        assert stage.out_grid == layer.out_size
        assert tuple(g.kernel for g in stage.geometry) == layer.kernel


def test_expressions_in_a_line_may_hold_functions() -> None:
    mine = variant("m, r m (i j)=min(T, 4) -> r | r, n r -> n | :min(n, 20)", r=7, T=9)
    assert cm.count(mine, LAYER).params == 12 * 7 * 4 + 7 * 20
    given = variant("m, n m i j -> n @ macs=max(m, n, (m+n)*2)*h*w")
    assert cm.count(given, LAYER).macs == 64 * 9 * 8


def test_an_explicit_count_replaces_the_stage_rule() -> None:
    mine = variant("m, n m i j -> n @ macs=m*n*h*w", {})
    layer = LAYER.replace(batch=3, groups=4)
    counts = cm.count(mine, layer)
    assert counts.macs == 3 * 4 * (3 * 5 * 9 * 8)
    assert counts.params == 4 * 15 * 15


def test_a_count_that_names_rows_is_for_two_dimensions() -> None:
    assert variant("m, n m i j -> n @ macs=m*n*h*w").dims == {2}
    assert variant("m, n m i j -> n @ macs=m*n*w").dims == {1, 2, 3}


def test_windows_that_differ_by_axis_are_for_two_dimensions() -> None:
    assert variant("m, n m i=1 j=3 -> n").dims == {2}
    assert variant("m, n m i=3 j=3 -> n").dims == {1, 2, 3}


def test_the_text_of_a_stage_names_the_axes_that_it_has() -> None:
    box = cm.ConvLayer(3, 12, 20, (9, 11, 13))
    for stages, texts in (
        ("m, n m i=2 j=2 -> n @ dilation=2", ["m, n m l=2 i=2 j=2 -> n @ dilation=2"]),
        ("m, r m -> r | r, n r (i j)=4 -> n", ["m, r m -> r", "r, n r (l i j)=4 -> n"]),
        (
            "m, m x -> m | m, n m -> n",
            ["m, m l -> m", "m, m i -> m", "m, m j -> m", "m, n m -> n"],
        ),
        ("n~c, n c i j -> n", ["n~c, n c l i j -> n"]),
    ):
        bound = bind(variant(stages, r=5, c=3), box)
        assert [stage.line.text for stage in bound.stages] == texts


# -- training --------------------------------------------------------------------------------------
def test_a_training_cost_is_an_expression_of_the_layer() -> None:
    mine = Variant("mine", "m, n m i j -> n", training="6*max(taps*m, n)*min(taps*m, n)^2")
    assert bind(mine, LAYER).training == 6 * 180 * 20**2
    wide = LAYER.replace(out_channels=200)
    assert bind(mine, wide).training == 6 * 200 * 180**2
    assert bind(mine, LAYER.replace(groups=4)).training == 4 * 6 * 45 * 5**2
    assert bind(variant("m, n m i j -> n"), LAYER).training == 0


# -- real numbers ----------------------------------------------------------------------------------
def test_real_hyper_parameters_are_exact_fractions() -> None:
    share = Hyper("1/4", "a share of the channels", low=0, high=1, upto="1", real=True)
    mine = variant("m, r m -> r | r, n r i j -> n", {"r": "ceil(a*m)"}, a=share)
    assert cm.count(mine, LAYER).stages[0].params == 12 * 3
    assert cm.count(mine, LAYER, a=0.1).stages[0].params == 12 * 2
    assert cm.count(mine, LAYER, a="1/3").stages[0].params == 12 * 4
    shares = np.array([0.1, 0.25, 1.0])
    assert cm.count(mine, LAYER, a=shares).stages[0].params.tolist() == [24, 36, 144]
    for wrong in (2, -0.5, "much"):
        with pytest.raises(VariantError, match="allowed are"):
            cm.count(mine, LAYER, a=wrong)


# -- errors: when a layer is known -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("stages", "facts", "words"),
    [
        ("m, n m (i j)=T -> n", {"T": 16}, "a pattern has 16 taps; allowed are 1 to 15"),
        ("m, n m (i j)=T-5 -> n", {"T": 5}, "the number of taps is 0 (T-5 with T = 5); allowed"),
        (
            "m, n m i=T-6 j=3 -> n",
            {"T": 4},
            "window i is -2 (T-6 with T = 4); allowed are integers",
        ),
        ("n~c, n c i j -> n", {"c": 13}, "has c = 13 taps over 12 channels; allowed are 1 to 12"),
        ("n+c, n c i j -> n", {"c": 3}, "n = 20 positions (spread them with '~') over 12 channels"),
        (
            "n~c a~b, n c b i j -> n a",
            {"c": 2, "a": 2, "b": 2},
            "two channel windows without sizes",
        ),
        ("n~c a~b=5, n c b i j -> n a", {"c": 2, "a": 2, "b": 2}, "12 is not divisible by 5"),
        ("m, n m i j -> n @ down=2", {}, "end on a grid of 5×4 positions where the layer has 9×8"),
        (
            "m, m i j -> m @ down=2 | m, n m i j -> n @ up=4",
            {},
            "up=4 on a grid that is coarser by 2",
        ),
        ("m, n m i j -> n @ up=2", {}, "up=2 on a grid that is coarser by 1"),
        ("/2 | m, n m i j -> n @ up=2", {}, "up=2 on an axis whose window still has the layer's"),
        ("m, n m i j -> n | *2", {}, "*2 on a grid that is coarser by 1 than the layer's own"),
        ("/2 | m, n m i j -> n", {}, "end on a grid of 5×4 positions"),
        (
            "{ m, a m i j -> a + m, b m i j -> b }",
            {"a": 20, "b": 19},
            "added branches end with 20 and 19",
        ),
        (
            "{ m, n m i j -> n & m, b m -> b }",
            {"b": 1},
            "parallel branches end on grids of 9×8 and 17×22",
        ),
        ("m, n m i j -> n | :a", {"a": 21}, "a slice takes channels 0 to 21 of 20; allowed are 0"),
        ("m, n m i j -> n | a:4", {"a": 5}, "a slice takes channels 5 to 4 of 20"),
        ("m, n m i j -> n | :a", {"a": 19}, "the stages end with 19 channels; allowed are n = 20"),
        (
            "{ m, n m i j -> n }^2",
            {},
            "a repeated block turns 12 channels on 17×22 positions into 20",
        ),
        (
            "m, n m i j -> n | { = }^a-3",
            {"a": 2},
            "the number of repetitions is -1 (a-3 with a = 2)",
        ),
        ("m, n m i j -> n @ dilation=a-4", {"a": 4}, "option dilation is 0 (a-4 with a = 4)"),
        ("m, n m i j -> n @ macs=m/7", {}, "m/7 with m = 12: 12 is not divisible by 7; allowed"),
        ("m, n m i j -> n @ macs=m//(n-20)", {}, "12 is divided by 0"),
    ],
)
def test_binding_errors_are_one_sentence(stages: str, facts: dict[str, int], words: str) -> None:
    with pytest.raises(CostModelError) as caught:
        bind(variant(stages, **facts), LAYER)
    message = str(caught.value)
    assert words in message
    assert message.startswith("mine: ")
    assert "\n" not in message


def test_derived_sizes_are_integers_from_zero_up() -> None:
    mine = variant("m, c m i j -> c | c, n c -> n", {"c": "m - a"}, a=3)
    assert cm.count(mine, LAYER).stages[0].params == 12 * 9 * 15
    with pytest.raises(VariantError, match=r"derived size c is -1 \(m - a with m = 12, a = 13\)"):
        bind(mine, LAYER, a=13)
    with pytest.raises(VariantError, match="has no weights, because axis c has size 0"):
        bind(mine, LAYER, a=12)


def test_arrays_are_checked_in_every_cell() -> None:
    mine = variant("m, c m i j -> c | c, n c -> n", {"c": "m - a"}, a=3)
    with pytest.raises(VariantError, match="derived size c"):
        bind(mine, LAYER, a=np.array([3, 13]))
    with pytest.raises(VariantError, match="has no weights"):
        bind(mine, LAYER, a=np.array([3, 12]))
    with pytest.raises(VariantError, match="a pattern has"):
        bind(variant("m, n m (i j)=T -> n", T=3), LAYER, T=np.array([15, 16]))


def test_down_on_a_transposed_layer_is_refused() -> None:
    mine = variant("m, m i j -> m @ down=2 | m, n m -> n | n, n i=4 j=4 -> n @ up=2")
    with pytest.raises(VariantError, match="down=2 on a transposed layer, whose stride goes up"):
        bind(mine, LAYER.replace(transposed=True))


def test_powers_of_powers_are_refused_instead_of_computed() -> None:
    mine = variant("m, n m i j -> n @ macs=((((((((m^9)^9)^9)^9)^9)^9)^9)^9)")
    with pytest.raises(VariantError, match="a number of more than 900 bits"):
        bind(mine, LAYER)


def test_a_window_of_one_tap_is_a_pointwise_stage() -> None:
    mine = variant("{ m, a m i=1 j=1 -> a & m, b m i j -> b }", a=8, b=12)
    assert [stage.kind for stage in cm.count(mine, LAYER).stages] == ["pointwise", "full"]
    one = cm.count(variant("m, n m i j -> n"), LAYER.replace(kernel=1)).stages[0]
    assert one.kind == "pointwise"
    k = sympy.Symbol("k", integer=True, positive=True)
    assert cm.count("standard", LAYER.replace(kernel=k)).stages[0].kind == "full"
