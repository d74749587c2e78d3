"""The same network through PyTorch and through an ONNX file costs the same."""

import warnings

import pytest
import torch

import costmodel as cm
from tests.network.models import MODELS

#: Not the one that pools to sizes which no ONNX operator expresses, nor the largest.
_EXPORTED = [n for n in MODELS if n not in ("vgg", "resnet50")]


@pytest.mark.slow
@pytest.mark.parametrize("name", _EXPORTED)
def test_an_exported_network_costs_what_the_captured_one_costs(name, tmp_path):
    make, shapes, _ = MODELS[name]
    model = make().eval()
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, tuple(torch.rand(s) for s in shapes), path, dynamo=False)
    exported = cm.from_onnx(path)
    captured = cm.from_torch(model, input_shape=shapes)
    assert exported.macs == captured.macs

    def sizes(net, kind):
        return sorted(op.macs for op in net.layers if op.kind == kind)

    for kind in ("conv", "conv_transpose"):
        assert sizes(exported, kind) == sizes(captured, kind)
    assert not exported.unmodelled
