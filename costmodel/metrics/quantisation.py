"""What word lengths change: the bytes of the weights, and bit operations.

A multiply of a b-bit weight and an a-bit activation is a·b bit operations. (Baskin et al., UNIQ,
2018, arXiv:1804.10969, also count the accumulator's; scale factors and zero points are left out
here.)
"""

from __future__ import annotations

from costmodel.core.numbers import Number
from costmodel.core.stage import BoundStage
from costmodel.metrics.combining import stored
from costmodel.metrics.metric import declare
from costmodel.metrics.settings import Settings, bits_in_bytes


def weight_bytes(stage: BoundStage, settings: Settings) -> Number:
    """Bytes of a stage's weights and biases, each packed and rounded up to a whole byte."""
    weights = bits_in_bytes(stage.weights, settings.weight_bits)
    return weights + bits_in_bytes(stage.biases, settings.bias_bits)


declare(
    key="weight_bytes",
    label="Weight bytes",
    unit="B",
    convention="bytes of the stored weights and biases, packed and rounded up to a whole byte "
    "per stage, at the variant's own word length where it has one; scale factors not counted",
    rule=weight_bytes,
    combine=stored,
    tensor=bits_in_bytes,
    group="quantisation",
    uses=("weight_bits", "bias_bits"),
)

declare(
    key="bops",
    label="Bit operations",
    unit="BOP",
    convention="MACs of the forward pass times the bits of a weight times the bits of an "
    "activation, at the variant's own word lengths where it has them",
    rule=lambda stage, settings: stage.macs * settings.weight_bits * settings.activation_bits,
    group="quantisation",
    uses=("weight_bits", "activation_bits"),
    source="van Baalen, Louizos, Nagel, Amjad, Wang, Blankevoort, Welling, Bayesian Bits: unifying "
    "quantization and pruning, NeurIPS 2020, arXiv:2005.07093",
)
