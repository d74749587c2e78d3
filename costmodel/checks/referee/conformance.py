"""Conformance: who is right where, as data, read without PyTorch; and how the data is measured.

`data/referee/results.csv` has a row per case and tool: the tool's version, its number or the
sentence that stands for it, and the causes that its convention gives for the difference.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from costmodel.checks.referee.convention import Reading
from costmodel.checks.referee.process import LIMIT, ask_cases
from costmodel.checks.referee.report import OWN, itemised, recorded_model
from costmodel.checks.referee.suite import rows
from costmodel.checks.referee.tool import TOOLS
from costmodel.errors import InputError
from costmodel.files import data_path
from costmodel.table import Column, Table

FILE = ("referee", "results.csv")
COLUMNS = ("case", "tool", "version", "macs", "number", "verdict", "causes", "error")
RIGHT, WRONG, FAILED = "right", "wrong", "fails"


def verdict(tool: str, macs: int, number: int | None) -> str:
    """Whether a number is right in the tool's own unit, multiply-accumulates or FLOPs."""
    if number is None:
        return FAILED
    per_mac = 1 if tool == OWN else TOOLS[tool].convention.per_mac
    return RIGHT if number == per_mac * macs else WRONG


def results() -> list[dict[str, Any]]:
    """The kept measurements, in the order of the file."""
    path = data_path(*FILE)
    rows: list[dict[str, Any]] = []
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number = int(row["number"]) if row["number"] else None
            kept = {name: row[name] or None for name in ("version", "causes", "error")}
            macs = int(row["macs"])
            cells = {"case": row["case"], "tool": row["tool"], "macs": macs, "number": number}
            rows.append({**cells, **kept, "verdict": verdict(row["tool"], macs, number)})
    return rows


def conformance_table() -> Table:
    """One row per case, one column per counter; this project's is the first.

    Cells are the counters' numbers, None where a counter fails; `macs` is the exact count. It is
    read from data: neither PyTorch nor any counter is needed. The versions stand in the notes.
    """
    kept = results()
    tools = versions()
    table: dict[str, dict[str, Any]] = {}
    for row in kept:
        cells = table.setdefault(row["case"], {"case": row["case"], "macs": row["macs"]})
        cells[row["tool"]] = row["number"]
    note = ", ".join(f"{tool} {version}" for tool, version in tools.items() if version)
    columns: list[Column | str] = [Column("case", "Case"), Column("macs", "Exact MACs"), *tools]
    return Table(columns, list(table.values()), notes=(f"Measured with {note}.",))


def measure(
    tools: Iterable[str] | None = None,
    limit: float = LIMIT,
    progress: Callable[[str], None] = lambda tool: None,
) -> Table:
    """Every case by this project and by every installed tool, each in a process of its own.

    Raises:
        InputError: an unknown tool. MissingDependencyError: PyTorch is not installed.
    """
    wanted = [TOOLS[key] for key in (TOOLS if tools is None else tools)]
    suite = rows()
    records = {name: recorded_model(name) for name in suite}
    measured = [
        {
            "case": name,
            "tool": OWN,
            "macs": row.macs,
            "number": records[name].macs,
            "verdict": verdict(OWN, row.macs, records[name].macs),
        }
        for name, row in suite.items()
    ]
    skipped = []
    for tool in wanted:
        if not tool.installed:
            skipped.append((tool.key, f"{tool.key}: {tool.missing}"))
            continue
        progress(tool.key)
        for name, answer in ask_cases(tool, list(suite), limit).items():
            macs = suite[name].macs
            cells: dict[str, Any] = {"case": name, "tool": tool.key, "version": tool.version}
            cells |= {"macs": macs, "number": answer.value, "error": answer.error or None}
            cells["verdict"] = verdict(tool.key, macs, answer.value)
            if answer.value is not None:
                cells["causes"] = _causes(tool.convention.read(records[name]), answer.value)
            measured.append(cells)
    return Table(COLUMNS, measured, skipped=tuple(skipped))


def _causes(reading: Reading, number: int) -> str | None:
    left = number - reading.total
    return " ".join(cause for cause, amount in itemised(reading, left) if amount) or None


def changed(measured: Table) -> list[str]:
    """One sentence per measured number that is not the kept one, or that is ours and wrong.

    A tool of another version than the kept one may count otherwise; it is not compared.
    """
    kept: Mapping[tuple[str, str], dict[str, Any]] = {
        (row["case"], row["tool"]): row for row in results()
    }
    sentences = []
    for row in measured:
        before = kept.get((row["case"], row["tool"]))
        if row["tool"] == OWN and row["verdict"] != RIGHT:
            sentences.append(f"{row['case']}: {OWN} counts {row['number']}, not {row['macs']}")
        elif before is None or before["version"] != row.get("version"):
            continue
        elif before["number"] != row["number"]:
            sentences.append(
                f"{row['case']}: {row['tool']} counts {row['number']}, kept is {before['number']}"
            )
    return sentences


def versions() -> dict[str, str]:
    """The tools of the kept measurements with their versions: ours first, then as in `TOOLS`."""
    versions = {row["tool"]: row["version"] or "" for row in results()}
    if OWN not in versions:
        raise InputError(f"{data_path(*FILE)} has no row of {OWN}; allowed is a measured file")
    return {tool: versions[tool] for tool in (OWN, *TOOLS) if tool in versions}
