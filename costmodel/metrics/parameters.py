"""Trained numbers: weights, biases, and both."""

from __future__ import annotations

from costmodel.metrics.combining import stored
from costmodel.metrics.metric import declare

declare(
    key="params",
    label="Parameters",
    unit="",
    convention="trainable weights, plus one bias per output channel where the layer has a bias",
    rule=lambda stage, settings: stage.weights + stage.biases,
    combine=stored,
    group="parameters",
    shown=True,
)

declare(
    key="weights",
    label="Weights",
    unit="",
    convention="trainable weights without any bias, shared ones once",
    rule=lambda stage, settings: stage.weights,
    combine=stored,
    group="parameters",
)

declare(
    key="biases",
    label="Biases",
    unit="",
    convention="one number per output channel of the layer where it has a bias, none inside",
    rule=lambda stage, settings: stage.biases,
    combine=stored,
    group="parameters",
)
