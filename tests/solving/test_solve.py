"""Solving on a layer: what is false in a bound is true in the set, budgets, ties, bad input."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

import costmodel as cm
from costmodel.errors import CostModelError, InputError, VariantError
from costmodel.solving.on_layer import Question
from costmodel.solving.solve import break_even_on_layer
from costmodel.solving.spans import Between, Span

# Values beyond full rank are counted too.
pytestmark = pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")

LAYER = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
SMALL = cm.ConvLayer(kernel=3, in_channels=10, out_channels=6, size=(9, 8))


def counted(variant, layer, letters, metric, limit, values, strict=False):
    """The values that meet a budget, one by one."""
    found = set()
    for x in values:
        try:
            cost = cm.count(variant, layer, hyper=dict.fromkeys(letters, x))[metric]
        except CostModelError:
            continue
        if cost < limit if strict else cost <= limit:
            found.add(x)
    return found


# -- what was false --------------------------------------------------------------------------------
def test_resnext_moves_more_bytes_than_the_layer():
    assert cm.count("resnext", LAYER).bytes_moved == 5_673_472
    assert cm.count("standard", LAYER).bytes_moved == 2_703_360
    for id in ("resnext", "bottleneck"):
        found = cm.break_even(id, "g", "bytes_moved", LAYER)
        assert found.never
        assert found.values == ()
        assert found.to_text().startswith("Bytes moved below 2,703,360 (the standard conv")


def test_the_shuffle_unit_s_groups_do_not_save_it_bytes():
    found = cm.break_even("shuffle_unit", "g", "bytes_moved", LAYER, r=127 * 64)
    assert found.never


def test_resnext_on_an_rgb_stem_multiplies_more():
    stem = cm.ConvLayer(kernel=3, in_channels=3, out_channels=64, size=(224, 224))
    base = cm.count("standard", stem).macs
    assert round(cm.count("resnext", stem).macs / base, 3) == 1.407
    assert cm.break_even("resnext", "g", layer=stem).never


def test_ghost_needs_cheap_filters():
    """d < k·√m: at k = 1, m = 4 the 3×3 filters cost more than they save."""
    layer = cm.ConvLayer(kernel=1, in_channels=4, out_channels=8, size=(56, 56))
    assert cm.count("ghost", layer, q=2).macs / cm.count("standard", layer).macs == 1.625
    assert cm.break_even("ghost", "q", layer=layer).never
    assert cm.break_even("ghost", "q", layer=layer, d=1).values[0].first == 2


@pytest.mark.parametrize(("id", "letter"), [("fft", "a"), ("winograd", "e")])
def test_tiles_save_nothing_at_a_1x1(id, letter):
    layer = LAYER.replace(kernel=1)
    found = cm.break_even(id, letter, layer=layer)
    base = cm.count("standard", layer).macs
    assert found.never
    assert not counted(id, layer, [letter], "macs", base, range(1, 300), strict=True)


def test_the_spatial_bottleneck_s_filters_where_the_bound_was_imaginary():
    """k²·s²·n < k² + n: no side q is small enough."""
    layer = cm.ConvLayer(kernel=1, in_channels=64, out_channels=128, size=(56, 56))
    found = cm.break_even("spatial_bottleneck", "q", layer=layer, s=1)
    assert found.never
    assert cm.break_even("spatial_bottleneck", "q", layer=LAYER, s=2).cheaper == "below"


def test_the_shuffle_unit_s_width_has_an_end():
    found = cm.break_even("shuffle_unit", "r", layer=LAYER)
    assert found.cheaper == "below"
    assert found.largest < 64 * 128


def test_fire_costs_exactly_the_same_at_one_expansion():
    layer = cm.ConvLayer(kernel=3, in_channels=8, out_channels=128, size=(56, 56))
    assert cm.count("fire", layer, q=8, e1=1).macs == cm.count("standard", layer).macs
    found = cm.break_even("fire", "e1", layer=layer, q=8)
    assert found.bound == 1
    assert found.values == (Span(2, 128),)


def test_octave_saves_nothing_before_a_channel_moves():
    """⌊α·m⌋ = ⌊α·n⌋ = 0: all channels keep their resolution."""
    found = cm.break_even("octave", "alpha", layer=SMALL)
    assert found.values == (Between(Fraction(1, 10), Fraction(1)),)
    assert found.smallest == Fraction(1, 10)
    for alpha, cheaper in ((Fraction(1, 11), False), (Fraction(1, 10), True), (1, True)):
        macs = cm.count("octave", SMALL, alpha=alpha).macs
        assert (macs < cm.count("standard", SMALL).macs) is cheaper is (alpha in found)


# -- budgets ---------------------------------------------------------------------------------------
def test_a_share_an_amount_and_a_suffix():
    third = cm.solve("basis", "b", at_most={"macs": "30%"}, layer=LAYER)
    assert (third.smallest, third.largest, third.cheaper) == (1, 2, "below")
    assert third.bound == sympy.Rational(1728, 685)
    assert third.to_text() == (
        "MACs at most 69,363,302.4 (30 % of the standard convolution) for b = 1 to 2 "
        "(54,992,896 at b = 2); equal at b = 1728/685 ≈ 2.523."
    )
    assert third.to_latex() == r"1 \le b \le 2"
    for amount in (55_000_000, "55M", 55_000_000.0, Fraction(55_000_000)):
        assert cm.solve("basis", "b", at_most={"macs": amount}, layer=LAYER).largest == 2


def test_the_edge_itself_meets_a_budget_and_is_no_cheaper():
    """Spatial SVD at m = n: r ≤ k·m·n/(m + n) = 3·40/2 = 60."""
    layer = cm.ConvLayer(kernel=3, in_channels=40, out_channels=40, size=(9, 8))
    assert cm.solve("spatial_svd", "r", at_most={"macs": "100%"}, layer=layer).largest == 60
    assert cm.break_even("spatial_svd", "r", layer=layer).largest == 59
    assert cm.break_even("spatial_svd", "r", layer=layer).bound == 60


def test_several_budgets_hold_together():
    both = cm.solve("shuffle_unit", "r", at_most={"macs": "10%", "params": "3k"}, layer=LAYER)
    alone = [
        cm.solve("shuffle_unit", "r", at_most=budget, layer=LAYER).largest
        for budget in ({"macs": "10%"}, {"params": "3k"})
    ]
    assert both.largest == min(alone) != max(alone)
    assert len(both.to_text().splitlines()) == 2


def test_another_variant_as_the_budget():
    found = cm.solve(
        "tucker2", ("r1", "r2"), same_as=("basis", {"b": 4}), metric="params", layer=LAYER
    )
    target = cm.count("basis", LAYER, b=4).params
    assert cm.count("tucker2", LAYER, r1=52, r2=52).params <= target
    assert cm.count("tucker2", LAYER, r1=53, r2=53).params > target
    assert (found.smallest, found.largest) == (1, 52)
    assert "for r1 = r2 = 1 to 52" in found.to_text()
    assert "(the basis convolution with b=4)" in found.to_text()


def test_break_even_between_any_two_variants():
    found = cm.break_even("cp", "r", "params", LAYER, than=("basis", {"b": 4}))
    target = cm.count("basis", LAYER, b=4).params
    assert set(found.values[0]) == counted(
        "cp", LAYER, ["r"], "params", target, range(1, 400), True
    )
    moving = cm.break_even("basis", "b", "params", LAYER, than=("shared_basis", {"b": "2*b"}))
    for b in range(1, 30):
        ours, theirs = cm.count("basis", LAYER, b=b), cm.count("shared_basis", LAYER, b=2 * b)
        assert (ours.params < theirs.params) is (b in moving)


# -- letters ---------------------------------------------------------------------------------------
def test_multiples_for_hardware():
    found = cm.solve("cp", "r", at_most={"macs": "50%"}, layer=LAYER, multiple_of=8)
    every = cm.solve("cp", "r", at_most={"macs": "50%"}, layer=LAYER)
    assert found.values == (Span(8, every.largest // 8 * 8, 8),)
    assert found.to_latex().startswith(r"r \in \{8, 16, \ldots, ")


@pytest.mark.parametrize("letters", ["r1=r2", ("r1", "r2"), "r1 = r2", ["r2", "r1"]])
def test_tied_letters(letters):
    found = cm.solve("tucker2", letters, at_most={"params": "40%"}, layer=LAYER)
    limit = Fraction(40, 100) * cm.count("standard", LAYER).params
    assert set(found.values[0]) == counted(
        "tucker2", LAYER, ["r1", "r2"], "params", limit, range(1, 300)
    )


def test_letters_in_terms_of_the_layer_and_of_each_other():
    fixed = cm.solve("tucker2", "r2,r1=m/4", at_most={"macs": "40%"}, layer=LAYER)
    given = cm.solve("tucker2", "r2", at_most={"macs": "40%"}, layer=LAYER, r1=16)
    text = cm.solve("tucker2", "r2", at_most={"macs": "40%"}, layer=LAYER, r1="m/4")
    assert fixed.values == given.values == text.values
    half = cm.solve("tucker2", "r1=r2/2", at_most={"macs": "40%"}, layer=LAYER)
    (span,) = half.values
    assert (span.first, span.step) == (2, 2), "an odd r2 has no half"
    limit = Fraction(40, 100) * cm.count("standard", LAYER).macs
    for r2, fits in ((span.last, True), (span.last + 2, False)):
        assert (cm.count("tucker2", LAYER, r1=r2 // 2, r2=r2).macs <= limit) is fits


def test_groups_that_must_divide():
    found = cm.break_even("grouped", "g", layer=SMALL)
    assert [x for span in found.values for x in span] == [2]
    width = cm.solve("resnext", "r", at_most={"macs": "60%"}, layer=LAYER)
    assert {span.step for span in width.values} == {32}


@pytest.mark.parametrize(
    ("id", "letter", "side"),
    [
        ("basis", "b", "below"),
        ("grouped", "g", "above"),
        ("fft", "a", "between"),
        ("nothing", "", ""),
    ],
)
def test_the_side_of_the_others(id, letter, side):
    if letter:
        assert cm.break_even(id, letter, layer=LAYER).cheaper == side
        return
    rounded = cm.solve("octave", "alpha", at_most={"activations": "100%"}, layer=SMALL)
    assert rounded.cheaper == "outside"
    assert rounded.values[0] == Between(Fraction(0), Fraction(1, 10), open_last=True)


# -- tables and text -------------------------------------------------------------------------------
def test_a_row_for_each_span():
    table = cm.solve("basis", "b", at_most={"macs": "50%"}, layer=LAYER).to_table()
    assert table.rows == [
        {
            "variant": "basis",
            "letter": "b",
            "first": 1,
            "last": 4,
            "step": 1,
            "macs_at_first": 27_496_448,
            "macs_at_last": 109_985_792,
        }
    ]
    assert "MACs at most 115,605,504" in table.notes[0]


# -- bad input -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (
            ("basis", "b", {"macs": "3%"}),
            CostModelError,
            "; the least is 27,496,448 MACs at b = 1; allowed",
        ),
        (
            ("grouped", "g", {"params": 10}),
            CostModelError,
            "has Parameters at most 10; the least",
        ),
        (("dilated", "d", {"macs": "50%"}), CostModelError, "macs does not depend on d"),
        (("basis", "b", {"biases": "50%"}), CostModelError, "has no Biases, so there is no share"),
        (("basis", "b", {"mac": "50%"}), CostModelError, "unknown metric 'mac'"),
        (("bassis", "b", {"macs": "50%"}), VariantError, "unknown variant 'bassis': did you mean"),
        (
            ("basis", "r", {"macs": "50%"}),
            VariantError,
            "unknown letter of basis 'r'",
        ),
        (
            ("basis", "b", {"macs": "half"}),
            InputError,
            "macs='half'; allowed are",
        ),
        (("basis", "b", {"macs": -4}), InputError, "macs=-4; allowed are amounts from 0 up"),
        (("basis", "b", {"macs": True}), InputError, "macs=True; allowed are amounts"),
        (("basis", "b", {}), InputError, "no budget; allowed are metrics with amounts"),
        (("basis", "b", None), InputError, "no budget; allowed is one of at_most and same_as"),
        (("tucker2", "r1=m/4", {"macs": 1}), VariantError, "leaves no letter to solve for"),
        (("tucker2", "r1,r2=r1/2,r1", {"macs": 1}), CostModelError, "the least is"),
        (("standard", "b", {"macs": 1}), VariantError, "unknown letter of standard 'b'"),
    ],
)
def test_bad_input_is_one_sentence(arguments, error, sentence):
    variant, letters, budget = arguments
    with pytest.raises(error, match=sentence) as caught:
        cm.solve(variant, letters, at_most=budget, layer=LAYER)
    assert "\n" not in str(caught.value)


def test_values_that_contradict():
    with pytest.raises(VariantError, match="r1 is asked for and given as 4; allowed is one"):
        cm.solve("tucker2", "r1", at_most={"macs": 1}, layer=LAYER, r1=4)
    with pytest.raises(InputError, match="two budgets, at_most and same_as; allowed is one"):
        cm.solve("basis", "b", at_most={"macs": 1}, same_as="cp", layer=LAYER)
    with pytest.raises(InputError, match="multiple_of is 0; allowed are integers from 1 up"):
        cm.solve("basis", "b", at_most={"macs": 1}, layer=LAYER, multiple_of=0)
    with pytest.raises(InputError, match="multiples of 8 of alpha, a real number"):
        cm.solve("octave", "alpha", at_most={"macs": 1}, layer=SMALL, multiple_of=8)
    with pytest.raises(VariantError, match="no value of r fits the layer; at 1: "):
        cm.solve("conv2plus1d", "r", at_most={"macs": "50%"}, layer=LAYER)


def test_algebra_is_checked_by_counting(monkeypatch):
    """An edge that is off by one is found, and is no answer."""
    exact = Question._parts

    def off_by_one(self):
        within, others = exact(self)
        return (Span(within[0].first, within[0].last + 1),), others

    monkeypatch.setattr(Question, "_parts", off_by_one)
    with pytest.raises(AssertionError, match="solved and counted differently"):
        break_even_on_layer("basis", "b", LAYER)
