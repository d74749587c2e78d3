"""Trained weights on the Network page: error against cost of a visitor's file, which never runs."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch import nn

import costmodel as cm

KERNEL = numpy.random.default_rng(2).normal(size=(9, 6, 3, 2)).astype("float32")


@pytest.fixture
def opened(page: Any) -> Any:
    return page("network", source="weights")


def upload(opened: Any, name: str, data: bytes) -> Any:
    return opened.upload((name, data, "application/octet-stream"))


def saved(value: Any) -> bytes:
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


def test_it_starts_with_what_can_be_given(opened: Any) -> None:
    assert "for each layer, the error of its kernel at every rank" in opened.text()
    assert opened.query["source"] == "weights"
    assert not opened.errors


def test_a_file_shows_the_errors_of_its_layers(opened: Any) -> None:
    model = nn.Sequential(nn.Conv2d(6, 9, (3, 2)), nn.ReLU(), nn.Linear(12, 5))
    model[0].weight.data.copy_(torch.from_numpy(KERNEL))
    upload(opened, "net.pt", saved(model.state_dict()))
    assert not opened.errors
    opened.set("weights variant", "channel_svd")
    opened.widget("weights ranks").set_value("r = 4")
    opened.run()
    factors = cm.factorize(KERNEL, "channel_svd", r=4)
    shown = {metric.label: metric.value for metric in opened.app.metric}
    assert shown == {
        "Relative error": f"{factors.error:.4f}",
        "Parameters": f"{factors.counts().weights:,}",
        "MACs": f"{factors.counts().macs:,}",
    }
    lines = {line["name"]: line for line in opened.chart("chart-rank-errors")["data"]}
    assert {"basis", "spatial SVD", "Tucker-2", "what methods choose"} <= set(lines)
    assert opened.frame()["method"].tolist()[:2] == ["energy=0.95", "error=0.1"]
    (command,) = [c.value for c in opened.app.code if "factorize" in c.value]
    assert command == "python -m costmodel factorize net.pt --variants channel_svd --where 0"
    layers = opened.widget("weights layer").options
    assert layers == ["0 (9×6×3×2)", "2 (5×12×1)"]
    opened.set("weights layer", "2")
    assert not opened.errors


class Runs:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_a_file_with_code_is_refused_and_not_run(opened: Any, tmp_path: Path) -> None:
    upload(opened, "net.pt", saved({"weight": Runs(tmp_path / "made")}))
    (error,) = opened.errors
    assert "needs code" in error
    assert "which is never run" in error
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("net.pt", {"conv.weight": torch.full((4, 3, 2), float("nan"))}, "holds nan"),
        ("net.pt", {"conv.weight": torch.ones(4, 3, 2, dtype=torch.int64)}, "floating-point"),
        ("net.pt", {"epoch": 3}, "holds no tensors"),
    ],
)
def test_what_is_no_kernel_is_one_sentence(opened: Any, name: str, value: Any, words: str) -> None:
    upload(opened, name, saved(value))
    (error,) = opened.errors
    assert words in error
