"""Tables as a visitor sees them: exact integers, sortable in every column, conventions on hover."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from costmodel.core.readable import MAX_SAFE, sortable
from costmodel.core.variant import VARIANTS, Variant
from costmodel.metrics.metric import METRICS
from costmodel.plots.layout import name_of
from costmodel.table import Table

_MOST_ROWS = 18  # before a table scrolls
_ROW_HEIGHT = 35


def cost_table(table: Table, variants: Mapping[str, Variant] = VARIANTS) -> None:
    """The rows of a comparison: exact integers, sortable in every column."""
    rows = list(table)
    columns: dict[str, Any] = {"variant": [name_of(variants[row["variant"]]) for row in rows]}
    config: dict[str, Any] = {"variant": st.column_config.TextColumn("Variant", pinned=True)}
    for key in table.columns:
        if key.removesuffix("_ratio") not in METRICS:
            continue
        metric = METRICS[key.removesuffix("_ratio")]
        if key.endswith("_ratio"):
            columns[key] = table.column(key)
            config[key] = st.column_config.NumberColumn(
                f"{metric.label} ratio",
                format="×%.4g",
                help=f"{metric.label} divided by those of the {VARIANTS.baseline.title}",
            )
        else:
            columns[key], config[key] = _numbers(table.column(key), metric.label, metric.stated())
    columns["hyper"] = [row["hyper"].replace(";", ", ") for row in rows]
    config["hyper"] = st.column_config.TextColumn("Settings")
    show(columns, config, "Costs of each variant")


def plain_table(table: Table, title: Callable[[str], str], alt: str) -> None:
    """Any table: numbers exact and right-aligned, shares and ratios with four digits."""
    columns: dict[str, Any] = {}
    config: dict[str, Any] = {}
    for key in table.columns:
        values = table.column(key)
        known = [value for value in values if value not in (None, "")]
        if known and all(isinstance(value, int | float) for value in known):
            columns[key], config[key] = _numbers(values, title(key), _convention(table, key))
        else:
            columns[key] = ["" if value is None else str(value) for value in values]
            config[key] = st.column_config.TextColumn(title(key))
    show(columns, config, alt)


def _convention(table: Table, key: str) -> str:
    """What a note under the table says of a column."""
    found = (note for note in table.notes if note.startswith(f"{key}:"))
    return next(found, "").removeprefix(f"{key}:").strip()


def _numbers(values: Sequence[Any], label: str, convention: str) -> tuple[list[Any], Any]:
    """A column of numbers; where browsers would round them, of texts that sort as numbers do."""
    help = convention[:1].upper() + convention[1:]
    known = [value for value in values if value is not None]
    integers = all(isinstance(value, int) for value in known)
    if integers and max(map(abs, known), default=0) > MAX_SAFE:
        texts = iter(sortable(known))
        cells = ["" if value is None else next(texts) for value in values]
        return cells, st.column_config.TextColumn(label, alignment="right", help=help)
    if not integers:
        values = [None if value is None else float(value) for value in values]
    pattern = "%,d" if integers else "%,.4g"
    return list(values), st.column_config.NumberColumn(label, format=pattern, help=help)


def show(columns: Mapping[str, Sequence[Any]], config: Mapping[str, Any], alt: str) -> None:
    """Columns as a table with a described content."""
    import pandas  # half a second that the title need not wait for

    frame = pandas.DataFrame(columns)
    st.dataframe(
        frame,
        hide_index=True,
        column_config=dict(config),
        height=_ROW_HEIGHT * (min(len(frame), _MOST_ROWS) + 1) + 3,
        alt=alt,
        placeholder="",
    )
