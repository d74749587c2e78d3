"""Layers of well-known networks to start from, read from the shipped networks."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import EXAMPLE, write_layer
from costmodel.network.read.library import load

#: Title → network in `data/networks` and the name of its layer.
_LAYERS = {
    "ResNet-18 · first layer, 7×7 stride 2": ("resnet18", "conv1"),
    "ResNet-18 · layer1, 3×3": ("resnet18", "layer1.0.conv1"),
    "ResNet-50 · layer2, 3×3 stride 2": ("resnet50", "layer2.0.conv2"),
    "ResNet-50 · layer3, 3×3": ("resnet50", "layer3.1.conv2"),
    "ResNet-50 · layer4, 3×3": ("resnet50", "layer4.1.conv2"),
    "VGG-16 · conv1_2, 3×3": ("vgg16", "conv1_2"),
    "VGG-16 · conv4_2, 3×3": ("vgg16", "conv4_2"),
    "AlexNet · conv2, 5×5 in 2 groups": ("alexnet", "conv2"),
    "AlexNet · conv3, 3×3": ("alexnet", "conv3"),
}


@dataclass(frozen=True)
class Preset:
    """A named layer, as the texts that its inputs show."""

    title: str
    texts: Mapping[str, str]


@functools.cache
def presets() -> tuple[Preset, ...]:
    """Every preset, the small example of the documents first."""
    made = [Preset("Example · 3×3, 64 → 128 channels", write_layer(EXAMPLE))]
    networks = {name: load(name) for name, _ in _LAYERS.values()}
    for title, (network, name) in _LAYERS.items():
        layer = next(op.layer for op in networks[network].ops if op.name == name)
        assert isinstance(layer, ConvLayer)
        made.append(Preset(title, write_layer(layer)))
    return tuple(made)


def preset_of(texts: Mapping[str, str]) -> Preset | None:
    """The preset that the inputs show, None where they were changed."""
    shown = texts.items()
    return next((preset for preset in presets() if shown <= preset.texts.items()), None)
