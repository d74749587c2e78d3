"""Layers that the metrics are tried on, every size of a layer distinct from its others."""

from __future__ import annotations

from typing import Any

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import VariantError

CATALOGUE = [v for v in VARIANTS.values() if v.family != "custom"]

_FACTS: list[dict[str, Any]] = [
    {"kernel": (3, 5), "size": (14, 11), "bias": True, "batch": 2},
    {"kernel": (4, 3), "size": (13, 18), "stride": (2, 3)},
    {"kernel": 3, "size": (9, 12), "padding": (0, 2), "dilation": (2, 1), "stride": (1, 2)},
    {"kernel": (5, 3), "size": (5, 3), "padding": "valid", "bias": True},
    {"kernel": 1, "size": 1},
    {"kernel": 1, "size": (7, 6), "bias": True},
    {"kernel": (3, 4), "size": (6, 5), "stride": (2, 3), "transposed": True, "bias": True},
    {
        "kernel": (5, 3),
        "size": (4, 7),
        "stride": (3, 2),
        "padding": (2, 1),
        "output_padding": (2, 0),
        "dilation": (1, 2),
        "transposed": True,
    },
    {"kernel": 5, "size": (23,), "stride": 2, "bias": True},
    {"kernel": (3, 5, 2), "size": (7, 9, 6), "stride": (1, 2, 1)},
]
LAYERS = [
    cm.ConvLayer(in_channels=m, out_channels=n, **facts)
    for m, n in ((12, 20), (32, 96), (24, 10))
    for facts in _FACTS
] + [cm.ConvLayer(3, 24, 36, (10, 8), groups=3, stride=(1, 2), batch=2, bias=True)]


def fitting(variant: Variant) -> list[BoundVariant]:
    """The variant on every layer above that it fits."""
    found = []
    for layer in LAYERS:
        try:
            found.append(bind(variant, layer))
        except VariantError:
            continue
    return found
