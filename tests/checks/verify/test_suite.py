"""Every variant agrees with every oracle on layers that tell wrong rules apart."""

import pytest

import costmodel as cm
from costmodel.checks.verify.oracles import ORACLES
from costmodel.checks.verify.suite import LAYERS, failures, unchecked, verify
from costmodel.errors import CostModelError


@pytest.mark.parametrize("variant", [v for v in cm.VARIANTS if not cm.VARIANTS[v].algorithm_of])
def test_every_oracle_agrees(variant):
    table = verify([variant])
    assert failures(table) == []
    assert unchecked(table) == []
    assert {row["oracle"] for row in table.rows if "oracle" in row} == set(ORACLES)


def test_layers_have_pairwise_distinct_sizes_and_cover_the_geometry():
    for layer in LAYERS:
        if layer.kernel != (1, 1):
            sizes = [layer.in_channels, layer.out_channels, *layer.size]
            assert len(set(sizes)) == len(sizes)
    strides = {layer.stride for layer in LAYERS}
    assert {(1, 1), (2, 2), (2, 1)} <= strides
    assert {layer.dims for layer in LAYERS} == {1, 2, 3}
    assert {layer.batch for layer in LAYERS} == {1, 3}
    assert any(k % 2 == 0 for layer in LAYERS for k in layer.kernel)
    for fact in ("transposed", "bias"):
        assert {getattr(layer, fact) for layer in LAYERS} == {True, False}


def test_what_cannot_be_checked_is_a_visible_row():
    table = verify(["spatial_svd", "winograd"])
    refused = [row for row in table.rows if row["note"].startswith("not applicable")]
    assert {row["variant"] for row in refused} == {"spatial_svd", "winograd"}
    assert all(row.get("ok") is None for row in refused)
    assert unchecked(table) == ["winograd"]


def test_unknown_names():
    with pytest.raises(CostModelError, match="unknown oracle 'fvcor': did you mean 'fvcore'"):
        verify(["basis"], ["fvcor"])
