"""What the moving picture is told: sizes as texts, and no count that it should find by itself."""

import json

import pytest

import costmodel as cm
from costmodel.plots.explainer import script, story, style

LAYER = cm.ConvLayer(3, 6, 10, (17, 14), stride=(2, 1), groups=2, batch=3)


@pytest.mark.parametrize("id", ["standard", "basis", "tucker2", "ghost"])
def test_a_story_has_every_axis_of_every_stage(id):
    counts = cm.count(id, LAYER)
    told = json.loads(json.dumps(story(counts)))
    assert [one["text"] for one in told["stages"]] == [one.text for one in counts.stages]
    for one, stage in zip(told["stages"], counts.bound.stages, strict=True):
        names = {name for axis in one["weights"] for name in axis["names"]}
        assert names == set(stage.line.weight_names)
        assert [g["out"] for g in one["grid"]] == [str(size) for size in stage.out_grid]
        assert str(stage.macs) not in json.dumps(one)


def test_nothing_is_fetched_and_motion_can_be_refused():
    assert "prefers-reduced-motion" in script()
    for text in (script().replace("http://www.w3.org/2000/svg", ""), style()):
        assert "http" not in text
        assert "url(" not in text
