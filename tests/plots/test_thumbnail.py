"""Thumbnails: what every variant runs, as a small picture that any reader of SVG can open."""

import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from costmodel import VARIANTS, count
from costmodel.core.stage_line import WINDOWS
from costmodel.plots.palette import style_of
from costmodel.plots.thumbnail import thumbnail, thumbnail_address
from tests.metrics.layers import CATALOGUE, fitting

SVG = "{http://www.w3.org/2000/svg}"


def drawn(bound):
    return ElementTree.fromstring(thumbnail(count(bound.variant, bound.layer, **bound.hyper)))


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_every_stage_is_drawn_within_the_picture(variant):
    for bound in fitting(variant)[:2]:
        picture = drawn(bound)
        width = float(picture.get("width"))
        shapes = picture.findall(f"{SVG}polygon")
        assert {shape.get("fill") for shape in shapes} == {style_of(variant).color}
        for shape in shapes:
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", shape.get("points"))]
            assert all(0 <= x <= width for x in numbers[::2])
            assert all(0 <= y <= 30 for y in numbers[1::2])
        # one filled shape for a stage that mixes channels, strips for one that does not
        least = sum(1 if set(_summed(stage)) - WINDOWS else 2 for stage in bound.stages)
        assert len(shapes) >= least
        windows = [s for s in bound.stages if any(g.kernel != 1 for g in s.geometry)]
        white = [r for r in picture.findall(f"{SVG}rect") if r.get("fill") == "#FFFFFF"]
        assert len(white) == len(windows)


def _summed(stage):
    return [name for axis in stage.line.contracted for name in axis.names]


def test_variants_that_differ_in_what_they_run_look_different():
    layer = fitting(VARIANTS["basis"])[0].layer
    ids = ("standard", "grouped", "depthwise_separable", "channel_svd", "spatial_svd", "cp")
    shapes = {re.sub(r"#\w+", "", thumbnail(count(id, layer))) for id in ids}
    assert len(shapes) == len(ids)


def test_the_address_holds_the_picture():
    counts = count("basis", fitting(VARIANTS["basis"])[0].layer)
    head, _, body = thumbnail_address(counts).partition(",")
    assert head == "data:image/svg+xml;utf8"
    assert unquote(body) == thumbnail(counts)
