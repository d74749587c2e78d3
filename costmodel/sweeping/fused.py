"""Fused kernels: counting and picking in one compiled loop, so that nothing is written between.

The loops stand in an order that costs least; what a guard forbids is skipped with all loops inside.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.sweeping.bounds import DIVIDED, DIVISOR, EQUAL
from costmodel.sweeping.compiling import jit
from costmodel.sweeping.lowering import Lowering
from costmodel.sweeping.program import Program

#: Statements that divide take this many times as long as others.
_DIVISION = 12


@dataclass(frozen=True)
class Fused:
    """A compiled loop over a box.

    loop: of the tables, the ends of every axis, what a rule's filter needs, and two arrays for the
    numbers (within the part) and the values of the points that pass it; gives how many passed, how
    many points fit, how many of these meet the conditions, and how many arrays leave in doubt.
    text: its source.
    """

    loop: Callable[..., tuple[int, int, int, int]]
    text: str
    inputs: tuple[str, ...]


def fused(program: Program, keys: Sequence[Any], test: str, shape: Sequence[int]) -> Fused | None:
    """Print and compile the loop of a program.

    keys: the values that are picked by. test: the condition that a point passes, of `value0` …,
    `number` and the filter's arrays `limit` and `edges`. shape: points along each axis. None where
    a rule can only be called from Python.
    """
    orders = [_order(program, keys, place, shape) for place in range(len(shape))] or [[]]
    order = min(orders, key=lambda order: _cost(program, keys, order, shape))
    lowering, values = _lowered(program, keys, order)
    if lowering.rules:
        return None
    text = _source(program, lowering, values, order, test, shape)
    scope = dict(_functions())
    exec(compile(text, "<fused>", "exec"), scope)
    return Fused(jit(scope["loop"]), text, tuple(program.inputs))


def _order(program: Program, keys: Sequence[Any], last: int, shape: Sequence[int]) -> list[int]:
    """The axes as loops with this one innermost; the others from short to long."""
    rest = sorted((axis for axis in range(len(shape)) if axis != last), key=shape.__getitem__)
    return [*rest, last]


def _lowered(
    program: Program, keys: Sequence[Any], order: Sequence[int]
) -> tuple[Lowering, list[str]]:
    place = {axis: level + 1 for level, axis in enumerate(order)}
    lowering = Lowering({name: place[axis] for name, (axis, _) in program.inputs.items()})
    for guard in (*program.guards, *program.outside):
        lowering.guard(guard)
    sums = program.sums
    values = [
        lowering.value(sums[key]) if key in sums else str(program.values[key]) for key in keys
    ]
    return lowering, values


def _cost(program: Program, keys: Sequence[Any], order: Sequence[int], shape: Sequence[int]) -> int:
    """How long a loop takes, in statements."""
    lowering, _ = _lowered(program, keys, order)
    runs = [1]
    for axis in order:
        runs.append(runs[-1] * shape[axis])
    return sum(
        runs[level] * (_DIVISION if "//" in text or "(" in text else 1 + text.count("*"))
        for level, _, text in lowering.lines
    )


def _source(
    program: Program,
    lowering: Lowering,
    values: Sequence[str],
    order: Sequence[int],
    test: str,
    shape: Sequence[int],
) -> str:
    levels: list[list[str]] = [[] for _ in range(len(order) + 1)]
    for name, (axis, _) in program.inputs.items():
        levels[order.index(axis) + 1].append(f"{name} = t_{name}[d{axis}]")
    # a guard stands right behind the statements that it needs: what follows may divide by what it
    # has seen to be no zero
    behind: dict[int, list[str]] = {}
    last_line = {name: place for place, (_, name, _) in enumerate(lowering.lines)}
    doubts: list[str] = []
    for guard in program.guards:
        level, condition = lowering.guard(guard)
        name = lowering.value(guard.value)
        if guard.open:
            doubts.append(condition)
        else:
            behind.setdefault(last_line.get(name, -1 - level), []).append(condition)
    for place, (level, name, text) in enumerate(lowering.lines):
        levels[level].append(f"{name} = {text}")
        levels[level] += _skips(behind.get(place, ()))
    for key, conditions in behind.items():
        if key < 0:  # a guard of a size itself
            level = -1 - key
            at = sum(order.index(axis) + 1 == level for axis, _ in program.inputs.values())
            levels[level][at:at] = _skips(conditions)
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    number = " + ".join(f"d{axis}*{strides[axis]}" for axis in range(len(shape))) or "0"
    body = ["fits += 1"]
    if doubts:
        body += [f"if {' or '.join(f'({doubt})' for doubt in doubts)}:", "    doubt += 1"]
    outside = [lowering.guard(guard)[1] for guard in program.outside]
    if outside:
        body += [f"if {' or '.join(f'({text})' for text in outside)}:", "    continue"]
    body += ["inside += 1", f"number = {number}"]
    body += [f"value{place} = {value}" for place, value in enumerate(values)]
    body += [f"if {test}:", "    numbers[picked] = number"]
    body += [f"    values[picked, {place}] = value{place}" for place in range(len(values))]
    body += ["    picked += 1"]
    levels[-1] += body
    tables = "".join(f"t_{name}, " for name in program.inputs)
    lines = [
        f"def loop({tables}ends, limit, edges, numbers, values):",
        "    picked = fits = inside = doubt = 0",
        "    for once in range(1):",
    ]
    for level, block in enumerate(levels):
        indent = "    " * (level + 2)
        if level:
            axis = order[level - 1]
            head = f"for d{axis} in range(ends[{axis}, 0], ends[{axis}, 1]):"
            lines.append(f"{indent[:-4]}{head}")
        lines += [indent + line for line in block]
    return "\n".join([*lines, "    return picked, fits, inside, doubt", ""])


def _skips(conditions: Sequence[str]) -> list[str]:
    return [line for condition in conditions for line in (f"if {condition}:", "    continue")]


@functools.cache
def _functions() -> dict[str, Any]:
    """What the named calls are on machine integers.

    A bucket is a number that grows with a value, the leading bits of it as a double; 0 for 0.
    """
    import numpy

    def divided(a: Any, b: Any) -> Any:
        return a // b if b != 0 else 0

    def divisor(a: Any, b: Any) -> Any:
        a, b = abs(a), abs(b)
        while b:
            a, b = b, a % b
        return a

    def equal(a: Any, b: Any) -> Any:
        return 1 if a == b else 0

    def bucket(value: Any) -> Any:
        return max(0, (numpy.float64(value).view(numpy.int64) >> SHIFT) - ONE)

    def unbeaten(edges: Any, point: Any) -> Any:
        for edge in edges:
            more = 0
            for place in range(len(point)):
                if edge[place] > point[place]:
                    more = 2
                    break
                if edge[place] < point[place]:
                    more = 1
            if more == 1:
                return False
        return True

    rules: dict[str, Callable[..., Any]] = {
        DIVIDED: divided,
        DIVISOR: divisor,
        EQUAL: equal,
        "bucket": bucket,
        "unbeaten": unbeaten,
    }
    return {name: jit(rule) for name, rule in rules.items()}


#: How buckets are numbered.
SHIFT = 42  # 1,024 buckets from one power of two to the next
ONE = (0x3FF << 52 >> SHIFT) - 1
#: Buckets of all machine integers.
BUCKETS = 64 << (52 - SHIFT)
