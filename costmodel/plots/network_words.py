"""What the figures of a network show, in words: a finding as a title, a summary for a reader."""

from __future__ import annotations

from collections import Counter

from costmodel.core.readable import exact, percent, ratio_in_words
from costmodel.network import columns
from costmodel.network.kinds import KINDS
from costmodel.network.operations import Operations
from costmodel.plots.layer_costs import label, layer_costs, share_text
from costmodel.plots.layout import name_of

_HALF = 0.5


def summary(network: Operations, metric: str = "macs") -> str:
    """What the figures show, for readers who do not see them."""
    whole = columns.total(network, metric) or 0
    costs = sorted(layer_costs(network, metric), key=lambda cost: -cost.value)[:3]
    largest = "; ".join(f"{cost.name}: {share_text(cost.value, whole, metric)}" for cost in costs)
    text = f"{network.name}: {exact(whole)} {label(metric)} in all. Largest: {largest}."
    done = network.replacement
    if done is not None:
        before = columns.total(done.before, metric) or 0
        names = " and ".join(name_of(variant) for variant in done.variants)
        return f"{text} Before {names}: {exact(before)}."
    return text


def where_it_lies(network: Operations, metric: str = "macs") -> str:
    """How few layers hold half of a cost, or how much the largest one has."""
    whole = columns.total(network, metric) or 0
    costs = sorted(layer_costs(network, metric), key=lambda cost: -cost.value)
    if not costs or not whole:
        return f"No {label(metric)} in {network.name}"
    if costs[0].value >= _HALF * whole:
        return f"{costs[0].name} alone has {percent(costs[0].value / whole)} of the {label(metric)}"
    count, running = 0, 0
    while 2 * running < whole:
        running += costs[count].value
        count += 1
    return f"{count} of {len(costs)} layers have half of the {label(metric)}"


def by_module(network: Operations, metric: str = "macs") -> str:
    """The module at the top that has most of a cost."""
    whole = columns.total(network, metric) or 0
    modules: Counter[str] = Counter()
    for cost in layer_costs(network, metric):
        modules[cost.name.partition(".")[0]] += cost.value
    if not modules or not whole:
        return f"No {label(metric)} in {network.name}"
    name, most = modules.most_common(1)[0]
    return f"{name} has most of the {label(metric)}: {percent(most / whole)}"


def by_kind(network: Operations, metric: str = "macs", other: str = "params") -> str:
    """The kind of operation that has most of a cost, and how much of another one."""
    first, second = (_kinds(network, key) for key in (metric, other))
    if not first:
        return f"No {label(metric)} in {network.name}"
    kind, most = max(first.items(), key=lambda item: item[1])
    said = f"{KINDS[kind].label.capitalize()}: {percent(most)} of the {label(metric)}"
    if other == metric:
        return said
    return f"{said}, {percent(second.get(kind, 0))} of the {label(other).lower()}"


def by_replacing(network: Operations, metric: str = "macs") -> str:
    """What became of a cost."""
    done = network.replacement
    assert done is not None
    before, after = (columns.total(n, metric) or 0 for n in (done.before, network))
    count = len(network.replaced)
    layers = "1 layer" if count == 1 else f"{count} layers"
    ratio = ratio_in_words(after / before) if before else "none before"
    return f"{label(metric)} after replacing {layers}: {ratio}"


def _kinds(network: Operations, metric: str) -> dict[str, float]:
    """The share of each kind of operation in a cost."""
    whole = columns.total(network, metric) or 0
    shares: dict[str, float] = {}
    for cost in layer_costs(network, metric):
        shares[cost.kind] = shares.get(cost.kind, 0) + cost.value / whole
    return shares
