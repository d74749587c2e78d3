"""ptflops, its default engine: hooks on modules by type, and patches of some functions.

The two add up: `nn.ReLU` is hooked and calls `F.relu`, which is patched, so it counts twice. What
hooks have counted is divided by the batch; what patches have counted is not.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, CountingRule, Unit, Value
from costmodel.checks.referee.record import FUNCTION, MODULE, Call, Record, TensorShape
from costmodel.checks.referee.rules import (
    CONVOLUTIONS,
    POOL_FUNCTIONS,
    TRANSPOSED,
    added,
    bias_of_module,
    first_input,
    geometry,
    inputs,
    missed,
    named,
    outputs,
    shared,
    weighed,
)
from costmodel.checks.referee.tool import declare

_POOLS = {f"{kind}Pool{axes}d" for kind in ("Max", "Avg") for axes in (1, 2, 3)}
_POOLS |= {f"Adaptive{kind}Pool{axes}d" for kind in ("Max", "Avg") for axes in (1, 2, 3)}
_NORMS = {f"{kind}Norm{axes}d" for kind in ("Batch", "Instance") for axes in (1, 2, 3)}
_NORMS |= {"GroupNorm", "LayerNorm"}
_ACTIVATIONS = {"ReLU", "PReLU", "ELU", "LeakyReLU", "ReLU6", "GELU"}
_ATTENTION = "MultiheadAttention"
_HOOKED = {
    _ATTENTION,
    *CONVOLUTIONS,
    *TRANSPOSED,
    "Linear",
    "Upsample",
    *_POOLS,
    *_NORMS,
    *_ACTIVATIONS,
}
_ACTIVATE = {"relu", "prelu", "elu", "relu6", "gelu", "silu", "softmax"}
_RESIZED = ("Upsample", "upsample", "interpolate")
_PATCHED = {f"F.{name}" for name in {*_ACTIVATE, *POOL_FUNCTIONS, "upsample", "interpolate"}}
_PATCHED |= {f"torch.{name}" for name in ("matmul", "mm", "bmm", "addmm", "baddbmm", "mul", "add")}
_PATCHED |= {f"Tensor.{name}" for name in ("matmul", "mm", "bmm", "mul", "add")}


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`get_model_complexity_info(model, …, backend="pytorch")[0]`."""
    return run(model, inputs, "pytorch")


def run(model: Any, inputs: tuple[Any, ...], backend: str) -> int:
    """The number of one of the two engines; it returns None instead of raising."""
    import io

    from ptflops import get_model_complexity_info

    if len(inputs) != 1:
        raise ValueError(f"{len(inputs)} inputs; ptflops passes one tensor")
    (x,) = inputs
    text = io.StringIO()
    macs = get_model_complexity_info(
        model,
        tuple(x.shape[1:]) or (1,),
        print_per_layer_stat=False,
        as_strings=False,
        input_constructor=lambda _: x,
        ost=text,
        backend=backend,
    )[0]
    if macs is None:
        raise ValueError("ptflops gave up; its reason is on standard error")
    return int(macs)


def _sees(call: Call, record: Record) -> bool:
    if call.level == FUNCTION:
        return call.name in _PATCHED
    return call.level == MODULE and call.name in _HOOKED and call.facts.get("torch", False)


def _convolution(unit: Unit) -> int:
    """Window × channels × positions; of the input for a transposed layer."""
    facts, x = unit.call.facts, first_input(unit)
    grid = x if unit.call.name in TRANSPOSED else unit.call.output
    weights = facts["in_channels"] * (facts["out_channels"] // facts["groups"])
    return prod(facts["kernel"]) * weights * x[0] * prod(grid[2:])


def _linear(unit: Unit) -> int:
    x, out = first_input(unit), unit.call.output
    return x.numel * out[-1]


def _bias(unit: Unit) -> int:
    if unit.call.name == "Linear" or not unit.call.facts.get("bias"):
        return bias_of_module(unit)
    return first_input(unit)[0] * prod(unit.call.output[1:])


def _norm(unit: Unit) -> int:
    return first_input(unit).numel * (2 if unit.call.facts.get("affine") else 1)


def _lengths(unit: Unit) -> tuple[int, int, int, int]:
    """Of an attention layer: images, queries, keys, and features of a query."""
    queries, keys = unit.call.inputs[:2]
    images, axis = (0, 1) if unit.call.facts["batch_first"] else (1, 0)
    return queries[images], queries[axis], keys[axis], queries[2]


def _projected(unit: Unit) -> int:
    """Additions of the biases of queries, keys, values and output; the last always."""
    images, queries, keys, features = _lengths(unit)
    inner = (queries + 2 * keys) * features
    held = "in_proj_bias" in unit.call.facts["parameters"]
    return images * ((inner if held else 0) + queries * features)


def _scores(unit: Unit) -> int:
    """A scaling of the queries, and one operation per score."""
    images, queries, keys, features = _lengths(unit)
    return images * (queries * features + unit.call.facts["num_heads"] * queries * keys)


def matmul_of(unit: Unit) -> int:
    """Elements of the first matrix × columns of the second."""
    x, other = unit.call.inputs[:2]
    return x.numel * other[-1]


def products_of(unit: Unit) -> int:
    """The same behind the tensor that is added."""
    _, x, other = unit.call.inputs[:3]
    return x.numel * other[-1]


def elementwise(unit: Unit) -> int:
    """The broadcast shape of both arguments; a number has none."""
    shapes = [a for a in unit.call.args[:2] if isinstance(a, TensorShape)]
    if not shapes:
        return 1
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return prod(max(sides) for sides in zip(*padded, strict=True))


def _per_path(unit: Unit, value: Value) -> Value:
    return shared().apply(unit, value) if unit.call.level == MODULE else value


def _per_image(unit: Unit, value: Value) -> Value:
    hooked = unit.seen and unit.call.level == MODULE
    return Fraction(value) / unit.record.batch if hooked else value


declare(
    "ptflops",
    'get_model_complexity_info(model, size, backend="pytorch")[0]',
    count,
    Convention(
        "multiply-accumulates of one image, with biases, normalisations, activations and "
        "pooling; what is a module and a patched function counts twice",
        _sees,
        (
            missed(),
            weighed(geometry, named((*CONVOLUTIONS, *TRANSPOSED), _convolution)),
            weighed(causes.BATCH, {"Linear": _linear}),
            weighed(causes.MATMUL, named(("matmul", "mm", "bmm"), matmul_of)),
            weighed(causes.MATMUL, named(("addmm", "baddbmm"), products_of)),
            added(causes.BIAS, named((*CONVOLUTIONS, *TRANSPOSED, "Linear"), _bias)),
            added(causes.BIAS, named(("addmm", "baddbmm"), inputs)),
            added(causes.BIAS, {_ATTENTION: _projected}),
            added(causes.ACTIVATION, {_ATTENTION: _scores}),
            added(causes.NORM, named(_NORMS, _norm)),
            added(causes.ACTIVATION, named({*_ACTIVATIONS, *_ACTIVATE}, inputs)),
            added(causes.POOL, named({*_POOLS, *POOL_FUNCTIONS}, inputs)),
            added(causes.ELEMENTWISE, named(("mul", "add"), elementwise)),
            added(causes.ELEMENTWISE, named(_RESIZED, outputs())),
            CountingRule(causes.SHARED, _per_path),
            CountingRule(causes.BATCH, _per_image),
        ),
    ),
)
