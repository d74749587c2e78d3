"""Networks of the field's usual shapes, written here so that the tests need no model package.

They follow the published architectures closely enough to have their operators (residual sums,
concatenations, squeeze-and-excitation, attention, transposed convolutions …); none is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv_bn(
    m: int, n: int, k: Any, stride: Any = 1, groups: int = 1, act: type[nn.Module] = nn.ReLU
) -> nn.Sequential:
    """Convolution, batch normalisation, activation; padded so that stride 1 keeps the size."""
    pad = k // 2 if isinstance(k, int) else tuple(s // 2 for s in k)
    return nn.Sequential(
        nn.Conv2d(m, n, k, stride, pad, groups=groups, bias=False), nn.BatchNorm2d(n), act()
    )


class Bottleneck(nn.Module):
    """ResNet's three-layer block."""

    def __init__(self, m: int, width: int, stride: int = 1) -> None:
        super().__init__()
        n = 4 * width
        self.conv1 = nn.Conv2d(m, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, n, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(n)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or m != n:
            self.downsample = nn.Sequential(
                nn.Conv2d(m, n, 1, stride, bias=False), nn.BatchNorm2d(n)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class BasicBlock(nn.Module):
    """ResNet's two-layer block."""

    def __init__(self, m: int, n: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(m, n, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n)
        self.conv2 = nn.Conv2d(n, n, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n)
        self.downsample = (
            nn.Sequential(nn.Conv2d(m, n, 1, stride, bias=False), nn.BatchNorm2d(n))
            if stride != 1 or m != n
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.downsample(x))


class ResNet(nn.Module):
    """He et al. 2015, 224×224 stem, four stages."""

    def __init__(self, blocks: tuple[int, ...], bottleneck: bool, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        m = 64
        for stage, depth in enumerate(blocks):
            width, layers = 64 << stage, []
            for i in range(depth):
                stride = 2 if stage and not i else 1
                if bottleneck:
                    layers.append(Bottleneck(m, width, stride))
                    m = 4 * width
                else:
                    layers.append(BasicBlock(m, width, stride))
                    m = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(m, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def resnet18() -> nn.Module:
    return ResNet((2, 2, 2, 2), bottleneck=False)


def resnet50() -> nn.Module:
    return ResNet((3, 4, 6, 3), bottleneck=True)


def vgg(batch_norm: bool = True) -> nn.Module:
    """VGG-11 with a small classifier."""
    layers: list[nn.Module] = []
    m = 3
    for n in (64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0):
        if not n:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(m, n, 3, padding=1)]
        layers += [nn.BatchNorm2d(n)] if batch_norm else []
        layers += [nn.ReLU(True)]
        m = n
    head = (nn.AdaptiveAvgPool2d((7, 7)), nn.Flatten(), nn.Linear(512 * 49, 512), nn.ReLU(True))
    return nn.Sequential(*layers, *head, nn.Dropout(), nn.Linear(512, 100))


class SqueezeExcite(nn.Module):
    """Hu et al. 2017, with the hard sigmoid of MobileNetV3."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // 4, 1)
        self.fc2 = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = F.relu(self.fc1(F.adaptive_avg_pool2d(x, 1)))
        return F.hardsigmoid(self.fc2(scale)) * x


class InvertedResidual(nn.Module):
    """MobileNetV2/V3 block."""

    def __init__(
        self, m: int, n: int, k: int, stride: int, expand: int, se: bool, act: type[nn.Module]
    ) -> None:
        super().__init__()
        wide = m * expand
        layers: list[nn.Module] = [conv_bn(m, wide, 1, act=act)] if expand != 1 else []
        layers.append(conv_bn(wide, wide, k, stride, groups=wide, act=act))
        if se:
            layers.append(SqueezeExcite(wide))
        layers += [nn.Conv2d(wide, n, 1, bias=False), nn.BatchNorm2d(n)]
        self.block = nn.Sequential(*layers)
        self.skip = stride == 1 and m == n

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x) if self.skip else self.block(x)


def mobilenet(v3: bool = False) -> nn.Module:
    """A MobileNetV2 (or, with squeeze-and-excitation and hard swish, V3) of seven blocks."""
    act = nn.Hardswish if v3 else nn.ReLU6
    layers: list[nn.Module] = [conv_bn(3, 16, 3, 2, act=act)]
    m = 16
    for n, k, s, e in (
        (16, 3, 1, 1),
        (24, 3, 2, 6),
        (24, 5, 1, 6),
        (40, 5, 2, 6),
        (40, 3, 1, 3),
        (80, 3, 2, 6),
        (80, 5, 1, 6),
    ):
        layers.append(InvertedResidual(m, n, k, s, e, v3 and k == 5, act))
        m = n
    head = (conv_bn(m, 320, 1, act=act), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(320, 50))
    return nn.Sequential(*layers, *head)


class DenseNet(nn.Module):
    """Three dense blocks with transitions (Huang et al. 2016)."""

    def __init__(self, growth: int = 12, depth: int = 4) -> None:
        super().__init__()
        self.stem = conv_bn(3, 24, 7, 2)
        m = 24
        self.blocks = nn.ModuleList()
        self.transitions = nn.ModuleList()
        for _ in range(3):
            block = nn.ModuleList()
            for _ in range(depth):
                block.append(
                    nn.Sequential(
                        nn.BatchNorm2d(m),
                        nn.ReLU(),
                        nn.Conv2d(m, 4 * growth, 1, bias=False),
                        nn.BatchNorm2d(4 * growth),
                        nn.ReLU(),
                        nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
                    )
                )
                m += growth
            self.blocks.append(block)
            self.transitions.append(
                nn.Sequential(nn.BatchNorm2d(m), nn.Conv2d(m, m // 2, 1), nn.AvgPool2d(2))
            )
            m //= 2
        self.fc = nn.Linear(m, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block, transition in zip(self.blocks, self.transitions, strict=True):
            features = [x]
            for layer in block:
                features.append(layer(torch.cat(features, 1)))
            x = transition(torch.cat(features, 1))
        return self.fc(x.mean((2, 3)))


class Inception(nn.Module):
    """Factorised branches with rectangular kernels (Szegedy et al. 2015)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, 32, 3, 2), nn.MaxPool2d(3, 2, ceil_mode=True))
        self.b1 = conv_bn(32, 16, 1)
        self.b2 = nn.Sequential(
            conv_bn(32, 12, 1), conv_bn(12, 20, (1, 7)), conv_bn(20, 24, (7, 1))
        )
        self.b3 = nn.Sequential(conv_bn(32, 8, 1), conv_bn(8, 12, 5))
        self.b4 = nn.Sequential(nn.AvgPool2d(3, 1, 1), conv_bn(32, 10, 1))
        self.down = nn.Conv2d(62, 40, (3, 5), stride=(2, 3), padding=(1, 2))
        self.fc = nn.Linear(40, 9)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], dim=1)
        return self.fc(torch.amax(self.down(x), dim=(-1, -2)))


class UNet(nn.Module):
    """Two levels; transposed convolutions, an odd input is cropped and padded to fit."""

    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Sequential(conv_bn(3, 16, 3), conv_bn(16, 18, 3))
        self.down2 = nn.Sequential(conv_bn(18, 32, 3), conv_bn(32, 36, 3))
        self.mid = conv_bn(36, 64, 3)
        self.up2 = nn.ConvTranspose2d(64, 30, 2, 2)
        self.fuse2 = conv_bn(66, 32, 3)
        self.up1 = nn.ConvTranspose2d(32, 16, (3, 4), 2, 1, output_padding=(1, 0), groups=2)
        self.fuse1 = conv_bn(34, 16, 3)
        self.head = nn.Conv2d(16, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.up2(self.mid(F.max_pool2d(b, 2)))
        c = F.pad(c, (0, b.shape[-1] - c.shape[-1], 0, b.shape[-2] - c.shape[-2]))
        d = self.up1(self.fuse2(torch.cat([c, b], 1)))
        d = F.pad(d, [0, a.size(3) - d.size(3), 0, a.size(2) - d.size(2)])
        out = self.head(self.fuse1(torch.cat([d, a], 1)))
        return F.interpolate(out, size=x.shape[-2:], mode="bilinear", align_corners=False)


class ConvNeXtBlock(nn.Module):
    """Depthwise 7×7, then two linear layers in channels-last order (Liu et al. 2022)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.pwconv1 = nn.Linear(dim, 4 * dim)
        self.pwconv2 = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


def convnext() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 24, 4, 4),
        ConvNeXtBlock(24),
        ConvNeXtBlock(24),
        nn.Conv2d(24, 48, 2, 2),
        ConvNeXtBlock(48),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(48, 7),
    )


class Attention(nn.Module):
    """Multi-head self-attention; with the fused operator, or with two matrix products."""

    def __init__(self, dim: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.heads, self.fused = heads, fused
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        n, length, dim = x.shape
        qkv = self.qkv(x).reshape(n, length, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            x = F.scaled_dot_product_attention(q, k, v)
        else:
            weights = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
            x = weights.softmax(dim=-1) @ v
        return self.proj(x.transpose(1, 2).reshape(n, length, dim))


class ViT(nn.Module):
    """A vision transformer (Dosovitskiy et al. 2020) with a class token."""

    def __init__(self, size: int = 64, patch: int = 8, dim: int = 48, fused: bool = True) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, dim, patch, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 1, dim))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(4))
        self.attn = nn.ModuleList(Attention(dim, 4, fused) for _ in range(2))
        self.mlp = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, 3 * dim), nn.GELU(), nn.Linear(3 * dim, dim))
            for _ in range(2)
        )
        self.head = nn.Linear(dim, 11)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], dim=1) + self.pos_embed
        for i in range(2):
            x = x + self.attn[i](self.norms[2 * i](x))
            x = x + self.mlp[i](self.norms[2 * i + 1](x))
        return self.head(x[:, 0])


class Detector(nn.Module):
    """A small single-shot detector: a pyramid with top-down sums and one shared head."""

    def __init__(self) -> None:
        super().__init__()
        self.c3 = nn.Sequential(conv_bn(3, 16, 3, 2), conv_bn(16, 24, 3, 2), conv_bn(24, 32, 3, 2))
        self.c4 = conv_bn(32, 64, 3, 2)
        self.c5 = conv_bn(64, 96, 3, 2)
        self.lateral = nn.ModuleList(nn.Conv2d(m, 40, 1) for m in (32, 64, 96))
        self.cls = nn.Sequential(conv_bn(40, 40, 3), nn.Conv2d(40, 3 * 7, 3, padding=1))
        self.box = nn.Conv2d(40, 3 * 4, 3, padding=1)
        self.unused = nn.Linear(13, 17)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        c3 = self.c3(x)
        c4 = self.c4(c3)
        c5 = self.c5(c4)
        p5 = self.lateral[2](c5)
        p4 = self.lateral[1](c4) + F.interpolate(p5, size=c4.shape[-2:])
        p3 = self.lateral[0](c3) + F.interpolate(p4, size=c3.shape[-2:])
        scores, boxes = [], []
        for p in (p3, p4, p5):
            n = p.shape[0]
            scores.append(self.cls(p).permute(0, 2, 3, 1).reshape(n, -1, 7))
            boxes.append(self.box(p).permute(0, 2, 3, 1).reshape(n, -1, 4))
        return torch.cat(scores, 1).sigmoid(), torch.cat(boxes, 1).exp()


class WaveNet(nn.Module):
    """Dilated causal 1-D convolutions with gates (van den Oord et al. 2016)."""

    def __init__(self, channels: int = 20, layers: int = 5) -> None:
        super().__init__()
        self.embed = nn.Conv1d(1, channels, 1)
        self.dilated = nn.ModuleList(
            nn.Conv1d(channels, 2 * channels, 2, dilation=2**i) for i in range(layers)
        )
        self.skip = nn.ModuleList(nn.Conv1d(channels, 30, 1) for _ in range(layers))
        self.residual = nn.ModuleList(nn.Conv1d(channels, channels, 1) for _ in range(layers - 1))
        self.out = nn.Conv1d(30, 64, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        total: Any = 0
        for i, (dilated, skip) in enumerate(zip(self.dilated, self.skip, strict=True)):
            y = dilated(F.pad(x, (2**i, 0)))
            a, b = y.chunk(2, dim=1)
            y = torch.tanh(a) * torch.sigmoid(b)
            total = total + skip(y)
            if i < len(self.residual):
                x = x + self.residual[i](y)
        return self.out(F.relu(total))


def video() -> nn.Module:
    """3-D convolutions with a (3, 5, 7) kernel and a transposed layer at the end."""
    return nn.Sequential(
        nn.Conv3d(2, 6, (3, 5, 7), stride=(1, 2, 2), padding=(1, 2, 3)),
        nn.BatchNorm3d(6),
        nn.ReLU(),
        nn.MaxPool3d((1, 2, 2)),
        nn.Conv3d(6, 10, 3, groups=2, dilation=(1, 2, 1), padding=(1, 2, 1)),
        nn.ConvTranspose3d(10, 4, (1, 2, 3), stride=(1, 2, 2)),
    )


class Recurrent(nn.Module):
    """An embedding, an LSTM, a GRU and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(100, 12)
        self.lstm = nn.LSTM(12, 10, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(20, 14, batch_first=True)
        self.fc = nn.Linear(14, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        y, _ = self.lstm(self.embed(tokens))
        y, _ = self.gru(y)
        return self.fc(y[:, -1])


def transformer_encoder() -> nn.Module:
    """torch's own encoder, which has a fused path in inference."""
    layer = nn.TransformerEncoderLayer(24, 3, 60, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


#: name → (how to build it, the shapes of its inputs, whether they are integers)
MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[tuple[int, ...], ...], bool]] = {
    "resnet18": (resnet18, ((2, 3, 96, 80),), False),
    "resnet50": (resnet50, ((1, 3, 224, 192),), False),
    "vgg": (vgg, ((1, 3, 64, 96),), False),
    "mobilenet_v2": (mobilenet, ((2, 3, 65, 97),), False),
    "mobilenet_v3": (lambda: mobilenet(v3=True), ((2, 3, 64, 96),), False),
    "densenet": (DenseNet, ((1, 3, 64, 80),), False),
    "inception": (Inception, ((3, 3, 75, 91),), False),
    "unet": (UNet, ((1, 3, 37, 51),), False),
    "convnext": (convnext, ((2, 3, 64, 48),), False),
    "vit": (ViT, ((2, 3, 64, 64),), False),
    "vit_unfused": (lambda: ViT(fused=False), ((2, 3, 64, 64),), False),
    "detector": (Detector, ((1, 3, 127, 96),), False),
    "wavenet": (WaveNet, ((2, 1, 201),), False),
    "video": (video, ((2, 2, 6, 31, 44),), False),
    "transformer": (transformer_encoder, ((2, 13, 24),), False),
}

#: Networks whose products hide in operators that torch's counter does not look into.
RECURRENT = (Recurrent, ((3, 9),), True)
