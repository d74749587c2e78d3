"""Reductions of a whole space: runs of blocks, put together, and turned into rows again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from costmodel.core.numbers import Number
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS
from costmodel.sweeping.checkpoint import Checkpoint
from costmodel.sweeping.over import written
from costmodel.sweeping.picking import Rule
from costmodel.sweeping.reducing import Reducer, Result, chunks, merged, reduced
from costmodel.sweeping.running import Runner, kept
from costmodel.sweeping.space import Space
from costmodel.sweeping.summaries import (
    Extent,
    Grouped,
    Sought,
    narrowed,
    quantile_ranks,
)
from costmodel.table import Column, Table

#: Called with how many points are done.
Reduced = Callable[[int], None]
#: Runs of blocks: each begins without knowing what others found, so they are few and long.
_RUNS = 64


def reduce(
    space: Space,
    rule: Rule,
    run: Runner,
    progress: Reduced | None = None,
    compiled: bool | None = None,
    kept: str = "",
    resume: bool = False,
) -> Result:
    """What all points of a space come to by a rule.

    compiled: whether loops are compiled; None where that pays and Numba is installed. kept: the
    file that the result is for: what is done is kept beside it, run of blocks by run, until it is
    all. resume: go on with what an earlier call has kept there.
    """
    keys = tuple(METRICS[key].key for key in rule.keys)
    space = replace(
        space,
        parts=tuple(
            replace(part, metrics=tuple(dict.fromkeys((*part.metrics, *keys))))
            for part in space.parts
        ),
    )
    pieces = chunks(len(Reducer(space, rule, compiled)), _RUNS)
    work = functools.partial(reduced, space, rule, compiled, pieces)
    join = functools.partial(merged, rule)
    if progress is None and not kept:
        result = run.merged(work, range(len(pieces)), join)
    else:
        title = f"{space.fingerprint} {rule!r} {len(pieces)}"
        checkpoint = Checkpoint(kept, title) if kept else None
        before = checkpoint.load() if checkpoint and resume else None
        done, result = before or (0, None)
        for number, part in enumerate(run.in_order(work, range(done, len(pieces))), done + 1):
            result = part if result is None else join(result, part)
            if checkpoint:
                checkpoint.save(number, result)
            if progress:
                progress(result.points)
        if checkpoint:
            checkpoint.drop()
    assert result is not None
    return replace(result, picked=rule.pick(result.picked))


def row_of(space: Space, part: int, number: int) -> dict[str, Any]:
    """The row of one point, counted by itself."""
    own = space.parts[part]
    digits = own.digits(number)
    counts = own.counts(own.values(digits))
    cells: dict[Any, Any] = {"variant": own.variant.id}
    cells |= {("hyper", letter): value for letter, value in counts.hyper.items()}
    varying = {
        field: over.values[digit]
        for over, digit in zip(own.axes, digits, strict=True)
        for field in over.fields
    }
    cells |= {
        ("field", field): written(field, value) for field, value in {**own.facts, **varying}.items()
    }
    cells |= {key: counts[key] for key in own.metrics}
    return {place.column.key: cells.get(place.source) for place in space.shown}


def summary(
    space: Space,
    run: Runner,
    by: Sequence[str],
    quantiles: Iterable[Number | str] = (),
    progress: Reduced | None = None,
) -> Table:
    """Per group: rows, least and greatest value, quantiles; see `Sweep.summary`."""
    shares = {str(share): _share(share) for share in quantiles}
    work = functools.partial(extent, space, tuple(by), space.metrics)
    blocks = range(len(_grouped((space, tuple(by), space.metrics))))
    found = run.merged(work, blocks, Extent.merged)
    assert found is not None
    values = _quantiles(space, run, by, found, list(shares.values()), blocks)
    columns: list[Column | str] = [*by, "rows"]
    for metric in space.metrics:
        columns += [f"{metric}_min", *(f"{metric}_q{text}" for text in shares), f"{metric}_max"]
    rows = []
    for group, count in found.counts.items():
        names = iter(group[1:])
        row: dict[str, Any] = {}
        for name in by:
            row[name] = (
                space.parts[group[0]].variant.id if name == "variant" else _text(next(names))
            )
        row["rows"] = count
        for metric in space.metrics:
            low, high = found.ends[group, metric]
            row |= {f"{metric}_min": low, f"{metric}_max": high}
            for text, share in shares.items():
                row[f"{metric}_q{text}"] = values[group, metric, share]
        rows.append(row)
    if progress:
        progress(space.points)
    notes = tuple(f"{METRICS[metric].column(space.settings).note}." for metric in space.metrics)
    return Table(columns, rows, notes)


def _quantiles(
    space: Space,
    run: Runner,
    by: Sequence[str],
    found: Extent,
    shares: Sequence[Fraction],
    blocks: range,
) -> dict[Sought, int]:
    ranks = quantile_ranks(found, space.metrics, shares)
    ranges = {sought: found.ends[sought[:2]] for sought in ranks}
    while open_ranges := {s: ends for s, ends in ranges.items() if ends[0] < ends[1]}:
        work = functools.partial(histogram, space, tuple(by), space.metrics, open_ranges)
        counted = run.merged(work, blocks, _added)
        assert counted is not None
        ranges |= narrowed(open_ranges, ranks, counted)
    return {sought: low for sought, (low, _) in ranges.items()}


def extent(space: Space, by: tuple[str, ...], metrics: tuple[str, ...], number: int) -> Extent:
    """One block, wherever this is called."""
    return _grouped((space, by, metrics)).extent(number)


def histogram(
    space: Space,
    by: tuple[str, ...],
    metrics: tuple[str, ...],
    ranges: dict[Sought, tuple[int, int]],
    number: int,
) -> dict[Sought, Any]:
    """One block, wherever this is called."""
    return _grouped((space, by, metrics)).histogram(ranges, number)


def _added(one: dict[Sought, Any], other: dict[Sought, Any]) -> dict[Sought, Any]:
    return {
        sought: one[sought] + other[sought]
        if sought in one and sought in other
        else one.get(sought, other.get(sought))
        for sought in {**one, **other}
    }


_grouped = kept(
    lambda key: Grouped(*key), key=lambda key: f"{key[0].fingerprint} {key[1]} {key[2]}"
)


def _share(value: Number | str) -> Fraction:
    try:
        share = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        share = Fraction(-1)
    if not 0 <= share <= 1:
        raise InputError(f"quantile {value!r}; allowed are shares from 0 to 1, such as 0.5 or 9/10")
    return share


def _text(value: Any) -> Any:
    return "x".join(map(str, value)) if isinstance(value, tuple) else value
