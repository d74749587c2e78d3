"""Budgets drawn at random: the plan on the front against the plan computed for that budget.

    python -m benchmarks.budgets [--budgets 1000] [--seed 1] [--network resnet18 ...]

Exit code 1 where one differs. A budget is drawn between the least that any plan reaches and the
network as it is, in one pair of measures after the other. The plan for a budget is our exact
method's, which knows nothing of fronts; both proofs have to hold, and every plan's totals are
counted anew in its network.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import costmodel as cm
from costmodel.network.network import Network
from costmodel.planning.front import Front
from costmodel.planning.plan import Plan

BUDGETS = 1_000
NETWORKS = ("alexnet", "resnet18", "mobilenet")
PAIRS = (("macs", "params"), ("weight_bytes", "changed"), ("bops", "additions"))
VARIANTS = ("basis", "tucker2", "channel_svd", "depthwise_separable", "spatial_svd", "cp")
#: How a front answers a budget.
Answer = Callable[[Front, int], Plan]


class Wrong(NamedTuple):
    """A budget for which the two plans differ."""

    network: str
    first: str
    second: str
    budget: int
    on_front: object
    computed: object


def differing(
    network: Network,
    pair: tuple[str, str],
    budgets: int,
    seed: int,
    answer: Answer = Front.at,
    variants: tuple[str, ...] = VARIANTS,
) -> Iterator[Wrong]:
    """The budgets for which the plan on the front is not as good as the one computed for it.

    Args:
        answer: how the front is asked; another one than `Front.at` shows that this can fail.
    """
    first, second = pair
    front = cm.front(network, first, second, variants=variants)
    low, high = (row[first] for row in (front.rows[0], front.rows[-1]))
    draw = random.Random(f"{network.name} {first} {second} {seed}")
    for _ in range(budgets):
        budget = draw.randint(int(low), int(high))
        on_front = answer(front, budget)
        computed = cm.plan(network, {first: budget}, minimize=second, variants=variants)
        assert computed.proved
        if (on_front.value, on_front.totals[first] <= budget) != (computed.value, True):
            yield Wrong(network.name, first, second, budget, on_front.value, computed.value)


def main(arguments: list[str] | None = None) -> int:
    """Draw, compare, and print what differs."""
    parser = argparse.ArgumentParser(description="fronts against plans at random budgets")
    parser.add_argument("--budgets", type=int, default=BUDGETS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--network", nargs="*", default=NETWORKS)
    args = parser.parse_args(arguments)
    cells = [(cm.load(name), pair) for name in args.network for pair in PAIRS]
    wrong = done = 0
    for place, (network, pair) in enumerate(cells):
        count = args.budgets * (place + 1) // len(cells) - done
        start = time.perf_counter()
        found = list(differing(network, pair, count, args.seed))
        took = f"{time.perf_counter() - start:.0f} s"
        what = f"{network.name} {'–'.join(pair)}"
        print(f"{what}: {count} budgets, {took}, {len(found)} differ", flush=True)
        for one in found:
            print(f"  {one}")
        wrong, done = wrong + len(found), done + count
    print(f"{done} budgets, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
