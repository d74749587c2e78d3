"""Networks that between them have everything a counter may stumble over, and their inputs."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.network.models import MODELS


class Odds(nn.Module):
    """Odd sizes, every normalisation, averages of uneven windows, functions, sums of elements."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 10, (3, 5), padding="same")
        self.norm = nn.GroupNorm(2, 10)
        self.instance = nn.InstanceNorm2d(10, affine=True)
        self.up = nn.ConvTranspose2d(10, 6, (2, 3), stride=2, groups=2, bias=True)
        self.act = nn.Sequential(nn.PReLU(), nn.LeakyReLU(), nn.ELU(), nn.GELU(), nn.SiLU())
        self.pool = nn.AdaptiveAvgPool2d((2, 3))
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear")
        self.last = nn.LayerNorm(7)
        self.head = nn.Linear(36, 7)
        self.soft = nn.Softmax(dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act(self.up(self.instance(self.norm(self.conv(x)))))
        y = F.leaky_relu(F.avg_pool2d(y, 2)) * torch.sigmoid(y[:, :, ::2, ::2][:, :, :, :-1])
        y = torch.add(self.pool(y), 1.5)
        y = torch.mul(y, y).flatten(1)
        return self.soft(self.last(self.head(torch.cat([y, y[:, :0]], 1))))


class Products(nn.Module):
    """Products of tensors, by every name they have."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(11, 13))
        self.bias = nn.Parameter(torch.rand(13))

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(0, 1)
        y = torch.matmul(x, self.weight) + torch.addmm(self.bias, rows, self.weight).view_as(
            x @ self.weight
        )
        y = y + torch.einsum("abc,cd->abd", x, self.weight)
        z = torch.bmm(y, y.transpose(1, 2)) + torch.baddbmm(
            y.new_zeros(y.shape[0], y.shape[1], y.shape[1]), y, y.transpose(1, 2)
        )
        return F.softmax(z, -1) @ F.scaled_dot_product_attention(y[None], y[None], y[None])[0]


class Merged(nn.Module):
    """Turns the batch into channels, so that a division by it is not even."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(7, 5, (3, 2), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.flatten(0, 1)[None, :7])


def small(channels: int = 4) -> nn.Module:
    """Two convolutions with a normalisation, an activation, a pooling and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(3, channels, (3, 5), bias=True),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(channels, 7, (1, 3), stride=2, padding=1),
        nn.AdaptiveAvgPool2d((2, 1)),
        nn.Flatten(),
        nn.Linear(14, 9),
    )


#: Name → how to make it, and its input.
NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "small": (small, (2, 3, 15, 21)),
    "odds": (Odds, (2, 4, 7, 11)),
    "products": (Products, (3, 5, 11)),
    "merged": (Merged, (4, 2, 7, 10)),
}
NETWORKS |= {
    name: (MODELS[name][0], MODELS[name][1][0])
    for name in (
        "resnet18",
        "mobilenet_v2",
        "mobilenet_v3",
        "densenet",
        "inception",
        "unet",
        "convnext",
        "vit",
        "vit_unfused",
        "detector",
        "wavenet",
        "video",
        "transformer",
    )
}
