"""Models whose files hold more than parameters: masks, copies, folded normalisations, states.

PyTorch's older exporter writes them in the tests. Its newer one takes seconds a file, so what it
writes lies in `newer/`; `python -m tests.network.read.onnx.exported` writes it again.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RelativeAttention(nn.Module):
    """Attention with a table of relative positions, a mask of windows and a token of its own."""

    side, width, heads = 5, 12, 3

    def __init__(self) -> None:
        super().__init__()
        places = torch.stack(torch.meshgrid([torch.arange(self.side)] * 2, indexing="ij")).flatten(
            1
        )
        distance = places[:, :, None] - places[:, None] + self.side - 1
        self.register_buffer("index", distance[0] * (2 * self.side - 1) + distance[1])
        self.table = nn.Parameter(torch.rand((2 * self.side - 1) ** 2, self.heads))
        self.position = nn.Parameter(torch.rand(1, self.side**2, self.width))
        self.token = nn.Parameter(torch.rand(1, 1, self.width))
        self.scale = nn.Parameter(torch.rand(()))
        self.qkv, self.out = nn.Linear(self.width, 3 * self.width), nn.Linear(self.width, 7)
        self.norm = nn.LayerNorm(self.width)

    def forward(self, x: Tensor) -> Tensor:
        count = self.side**2
        q, k, v = self.qkv(self.norm(x + self.position)).chunk(3, -1)
        q, k, v = (t.view(-1, count, self.heads, 4).transpose(1, 2) for t in (q, k, v))
        bias = self.table[self.index.view(-1)].view(count, count, -1).permute(2, 0, 1).contiguous()
        rows = torch.arange(count)
        mask = torch.zeros(count, count)
        mask[(rows[:, None] // 10) != (rows // 10)] = -100.0
        scores = (q @ k.transpose(-2, -1)) * self.scale + bias + mask
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(-1, count, self.width)
        return self.out(torch.cat([self.token.expand(len(x), -1, -1), mixed], 1))


class Standardised(nn.Conv2d):
    """A convolution whose kernel is standardised, with a gain, whenever it runs."""

    def __init__(self, *sizes: int) -> None:
        super().__init__(*sizes)
        self.gain = nn.Parameter(torch.rand(self.out_channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        scale = (self.gain / math.sqrt(self.weight[0].numel())).view(-1)
        flat = self.weight.reshape(1, self.out_channels, -1)
        weight = F.batch_norm(flat, None, None, weight=scale, training=True, momentum=0.0)
        return F.conv2d(x, weight.reshape_as(self.weight), self.bias)


class Placed(nn.Module):
    """Scores of positions from a buffer of coordinates, as convolutional position biases are."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("places", torch.rand(1, 60, 60, 3))
        self.project = nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.project(self.places.expand(len(x), -1, -1, -1)).permute(0, 3, 1, 2)


def _recurrent(kind: type[nn.RNNBase], **facts: Any) -> Callable[[], nn.Module]:
    return lambda: kind(5, 7, **facts)


_DEEP = {"num_layers": 2, "bidirectional": True}
#: name → how to make the model, and the shape of its input
MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "attention": (RelativeAttention, (1, 25, 12)),
    "standardised": (lambda: nn.Sequential(Standardised(40, 26, 3)), (1, 40, 9, 11)),
    "places": (Placed, (2, 4, 60, 60)),
    "group_norm": (lambda: nn.Sequential(nn.Conv2d(4, 6, 3), nn.GroupNorm(3, 6)), (1, 4, 9, 11)),
    "batch_norm": (lambda: nn.Sequential(nn.BatchNorm2d(4), nn.PReLU(4)), (1, 4, 9, 11)),
    "no_affine": (lambda: nn.Sequential(nn.InstanceNorm2d(4), nn.Conv2d(4, 6, 3)), (1, 4, 9, 11)),
    "layer_norm": (lambda: nn.Sequential(nn.Linear(6, 7), nn.LayerNorm(7)), (3, 6)),
}
RECURRENT: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "gru": (_recurrent(nn.GRU), (6, 2, 5)),
    "gru_deep": (_recurrent(nn.GRU, **_DEEP), (6, 2, 5)),
    "lstm": (_recurrent(nn.LSTM), (6, 2, 5)),
    "lstm_deep": (_recurrent(nn.LSTM, **_DEEP), (6, 2, 5)),
}
PROJECTED: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "projected": (_recurrent(nn.LSTM, proj_size=3), (6, 2, 5)),
    "projected_both_ways": (_recurrent(nn.LSTM, proj_size=3, bidirectional=True), (6, 2, 5)),
    "projected_twice": (_recurrent(nn.LSTM, proj_size=3, num_layers=2), (6, 2, 5)),
    "projected_deep": (_recurrent(nn.LSTM, proj_size=3, **_DEEP), (6, 2, 5)),
}
STEPWISE: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "rnn": (_recurrent(nn.RNN), (6, 2, 5)),
    "rnn_twice": (_recurrent(nn.RNN, num_layers=2), (6, 2, 5)),
}
FOLDED: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "folded": (
        lambda: nn.Sequential(
            nn.Conv2d(4, 6, 3, bias=False), nn.BatchNorm2d(6), nn.Conv2d(6, 8, 3)
        ),
        (1, 4, 9, 11),
    ),
    "not_folded": (
        lambda: nn.Sequential(nn.Conv2d(4, 6, 3, bias=False), nn.Conv2d(6, 8, 3)),
        (1, 4, 9, 11),
    ),
}
#: Files of the newer exporter.
NEWER = Path(__file__).parent / "newer"


def randomised(model: nn.Module) -> nn.Module:
    """No two parameters alike, as after training: exporters store equal ones once."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.1)
    return model.eval()


def export(model: nn.Module, path: Path, shape: tuple[int, ...], newer: bool = False) -> Path:
    """A file by one of PyTorch's two exporters."""
    facts = {"external_data": False} if newer else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (torch.rand(shape),), str(path), dynamo=newer, verbose=False, **facts
        )
    return path


def write(folder: Path = NEWER) -> None:
    """What the newer exporter makes of every model, without the traces of where it ran."""
    folder.mkdir(exist_ok=True)
    for name, (make, shape) in {**MODELS, **RECURRENT, **PROJECTED, **STEPWISE, **FOLDED}.items():
        path = export(randomised(make()), folder / f"{name}.onnx", shape, newer=True)
        model = onnx.load(path)
        for node in model.graph.node:
            kept = [entry for entry in node.metadata_props if "rule_name" in entry.key]
            del node.metadata_props[:]
            node.metadata_props.extend(kept)
            node.doc_string = ""
        for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
            del value.metadata_props[:]
        del model.graph.metadata_props[:], model.metadata_props[:]
        onnx.save(model, path)


if __name__ == "__main__":
    write()
