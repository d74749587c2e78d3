"""What speaks for the numbers, as tables: certificates, other counters, published figures.

Each is data that a check has left behind, read without PyTorch and without the other counters. A
kind of evidence of which nothing is kept is left out.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from costmodel.files import data_path
from costmodel.table import Column, Table

_LAYERS = Column("layers", "Layers", convention="which layers the proof covers")
_POINTS = Column("points", "Layers run", convention="layers run")
#: What a certificate says.
CERTIFICATE = (
    Column("variant", "Variant"),
    Column("metric", "Metric"),
    Column("formula", "Formula"),
    _LAYERS,
    Column("degrees", "Degree in each letter"),
    Column("classes", "Told apart"),
    _POINTS,
    Column("oracle", "Counter"),
    Column("version", "Version"),
    Column("result", "Result"),
)
#: Where the certificates of all variants are kept, in the data folder.
CERTIFICATES = "certificates.csv"
#: The result of a formula that agreed on all of its layers.
PROVED = "proved"


@dataclass(frozen=True)
class Evidence:
    """One kind of evidence.

    key, title: its name in the URL and on the page. proves: what follows from it, and under which
    assumption. table: the rows. summary: what they come to, in one sentence. good: whether that is
    what one hopes for. command: how to check it oneself.
    """

    key: str
    title: str
    proves: str
    command: str
    table: Callable[[], Table]
    summary: Callable[[Table], tuple[bool, str]]


def certificates() -> Table:
    """The kept certificates: a row per formula and witness."""
    with open(data_path(CERTIFICATES), encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [{**row, "points": int(row["points"]) if row["points"] else None} for row in reader]
    return Table(CERTIFICATE, rows, (f"{_LAYERS.note}; {_POINTS.note}.",))


def _certified(table: Table) -> tuple[bool, str]:
    claims = [row for row in table if row["metric"]]
    proved = [row for row in claims if row["result"] == PROVED]
    certain = {row["variant"] for row in proved}
    without = dict.fromkeys(r["variant"] for r in table if r["variant"] not in certain)
    versions = sorted({f"{row['oracle']} {row['version']}" for row in proved})
    points = sum(row["points"] or 0 for row in proved)
    sentence = (
        f"{len(proved)} of {len(claims)} formulas proved against {' and '.join(versions)} on "
        f"{points:,} layers."
    )
    if without:
        sentence += f" Without a module to run, and so without a proof: {', '.join(without)}."
    return len(proved) == len(claims), sentence


def _conformance() -> Table:
    from costmodel.checks.referee.conformance import conformance_table

    return conformance_table()


def verdicts() -> dict[str, Counter[str]]:
    """How often each counter is right in its own unit, wrong, or fails; ours is the first."""
    from costmodel.checks.referee.conformance import results

    by_tool: dict[str, Counter[str]] = {}
    for row in results():
        by_tool.setdefault(row["tool"], Counter())[row["verdict"]] += 1
    return by_tool


def _counted(table: Table) -> tuple[bool, str]:
    from costmodel.checks.referee.conformance import RIGHT
    from costmodel.checks.referee.report import OWN

    by_tool = verdicts()
    own = by_tool.pop(OWN, Counter())
    said = f"{OWN} is right in {own[RIGHT]} of {len(table)} cases"
    as_good = [tool for tool, count in by_tool.items() if count[RIGHT] >= own[RIGHT]]
    rest = [count[RIGHT] for tool, count in by_tool.items() if tool not in as_good]
    if as_good:
        said += f"; {' and '.join(as_good)} in at least as many"
    if rest:
        span = f"{min(rest)} to {max(rest)}" if min(rest) < max(rest) else f"{min(rest)}"
        said += f"; {len(rest)} other counter{'s' * (len(rest) > 1)} in {span}"
    return own[RIGHT] == len(table), f"{said}."


def _published() -> Table:
    from costmodel.checks.published.tables import check

    return check()


def tallied(table: Table) -> dict[str, Counter[str]]:
    """How many figures of each published table come out how."""
    by_table: dict[str, Counter[str]] = {}
    for row in table:
        by_table.setdefault(row["table"], Counter())[row["verdict"]] += 1
    return by_table


def _recomputed(table: Table) -> tuple[bool, str]:
    from costmodel.checks.published.figures import VERDICTS
    from costmodel.checks.published.tables import regressions

    counts = sum(tallied(table).values(), Counter())
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    lost = regressions(table)
    sentence = f"{len(table)} published figures recomputed: {said}."
    return not lost, f"{sentence} {len(lost)} come out otherwise than before." if lost else sentence


def _exists(*parts: str) -> bool:
    """Whether a data file is kept, and has rows."""
    path = data_path(*parts)
    if not os.path.isfile(path):
        return False
    with open(path, encoding="utf-8") as file:
        return len([line for _, line in zip(range(3), file, strict=False)]) > 1


def available() -> Mapping[str, Evidence]:
    """What is kept, by key."""
    kept = []
    if _exists(CERTIFICATES):
        kept.append(
            Evidence(
                "certificates",
                "Proved formulas",
                "A count is a polynomial in the layer's sizes. Two polynomials that agree on a "
                "large enough grid of layers agree everywhere: so a formula that agrees with an "
                "outside counter on such a grid is right for **all** sizes, if the counter's own "
                "count is of no higher degree. That is the only assumption.",
                "python -m costmodel verify --certify",
                certificates,
                _certified,
            )
        )
    if _exists("referee", "results.csv"):
        kept.append(
            Evidence(
                "counters",
                "Other counters",
                "Small convolutions of every kind, and what each counter says of them. The exact "
                "number is the sum of the products that the definition of a convolution has; a "
                "counter that gives another one has a convention of its own, or is wrong there.",
                "python -m costmodel referee --conformance",
                _conformance,
                _counted,
            )
        )
    if _exists("published", "sources.csv"):
        kept.append(
            Evidence(
                "published",
                "Published tables",
                "Papers print counts of their networks. Recomputed here from the layers alone, "
                "they come out as printed, rounded or truncated; a misprint is one that the same "
                "text shows. What differs is listed with what is known of it, and proves nothing.",
                "python -m costmodel published",
                _published,
                _recomputed,
            )
        )
    return {one.key: one for one in kept}


def exceptional(row: Mapping[str, Any]) -> bool:
    """Whether a row of certificates is one that was not proved."""
    return row.get("result") != PROVED
