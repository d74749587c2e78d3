"""Results without kernels are those of the kernels: shape, dtype and memory order."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from costmodel.network.read.torch import dispatch, run
from costmodel.network.read.torch.inputs import read_inputs
from costmodel.network.read.torch.operators import OPERATORS
from costmodel.network.read.torch.rules import pooling
from costmodel.network.read.torch.tensors import to_meta
from tests.network.models import MODELS, RECURRENT


def described(result):
    """Shape, dtype and strides of every output; the stride of a single entry means nothing."""
    tensors = result if isinstance(result, tuple) else (result,)
    return [
        (
            tuple(t.shape),
            t.dtype,
            tuple(s for s, n in zip(t.stride(), t.shape, strict=True) if n > 1),
        )
        for t in tensors
        if isinstance(t, Tensor)
    ]


class Comparing(dispatch.CaptureMode):
    """Runs the kernel beside every result that was made without."""

    def __init__(self, recorder):
        super().__init__(recorder)
        self.compared = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        operator = dispatch.Overload(func)
        if operator.result is not None:
            made = operator.result(*args, **(kwargs or {}))
            if made is not NotImplemented and operator.name == operator.base:
                real = func(*to_meta(args), **to_meta(kwargs or {}))
                # the first output is what the next operator sees
                assert described(made)[0] == described(real)[0], operator.name
                self.compared.add(operator.base)
        return super().__torch_dispatch__(func, types, args, kwargs)


def compared(model, shapes, integers, monkeypatch):
    modes = []

    def make(recorder, **_):
        modes.append(Comparing(recorder))
        return modes[-1]

    monkeypatch.setattr(run, "CaptureMode", make)
    monkeypatch.setattr(run, "usable_layers", dict)
    run.on_meta(model, read_inputs(model, shapes, "int64" if integers else None), run.FAST)
    return modes[0].compared


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", [*MODELS, "recurrent"])
def test_in_every_network(name, training, monkeypatch):
    make, shapes, integers = MODELS.get(name, RECURRENT)
    assert compared(make().train(training), shapes, integers, monkeypatch)


class Everything(nn.Module):
    """One of each, on contiguous, permuted and sliced inputs."""

    def forward(self, x):
        for y in (x, x.permute(0, 2, 3, 1), x[:, 1:, ::2], x.transpose(2, 3), x[:1].expand_as(x)):
            for function in (F.relu, F.gelu, F.silu, torch.exp, torch.sigmoid, torch.tanh):
                function(y)
            y + 1
            y * 2.5
            y + y
            y - x.new_zeros(y.shape)
            x.new_zeros(y.shape) / y
            y * x.new_zeros(1, y.shape[1], 1, 1)
            x.new_zeros(y.shape[-1]) + y
            y**2
            y.clamp(0, 1)
            y.softmax(1)
            y.softmax(-1)
            y.log_softmax(2)
            F.layer_norm(y, y.shape[2:])
            F.layer_norm(y, y.shape[-1:])
            y.mean((2, 3))
            y.mean((-1,), keepdim=True)
            y.sum((1,))
            y.amax((2, 3), keepdim=True)
            torch.cat([y, y], 1)
            torch.cat([y, y[:, :, :1]], -2)
            F.pad(y, (1, 2, 0, 3))
            F.pad(y, (-1, 2))
            F.interpolate(y, size=(7, 5))
            F.interpolate(y, scale_factor=2, mode="bilinear")
            F.group_norm(y, 2 if y.shape[1] % 2 == 0 else 1)
            F.batch_norm(y, None, None, training=True)
            for kernel, stride, padding, ceil in (
                (2, 2, 0, False),
                (3, 2, 1, True),
                ((2, 3), (3, 2), (1, 1), True),
                (2, 3, 1, True),
            ):
                F.max_pool2d(y, kernel, stride, padding, ceil_mode=ceil)
                F.avg_pool2d(y, kernel, stride, padding, ceil_mode=ceil)
            F.adaptive_avg_pool2d(y, (3, 2))
        return x


def test_in_every_form(monkeypatch):
    seen = compared(Everything(), (2, 6, 8, 10), False, monkeypatch)
    used = {dispatch.base_name(name) for name in seen}
    assert len(used) >= 25
    assert all(OPERATORS.row(name).result for name in used)
    assert {"relu", "add", "native_layer_norm", "cat", "avg_pool2d"} <= used


def test_a_wrong_rule_is_noticed(monkeypatch):
    """A pooling rule that always rounds up differs from the kernels, in rows and in shapes."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(3, 2), nn.Conv2d(4, 5, 3))
    inputs = read_inputs(model, (1, 3, 21, 28), None)
    right = run.on_meta(model, inputs, run.FAST)
    assert right == run.on_meta(model, inputs, run.PLAIN)
    pool_size = pooling.pool_size
    monkeypatch.setattr(pooling, "pool_size", lambda *sides: pool_size(*sides[:-1], True))
    assert run.on_meta(model, inputs, run.FAST) != right
    with pytest.raises(AssertionError, match="max_pool2d"):
        compared(model, (1, 3, 21, 28), False, monkeypatch)
