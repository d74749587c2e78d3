"""thop: hooks on modules, found by their exact type; products and some others at their outputs."""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, Unit
from costmodel.checks.referee.rules import (
    CONVOLUTIONS,
    TRANSPOSED,
    added,
    first_input,
    geometry,
    inputs,
    missed,
    modules,
    named,
    outputs,
    shared,
    weighed,
)
from costmodel.checks.referee.tool import declare

_NORMS: tuple[str, ...] = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm")
_NORMS += ("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "SyncBatchNorm")
_AVERAGES = ("AvgPool1d", "AvgPool2d", "AvgPool3d")
_ADAPTIVE = ("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d")
_UPSAMPLE = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}
_HOOKED = {*CONVOLUTIONS, *TRANSPOSED, "Linear", *_NORMS, *_AVERAGES, *_ADAPTIVE}
_HOOKED |= {"PReLU", "Softmax", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"}


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`profile(model, inputs)[0]`."""
    from thop import profile

    return int(profile(model, inputs, verbose=False)[0])


def _convolution(unit: Unit) -> int:
    """Outputs × input channels of a group × window, whatever the kind of convolution."""
    facts = unit.call.facts
    channels = first_input(unit)[1] // facts["groups"]
    return unit.call.output.numel * channels * prod(facts["kernel"])


def _linear(unit: Unit) -> int:
    return int(unit.call.facts["in_features"]) * unit.call.output.numel


def _norm(unit: Unit) -> int:
    """Two per element, four with a scale and a shift."""
    facts = unit.call.facts
    affine = facts.get("affine") or facts.get("elementwise_affine")
    return first_input(unit).numel * (4 if affine else 2)


def _adaptive(unit: Unit) -> int:
    """Per output, the mean size of a window and one division: in floats, and cut, as thop does."""
    ratio = 1.0
    for before, after in zip(first_input(unit)[2:], unit.call.output[2:], strict=True):
        ratio *= before / after
    return int((ratio + 1) * unit.call.output.numel)


def _softmax(unit: Unit) -> int:
    x = first_input(unit)
    features = x[unit.call.facts["dim"]]
    return x.numel // features * (3 * features - 1)


def _upsample(unit: Unit) -> int:
    return unit.call.output.numel * _UPSAMPLE.get(unit.call.facts.get("mode", ""), 0)


declare(
    "thop",
    "profile(model, inputs)[0]",
    count,
    Convention(
        "multiply-accumulates of hooked modules, with normalisations at 2 or 4 an element",
        modules(_HOOKED),
        (
            missed(),
            weighed(geometry, named((*CONVOLUTIONS, *TRANSPOSED), _convolution)),
            weighed(causes.BATCH, {"Linear": _linear}),
            added(causes.NORM, named(_NORMS, _norm)),
            added(causes.ACTIVATION, {"PReLU": inputs}),
            added(causes.ACTIVATION, {"Softmax": _softmax}),
            added(causes.POOL, named(_AVERAGES, outputs())),
            added(causes.POOL, named(_ADAPTIVE, _adaptive)),
            added(
                causes.ELEMENTWISE,
                named(("Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"), _upsample),
            ),
            shared(2),  # hooked once per way, and summed once per way
        ),
    ),
)
