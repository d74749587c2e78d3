"""Break-evens on one layer are exact, and the sentences about them say so."""

import pytest
import sympy

from costmodel import VARIANTS, ConvLayer, CostModelError, count
from costmodel.sweeping.axes import hyper_axes
from costmodel.sweeping.crossing import Crossing, crossing, explain_break_even, in_text

# Values beyond full rank are counted too.
pytestmark = pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14), stride=(2, 1))
SQUARE = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 48))
ALL = list(VARIANTS.values())


def single(variant, layer, **hyper):
    try:
        return count(variant, layer, hyper=hyper)
    except CostModelError:
        return None


def test_break_even_of_the_source_documents():
    """b < k²n/(k² + n): k² = 9, n = 128."""
    layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 48))
    even = crossing(VARIANTS["basis"], layer, "b")
    assert even.exact == sympy.Rational(9 * 128, 9 + 128)
    assert even.last == 8
    assert even.cheaper_below


def test_break_even_depends_on_the_stride():
    """A 1×1 before a strided window pays at the input resolution: the bound falls."""
    layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 48))
    plain = crossing(VARIANTS["cp"], layer, "r")
    strided = crossing(VARIANTS["cp"], layer.replace(stride=2), "r")
    assert strided.exact < plain.exact


def test_break_even_from_above():
    even = crossing(VARIANTS["grouped"], LAYER, "g")
    assert even.exact == 1
    assert not even.cheaper_below
    assert even.last == 2


def test_an_exact_integer_is_not_cheaper_itself():
    """spatial SVD at m = n: r < k·m·n/(m + n) = 3·40/2 = 60."""
    layer = ConvLayer(kernel=3, in_channels=40, out_channels=40, size=(9, 8))
    even = crossing(VARIANTS["spatial_svd"], layer, "r")
    assert (even.exact, even.last) == (60, 59)


@pytest.mark.parametrize("variant", ALL, ids=lambda v: v.id)
@pytest.mark.parametrize("metric", ["params", "macs"])
def test_break_even_separates_cheaper_from_dearer(variant, metric):
    base = count(VARIANTS.baseline, LAYER)[metric]
    for axis in hyper_axes(LAYER, variant):
        even = crossing(variant, LAYER, axis.letter, metric)
        if even is None:
            continue
        for value in (even.last, even.last + (1 if even.cheaper_below else -1)):
            counts = single(variant, LAYER, **{axis.letter: value}) if value > 0 else None
            if counts is None:
                continue  # the border is not a value that fits this layer
            cheaper = counts[metric] < base
            assert cheaper == (value == even.last), (axis.key, value, even)


def test_costs_with_rounding_have_no_break_even():
    """n/q is rounded up: no polynomial, so no exact crossing is claimed."""
    assert crossing(VARIANTS["ghost"], LAYER, "q") is None


def test_costs_that_never_cross_have_no_break_even():
    """The multiplies of a depthwise stage do not depend on how its output is shared."""
    layer = LAYER.replace(stride=1)
    for variant in ALL:
        for axis in hyper_axes(layer, variant):
            counts = [single(variant, layer, **{axis.letter: v}) for v in (axis.low, axis.high)]
            if all(counts) and counts[0].params == counts[1].params and axis.low != axis.high:
                assert crossing(variant, layer, axis.letter, "params") is None
                return
    raise AssertionError("no variant has a hyper-parameter without influence on parameters")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (sympy.Integer(1024), "1,024"),
        (sympy.Rational(1152, 137), "1152/137 ≈ 8.409"),
        (sympy.sqrt(2), "1.414 (rounded)"),
    ],
)
def test_a_break_even_as_text(value, text):
    assert Crossing("macs", "b", value, True).text == text


def test_unknown_names_are_sentences():
    with pytest.raises(CostModelError, match="unknown metric 'mac'"):
        crossing(VARIANTS["basis"], LAYER, "b", "mac")
    with pytest.raises(CostModelError, match="unknown hyper-parameter 'c'"):
        crossing(VARIANTS["basis"], LAYER, "c")


# -- sentences -------------------------------------------------------------------------------------


def even_sentence(id, letter, layer=SQUARE):
    variant = VARIANTS[id]
    axis = next(a for a in hyper_axes(layer, variant) if a.letter == letter)
    found = [crossing(variant, layer, letter, metric) for metric in ("macs", "params")]
    return explain_break_even(count(variant, layer), axis, [even for even in found if even])


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


def test_labels_within_a_sentence():
    assert (in_text("MACs"), in_text("Parameters")) == ("MACs", "parameters")
