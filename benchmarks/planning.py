"""Plans: the exact method and the front beside a mixed-integer solver.

    python -m benchmarks.planning

Each row is one run in this process, options counted anew; `of` is the time divided by that of the
first row, and the last column what was found. What a greedy planner loses is in
`benchmarks.greedy`, a drag on the dashboard in `benchmarks.plan_page`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import costmodel as cm
from costmodel.network.network import Network
from costmodel.planning.problem import summed
from costmodel.planning.several import best_within
from costmodel.planning.statement import Statement
from costmodel.table import Table

_T = TypeVar("_T")
NAMES = ("resnet18", "resnet50", "vgg16")


def timed(action: Callable[[], _T]) -> tuple[float, _T]:
    """Seconds of one call, and what it gave."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def speed(network: Network) -> list[dict[str, object]]:
    """How long each kind of plan takes on one network."""
    half = {"macs": "50%"}
    both = {**half, "params": "60%"}
    cases: list[tuple[str, Callable[[], object]]] = [
        ("options counted", lambda: Statement(network, None).measured(["macs", "params"])),
        ("one budget, exact", lambda: cm.plan(network, half, minimize="params")),
        ("one budget, HiGHS", lambda: _highs(network)),
        ("fewest layers", lambda: cm.plan(network, half)),
        ("two budgets", lambda: cm.plan(network, both, minimize="weight_bytes")),
        ("front macs–params", lambda: cm.front(network, "macs", "params")),
        ("front macs–changed", lambda: cm.front(network, "macs", "changed")),
    ]
    rows: list[dict[str, object]] = []
    for what, action in cases:
        seconds, result = timed(action)
        first = seconds if not rows else rows[0]["seconds"]
        said = getattr(result, "proof", repr(result) if isinstance(result, cm.Front) else "")
        row = {"network": network.name, "what": what, "seconds": seconds, "of": seconds / first}
        rows.append({**row, "said": said})
    return rows


def _highs(network: Network) -> object:
    found = Statement(network, None).measured(["macs", "params"])
    costs, values = (summed(found.parts[key]).parts for key in ("macs", "params"))
    return best_within(values, [(costs, -network.macs // 2)])


def main() -> int:
    """Print the tables."""
    networks = [cm.load(name) for name in NAMES]
    timings = [row for network in networks for row in speed(network)]
    print(Table(("network", "what", "seconds", "of", "said"), timings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
