"""Checks against the outside: the suite, the certificates of all variants, random layers.

    python -m benchmarks.verify [--random 5000] [--seed 1]

Beside the seconds on the clock stand those of all processors: on a machine that does other work as
well, these say what the checks themselves took.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

from costmodel.checks.verify.certificates import certify, refuted
from costmodel.checks.verify.prepare import prepare
from costmodel.checks.verify.random_layers import campaign
from costmodel.checks.verify.suite import failures, verify
from costmodel.table import Table

COLUMNS = ("figure", "checks", "differ", "seconds", "processor_seconds", "checks_per_second")


def timed(action: Callable[[], Any]) -> tuple[Any, float, float]:
    """The result, the seconds on the clock, and those of this process and its workers."""
    start, before = time.perf_counter(), os.times()
    result = action()
    seconds, after = time.perf_counter() - start, os.times()
    return result, seconds, sum(after[:4]) - sum(before[:4])


def figures(layers: int, seed: int) -> Table:
    """A row for each kind of check."""
    rows: list[dict[str, Any]] = []

    def add(figure: str, checks: int, differ: int, seconds: float, processors: float) -> None:
        cells = (figure, checks, differ, seconds, processors, checks / seconds)
        rows.append(dict(zip(COLUMNS, cells, strict=True)))

    table, *took = timed(verify)
    done = sum(1 for row in table.rows if row.get("ok") is not None)
    add("suite: (variant, layer, oracle)", done, len(failures(table)), *took)
    table, *took = timed(certify)
    points = sum(row["points"] for row in table.rows if row.get("metric") == "macs")
    add(f"{len(table)} certificates: layers", points, len(refuted(table)), *took)
    found, *took = timed(lambda: campaign(layers, seed))
    add(f"random layers, seed {seed}", found.layers, len(found.found), *took)
    return Table(COLUMNS, rows)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=5000, help="random layers [5000]")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    prepare()
    print(figures(args.random, args.seed).to_text(), end="")


if __name__ == "__main__":
    main()
