"""Trade-offs: costs of every setting of some variants, and which settings nobody beats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from costmodel.comparing.compare import HYPER, VARIANT
from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.hyper import route, together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.sweeping.axes import hyper_axes, spaced
from costmodel.sweeping.cells import Counter
from costmodel.sweeping.over import facts_of, overs
from costmodel.sweeping.part import part_of
from costmodel.sweeping.picking import Front, Points
from costmodel.sweeping.quality import Quality
from costmodel.table import Table

#: Settings of one variant, over all its integer hyper-parameters.
MAX_SETTINGS = 20_000


def trade_off(
    variants: Iterable[str | Variant],
    layer: ConvLayer,
    metrics: tuple[str, str] = ("params", "macs"),
    settings: int = 400,
    *,
    quality: Quality | None = None,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Table:
    """Two costs of every setting of some variants on one layer.

    Args:
        variants: ids or `Variant` values; those that do not fit are in the result's `skipped`.
        metrics: the keys of the two costs.
        settings: how many settings of a variant, over all its integer hyper-parameters at once, at
            most `MAX_SETTINGS`; the present values are always there beside them.
        quality: what a setting is good for, as a third axis; without one the smallest rank is on
            every front.
        hyper, letters: present values, `b=4` or `hyper={"basis.b": 4}`.

    Returns:
        Rows with the variant, its settings, both costs, the quality, whether the setting is the
        present one, and whether it is on the front: no other row is better in one of them and no
        worse in the others. A row whose quality is not known is on no front with one; a quality
        that cannot be compared between variants gives each of them its own front.
    """
    x, y = (METRICS[key].key for key in metrics)
    rows: list[dict[str, Any]] = []
    skipped: list[tuple[str, str]] = []
    chosen = [VARIANTS.of(variant) for variant in variants]
    values = route(chosen, together(hyper, letters))
    for variant in chosen:
        try:
            present = Counts(bind(variant, layer, values[variant.id]))
        except CostModelError as error:
            skipped.append((variant.id, str(error)))
            continue
        own = [
            {
                "variant": variant.id,
                "hyper": found,
                x: first,
                y: second,
                "present": found == present.hyper,
            }
            for found, (first, second) in _counted(present, (x, y), settings, quality)
        ]
        if quality is not None and own:
            for row, value in zip(own, quality.of(present, [r["hyper"] for r in own]), strict=True):
                row[quality.column.key] = value
        rows += own
    _mark(rows, (x, y), quality)
    shown = [METRICS[key].column() for key in (x, y)] + ([quality.column] if quality else [])
    notes = tuple(f"{column.note}." for column in shown)
    return Table([VARIANT, HYPER, *shown, "present", "front"], rows, notes, tuple(skipped))


def _mark(rows: list[dict[str, Any]], costs: tuple[str, ...], quality: Quality | None) -> None:
    """Say of each row whether it is on the front."""
    key = quality.column.key if quality else ""
    sign = -1 if quality and quality.larger else 1
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        row["front"] = False
        if not key or row[key] is not None:
            own = row["variant"] if quality and not quality.across else ""
            groups.setdefault(own, []).append(row)
    for group in groups.values():
        compared = [
            (*(row[cost] for cost in costs), *([sign * row[key]] if key else [])) for row in group
        ]
        for at in front(compared):
            group[at]["front"] = True


def _counted(
    present: Counts, metrics: tuple[str, ...], most: int, quality: Quality | None
) -> Iterator[tuple[dict[str, Number], tuple[Number, ...]]]:
    """The settings of which a quality is known and the present one, or a grid of them; and costs.

    Raises `CostModelError` for a setting that a quality is given of and that does not fit.
    """
    known = quality.settings(present) if quality is not None else None
    if known is None:
        yield from _settings(present, metrics, min(most, MAX_SETTINGS))
        return
    own = [dict(setting) for setting in known]
    for setting in (*own, *([] if present.hyper in own else [dict(present.hyper)])):
        counts = Counts(bind(present.variant, present.layer, setting))
        yield setting, tuple(counts[key] for key in metrics)


def _settings(
    present: Counts, metrics: tuple[str, ...], most: int
) -> Iterator[tuple[dict[str, Number], tuple[Number, ...]]]:
    """Settings over all integer hyper-parameters at once, the present values among each, and costs.

    Values that do not fit the layer are left out.
    """
    variant, layer, hyper = present.variant, present.layer, dict(present.hyper)
    axes = hyper_axes(layer, variant, hyper)
    if not axes:
        yield hyper, tuple(present[key] for key in metrics)
        return
    each = max(2, int(most ** (1 / len(axes)) + 1e-9))
    values = {axis.key: sorted({*spaced(axis.low, axis.high, each), axis.current}) for axis in axes}
    own = overs(values, [variant], layer.dims)
    fixed = {name: value for name, value in hyper.items() if f"{variant.id}.{name}" not in values}
    part = part_of(variant, facts_of(layer), fixed, own, metrics)
    cells = Counter(part).cells(tuple((0, size) for size in part.shape))
    columns = [
        cells.column(key).tolist() for key in (*(("hyper", name) for name in hyper), *metrics)
    ]
    for row in zip(*columns, strict=True):
        yield dict(zip(hyper, row, strict=False)), tuple(row[len(hyper) :])


def front(costs: Sequence[Sequence[Number]]) -> set[int]:
    """The places of the costs that no others beat (the Pareto front, all to be small).

    Of equal ones all are on it.

    >>> sorted(front([(1, 5), (2, 3), (2, 4), (3, 3), (4, 1)]))
    [0, 1, 4]
    """
    import numpy

    if not costs:
        return set()
    # only their order matters, so that exact numbers of any size are compared as places
    columns = [numpy.array(column, dtype=object) for column in zip(*costs, strict=True)]
    places = [numpy.unique(column, return_inverse=True)[1] for column in columns]
    nothing = numpy.zeros(len(costs), dtype=numpy.int64)
    points = Points(numpy.stack(places, axis=1), nothing, numpy.arange(len(costs)))
    return set(Front(tuple(map(str, range(len(columns))))).pick(points).numbers.tolist())
