"""A made-up machine, whose times follow a law that the tests know."""

from __future__ import annotations

from costmodel.timing.convolution import CLASSES, Convolution


def law(conv: Convolution) -> float:
    """Seconds on the made-up machine: linear, and half as fast where channels are odd ones."""
    rate = (3 + CLASSES.index(conv.kind)) * 1e9
    slower = 1.5 if conv.out_channels % 16 else 1.0
    return slower * (2e-6 + conv.macs / rate + (conv.inputs + conv.outputs) * 4e-11)
