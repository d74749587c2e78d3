"""Trade-offs: two costs of every setting of some variants, and which settings nobody beats."""

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
from costmodel.table import Table

#: Settings of one variant, over all its integer hyper-parameters.
MAX_SETTINGS = 20_000


def trade_off(
    variants: Iterable[str | Variant],
    layer: ConvLayer,
    metrics: tuple[str, str] = ("params", "macs"),
    settings: int = 400,
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Table:
    """Two costs of every setting of some variants on one layer.

    Args:
        variants: ids or `Variant` values; those that do not fit are in the result's `skipped`.
        metrics: the keys of the two costs.
        settings: how many settings of a variant, over all its integer hyper-parameters at once, at
            most `MAX_SETTINGS`; the present values are always there beside them.
        hyper, letters: present values, `b=4` or `hyper={"basis.b": 4}`.

    Returns:
        Rows with the variant, its settings, both costs, whether the setting is the present one, and
        whether it is on the front: no other row costs less in one of the two and no more in the
        other.
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
        for found, (first, second) in _settings(present, (x, y), min(settings, MAX_SETTINGS)):
            rows.append(
                {
                    "variant": variant.id,
                    "hyper": found,
                    x: first,
                    y: second,
                    "present": found == present.hyper,
                }
            )
    best = front([(row[x], row[y]) for row in rows])
    for place, row in enumerate(rows):
        row["front"] = place in best
    costs = [METRICS[key].column() for key in (x, y)]
    notes = tuple(f"{cost.note}." for cost in costs)
    return Table([VARIANT, HYPER, *costs, "present", "front"], rows, notes, tuple(skipped))


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


def front(costs: Sequence[tuple[Number, Number]]) -> set[int]:
    """The places of the costs that no other pair beats (the Pareto front, both to be small).

    Of equal pairs all are on it.

    >>> sorted(front([(1, 5), (2, 3), (2, 4), (3, 3), (4, 1)]))
    [0, 1, 4]
    """
    order = sorted(range(len(costs)), key=lambda place: costs[place])
    places: set[int] = set()
    least: Number | None = None  # of the second cost, among those with a smaller first one
    last: tuple[Number, Number] | None = None
    for place in order:
        pair = costs[place]
        if least is None or pair[1] < least or pair == last:
            places.add(place)
            least, last = pair[1], pair
    return places
