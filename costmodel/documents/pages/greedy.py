"""The page of the documentation about what a greedy planner loses, made from kept plans."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from costmodel.documents.canvas import canvas
from costmodel.errors import InputError
from costmodel.files import data_path, read_text
from costmodel.markup import markdown_table
from costmodel.plots.palette import MEANINGS, NEUTRAL

_STEP = 10  # percent between the budgets of the table
PATH, FIGURE = "docs/greedy.md", "docs/greedy.svg"
#: The kept plans, as `python -m benchmarks.greedy --write` writes them.
DATA = ("plans", "greedy.csv")
_INTRODUCTION = """# What a greedy planner loses

A loop that everyone writes first: take the layer and the option that save the most multiplies, then
the next, until the budget holds. Here it is beside the proved plan for the same question, over the
whole catalogue of variants: the fewest layers touched within the budget, and of such plans the one
that keeps the most parameters (`cm.plan(network, {"macs": "50%"})`).
"""
_WHY = """The loop has no way back: it takes the option of each layer that saves most, also where
another one would have done, and the last layer overshoots the budget. The plan weighs all layers
together. Parameters kept are no accuracy; with trained weights the objective is `error`
([Plans](plans.md))."""
_AGAIN = """Made by `python -m benchmarks.greedy --write` and kept in `data/plans/greedy.csv`, which
has more budgets. Parameters and layers are exact; that no plan touches fewer layers is proved, and
parameters are the most to within 1 % of the network's."""


@dataclass(frozen=True)
class Pair:
    """A greedy plan beside the proved one.

    budget: percent of the network's multiplies. params: of the network as it is. layers,
    greedy_layers: how many each plan touches. kept, greedy_kept: parameters after it.
    """

    network: str
    budget: int
    params: int
    layers: int
    greedy_layers: int
    kept: int
    greedy_kept: int

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The columns of the kept file."""
        return tuple(field.name for field in fields(cls))

    @property
    def lost(self) -> float:
        """What the greedy plan keeps less, as a share of the network's parameters."""
        return (self.kept - self.greedy_kept) / self.params


def read(path: str) -> list[Pair]:
    """The plans of a kept file; `InputError` where it holds none."""
    rows = csv.reader(read_text(path, dash=False).splitlines())
    try:
        head, *lines = rows
        if tuple(head) != Pair.names():
            raise ValueError(f"the columns are {','.join(head)}")
        return [Pair(name, *map(int, numbers)) for name, *numbers in lines]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path!r} holds no plans ({error}); allowed is what benchmarks.greedy has written"
        ) from None


def greedy_page() -> dict[str, bytes]:
    """The page and its figure, by their paths from the root of the project."""
    pairs = read(data_path(*DATA))
    alt = "Parameters kept over the budget of multiplies: proved plans beside greedy ones."
    parts = [
        _INTRODUCTION.rstrip(),
        f"![{alt}]({FIGURE.rpartition('/')[2]})",
        "## What was found",
        "\n".join(f"- {sentence}" for sentence in _findings(pairs)),
        _WHY,
        "## In numbers",
        _table(pairs).rstrip(),
        _AGAIN,
    ]
    return {PATH: ("\n\n".join(parts) + "\n").encode(), FIGURE: _figure(pairs)}


def by_network(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    """The pairs of each network, by rising budget."""
    found: dict[str, list[Pair]] = {}
    for pair in sorted(pairs, key=lambda pair: pair.budget):
        found.setdefault(pair.network, []).append(pair)
    return {name: found[name] for name in dict.fromkeys(pair.network for pair in pairs)}


def _findings(pairs: Sequence[Pair]) -> Iterable[str]:
    """Sentences that are worked out from the plans."""
    more = [pair for pair in pairs if pair.greedy_layers > pair.layers]
    yield (
        f"The greedy plan touches more layers than the proved one at {len(more)} of "
        f"{len(pairs)} budgets, and never fewer."
        if more
        else f"At all {len(pairs)} budgets both touch the same number of layers."
    )
    for name, own in by_network(pairs).items():
        worst, least = max(own, key=lambda pair: pair.lost), min(own, key=lambda pair: pair.lost)
        yield (
            f"{name}: at {worst.budget} % of the multiplies the greedy plan keeps "
            f"{_share(worst.greedy_kept, worst)} of the parameters, the proved one "
            f"{_share(worst.kept, worst)}; where they are closest, at {least.budget} %, it is "
            f"{_share(least.greedy_kept, least)} and {_share(least.kept, least)}."
        )


def _table(pairs: Sequence[Pair]) -> str:
    rows = [
        (
            pair.network,
            f"{pair.budget} %",
            f"{pair.layers}",
            f"{pair.greedy_layers}",
            f"{pair.kept:,}",
            f"{pair.greedy_kept:,}",
            f"{_share(pair.kept, pair)}",
            f"{_share(pair.greedy_kept, pair)}",
        )
        for pair in pairs
        if pair.budget % _STEP == 0
    ]
    columns = (
        *("network", "MACs at most", "layers, plan", "layers, greedy", "parameters, plan"),
        *("parameters, greedy", "kept, plan", "kept, greedy"),
    )
    return markdown_table(columns, rows, [False, *[True] * (len(columns) - 1)])


def _share(part: int, pair: Pair) -> str:
    return f"{100 * part / pair.params:.3g} %"


def _figure(pairs: Sequence[Pair]) -> bytes:
    networks = by_network(pairs)
    axes, draw = canvas(len(networks), 10.0, 3.6)
    for axis, (name, own) in zip(axes, networks.items(), strict=True):
        budgets = [pair.budget for pair in own]
        proved = [100 * pair.kept / pair.params for pair in own]
        found = [100 * pair.greedy_kept / pair.params for pair in own]
        better, worse = MEANINGS["better"], MEANINGS["worse"]
        axis.fill_between(budgets, found, proved, color=NEUTRAL, alpha=0.15, linewidth=0)
        axis.plot(budgets, proved, color=better, marker="o", markersize=4, label="proved plan")
        axis.plot(
            *(budgets, found),
            color=worse,
            marker="s",
            markersize=4,
            linestyle="--",
            label="greedy plan",
        )
        axis.set_title(name, fontsize="medium")
        axis.set_xlabel("budget, % of the MACs")
    axes[0].set_ylim(0, 104)
    axes[0].set_ylabel("parameters kept, %")
    axes[0].legend(frameon=False, fontsize="small", loc="lower right")
    return draw("markdown")
