"""The stage diagram shows every stage with its shapes and counts, and escapes what was typed."""

import contextlib
import re
from html.parser import HTMLParser

import pytest

from costmodel import VARIANTS, ConvLayer, CostModelError, count, define
from costmodel.plots.diagram import stage_diagram

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14), stride=(2, 1))


def counted(variant):
    """Counts on a layer that the variant is made for: each one has such a layer here."""
    for changes in ({}, {"out_channels": 24}, {"kernel": 3, "size": (9, 17, 14), "stride": 1}):
        with contextlib.suppress(CostModelError):
            return count(variant, LAYER.replace(**{**changes, **variant.domain}))
    raise AssertionError(f"no layer here fits {variant.id}")


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


class Balance(HTMLParser):
    """Fails where a tag is not closed in order."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("variant", list(VARIANTS.values()), ids=lambda v: v.id)
def test_every_variant_has_a_diagram_with_all_its_stages(variant):
    counts = counted(variant)
    html = stage_diagram(counts)
    balance = Balance()
    balance.feed(html)
    assert not balance.open
    text = text_of(html)
    for stage in counts.stages:
        assert f"{stage.params:,} parameters" in text
    assert text.count("parameters") >= len(counts.stages)


def test_shapes_flow_from_input_to_output():
    text = text_of(stage_diagram(count("tucker2", LAYER, r1=7, r2=9)))
    shapes = re.findall(r"(\d+) ch (\d+×\d+)", text)
    assert shapes == [("24", "17×14"), ("7", "17×14"), ("9", "9×14"), ("36", "9×14")]


def test_weights_are_spelled_out():
    text = text_of(stage_diagram(count("basis", LAYER, b=4)))
    assert "W[m b i j] = 24·4·3·5" in text
    assert "W[n m b] = 36·24·4" in text


def test_shares_add_up():
    text = text_of(stage_diagram(count("spatial_svd", LAYER)))
    shares = [int(share) for share in re.findall(r"MACs, (\d+)%", text)]
    assert sum(shares) == pytest.approx(100, abs=len(shares))


def test_branches_and_repetitions_are_said():
    text = text_of(stage_diagram(count("fire", LAYER)))
    assert "2 branches, joined as channels" in text
    square = LAYER.replace(out_channels=24, stride=1)
    assert "2 times in a row" in text_of(stage_diagram(count("sic", square, L=3)))


def test_one_branch_once_needs_no_frame():
    mine = define("mine", "{ m, m i j -> m }^r | m, n m -> n", r=1, register=False)
    layer = LAYER.replace(stride=1)
    assert "dashed" not in stage_diagram(count(mine, layer))
    assert "dashed" in stage_diagram(count(mine, layer, r=3))


def test_a_typed_title_is_no_markup():
    mine = define("mine", "m, n m i j -> n", title='"><script>x</script>', register=False)
    html = stage_diagram(count(mine, LAYER))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
