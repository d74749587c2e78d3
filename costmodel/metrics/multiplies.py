"""Multiplies of a forward pass, and the FLOPs that they are worth."""

from __future__ import annotations

from costmodel.metrics.metric import declare

declare(
    key="macs",
    label="MACs",
    unit="MAC",
    convention="multiply–accumulates of one forward pass of the whole batch, products with "
    "padding zeros included; a bias costs none (1 MAC is 2 FLOPs in the usual convention)",
    rule=lambda stage, settings: stage.macs,
    shown=True,
)

declare(
    key="flops",
    label="FLOPs",
    unit="FLOP",
    convention="floating-point operations of the MACs of one forward pass, each of them worth "
    "flops_per_mac",
    rule=lambda stage, settings: stage.macs * settings.flops_per_mac,
    uses=("flops_per_mac",),
)
