"""Backward passes: multiplies of the two adjoints of every stage.

A product w·x of the forward pass comes back twice: as w·ḡ in the gradient of the input and as x·ḡ
in the gradient of the weights (ḡ: the gradient of the output it was added to). So each of the two
has exactly the products of the forward pass, groups, sharing and all; it is not the cost of a dense
convolution with the shapes of the gradients, which is what some counters take it for.
"""

from __future__ import annotations

from costmodel.core.bound import BoundVariant
from costmodel.core.numbers import Number
from costmodel.metrics.combining import summed, total
from costmodel.metrics.metric import declare
from costmodel.metrics.settings import Settings

_SAME = (
    "as many as the forward pass has products, those with padding zeros included and an "
    "algorithm's own count aside"
)

declare(
    key="backward_input_macs",
    label="Backward MACs, inputs",
    unit="MAC",
    convention="multiply–accumulates of the gradients with respect to every stage's input: "
    f"{_SAME}",
    rule=lambda stage, settings: stage.products,
    group="training",
)

declare(
    key="backward_weight_macs",
    label="Backward MACs, weights",
    unit="MAC",
    convention="multiply–accumulates of the gradients with respect to every stage's weights: "
    f"{_SAME}",
    rule=lambda stage, settings: stage.products,
    group="training",
)


def _penalty(bound: BoundVariant, settings: Settings) -> Number:
    return bound.training


def _step(bound: BoundVariant, settings: Settings) -> Number:
    forward = total(lambda stage, _: stage.macs + 2 * stage.products, ((bound, 1),), settings)
    return forward * settings.flops_per_mac + bound.training


declare(
    key="penalty_flops",
    label="Penalty FLOPs",
    unit="FLOP",
    convention="operations that a training step adds for the variant as a whole, such as the "
    "decomposition behind a penalty on the weights, none of it in a stage; where it falls due once "
    "in several steps, one step's share of it, as an exact fraction",
    rule=lambda stage, settings: 0,
    combine=summed(_penalty),
    group="training",
    whole=False,
)

declare(
    key="training_flops",
    label="Training FLOPs",
    unit="FLOP",
    convention="operations of one training step: the MACs of the forward and of both backward "
    "passes, each worth flops_per_mac, and the variant's penalty",
    rule=lambda stage, settings: (stage.macs + 2 * stage.products) * settings.flops_per_mac,
    combine=summed(_step),
    group="training",
    uses=("flops_per_mac",),
    whole=False,
)
