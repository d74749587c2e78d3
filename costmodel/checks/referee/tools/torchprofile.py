"""torchprofile: a trace, one number per operator, most of them from the output's shape."""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, CountingRule, Unit, Value
from costmodel.checks.referee.rules import (
    CONVOLUTION_FUNCTIONS,
    TRANSPOSED_FUNCTIONS,
    added,
    geometry,
    named,
    outputs,
    traced,
    weighed,
    why_missed,
    word_as_padding,
)
from costmodel.checks.referee.tool import declare

_CONVOLUTIONS = CONVOLUTION_FUNCTIONS | TRANSPOSED_FUNCTIONS
_PRODUCTS = {"addmm", "addmv", "bmm", "baddbmm", "matmul", "__matmul__", "linear", "einsum"}
_PRODUCTS |= {*_CONVOLUTIONS, "convolution", "scaled_dot_product_attention"}
_AVERAGES = {f"{kind}avg_pool{axes}d" for kind in ("", "adaptive_") for axes in (1, 2, 3)}


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`profile_macs(model, inputs)`."""
    from torchprofile import profile_macs

    macs: Any = profile_macs(model, inputs)
    return int(macs)


def _known(unit: Unit, value: Value) -> Value:
    return value if unit.name in _PRODUCTS else 0


def _convolution(unit: Unit) -> int:
    """Every output × one axis of the weight × window; which axis, the output's size decides."""
    weight = unit.call.inputs[1] if len(unit.call.inputs) > 1 else unit.call.kwargs["weight"]
    out = unit.call.output
    if len(out) < len(weight):
        out = type(out)((1, *out))  # the operator itself has a batch axis
    channels = weight[1] if out[1] == weight[0] else weight[0]
    return out.numel * channels * prod(weight[2:])


def _einsum(unit: Unit) -> int:
    """The product of all index sizes; 0 with an ellipsis."""
    equation = str(unit.call.args[0])
    if "..." in equation:
        return 0
    sizes: dict[str, int] = {}
    for letters, shape in zip(
        equation.partition("->")[0].split(","), unit.call.inputs, strict=True
    ):
        sizes |= dict(zip(letters.replace(" ", ""), shape, strict=False))
    return prod(sizes.values())


def _norm(position: int) -> Any:
    """One per element with a scale, none without."""

    def weigh(unit: Unit) -> int:
        scale = unit.call.argument(position, "weight")
        return 0 if scale is None else unit.call.output.numel

    return weigh


declare(
    "torchprofile",
    "profile_macs(model, inputs)",
    count,
    Convention(
        "multiply-accumulates, with one per element of normalisations, averages and "
        "element-wise products",
        traced,
        (
            CountingRule(why_missed, _known),
            weighed(geometry, named(_CONVOLUTIONS, _convolution)),
            word_as_padding(),
            weighed(causes.EINSUM, {"einsum": _einsum}),
            added(
                causes.NORM,
                {
                    "batch_norm": _norm(1),
                    "instance_norm": _norm(1),
                    "layer_norm": _norm(2),
                    "group_norm": _norm(2),
                },
            ),
            added(causes.POOL, named({*_AVERAGES, "mean"}, outputs())),
            added(causes.ACTIVATION, named(("leaky_relu", "leaky_relu_"), outputs())),
            added(
                causes.ELEMENTWISE,
                named(("mul", "mul_", "__mul__", "__rmul__", "__imul__"), outputs()),
            ),
            added(causes.ELEMENTWISE, {"upsample_bilinear2d": outputs(4)}),
        ),
    ),
)
