"""Tables as a visitor sees them: exact integers, sortable in every column, conventions on hover."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import streamlit as st

from costmodel.comparing.compare import HYPER, VARIANT
from costmodel.core.readable import MAX_SAFE, sortable
from costmodel.plots.layout import name_of
from costmodel.plots.thumbnail import thumbnail_address
from costmodel.table import Column, Table, plain
from costmodel.timing.answer import Answer
from costmodel.typed import write_pairs

#: The unit of a column of addresses.
LINK = "link"
_MOST_ROWS = 18  # before a table scrolls
_ROW_HEIGHT = 35
_KEPT = 100  # tables of costs; some 20 KB each


#: Columns of what is drawn and said of a variant, beside its counts.
STAGES = Column("stages", "Stages", convention="what runs: filled where channels are mixed")
TIME = Column("time_ms", "Time, ms", "ms", "predicted for this layer, see below")
INTERVAL = Column("interval", "Interval, ms", convention="holds nine of ten such layers' times")
TIME_RATIO = Column("time_ratio", "Time ratio", "×", "time divided by that of the layer as it is")
WHAT = Column("what", "What it is")
GIVES_UP = Column("gives_up", "What it gives up")
_IMAGES = (STAGES.key,)


class _Drawable(NamedTuple):
    """A table as Streamlit takes it: a `pyarrow.Table`, and how each column looks."""

    cells: Any
    columns: Mapping[str, Any]


def cost_table(
    answer: Answer,
    counters: Mapping[str, Mapping[str, str]],
    help: str,
    looked_at: str,
    chosen: Callable[[int], object],
) -> None:
    """A comparison with times and with what other counters say; a row that is chosen is called.

    Args:
        answer: the comparison and its times.
        counters: by the counter's name and the variant's id, what it says.
        help: what that is, for the columns' headers.
        looked_at: the id of the variant whose row is marked.
        chosen: called with the place of a row that is clicked.
    """
    ids = [variant.id for variant in answer.comparison.variants]
    said = tuple((name, *(cells[id] for id in ids)) for name, cells in counters.items())
    place = ids.index(looked_at) if looked_at in ids else None
    key = f"table-{'-'.join(ids)}-{looked_at}"

    def clicked() -> None:
        selected = st.session_state[key].selection.rows
        if selected:
            chosen(selected[0])

    _draw(
        _priced(answer, said, help),
        "Costs of each variant",
        key=key,
        on_select=clicked,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [] if place is None else [place]}},
    )


@lru_cache(maxsize=_KEPT)
def _priced(answer: Answer, counters: tuple[tuple[str, ...], ...], help: str) -> _Drawable:
    """The table of costs; counters: of each, its name and its cells."""
    comparison, rows = answer.comparison, []
    for place, (variant, row) in enumerate(zip(comparison.variants, comparison, strict=True)):
        time = answer.time(variant.id)
        rows.append(
            {
                **row,
                VARIANT.key: name_of(variant),
                HYPER.key: write_pairs(row[HYPER.key], ", "),
                STAGES.key: thumbnail_address(comparison.counts[variant.id]),
                TIME.key: 1e3 * time.seconds if time else None,
                INTERVAL.key: f"{_three(time.low)} – {_three(time.high)}" if time else "",
                TIME_RATIO.key: answer.time_ratio(variant.id),
                WHAT.key: variant.summary,
                GIVES_UP.key: variant.gives_up,
                **{name: cells[place] for name, *cells in counters},
            }
        )
    timed = [TIME, INTERVAL, TIME_RATIO] if answer.estimates else []
    others = [Column(name, name, convention=help) for name, *_ in counters]
    own = {column.key: column for column in comparison.columns}
    first = [own.pop(key) for key in (VARIANT.key, "macs", "macs_ratio")]
    settings, rest = own.pop(HYPER.key), list(own.values())
    said = [*others, *rest, settings, GIVES_UP, WHAT]
    columns = [first[0], STAGES, *first[1:], *timed, *said]
    return _drawable(Table(columns, rows), VARIANT.key)


def show(table: Table, alt: str, pinned: str = "", **look: Any) -> None:
    """Any table: exact integers, shares and ratios with four digits, sortable in every column.

    alt: what it shows, for readers who do not see it. pinned: the column that stays in sight.
    look: further arguments of `st.dataframe`.
    """
    _draw(_drawable(table, pinned), alt, **look)


def _draw(what: _Drawable, alt: str, **look: Any) -> None:
    height = _ROW_HEIGHT * (min(what.cells.num_rows, _MOST_ROWS) + 1) + 3
    st.dataframe(
        what.cells,
        hide_index=True,
        column_config=what.columns,
        height=height,
        alt=alt,
        placeholder="",
        **look,
    )


def _drawable(table: Table, pinned: str) -> _Drawable:
    import pyarrow  # as Streamlit sends it: a data frame would be turned into it every time

    cells: dict[str, Sequence[Any]] = {}
    config: dict[str, Any] = {}
    for column in table.columns:
        key, values = column.key, table.column(column.key)
        if column.unit == LINK:
            cells[key] = [value or None for value in values]
            config[key] = st.column_config.LinkColumn(
                column.label, help=column.convention, display_text="open"
            )
        elif table.is_numeric(key):
            cells[key], config[key] = _numbers(values, column)
        elif key in _IMAGES:
            cells[key] = list(values)
            config[key] = st.column_config.ImageColumn(
                column.label, help=_sentence(column), width=110
            )
        else:
            cells[key] = [plain(value) for value in values]
            config[key] = st.column_config.TextColumn(
                column.label, help=_sentence(column), pinned=key == pinned or None
            )
    return _Drawable(pyarrow.table(cells), config)


def _numbers(values: Sequence[Any], column: Column) -> tuple[list[Any], Any]:
    """A column of numbers; where browsers would round them, of texts that sort as numbers do."""
    label, help = column.label, _sentence(column)
    known = [value for value in values if value is not None]
    integers = all(isinstance(value, int) for value in known)
    if integers and max(map(abs, known), default=0) > MAX_SAFE:
        texts = iter(sortable(known))
        cells = ["" if value is None else next(texts) for value in values]
        return cells, st.column_config.TextColumn(label, alignment="right", help=help)
    if not integers:
        values = [None if value is None else float(value) for value in values]
    pattern = "×%.4g" if column.unit == "×" else "%,d" if integers else "%,.4g"
    return list(values), st.column_config.NumberColumn(label, format=pattern, help=help)


def _three(seconds: float) -> str:
    """Milliseconds with three significant digits."""
    return f"{1e3 * seconds:#.3g}".rstrip(".")


def _sentence(column: Column) -> str | None:
    """A column's convention with a capital; nothing where it has none."""
    return column.convention[:1].upper() + column.convention[1:] or None
