"""Rules that several conventions share; one that a counter has alone stands in its own file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import CountingRule, Unit, Value
from costmodel.checks.referee.record import FUNCTION, MODULE, OPERATOR, Call, Record, TensorShape

CONVOLUTIONS = ("Conv1d", "Conv2d", "Conv3d")
TRANSPOSED = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
#: Functions of PyTorch, without where they are looked up.
CONVOLUTION_FUNCTIONS = frozenset(f"conv{axes}d" for axes in (1, 2, 3))
TRANSPOSED_FUNCTIONS = frozenset(f"conv_transpose{axes}d" for axes in (1, 2, 3))
POOL_FUNCTIONS = frozenset(
    f"{kind}_pool{axes}d"
    for kind in ("max", "avg", "adaptive_max", "adaptive_avg")
    for axes in (1, 2, 3)
)
_ATTENTION = "F.scaled_dot_product_attention"
_LAYERS = {*CONVOLUTIONS, *TRANSPOSED, "Linear"}

Weigh = Callable[[Unit], Value]


# -- what a counter looks at -----------------------------------------------------------------------
def modules(names: Iterable[str]) -> Callable[[Call, Record], bool]:
    """Modules of exactly these classes of PyTorch, as a table by type finds them."""
    wanted = frozenset(names)

    def sees(call: Call, record: Record) -> bool:
        return call.level == MODULE and call.name in wanted and call.facts.get("torch", False)

    return sees


def functions(names: Iterable[str]) -> Callable[[Call, Record], bool]:
    """Functions looked up under these names, as a patch of them finds them."""
    wanted = frozenset(names)

    def sees(call: Call, record: Record) -> bool:
        return call.level == FUNCTION and call.name in wanted

    return sees


def traced(call: Call, record: Record) -> bool:
    """What a trace shows: the innermost functions, and operators that no such function is around.

    A function that calls another one is Python code, which a trace looks through.
    """
    if call.level == FUNCTION:
        return call.index not in _callers(record)
    if call.level != OPERATOR or not call.macs:
        return False
    return next(record.ancestors(call), call).level != FUNCTION


def operators(call: Call, record: Record) -> bool:
    """Operators below autograd."""
    return call.level == OPERATOR


_CALLERS: dict[int, tuple[Record, frozenset[int]]] = {}


def _callers(record: Record) -> frozenset[int]:
    """Indices of functions that call other functions; remembered for the last record."""
    kept = _CALLERS.get(id(record))
    if kept is None or kept[0] is not record:
        callers = frozenset(
            call.parent for call in record.calls if call.level == FUNCTION and call.parent >= 0
        )
        _CALLERS.clear()
        kept = _CALLERS[id(record)] = record, callers
    return kept[1]


# -- what it misses --------------------------------------------------------------------------------
def why_missed(unit: Unit) -> str:
    """The cause of a product that no call a counter looks at is around."""
    for call in unit.around:
        if call.level == MODULE:
            if call.facts.get("scripted"):
                return causes.SCRIPTED
            if _LAYERS & set(call.facts.get("bases", ())):
                return causes.SUBCLASS
            break
    operator = unit.products[0] if unit.products else unit.call
    if fused_on_cpu(unit) or unit.call.name == _ATTENTION:
        return causes.ATTENTION
    if any(call.name.endswith(".einsum") for call in unit.around):
        return causes.MATMUL
    kind = operator.op.kind if operator.op is not None else ""
    named = any(call.name.startswith("F.") for call in unit.around if call.level == FUNCTION)
    if kind in ("conv", "conv_transpose") or (kind == "linear" and named):
        return causes.FUNCTIONAL
    return causes.MATMUL


def fused_on_cpu(unit: Unit) -> bool:
    """Whether a product is inside the attention that is one operator on a CPU.

    A record on the meta device shows two products there.
    """
    return any(call.name == _ATTENTION for call in unit.around)


def missed() -> CountingRule:
    """What it does not look at counts as zero."""
    return CountingRule(why_missed, lambda unit, value: value if unit.seen else 0)


# -- what it counts another way --------------------------------------------------------------------
def weighed(cause: str | Callable[[Unit], str], weights: Mapping[str, Weigh]) -> CountingRule:
    """Calls by name, with what they count as instead of the exact number of multiplies in them."""

    def apply(unit: Unit, value: Value) -> Value:
        weigh = weights.get(unit.name) if unit.seen else None
        return value if weigh is None else weigh(unit)

    return CountingRule(cause, apply)


def added(cause: str, weights: Mapping[str, Weigh]) -> CountingRule:
    """Calls by name, with what they count on top."""

    def apply(unit: Unit, value: Value) -> Value:
        weigh = weights.get(unit.name) if unit.seen else None
        return value if weigh is None else value + weigh(unit)

    return CountingRule(cause, apply)


def only(names: Iterable[str]) -> CountingRule:
    """Other products than these count as zero, and so does an attention that a CPU runs as one."""
    known = frozenset(names)

    def apply(unit: Unit, value: Value) -> Value:
        return value if unit.name in known and not fused_on_cpu(unit) else 0

    return CountingRule(why_missed, apply)


def word_as_padding() -> CountingRule:
    """A convolution whose padding is a word is an operator that the counter does not know."""

    def apply(unit: Unit, value: Value) -> Value:
        word = isinstance(unit.call.argument(4, "padding"), str)
        return 0 if word and unit.name.startswith("conv") else value

    return CountingRule(causes.SAME, apply)


def doubled() -> CountingRule:
    """A multiply-accumulate is two FLOPs, of what is counted so far."""
    return CountingRule(causes.FACTOR, lambda unit, value: 2 * value)


def shared(power: int = 1) -> CountingRule:
    """A module counts once more for every further way that leads to it."""

    def apply(unit: Unit, value: Value) -> Value:
        holder = next((c for c in (unit.call, *unit.around) if c.level == MODULE), None)
        paths = holder.facts["owners"] if holder is not None and unit.seen else 1
        return value * paths**power

    return CountingRule(causes.SHARED, apply)


def path_flops(unit: Unit) -> int:
    """The operations that NumPy prints for the best order of an einsum: three digits of them."""
    import numpy

    equation = str(unit.call.args[0]).replace(" ", "")
    arrays = [numpy.broadcast_to(numpy.zeros(()), shape) for shape in unit.call.inputs]
    text = numpy.einsum_path(equation, *arrays, optimize="optimal")[1]
    line = next(line for line in text.split("\n") if "optimized flop" in line.lower())
    return int(float(line.partition(":")[2]))


def named(names: Iterable[str], weigh: Weigh) -> dict[str, Weigh]:
    """One weight for several names."""
    return dict.fromkeys(names, weigh)


# -- sizes -----------------------------------------------------------------------------------------
def first_input(unit: Unit) -> TensorShape:
    """Shape of the first tensor that the unit is called with."""
    return next(iter(unit.call.inputs), TensorShape())


def inputs(unit: Unit) -> int:
    """Elements of the first input."""
    return first_input(unit).numel


def outputs(factor: int = 1) -> Weigh:
    """Elements of the output, times a factor."""
    return lambda unit: factor * unit.call.output.numel


def scaled(position: int, plain: int, with_scale: int) -> Weigh:
    """Elements of the first input, times a factor that tells whether an argument is a scale."""

    def weigh(unit: Unit) -> int:
        scale = unit.call.argument(position, "weight")
        return inputs(unit) * (plain if scale is None else with_scale)

    return weigh


def bias_of_module(unit: Unit) -> int:
    """One addition per output element, where the module has a bias."""
    return unit.call.output.numel if unit.call.facts.get("bias") else 0


def geometry(unit: Unit) -> str:
    """The cause of a wrong number for a convolution: what is unusual about this one."""
    call = unit.call
    sides = len(call.facts.get("kernel", ())) or 0
    if sides and len(first_input(unit)) == sides + 1:
        return causes.UNBATCHED
    if "ranspose" in call.name or "transpose" in call.name:
        return causes.TRANSPOSED
    products = [p.op for p in unit.products if p.op is not None]
    if any(op.kind == "conv_transpose" for op in products):
        return causes.TRANSPOSED
    return causes.GRID
