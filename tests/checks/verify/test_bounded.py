"""A check within bounds: what is too large is refused before it is built."""

from __future__ import annotations

from dataclasses import replace

import pytest

from costmodel import VARIANTS, ConvLayer, Variant, count
from costmodel.checks.verify import bounded
from costmodel.core.bind import bind
from costmodel.errors import CostModelError

LAYER = ConvLayer((3, 5), 12, 20, (7, 10))


def test_the_layer_and_small_ones_are_checked() -> None:
    pytest.importorskip("fvcore", reason="checking needs fvcore: pip install '.[torch]'")
    table, module = bounded.checked(VARIANTS["basis"], LAYER)
    done = [row for row in table if row.get("ok") is not None]
    assert len({row["layer"] for row in done}) > 5
    assert all(row["ok"] for row in done)
    assert "Conv2d" in module


@pytest.mark.parametrize("layer", [LAYER.replace(size=(999, 998)), ConvLayer(1, 2048, 2049, 1)])
def test_too_many_multiplies_or_weights_are_refused(layer: ConvLayer) -> None:
    pytest.importorskip("fvcore", reason="checking needs fvcore: pip install '.[torch]'")
    assert not bounded.affordable(bind(VARIANTS["standard"], layer))
    with pytest.raises(CostModelError, match="standard on this layer is too large"):
        bounded.checked(VARIANTS["standard"], layer)


@pytest.mark.parametrize("block", ["m, m i j -> m", ":m/2 & m/2:"])
def test_too_many_modules_are_refused(block: str) -> None:
    layer = ConvLayer(1, 2, 3, 1)
    mine = Variant("mine", f"{{ {block} }}^90000 | m, n m -> n")
    assert count(mine, layer).macs <= bounded.MAX_MACS
    assert not bounded.affordable(bind(mine, layer))
    fewer = replace(mine, stages=mine.stages.replace("90000", "90"))
    assert bounded.affordable(bind(fewer, layer))
