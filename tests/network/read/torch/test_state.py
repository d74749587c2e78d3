"""A capture leaves the model, and PyTorch, as they were; and it needs neither weights nor data."""

import threading

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import costmodel as cm
from tests.network.models import MODELS, resnet18


class Caching(nn.Module):
    """Writes what it computes into itself, as rotary embeddings and detectors do."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 8)
        self.register_buffer("count", torch.zeros(3))
        self.cache = None
        self.by_device, self.history = {}, [1]

    def forward(self, x):
        self.cache = self.fc(x)
        self.count += 1
        self.by_device[str(x.device)] = self.cache
        self.history.append(x)
        self.steps = self.count * 2
        self.register_buffer("late", x[0])
        return self.cache


def test_attributes_and_buffers_are_put_back():
    model = Caching()
    keys = set(vars(model)), set(model._buffers)
    cm.from_torch(model, input_shape=(4, 6))
    assert (set(vars(model)), set(model._buffers)) == keys
    assert model.cache is None
    assert (model.by_device, model.history) == ({}, [1])
    assert torch.equal(model.count, torch.zeros(3))


def test_parameters_are_the_same_objects_with_the_same_values():
    model = resnet18().train()
    before = [(p, p.clone(), p.requires_grad) for p in model.parameters()]
    statistics = {k: v.clone() for k, v in model.named_buffers()}
    cm.from_torch(model, input_shape=(2, 3, 64, 80))
    after = list(model.parameters())
    assert [id(p) for p in after] == [id(p) for p, _, _ in before]
    assert all(torch.equal(p, copy) and p.requires_grad is g for p, copy, g in before)
    assert all(torch.equal(v, statistics[k]) for k, v in model.named_buffers())
    assert model.training


def test_everything_is_put_back_after_an_error():
    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(6, 8)

        def forward(self, x):
            raise RuntimeError("on purpose")

    model = Broken()
    weight, call, checks = model.fc.weight, nn.Module.__call__, vars(F)["has_torch_function"]
    with pytest.raises(cm.CostModelError, match="on purpose"):
        cm.from_torch(model, input_shape=(4, 6))
    assert model.fc.weight is weight
    assert weight.device.type == "cpu"
    assert nn.Module.__call__ is call
    assert vars(F)["has_torch_function"] is checks
    assert torch.is_grad_enabled()


def test_neither_weights_nor_data_are_read():
    """A network of 6 TB of weights, on an input of 5 TB, is counted as fast as any."""
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(1 << 20, 1 << 20), nn.ReLU(), nn.Linear(1 << 20, 7 << 16))
    net = cm.from_torch(model, input_shape=(1 << 20, 1 << 20))
    assert net.macs == (1 << 20) * ((1 << 40) + (7 << 36))
    assert net.params == (1 << 40) + (1 << 20) + (7 << 36) + (7 << 16)


def test_a_model_on_the_meta_device_counts_like_one_on_the_cpu():
    make, shapes, _ = MODELS["mobilenet_v3"]
    model = make().eval()
    assert cm.from_torch(model, shapes).ops == cm.from_torch(model.to("meta"), shapes).ops


def test_the_random_state_is_left_alone():
    model = nn.Sequential(nn.Linear(6, 8), nn.Dropout()).train()
    state = torch.get_rng_state()
    cm.from_torch(model, input_shape=(4, 6))
    cm.from_torch(lambda x: x + torch.rand(3), input_shape=(4, 3))
    assert torch.equal(torch.get_rng_state(), state)


def test_other_threads_are_not_captured():
    """A thread of somebody else computes what it likes meanwhile; our own: `test_outside`."""
    outer, inner = nn.Linear(6, 8), nn.Linear(5, 7)
    results = []
    started = threading.Event()

    def other():
        started.wait(10)
        results.append(inner(torch.ones(2, 5)))

    thread = threading.Thread(target=other)
    thread.start()

    def forward(x):
        started.set()
        thread.join()
        return outer(x)

    net = cm.from_torch(forward, input_shape=(4, 6))
    assert net.macs == 4 * 6 * 8
    assert results[0].shape == (2, 7)
    assert results[0].device.type == "cpu"


def test_a_plain_function_adopts_the_modules_that_it_calls():
    stem, head = nn.Conv2d(3, 8, 3), nn.Linear(8, 5)
    net = cm.from_torch(lambda x: head(stem(x).mean((2, 3))), input_shape=(2, 3, 9, 14))
    assert net.params == 8 * 27 + 8 + 8 * 5 + 5
    assert [op.name for op in net.layers] == ["conv2d", "linear"]


def test_a_bound_method_knows_its_module():
    model = MODELS["vit"][0]().eval()
    net = cm.from_torch(model.forward, input_shape=(2, 3, 64, 64))
    assert net.params == sum(p.numel() for p in model.parameters())


def test_a_missing_torch_is_one_sentence(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(cm.CostModelError, match="pip install") as error:
        cm.from_torch(lambda x: x, input_shape=(1, 3))
    assert error.value.exit_code == 3
