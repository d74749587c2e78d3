"""sweep(): a design space of any size, as rows, files and reductions."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, plain
from costmodel.core.variant import Variant
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.sweeping import writing
from costmodel.sweeping.over import Value
from costmodel.sweeping.parts import write_parts
from costmodel.sweeping.picking import Front, Least, Nothing, Rule
from costmodel.sweeping.reducing import Result
from costmodel.sweeping.reductions import Reduced, reduce, row_of, summary
from costmodel.sweeping.rows import Rows
from costmodel.sweeping.running import Runner, Threads
from costmodel.sweeping.space import Space, space
from costmodel.table import Table

#: The format that the suffix of a file says.
SUFFIXES = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}


@dataclass(frozen=True)
class Sweep:
    """A design space that is counted when something is asked of it, block by block.

    space: its points. run: whoever counts them. Nothing is kept: memory is the same for any number
    of points, but for what is asked for.
    """

    space: Space
    run: Runner = field(default_factory=Threads, repr=False)

    @property
    def points(self) -> int:
        """How many points there are, those that fit no layer included."""
        return self.space.points

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(place.column.key for place in self.space.shown)

    @property
    def telling(self) -> tuple[str, ...]:
        """The columns that differ from row to row: the variant, what varies, the metrics."""
        axes = [over for part in self.space.parts for over in part.axes]
        fields = {("field", field) for over in axes for field in over.fields}
        letters = {("hyper", over.letter) for over in axes if over.letter}
        kept = {"variant", *fields, *letters, *self.space.metrics}
        return tuple(p.column.key for p in self.space.shown if p.source in kept)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows, one after the other; points that fit no layer are left out."""
        source = writing.source(self.space)
        for rows in map(source.__getitem__, range(len(source))):
            columns = [_cells(rows, place) for place in range(len(rows.columns))]
            for cells in zip(*columns, strict=True):
                yield dict(zip(self.names, cells, strict=True))

    def to_table(self, most: int | None = None) -> Table:
        """All rows, or the first ones, as a table."""
        notes = tuple(f"{p.column.note}." for p in self.space.shown if p.column.convention)
        rows = list(self if most is None else itertools.islice(self, most))
        return Table([place.column for place in self.space.shown], rows, notes)

    def write(
        self,
        path: str,
        format: str | None = None,
        *,
        resume: bool = False,
        progress: writing.Progress | None = None,
    ) -> writing.Written:
        """Write all rows to a file, whole or not at all; see `writing.write`.

        A path that ends with `/`, and a URL that fsspec knows, is a folder of parts, Parquet unless
        said otherwise; see `parts.write_parts`.

        format: "csv", "jsonl", "parquet" or "arrow"; None is what the suffix says.

        >>> import costmodel as cm
        >>> layer = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
        >>> found = cm.sweep("basis", layer, {"b": range(1, 10), "n": "64,128"}, "macs")
        >>> found.points
        18
        """
        if is_folder(path):
            return write_parts(self.space, path, format or "parquet", self.run, resume, progress)
        if format is None:
            suffix = os.path.splitext(path)[1].lower()
            if suffix not in SUFFIXES:
                raise InputError(
                    f"{path}: no format has the suffix {suffix!r}; allowed are "
                    f"{', '.join(SUFFIXES)}, or any with format="
                )
            format = SUFFIXES[suffix]
        return writing.write(self.space, path, format, self.run, resume, progress)

    def stream(
        self, out: BinaryIO, format: str = "csv", progress: writing.Progress | None = None
    ) -> writing.Written:
        """Write all rows to an open binary file, as "csv" or "jsonl"."""
        return writing.stream(self.space, out, format, self.run, progress)

    # -- reductions: no row is written -------------------------------------------------------------
    def count(self, progress: Reduced | None = None, kept: str = "", resume: bool = False) -> Table:
        """How many points are rows, fit no layer, or do not meet the conditions.

        progress: called with how many points are done. kept: the file that the result is for, where
        there is one: what is done lies beside it until all is. resume: go on with that.
        """
        found = self._reduced(Nothing(), progress, kept, resume)
        names = ("points", "rows", "misfits", "outside")
        return Table(names, [{name: getattr(found, name) for name in names}])

    def front(
        self, *metrics: str, progress: Reduced | None = None, kept: str = "", resume: bool = False
    ) -> Table:
        """The rows that no other one beats: less in one of the metrics and no more in any.

        Up to four metrics, exact; of rows that are equal in all of them every one is there. In the
        order of the metrics. progress, kept, resume: as for `count`.
        """
        return self._table(self._reduced(Front(metrics), progress, kept, resume))

    def least(
        self,
        metric: str,
        top: int = 1,
        progress: Reduced | None = None,
        kept: str = "",
        resume: bool = False,
    ) -> Table:
        """The rows with the least values of a metric; of equal ones those that come first.

        top: how many. progress, kept, resume: as for `count`.
        """
        rule = Least(METRICS[metric].key, top)
        return self._table(self._reduced(rule, progress, kept, resume))

    def summary(
        self,
        *by: str,
        quantiles: Iterable[Number | str] = (),
        progress: Reduced | None = None,
    ) -> Table:
        """Per group the number of rows, and the least and greatest value of every metric.

        by: "variant", and names of what varies. quantiles: shares such as "1/2" or 0.9; of each,
        the least value that at least that share of the group's rows does not exceed (`macs_q0.9`).
        """
        return summary(self.space, self.run, by, quantiles, progress)

    def _reduced(self, rule: Rule, progress: Reduced | None, kept: str, resume: bool) -> Result:
        return reduce(self.space, rule, self.run, progress, kept=kept, resume=resume)

    def _table(self, result: Result) -> Table:
        """The rows of the points that were picked, each counted by itself."""
        rows = [
            row_of(self.space, int(part), int(number))
            for part, number in zip(result.picked.parts, result.picked.numbers, strict=True)
        ]
        notes = tuple(f"{p.column.note}." for p in self.space.shown if p.column.convention)
        return Table([place.column for place in self.space.shown], rows, notes)


def is_folder(path: str) -> bool:
    """Whether rows go into a folder of parts and not into one file."""
    return path.endswith("/") or "://" in path


def sweep(
    variants: Iterable[str | Variant] | str | Variant,
    layer: ConvLayer,
    over: Mapping[str, Iterable[Value] | str],
    metrics: Iterable[str] | str | None = None,
    *,
    where: Sequence[str] | str = (),
    columns: Sequence[str] | None = None,
    settings: Settings = DEFAULTS,
    workers: int = 0,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Sweep:
    """A design space: variants over any number of axes, counted as it is read.

    Args:
        variants: ids or `Variant` values, or one of them.
        layer: what does not vary.
        over: what varies, with its values: fields of the layer by name or letter (`out_channels`
            or `n`, `size`), `channels` for both, a hyper-parameter of every variant that has the
            letter (`r`), or of one alone (`tucker2.r1`). Values are integers, one per spatial axis
            (`(56, 48)`), or as one types them: "8:512:8" (both ends included), "14,28,56x48",
            "n/8,n/4" (of the layer's sizes, per group). The last axis varies fastest.
        metrics: keys; None is parameters and MACs.
        where: conditions that all have to hold, such as "macs<=2e8"; see `conditions`.
        columns: what a row has, in this order; None is everything.
        settings: conventions: what a MAC is worth in FLOPs, and word lengths.
        workers: threads, 0 for one per core.
        hyper, letters: hyper-parameters that do not vary, `b=4` or `hyper={"basis.b": 4}`.

    Returns:
        A `Sweep`: rows to iterate over or to write, and reductions. Points that no layer or variant
        can have (groups that do not divide the channels) are no rows.

    Raises:
        InputError: an unknown axis, metric or column, a value or a condition that is none.
        VariantError: an unknown variant or hyper-parameter.

    >>> import costmodel as cm
    >>> layer = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> found = cm.sweep("grouped", layer, {"g": "1:8"}, columns=("g", "macs"))
    >>> print(found.to_table().to_csv(), end="")
    g,macs
    1,231211008
    2,115605504
    4,57802752
    8,28901376
    """
    chosen = space(
        variants,
        layer,
        over,
        metrics,
        where=where,
        columns=columns,
        settings=settings,
        hyper=hyper,
        **letters,
    )
    chosen.shown  # noqa: B018  (an unknown column is refused now)
    return Sweep(chosen, Threads(workers))


def _cells(rows: Rows, place: int) -> Iterable[Any]:
    """The cells of a column as Python values."""
    column = rows.columns[place]
    if column.numbers is not None:
        return map(plain, column.numbers.tolist())
    if isinstance(column.codes, int):
        return itertools.repeat(column.texts[column.codes], rows.number)
    return [column.texts[code] for code in column.codes.tolist()]
