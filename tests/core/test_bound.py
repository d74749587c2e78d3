"""A bound program: what runs through it, and that nobody who walks over it skips an item."""

from dataclasses import replace
from typing import Any

import pytest

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.bound import BoundSequence, FeatureMap, with_bias
from costmodel.core.stage_line import Sequence
from costmodel.core.variant import Variant
from costmodel.metrics.metric import METRICS

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22), groups=2)
STAGES = "{ :3 | c, d c i j -> d & /2 | m, e m i j -> e | *2 } | :n"


def test_a_feature_map_follows_every_item() -> None:
    mine = Variant("mine", STAGES, where={"c": "3", "d": "7", "e": "5"})
    bound = bind(mine, LAYER.replace(batch=4, bias=True))
    feature_map = FeatureMap.start(bound)
    assert (feature_map.channels, feature_map.grid, feature_map.elements) == (
        6,
        (17, 22),
        LAYER.in_channels * 17 * 22 * 4,
    )
    block, end, bias = bound.program.items
    feature_map = feature_map.after(block)
    assert (feature_map.channels, feature_map.grid) == (12, (17, 22))
    feature_map = feature_map.after(end)
    assert feature_map == feature_map.after(bias)
    assert feature_map.elements == LAYER.out_channels * 17 * 22 * 4


def test_steps_are_counted_as_often_as_they_run() -> None:
    inner = "{ m, m -> m | { m, m i j -> m + = }^7 }^11 | m, n m -> n"
    program = bind(Variant("mine", inner), LAYER).program
    assert program.steps == 11 * (1 + (1 + 7 * (1 + 1))) + 1


class NewItem:
    """A kind of item that nobody has heard of; mypy refuses a walk that leaves a kind out."""


def with_a_new_item() -> Any:
    items: Any = (NewItem(),)
    return replace(bind(cm.VARIANTS["standard"], LAYER), program=BoundSequence(items))


@pytest.mark.parametrize(
    "walk",
    [
        lambda bound: list(bound.program.stages()),
        lambda bound: with_bias(bound.program, 20),
        lambda bound: FeatureMap.start(bound).after(*bound.program.items),
        METRICS["additions"].of,
        METRICS["peak_memory"].of,
        METRICS["view_rows"].of,
    ],
    ids=["stages", "bias", "feature map", "additions", "peak memory", "view"],
)
def test_no_walk_over_a_program_skips_a_new_kind_of_item(walk: Any) -> None:
    with pytest.raises(AssertionError, match="NewItem"):
        walk(with_a_new_item())


@pytest.mark.parametrize("walk", [Sequence.stages, lambda s: list(Sequence.expressions(s))])
def test_no_walk_over_a_declaration_skips_a_new_kind_of_item(walk: Any) -> None:
    items: Any = (NewItem(),)
    with pytest.raises(AssertionError, match="NewItem"):
        walk(Sequence(items))
