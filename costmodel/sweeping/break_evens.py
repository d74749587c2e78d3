"""Break-evens along an axis: where a variant costs as much as the baseline, drawn and in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from costmodel.comparing.count import Counts
from costmodel.core.numbers import plain
from costmodel.core.readable import exact, in_text
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.solving.solution import Solution
from costmodel.solving.solve import break_even_on_layer
from costmodel.sweeping.axes import Axis, placed


def break_evens(counts: Counts, over: Axis, metrics: Iterable[str]) -> list[Solution]:
    """The values of a hyper-parameter at which a variant is cheaper, for each metric.

    Args:
        counts: the variant on its layer, with its present settings.
        over: what is solved for; an axis of the layer has none.

    Returns:
        None for a metric that does not depend on it, or that the baseline has none of.
    """
    if not over.letter or counts.variant.baseline:
        return []
    others = {name: value for name, value in counts.hyper.items() if name != over.letter}
    found = []
    for metric in metrics:
        try:
            found.append(
                break_even_on_layer(counts.variant, over.letter, counts.layer, metric, hyper=others)
            )
        except CostModelError:
            continue
    return found


def boundary(
    counts: Counts, across: Axis, up: Axis, values: Iterable[int], metric: str
) -> list[tuple[float, float]]:
    """The break-even of one axis along another, as points (x, y) with y exact up to rounding.

    Args:
        counts: a variant on a layer, with its present settings.
        across: what takes the `values`. up: what is solved for; empty for an axis of the layer.
        metric: the key of what is compared.
    """
    if not up.letter or counts.variant.baseline:
        return []
    points = []
    for value in values:
        try:
            layer, hyper = placed(counts.layer, {across.key: value}, counts.hyper, counts.variant)
            others = {name: v for name, v in hyper.items() if name != up.letter}
            found = break_even_on_layer(counts.variant, up.letter, layer, metric, hyper=others)
        except CostModelError:
            continue  # no such layer
        if found.root is not None:
            points.append((float(value), found.root.value))
    return points


def explain_break_even(counts: Counts, over: Axis, solutions: Sequence[Solution]) -> str:
    """Where a variant is cheaper than the baseline, one clause per metric.

    Args:
        counts: the variant on its layer.
        over: the axis looked at.
        solutions: what `break_evens` gave of it.
    """
    if counts.variant.baseline:
        return "The ratio of the baseline to itself is 1 everywhere."
    if not over.letter:
        return f"The hyper-parameters stay as they are while the {over.label} vary."
    clauses: dict[str, list[str]] = {}
    for solution in solutions:
        label = in_text(METRICS[solution.metric].label)
        clauses.setdefault(_clause(solution, over), []).append(label)
    if not clauses:
        return (
            f"No value of {over.letter} makes it cost exactly as much as the "
            f"{VARIANTS.baseline.title}."
        )
    said = (clause.format(" and ".join(labels)) for clause, labels in clauses.items())
    return f"On this layer: {'; '.join(said)}."


def _clause(solution: Solution, over: Axis) -> str:
    """Where a cost is below the baseline's; `{}` stands for what is counted."""
    letter, root = solution.letter, solution.root
    even = f" (break-even at {letter} = {root.text})" if root else ""
    first, last = solution.smallest, solution.largest
    if first is None or first > over.high:
        shown = f" up to {letter} = {exact(over.high)}" if first is not None else ""
        return f"never fewer {{}}{shown}{even}"
    if not _misses(solution, over):
        return f"fewer {{}} at every {letter} shown{even}"
    if solution.cheaper == "below" and last is not None:
        end = f"up to {letter} = {exact(last)}"
        return f"fewer {{}} while {letter} < {root.text}, so {end}" if root else f"fewer {{}} {end}"
    if solution.cheaper == "above":
        end = f"from {letter} = {exact(first)}"
        return f"fewer {{}} while {letter} > {root.text}, so {end}" if root else f"fewer {{}} {end}"
    return f"fewer {{}} for {letter} = {', '.join(map(str, solution.values))}"


def _misses(solution: Solution, over: Axis) -> bool:
    """Whether a value shown, of those that fit, is not cheaper."""
    if solution.always:
        return False
    first, last = solution.smallest, solution.largest
    starts = solution.cheaper in ("below", "outside") or (first is not None and first <= over.low)
    ends = solution.cheaper in ("above", "outside") or last is None or plain(last) >= over.high
    return not (starts and ends) or solution.cheaper in ("outside", "mixed")
