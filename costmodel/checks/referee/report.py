"""Report: one network, this project's count, every other counter's, and why they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from costmodel.checks.referee.causes import CAUSES, UNEXPLAINED
from costmodel.checks.referee.convention import Reading, Value
from costmodel.checks.referee.process import LIMIT, ask
from costmodel.checks.referee.record import Record
from costmodel.checks.referee.tool import TOOLS
from costmodel.errors import InputError, MissingDependencyError
from costmodel.table import Table

#: The row of this project.
OWN = "costmodel"
COLUMNS = ("tool", "version", "number", "difference", "cause", "amount", "status")


def referee(
    source: str,
    inputs: Sequence[Sequence[int]] = (),
    tools: Iterable[str] | None = None,
    *,
    limit: float = LIMIT,
    progress: Callable[[str], None] = lambda tool: None,
) -> Table:
    """This project's count of a network beside other counters', the differences itemised.

    Args:
        source: a shipped network, a file of layers, or `package.module:callable`.
        inputs: shapes of the inputs, batch first.
        tools: keys of `TOOLS`; None is all of them.
        limit: seconds that one counter may take.
        progress: called with each tool's key before it is asked.

    Returns:
        A row per cause of each tool (`cause`, `amount`), after a row with the tool's number. The
        amounts of a tool sum to its `difference` from the exact count of multiply-accumulates;
        "unexplained" is the tool's number less what its convention predicts, and always has a row.
        A tool that is missing or fails is one row with the sentence in `status`.

    Raises:
        InputError: an unknown tool or source.
        MissingDependencyError: PyTorch is not installed.
    """
    wanted = [TOOLS[key] for key in (TOOLS if tools is None else tools)]
    record, notes = recorded(source, inputs)
    rows: list[dict[str, Any]] = [
        {"tool": OWN, "number": record.macs, "difference": 0, "status": "exact"}
    ]
    for tool in wanted:
        progress(tool.key)
        answer = ask(tool, source, inputs, limit)
        row: dict[str, Any] = {"tool": tool.key, "version": tool.version or None}
        if answer.value is None:
            rows.append({**row, "status": answer.error})
            continue
        row |= {"number": answer.value, "difference": answer.value - record.macs}
        try:
            reading = tool.convention.read(record)
        except InputError as error:
            rows.append({**row, "cause": UNEXPLAINED, "amount": row["difference"]})
            rows[-1]["status"] = str(error)
            continue
        left = answer.value - reading.total
        rows.append({**row, "status": "explained" if not left else f"{left} {UNEXPLAINED}"})
        for cause, amount in itemised(reading, left):
            rows.append({**row, "cause": cause, "amount": amount, "status": _sentence(cause)})
    return Table(COLUMNS, rows, notes=(*notes, *NOTES))


NOTES = (
    "Exact: multiply-accumulates of convolutions, linear layers and matrix products, the whole "
    "batch, products with padding zeros included; a bias costs none.",
    "The causes of a tool sum to its difference; the model is in evaluation mode.",
)


def itemised(reading: Reading, left: int) -> list[tuple[str, Value]]:
    """Causes in the order of their declaration, and what they leave."""
    shares = [(cause, reading.causes[cause]) for cause in CAUSES if cause in reading.causes]
    whole = [(c, int(v) if v == int(v) else float(v)) for c, v in shares]  # an image of a batch
    return [*whole, (UNEXPLAINED, left)]  # type: ignore[list-item]


def _sentence(cause: str) -> str:
    if cause == UNEXPLAINED:
        return "the tool's number less its convention's"
    return CAUSES[cause]


def recorded(source: str, inputs: Sequence[Sequence[int]] = ()) -> tuple[Record, tuple[str, ...]]:
    """The record of a network by its source, and sentences on how its model was made."""
    _needs_torch()
    from costmodel.checks.referee.recording import record
    from costmodel.checks.referee.sources import open_model

    opened = open_model(source, [tuple(shape) for shape in inputs])
    found = record(opened.model, opened.inputs, opened.name)
    return found.renamed(opened.names), opened.notes


def recorded_model(case: str) -> Record:
    """The record of a case of the conformance suite."""
    _needs_torch()
    from costmodel.checks.referee.cases import CASES
    from costmodel.checks.referee.recording import record

    opened = CASES[case].opened()
    return record(opened.model, opened.inputs, case)


def _needs_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("torch", "the referee", "referee") from error


def convention_table(source: str, inputs: Sequence[Sequence[int]], tool: str) -> Table:
    """What a counter would print for a network, per call and in total, computed without it.

    Columns: the layer by its name in the network (the module's path, where a call is of several
    layers or of none), the call that the counter looks at, the exact multiplies in it, and what the
    counter makes of it; the last row is `total`.

    Raises:
        InputError: an unknown tool or source.
        MissingDependencyError: PyTorch is not installed.
    """
    convention = TOOLS[tool].convention
    record, notes = recorded(source, inputs)
    reading = convention.read(record)
    rows: list[dict[str, Any]] = [
        {
            "layer": line.unit.layer,
            "call": line.unit.call.name,
            "macs": line.unit.macs,
            tool: int(line.value) if line.value == int(line.value) else float(line.value),
            "causes": " ".join(line.causes) or None,
        }
        for line in reading.lines
    ]
    total = {"layer": "total", "macs": reading.exact, tool: reading.total}
    said = " ".join(cause for cause, _ in itemised(reading, 0)[:-1])
    rows.append({**total, "causes": said or None})
    sentence = f"{tool} counts {convention.says}."
    return Table(("layer", "call", "macs", tool, "causes"), rows, notes=(sentence, *notes))
