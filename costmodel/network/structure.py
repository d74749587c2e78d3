"""What a network's operations read and write: shapes, and where what was computed earlier returns.

Where branches meet, a residual is added or maps are joined, a line of its own says so: `meet 3`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.core.readable import shape_text
from costmodel.metrics.lifetimes import Step
from costmodel.network.operation import NetOp
from costmodel.network.operations import Operations
from costmodel.table import Column

READS = Column("reads", "Reads", convention="whose results, pooled or copied in between or not")
#: What is said of an operation besides its name, its kind and its costs.
COLUMNS = (
    READS,
    Column("input", "Input", convention="channels and grid of what goes in"),
    Column("output", "Output", convention="channels and grid of what comes out"),
    *(Column(key, key.capitalize()) for key in ("kernel", "stride", "groups")),
)
_INPUT = "input"
#: What stands in the kind of a line that is no operation: results that meet.
ADDED, JOINED = "added or multiplied", "joined"


def lines(network: Operations) -> list[tuple[NetOp | None, dict[str, Any]]]:
    """Every operation in the order in which it runs, and every place where results meet.

    Returns:
        The operation, None for a place where results meet, and its cells: `layer`, `kind` and those
        of `COLUMNS`. What is read is empty where the source does not say it.
    """
    steps = network.steps()
    if steps is None:
        return [(op, _cells(op, "")) for op in network.ops]
    return _along(network.ops, steps)


def _along(
    ops: Sequence[NetOp], steps: Sequence[Step]
) -> list[tuple[NetOp | None, dict[str, Any]]]:
    written: list[str] = []  # who has written each tensor
    found: list[tuple[NetOp | None, dict[str, Any]]] = []
    meetings = 0
    for step in steps:
        sources = list(dict.fromkeys(written[tensor] for tensor in step.reads))
        name = sources[0] if sources else _INPUT
        for place in step.ops:
            name = ops[place].name
            found.append((ops[place], _cells(ops[place], ", ".join(sources))))
            sources = [name]
        if not step.ops and len(sources) > 1:
            meetings += 1
            name = f"meet {meetings}"
            kind = JOINED if step.writes else ADDED
            found.append((None, {"layer": name, "kind": kind, READS.key: ", ".join(sources)}))
            if not step.writes:
                written[step.reads[0]] = name  # in the place of what is read first
        written += [name] * len(step.writes)
    listed = {op.name for op, _ in found if op is not None}
    found += [(op, _cells(op, "")) for op in ops if op.name not in listed]
    return found


def _cells(op: NetOp, reads: str) -> dict[str, Any]:
    cells: dict[str, Any] = {"layer": op.name, "kind": op.kind, READS.key: reads}
    layer = op.layer
    if layer is not None:
        cells |= {
            "input": shape_text((layer.in_channels, *layer.size)),
            "output": shape_text((layer.out_channels, *layer.out_size)),
            "kernel": shape_text(layer.kernel),
            "stride": shape_text(layer.stride),
            "groups": layer.groups,
        }
    elif op.shape:
        cells["output"] = shape_text(op.shape[1:])
    return cells
