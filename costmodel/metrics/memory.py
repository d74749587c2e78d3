"""Memory traffic: activations written, bytes moved, and operations per byte."""

from __future__ import annotations

from costmodel.core.numbers import Number, share
from costmodel.core.stage import BoundStage
from costmodel.metrics.combining import quotient
from costmodel.metrics.metric import declare
from costmodel.metrics.quantisation import weight_bytes
from costmodel.metrics.settings import Settings, bits_in_bytes


def bytes_moved(stage: BoundStage, settings: Settings) -> Number:
    """Bytes that a stage reads and writes, each number once."""
    word = settings.activation_bits
    activations = bits_in_bytes(stage.inputs, word) + bits_in_bytes(stage.outputs, word)
    return weight_bytes(stage, settings) + activations


def flops(stage: BoundStage, settings: Settings) -> Number:
    """The operations that the bytes are for."""
    return stage.macs * settings.flops_per_mac


declare(
    key="activations",
    label="Activations",
    unit="",
    convention="numbers that the stages write in one forward pass of the whole batch, the "
    "output included and resampling between stages not",
    rule=lambda stage, settings: stage.outputs,
    group="memory",
)

declare(
    key="bytes_moved",
    label="Bytes moved",
    unit="B",
    convention="bytes between memory and processor when every stage reads its whole input and "
    "its weights once and writes its output once, with nothing kept from stage to stage",
    rule=bytes_moved,
    group="memory",
    uses=("weight_bits", "activation_bits", "bias_bits"),
)

declare(
    key="arithmetic_intensity",
    label="Arithmetic intensity",
    unit="FLOP/B",
    convention="FLOPs of the forward pass per byte moved, the x-axis of a roofline, as an "
    "exact fraction",
    rule=lambda stage, settings: share(flops(stage, settings), bytes_moved(stage, settings)),
    combine=quotient(flops, bytes_moved),
    group="memory",
    uses=("flops_per_mac", "weight_bits", "activation_bits", "bias_bits"),
    whole=False,
    cost=False,
)
