"""calflops: patches of functions; two FLOPs per multiply-accumulate, and one for most others.

The package imports `transformers` only to count downloaded models; its counter itself does not need
it, so it is loaded past the package's `__init__`.
"""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, Unit
from costmodel.checks.referee.rules import (
    CONVOLUTION_FUNCTIONS,
    POOL_FUNCTIONS,
    TRANSPOSED_FUNCTIONS,
    added,
    doubled,
    first_input,
    functions,
    inputs,
    missed,
    named,
    path_flops,
    scaled,
    shared,
    weighed,
)
from costmodel.checks.referee.tool import declare
from costmodel.checks.referee.tools.ptflops import elementwise, matmul_of, products_of

_ACTIVATE = {"relu", "prelu", "elu", "leaky_relu", "relu6", "silu", "gelu", "softmax"}
_NORM = {"batch_norm", "layer_norm", "instance_norm", "group_norm"}
_CONVOLUTIONS = CONVOLUTION_FUNCTIONS | TRANSPOSED_FUNCTIONS
_PATCHED = {f"F.{name}" for name in {*_CONVOLUTIONS, *_ACTIVATE, *POOL_FUNCTIONS, *_NORM}}
_PATCHED |= {"F.linear", "F.upsample", "F.interpolate"}
_PATCHED |= {f"torch.{name}" for name in ("matmul", "addmm", "baddbmm", "mul", "add", "einsum")}
_PATCHED |= {f"Tensor.{name}" for name in ("matmul", "addmm", "mul", "add")}


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`calculate_flops(model, args=[…])[0]`."""
    calculate = _calculate()
    counts = calculate(model, args=list(inputs), print_results=False, output_as_string=False)
    return int(counts[0])


def _calculate() -> Any:
    import sys
    import types
    from importlib import import_module
    from importlib.util import find_spec

    if "calflops" not in sys.modules:
        spec = find_spec("calflops")
        package = types.ModuleType("calflops")
        package.__path__ = list(spec.submodule_search_locations or ()) if spec is not None else []
        sys.modules["calflops"] = package
    return import_module("calflops.flops_counter").calculate_flops


def _each(value: Any, sides: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * sides


def _grid(unit: Unit, padding: Any, dilation: Any) -> tuple[int, ...]:
    """Its own rule for the output's size, also where the convolution is transposed."""
    x, weight = unit.call.inputs[:2]
    kernel, sides = weight[2:], len(weight) - 2
    strides = _each(unit.call.argument(3, "stride", 1), sides)
    dilations = _each(dilation, sides)
    if padding == "valid":
        padding = 0
    if padding == "same":
        padding = tuple(d * (k - 1) // 2 for d, k in zip(dilations, kernel, strict=True))
    return tuple(
        (n + 2 * p - (d * (k - 1) + 1)) // s + 1
        for n, p, d, k, s in zip(
            x[2:], _each(padding, sides), dilations, kernel, strides, strict=True
        )
    )


def _convolution(unit: Unit) -> int:
    x, weight = unit.call.inputs[:2]
    groups = unit.call.argument(6, "groups", 1)
    grid = _grid(unit, unit.call.argument(4, "padding", 0), unit.call.argument(5, "dilation", 1))
    return prod(weight[2:]) * x[1] * (weight[0] // groups) * x[0] * prod(grid)


def _transposed(unit: Unit) -> int:
    """The weight's second axis holds the outputs of a group, and is divided by the groups again."""
    x, weight = unit.call.inputs[:2]
    groups = unit.call.argument(6, "groups", 1)
    return prod(weight[2:]) * x[1] * (weight[1] // groups) * x[0] * prod(x[2:])


def _bias(unit: Unit) -> int:
    if unit.call.argument(2, "bias") is None:
        return 0
    x, weight = unit.call.inputs[:2]
    transposed = unit.name in TRANSPOSED_FUNCTIONS
    dilation = unit.call.argument(7 if transposed else 5, "dilation", 1)
    grid = _grid(unit, unit.call.argument(4, "padding", 0), dilation)
    return weight[1 if transposed else 0] * x[0] * prod(grid)


def _resized(unit: Unit) -> int:
    """The product of the sizes asked for, without batch and channels; of a factor, the input."""
    size = unit.call.argument(1, "size")
    if size is None:
        return first_input(unit).numel
    return prod(size) if isinstance(size, tuple) else int(size)


declare(
    "calflops",
    "calculate_flops(model, args=inputs, output_as_string=False)[0]",
    count,
    Convention(
        "floating-point operations: two per multiply-accumulate, one or more for biases, "
        "normalisations, activations and pooling",
        functions(_PATCHED),
        (
            missed(),
            weighed(causes.GRID, named(CONVOLUTION_FUNCTIONS, _convolution)),
            weighed(causes.GROUPS, named(TRANSPOSED_FUNCTIONS, _transposed)),
            weighed(causes.MATMUL, {"matmul": matmul_of}),
            weighed(causes.MATMUL, named(("addmm", "baddbmm"), products_of)),
            doubled(),
            weighed(causes.EINSUM, {"einsum": path_flops}),
            added(causes.BIAS, named(_CONVOLUTIONS, _bias)),
            added(causes.BIAS, named(("addmm", "baddbmm"), inputs)),
            added(
                causes.NORM,
                {
                    "batch_norm": scaled(3, 1, 2),
                    "layer_norm": scaled(2, 4, 5),
                    "group_norm": scaled(2, 4, 5),
                    "instance_norm": scaled(3, 4, 5),
                },
            ),
            added(causes.ACTIVATION, named(_ACTIVATE, inputs)),
            added(causes.POOL, named(POOL_FUNCTIONS, inputs)),
            added(causes.ELEMENTWISE, named(("mul", "add"), elementwise)),
            added(causes.ELEMENTWISE, named(("upsample", "interpolate"), _resized)),
            shared(),
        ),
        per_mac=2,
    ),
)
