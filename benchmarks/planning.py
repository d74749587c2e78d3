"""Plans: the exact method and the front beside a mixed-integer solver and a greedy planner.

    python -m benchmarks.planning

Each row is one run in this process, options counted anew; `of` is the time divided by that of the
first row. The last column says how far from the best a plan is: of the greedy planner, which takes
the option that saves the most per layer until the budget holds, how much more it costs.
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
SHARES = (30, 50, 70)
NAMES = ("resnet18", "resnet50", "vgg16")


def timed(action: Callable[[], _T]) -> tuple[float, _T]:
    """Seconds of one call, and what it gave."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def greedy(network: Network, share: int) -> int:
    """Parameters after a loop over the layers by falling saving of multiplies, until enough."""
    found = Statement(network, None).measured(["macs", "params"])
    most = network.macs * share // 100
    macs, params = network.macs, network.params
    parts = zip(found.parts["macs"], found.parts["params"], strict=True)
    for saved, lost in sorted(min(zip(*pair, strict=True)) for pair in parts):
        if macs <= most:
            break
        macs, params = macs + saved, params + lost
    return params


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


def quality(network: Network) -> list[dict[str, object]]:
    """How many parameters a greedy planner loses that the best plan of the same saving keeps."""
    rows: list[dict[str, object]] = []
    for share in SHARES:
        params = greedy(network, share)
        best = cm.plan(network, {"macs": f"{share}%"}, minimize="changed")
        rows.append(
            {
                "network": network.name,
                "macs": f"{share}%",
                "greedy_params": params,
                "plan_params": best.network.params,
                "plan_changed": best.value,
            }
        )
    return rows


def main() -> int:
    """Print the tables."""
    networks = [cm.load(name) for name in NAMES]
    timings = [row for network in networks for row in speed(network)]
    print(Table(("network", "what", "seconds", "of", "said"), timings))
    kept = [row for network in networks for row in quality(network)]
    print(Table(("network", "macs", "greedy_params", "plan_params", "plan_changed"), kept))
    return 0


if __name__ == "__main__":
    sys.exit(main())
