"""Tables as a visitor sees them: exact integers, sortable in every column, conventions on hover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from costmodel.comparing.compare import HYPER, VARIANT, Comparison
from costmodel.core.readable import MAX_SAFE, sortable
from costmodel.plots.layout import name_of
from costmodel.table import Column, Table, plain
from costmodel.typed import write_pairs

_MOST_ROWS = 18  # before a table scrolls
_ROW_HEIGHT = 35


def cost_table(comparison: Comparison) -> None:
    """A comparison, the variants by their names and their settings at the end."""
    rows = [
        {**row, VARIANT.key: name_of(variant), HYPER.key: write_pairs(row[HYPER.key], ", ")}
        for variant, row in zip(comparison.variants, comparison, strict=True)
    ]
    columns = sorted(comparison.columns, key=lambda column: column == HYPER)
    show(Table(columns, rows), "Costs of each variant", pinned=VARIANT.key)


def show(table: Table, alt: str, pinned: str = "") -> None:
    """Any table: exact integers, shares and ratios with four digits, sortable in every column.

    alt: what it shows, for readers who do not see it. pinned: the column that stays in sight.
    """
    import pandas  # half a second that the title need not wait for

    cells: dict[str, Sequence[Any]] = {}
    config: dict[str, Any] = {}
    for column in table.columns:
        key, values = column.key, table.column(column.key)
        if table.is_numeric(key):
            cells[key], config[key] = _numbers(values, column)
        else:
            cells[key] = [plain(value) for value in values]
            config[key] = st.column_config.TextColumn(column.label, pinned=key == pinned or None)
    frame = pandas.DataFrame(cells)
    st.dataframe(
        frame,
        hide_index=True,
        column_config=config,
        height=_ROW_HEIGHT * (min(len(frame), _MOST_ROWS) + 1) + 3,
        alt=alt,
        placeholder="",
    )


def _numbers(values: Sequence[Any], column: Column) -> tuple[list[Any], Any]:
    """A column of numbers; where browsers would round them, of texts that sort as numbers do."""
    label, help = column.label, column.convention[:1].upper() + column.convention[1:]
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
