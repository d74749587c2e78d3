"""What a comparison comes to: every choice and number from counts and times, on random layers."""

import random

import pytest

from costmodel import VARIANTS, ConvLayer, compare
from costmodel.timing.answer import Answer
from costmodel.timing.opened import SHIPPED, estimates
from costmodel.timing.store import shipped

COMMON = [id for id, variant in VARIANTS.items() if variant.common]
MACHINE = SHIPPED + shipped.names()[0]
LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))


def answer_on(layer, ids=None):
    table = compare(layer, [v for v in (ids or COMMON) if fits(v, layer)])
    return Answer(table, estimates(table, machine=MACHINE))


def fits(id, layer):
    try:
        return bool(compare(layer, [id]))
    except ValueError:
        return False


def by_question(answer, looked_at=""):
    return {
        question: found
        for found in answer.findings(looked_at)
        for question in found.asked.lower().split(" and ")
    }


def layers(count):
    draw = random.Random(17)
    found = []
    for _ in range(count):
        m, n = draw.sample((3, 8, 24, 48, 96, 200), 2)
        size = tuple(draw.sample((5, 7, 14, 17, 28, 33), 2))
        found.append(ConvLayer(draw.choice((1, 3, 5)), m, n, size, stride=draw.choice((1, 2))))
    return found


@pytest.mark.parametrize("layer", layers(12), ids=str)
def test_the_answers_are_the_best_of_what_saves(layer):
    answer = answer_on(layer)
    table = answer.comparison
    base = table.baseline
    found = by_question(answer)
    saving = {id: c for id, c in table.counts.items() if c.macs < base.macs}
    if not saving:
        assert found["fewest multiplies"].variant is None
        assert "none of the variants" in found["fewest multiplies"].text
        return
    best = found["fewest multiplies"].variant
    assert saving[best.id].macs == min(c.macs for c in saving.values())
    closest = saving[found["closest to the layer"].variant.id]
    assert closest.params == max(c.params for c in saving.values() if c.params <= closest.params)
    assert all(min(c.params, base.params) <= closest.params for c in saving.values())
    times = {id: answer.time(id).seconds for id in saving}
    if min(times.values()) < answer.baseline.seconds:
        assert times[found["least time"].variant.id] == min(times.values())
    else:
        assert "least time" not in found
    for finding in found.values():
        if finding.variant is not None:
            gives_up = finding.variant.gives_up
            assert finding.text.endswith(f"but {gives_up[:1].lower()}{gives_up[1:]}")


def test_the_numbers_of_the_example():
    found = by_question(answer_on(LAYER), "basis")
    assert found["this layer"].text.startswith("231.2 M multiplies and 73,728 parameters, ")
    assert "depthwise separable convolution: 88 % fewer multiplies" in found["least time"].text
    assert "basis convolution with b = 4: 52 % fewer multiplies" in found["looked at"].text


@pytest.mark.parametrize("looked_at", ["standard", "", "no such"])
def test_only_a_variant_that_is_shown_has_a_line_of_its_own(looked_at):
    assert "looked at" not in by_question(answer_on(LAYER), looked_at)


@pytest.mark.parametrize("layer", layers(12), ids=str)
def test_the_lesson_is_the_largest_gap_between_time_and_multiplies(layer):
    answer = answer_on(layer)
    gaps = {
        id: answer.time_ratio(id) - answer.macs_ratio(id)
        for id, counts in answer.comparison.counts.items()
        if counts.macs < answer.comparison.baseline.macs
    }
    said = answer.lesson()
    if not gaps:
        assert "beside the standard" in said
    elif max(gaps.values()) < 0.05:
        assert said == "On this layer, time falls as multiplies do"
    else:
        worst = max(gaps, key=gaps.get)
        assert f": {VARIANTS[worst].title}" in said
        assert ("take longer" in said) == (answer.time_ratio(worst) > 1)


def test_without_times_the_counts_answer_alone():
    answer = Answer(compare(LAYER, COMMON))
    found = by_question(answer)
    assert "least time" not in found
    assert "time" not in found["this layer"].text
    assert found["fewest multiplies"].variant.id == "depthwise_separable"
    assert answer.baseline is None
    assert answer.time_ratio("basis") is None
    assert "beside the standard" in answer.lesson()


def test_the_baseline_need_not_be_among_them():
    with_it, without = answer_on(LAYER), answer_on(LAYER, ["basis", "cp"])
    assert without.baseline.seconds == pytest.approx(with_it.baseline.seconds)
    assert without.time_ratio("cp") == pytest.approx(with_it.time_ratio("cp"))


def test_a_share_is_never_rounded_to_nothing_or_to_all():
    layer = LAYER.replace(in_channels=2048, out_channels=2050)
    found = by_question(answer_on(layer, ["standard", "group_channelwise"]))
    text = found["fewest multiplies"].text
    assert "100 %" not in text
    assert "99.9" in text
