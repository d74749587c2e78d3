"""What a greedy planner loses: its loop, and what it finds beside the proved plans.

    python -m benchmarks.greedy [--write]

The loop takes the layer and the option that save the most multiplies, then the next, until the
budget holds. The plan beside it touches as few layers as any, and of such plans keeps the most
parameters. `--write` keeps the figures in `data/plans/greedy.csv`, from which a page of the
documentation is made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import NamedTuple

import costmodel as cm
from costmodel.documents.pages.greedy import DATA, Pair
from costmodel.files import data_path, write_whole
from costmodel.network.network import Network
from costmodel.planning.measures import Measures
from costmodel.table import Table

NAMES = ("resnet18", "resnet50", "vgg16")
SHARES = tuple(range(5, 100, 5))  # percent of the network's multiplies


class Greedy(NamedTuple):
    """What a greedy planner ends with: totals, and how many layers it touched."""

    macs: int
    params: int
    changed: int


def greedy(found: Measures, most: int) -> Greedy:
    """Layer by layer the option that saves the most multiplies, until the budget is met.

    found: what the options add to "macs" and "params".
    """
    options = zip(found.parts["macs"], found.parts["params"], strict=True)
    macs, params, changed = found.totals["macs"], found.totals["params"], 0
    for saved, lost in sorted(min(zip(*pair, strict=True)) for pair in options):
        if macs <= most:
            break
        macs, params, changed = macs + saved, params + lost, changed + 1
    return Greedy(macs, params, changed)


def pairs(network: Network, shares: Iterable[int] = SHARES) -> list[Pair]:
    """A greedy plan and the proved one at each budget, where any plan is within it."""
    front = cm.front(network, "macs", "changed", keeping="params")
    found = front.measures
    result = []
    for share in shares:
        most = network.macs * share // 100
        if front.totals(0)[0] > most:
            continue
        loop, plan = greedy(found, most), front.at(most)
        kept = plan.network.params
        layers = (int(plan.value), loop.changed)
        result.append(Pair(network.name, share, network.params, *layers, kept, loop.params))
    return result


def main(arguments: list[str] | None = None) -> int:
    """Print the figures, or keep them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="keep them for the documentation")
    options = parser.parse_args(arguments)
    rows = [asdict(pair) for name in NAMES for pair in pairs(cm.load(name))]
    table = Table(Pair.names(), rows)
    if options.write:
        write_whole(data_path(*DATA), table.to_csv().encode())
    else:
        print(table.to_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
