"""plan(): the best option for every layer of a network, within budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any

from costmodel.errors import InputError
from costmodel.factors.read.stored import Weights
from costmodel.network.network import Network
from costmodel.network.selection import Selector
from costmodel.planning.frontier import frontier
from costmodel.planning.keeping import NEARLY, graded
from costmodel.planning.knapsack import Chosen, best
from costmodel.planning.limits import Amount, Limit, read_limits
from costmodel.planning.measures import CHANGED, ERROR, LARGEST_ERROR, Measures
from costmodel.planning.plan import Plan, made, said
from costmodel.planning.problem import Sum, summed, within
from costmodel.planning.several import Parts, best_within
from costmodel.planning.statement import Statement, Variants

# What has to be known beside an objective.
_BESIDE = {CHANGED: ("params",)}


def plan(
    network: Network | Any,
    at_most: Mapping[str, Amount] | None = None,
    at_least: Mapping[str, Amount] | None = None,
    *,
    minimize: str | None = None,
    weights: Weights | None = None,
    input_shape: Any = None,
    inputs: Any = None,
    variants: Variants = None,
    where: Selector = None,
    keep: Selector = None,
    multiple_of: int = 1,
    machine: str | None = None,
    store: str | None = None,
    seconds: float | None = 60.0,
) -> Plan:
    """The plan within the budgets whose objective is the least possible, with its proof.

    Args:
        network: whose layers are decided about, every one with trained weights of its own: a
            `Network`, or a `torch.nn.Module` with `input_shape` as for `from_torch`.
        at_most, at_least: budgets on totals of the network: a number, or text such as "50%" (of
            the network as it is), "10M", "500k".
        minimize: "error" (the sum of the squared relative errors of the layers' kernels),
            "largest_error" (the largest relative error of a layer, and of such plans the least
            sum), "changed" (the fewest layers touched, and of such plans one that keeps the most
            parameters, within 1 %), or
            a column of the network that is a sum over its layers.
        inputs: some of a model's inputs, batch first, or a tuple of its forward's arguments. Errors
            are then those of each layer's OUTPUTS on what it sees, not of its kernel: ‖outputs −
            outputs of the factors‖ / ‖outputs‖. It takes a decomposition per option, so that
            `variants` has to be given too.
        variants: ids of those that may be chosen, or by a selection of layers
            (`{"layer4.*": ["tucker2"]}`); None is every variant of the catalogue that changes what
            a layer computes. Every layer may stay as it is.
        where, keep: which layers may be replaced, and which of these must stay; selections as for
            `Network.replace`, None is all, and none.
        multiple_of: the channels between the stages of what is chosen are multiples of it.
        machine: whose predicted times `ms` is about, by name; None is this processor on one thread.
        store: the file that has the times; None is the user's own.
        seconds: after so long the best plan found is returned, with the bound that is proved.

    Returns:
        A `Plan`; `proved` says whether there is no better one.

    Raises:
        InputError: a budget that no plan meets (it says the least that one reaches), a measure that
            no plan can be about, or limits that exclude each other.
    """
    statement = Statement.of(
        network,
        weights,
        input_shape,
        inputs,
        variants=variants,
        where=where,
        keep=keep,
        multiple_of=multiple_of,
        machine=machine,
        store=store,
    )
    if LARGEST_ERROR in {*(at_most or ()), *(at_least or ())}:
        raise InputError(f"a budget for {LARGEST_ERROR}, which is no sum; allowed is minimize=")
    minimize = minimize or (CHANGED if statement.weights is None else ERROR)
    limited = [*(at_most or ()), *(at_least or ())]
    keys = [*limited, minimize, *_BESIDE.get(minimize, ())]
    found = statement.measured(keys)
    limits = read_limits(at_most, at_least, found.totals)
    sums = [summed(found.parts[limit.key], ceil if limit.most else floor) for limit in limits]
    budgets = [
        within(parts, limit, found.totals[limit.key])
        for parts, limit in zip(sums, limits, strict=True)
    ]
    if minimize == LARGEST_ERROR:
        return _evenly(statement.network, found, limits, budgets, sums, seconds)
    objective = summed(found.parts[minimize])
    chosen = _chosen(objective.parts, budgets, seconds)
    if chosen is None:
        raise InputError(_out_of_reach(found, limits, budgets, sums))
    if minimize == CHANGED and 0 < chosen.value == chosen.bound:
        chosen = _keeping_most(found, objective.parts, budgets, chosen)
    bound = found.totals[minimize] + objective.real(chosen.bound) - objective.rounded
    return made(statement.network, found, limits, minimize, chosen.places, bound, chosen.proved)


def _chosen(
    values: Parts, budgets: Sequence[tuple[Parts, int]], seconds: float | None
) -> Chosen | None:
    """By the exact method for one budget, by mixed-integer programming for several."""
    if len(budgets) > 1:
        return best_within(values, budgets, seconds)
    costs, most = budgets[0] if budgets else ([[0] * len(part) for part in values], 0)
    return best(list(zip(costs, values, strict=True)), most, seconds)


def _keeping_most(
    found: Measures, changed: Parts, budgets: Sequence[tuple[Parts, int]], chosen: Chosen
) -> Chosen:
    """Of the plans that change as few layers, one that keeps nearly the most parameters.

    With one budget it is the plan of the front there; with several, mixed-integer programming.
    """
    kept = found.parts["params"]
    if len(budgets) == 1:
        ((costs, most),) = budgets
        finer = graded(changed, kept, found.totals["params"])
        line = frontier(list(zip(costs, finer.parts, strict=True)))
        place = line.within(most)
        assert place is not None  # a plan was found
        return replace(chosen, places=line.places(place))
    lost = [[max(-number, 0) for number in part] for part in kept]
    other = best_within(lost, [*budgets, (changed, chosen.value)], gap=NEARLY)
    return chosen if other is None else replace(chosen, places=other.places)


def _evenly(
    network: Network,
    found: Measures,
    limits: tuple[Limit, ...],
    budgets: Sequence[tuple[Parts, int]],
    sums: Sequence[Sum],
    seconds: float | None,
) -> Plan:
    """The plan whose largest error is the least there is, by bisection over all errors.

    With the options of larger errors gone, of the plans within the budgets one with the least sum
    of squared errors.
    """
    squares = found.parts[LARGEST_ERROR]
    errors = sorted({number for part in squares for number in part})
    low, high = 0, len(errors)
    reached: tuple[Chosen, list[list[int]]] | None = None
    while low < high:
        middle = (low + high) // 2
        kept = [[at for at, x in enumerate(part) if x <= errors[middle]] for part in squares]
        values = summed(_only(squares, kept)).parts
        chosen = _chosen(values, [(_only(p, kept), m) for p, m in budgets], seconds)
        if chosen is None:
            low = middle + 1
        else:
            reached, high = (chosen, kept), middle
    if reached is None:
        raise InputError(_out_of_reach(found, limits, budgets, sums))
    chosen, kept = reached
    places = [may[p] for may, p in zip(kept, chosen.places, strict=True)]
    return made(network, found, limits, LARGEST_ERROR, places)


def _only(parts: Sequence[Sequence[Any]], kept: Sequence[Sequence[int]]) -> Sequence[Any]:
    """The options kept of each decision."""
    return [[part[at] for at in may] for part, may in zip(parts, kept, strict=True)]


def _out_of_reach(
    found: Measures,
    limits: Sequence[Limit],
    budgets: Sequence[tuple[Parts, int]],
    sums: Sequence[Sum],
) -> str:
    """The sentence on budgets that no plan meets, with what is the least that one reaches."""
    for at, limit in enumerate(limits):
        others = [budget for place, budget in enumerate(budgets) if place < at]
        nearest = _chosen(budgets[at][0], others, None)
        if nearest is None or nearest.value <= budgets[at][1]:
            continue
        reached = nearest.value if limit.most else -nearest.value
        total = found.totals[limit.key] + sums[at].real(reached)
        held = f" with {' and '.join(map(str, limits[:at]))}" if at else ""
        what = "least" if limit.most else "most"
        return f"{limit} is out of reach; the {what} that any plan reaches{held} is {said(total)}"
    raise AssertionError("every limit can be met")
