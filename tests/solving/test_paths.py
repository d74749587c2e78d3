"""Pieces say what counting says of every value: of each variant, letter and metric."""

from __future__ import annotations

import pytest

from costmodel import METRICS, VARIANTS, ConvLayer, CostModelError, count
from costmodel.core.questions import Listener
from costmodel.solving import paths
from costmodel.solving.form import Form
from costmodel.solving.spans import Span

# Values beyond full rank are counted too.
pytestmark = pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")

LAYER = ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(9, 14), stride=(2, 1))
CUBE = ConvLayer(kernel=3, in_channels=12, out_channels=20, size=(4, 5, 6))
PLAIN = ConvLayer(kernel=3, in_channels=12, out_channels=20, size=(9, 14))
WIDE = ConvLayer(kernel=3, in_channels=12, out_channels=97, size=(9, 14))
LETTERS = [
    pytest.param(variant, letter, id=f"{variant.id}-{letter}")
    for variant in VARIANTS.values()
    for letter, declared in variant.hyper.items()
    if not declared.real
]
SOME = ("params", "macs", "activations", "peak_memory", "macs_without_padding", "view_rows")


def layer_for(variant):
    for layer in (LAYER, PLAIN, CUBE):
        try:
            count(variant, layer)
        except CostModelError:
            continue
        return layer
    pytest.skip(f"{variant.id} stands on special layers only")


def counted(variant, layer, letter, x):
    try:
        counts = count(variant, layer, hyper={letter: x})
        return [counts[metric] for metric in SOME]
    except CostModelError:
        return None


def said(found, x):
    (piece,) = [p for p in found if any(x in span for span in p.spans)] or [None]
    return piece and [Form(value).at(x) for value in piece.counts]


def check(variant, letter, layer):
    low = variant.hyper[letter].low
    found, _ = paths.pieces(
        letter,
        [Span(low, variant.hyper[letter].high)],
        lambda x: count(variant, layer, hyper={letter: x}),
        lambda counts: tuple(counts[metric] for metric in SOME),
    )
    for x in (*range(low, 45), 97, 1000):
        assert said(found, x) == counted(variant, layer, letter, x), x


@pytest.mark.parametrize(("variant", "letter"), LETTERS)
def test_the_pieces_are_what_counting_gives(variant, letter):
    check(variant, letter, layer_for(variant))


@pytest.mark.parametrize(("id", "letter"), [("fire", "e1"), ("resnext", "r"), ("sic", "L")])
def test_special_cases_among_many_values(id, letter):
    """More values than are counted one by one: the algebra has to find them."""
    check(VARIANTS[id], letter, WIDE)


def test_every_metric_is_tried_somewhere():
    assert set(SOME) <= set(METRICS)


def test_who_hears_no_questions_goes_wrong(monkeypatch):
    """The special cases are in the questions: without them a count is wrong, or fits nowhere."""
    monkeypatch.setattr(paths._Path, "same", Listener.same)
    with pytest.raises(AssertionError):
        check(VARIANTS["fire"], "e1", WIDE)
    monkeypatch.undo()
    monkeypatch.setattr(paths._Path, "granted", Listener.granted)
    with pytest.raises(AssertionError):
        check(VARIANTS["resnext"], "r", WIDE)
