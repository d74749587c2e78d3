"""What the figures of a design space show, each as a sentence: the title above it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

from costmodel.core.readable import exact, in_text, percent, ratio, si
from costmodel.core.variant import VARIANTS
from costmodel.metrics.metric import METRICS
from costmodel.plots.layout import name_of
from costmodel.sweeping.axes import Axis
from costmodel.sweeping.grid import Grid
from costmodel.sweeping.quality import Quality
from costmodel.table import Table

_NAMED = 2  # variants in a title; the others are counted


def over_axis(grid: Grid, over: Axis, metric: str) -> str:
    """Which variant has the least of a cost, and at how many of the values drawn.

    Of a single variant: where it saves anything against the baseline, and where most.

    Args:
        grid: one axis. over: what varies. metric: the key of what is drawn.
    """
    values = grid.axes[over.key]
    if len(grid.variants) == 1:
        return _saved_over(grid, over, metric)
    won: Counter[tuple[str, ...]] = Counter()
    for place in range(len(values)):
        cells = {id: grid.cells[id, metric][place] for id in grid.variants}
        known = {id: cell for id, cell in cells.items() if cell is not None}
        if known:
            least = min(known.values())
            won[tuple(id for id, cell in known.items() if cell == least)] += 1
    label = in_text(METRICS[metric].label)
    drawn = f"{len(values):,} values of {over.short}"
    if not won:
        return f"No variant fits at any of the {drawn}"
    (first, often), *rest = won.most_common()
    if not rest:
        return f"Least {label}: {_names(first)}, at {'all' * (often == len(values))} {drawn}"
    said = [f"{_names(ids)} at {count:,}" for ids, count in rest[: _NAMED - 1]]
    others = sum(count for _, count in rest[_NAMED - 1 :])
    said += [f"others at {others:,}"] * bool(others)
    return f"Least {label}: {_names(first)} at {often:,} of {drawn}, {', '.join(said)}"


def over_map(grid: Grid, across: Axis, up: Axis, metric: str) -> str:
    """In how much of a map a variant saves anything against the baseline, and where most.

    Args:
        grid: two axes, one variant. across, up: what varies. metric: the key of what is compared.
    """
    (id,) = grid.variants
    label = in_text(METRICS[metric].label)
    if VARIANTS[id].baseline:
        return f"{_name(id)} is what others are compared with: ×1 everywhere"
    known = _known(grid, id, metric)
    if not known:
        return f"{_name(id)} fits nowhere on the map, or there are no {label} to save"
    saving = [share for share, *_ in known if share < 1]
    if not saving:
        return f"{_name(id)} saves no {label} anywhere on the map"
    least, place = min(known)
    at = dict(zip(grid.axes, place, strict=True))
    where = " and ".join(f"{axis.short} = {exact(at[axis.key])}" for axis in (across, up))
    share = percent(len(saving) / len(known))
    return f"{_name(id)} saves {label} in {share} of the map, most at {where}: {ratio(least)}"


def over_settings(table: Table, metrics: tuple[str, str], quality: Quality | None = None) -> str:
    """How many settings are beaten by none, and whose they are.

    Args:
        table: what `trade_off` gave. metrics: the keys of the costs. quality: the third axis.
    """
    labels = [in_text(METRICS[key].label) for key in reversed(metrics)]
    rows = list(table.rows)
    if quality is not None:
        rows = [row for row in rows if row[quality.column.key] is not None]
        labels.append(in_text(quality.column.label))
        if not rows:
            return f"{quality.column.label} is known of no setting"
    best = Counter(row["variant"] for row in rows if row["front"])
    (*named, last) = [f"{count:,} of {_of(id)}" for id, count in best.most_common(_NAMED + 1)]
    if len(best) > _NAMED + 1:
        last = f"{best.total() - sum(n for _, n in best.most_common(_NAMED)):,} of others"
    whose = ", ".join([*named, last])
    together = f"{', '.join(labels[:-1])} and {labels[-1]}"
    among = "none" if quality is None or quality.across else "none of the same variant"
    count = f"{best.total():,} of {len(rows):,} settings"
    return f"{count} are beaten by {among} in {together}: {whose}"


def _saved_over(grid: Grid, over: Axis, metric: str) -> str:
    (id,), values = grid.variants, grid.axes[over.key]
    label = in_text(METRICS[metric].label)
    cells = [cell for cell in grid.cells[id, metric] if cell is not None]
    if not cells:
        return f"{_name(id)} fits at none of the {len(values):,} values of {over.short}"
    if VARIANTS[id].baseline:
        return f"{_name(id)}: {si(min(cells))} to {si(max(cells))} {label} over {over.short}"
    known = _known(grid, id, metric)
    if not known:
        return f"There are no {label} to save at any value of {over.short}"
    saving = [place[0] for share, place in known if share < 1]
    if not saving:
        return f"{_name(id)} saves no {label} at any of {len(known):,} values of {over.short}"
    least, (best, *_) = min(known)
    drawn = [place[0] for _, place in known]
    start = drawn.index(saving[0])
    together = drawn[start : start + len(saving)] == saving
    where = f", {exact(saving[0])} to {exact(saving[-1])}" if together and saving[1:] else ""
    count = "all" if len(saving) == len(known) else f"{len(saving):,} of"
    return (
        f"{_name(id)} saves {label} at {count} {len(known):,} values of {over.short}{where}; most "
        f"at {exact(best)}: {ratio(least)}"
    )


def _known(grid: Grid, id: str, metric: str) -> list[tuple[float, tuple[int, ...]]]:
    """The ratios to the baseline where there are any, each with the axes' values."""
    ratios, axes = grid.ratio(id, metric), list(grid.axes.values())
    found = zip(ratios.flat, product(*axes), strict=True)
    return [(float(share), place) for share, place in found if share == share]


def _names(ids: Sequence[str]) -> str:
    """Variants that are alike; only counted where they are many."""
    if len(ids) > _NAMED:
        return f"{len(ids)} variants alike"
    return " and ".join(map(_of, ids))


def _of(id: str) -> str:
    return name_of(VARIANTS[id])


def _name(id: str) -> str:
    """A variant at the beginning of a sentence."""
    return f"{_of(id)[:1].upper()}{_of(id)[1:]}"
