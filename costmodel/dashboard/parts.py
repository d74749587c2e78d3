"""Pieces that every page is made of: heading, figures, tables, downloads, refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import streamlit as st

from costmodel.dashboard.fields import Choice, OptionalInteger
from costmodel.dashboard.state import State
from costmodel.errors import CostModelError, NotationError
from costmodel.metrics import METRICS
from costmodel.plots.layout import name_of
from costmodel.readable import MAX_SAFE, sortable
from costmodel.sweep import Axis
from costmodel.table import Table
from costmodel.variant import VARIANTS, Variant

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: The file format that a figure's camera button saves; one choice for all pages.
FIGURE_FORMAT = Choice("figure", "svg", "Figures are saved as", options=("svg", "png"))
_MOST_ROWS = 18  # of a table before it scrolls
_ROW_HEIGHT = 35
# Less empty space above the title, headings in proportion, and small print that can be read: as it
# comes, it has less contrast than WCAG asks for.
_STYLE = (
    ".stMainBlockContainer{padding-top:4.5rem;padding-bottom:4rem}"
    ".stMainBlockContainer h1{font-size:2.3rem}"
    ".stMainBlockContainer h2{font-size:1.5rem}"
    ".stMainBlockContainer h3{font-size:1.2rem}"
    "[data-testid=stCaptionContainer]{opacity:.85}"
    ".stTextArea textarea{font-family:monospace}"
    "@media (max-width:640px){.stMainBlockContainer h1{font-size:1.7rem}"
    ".stMainBlockContainer h2{font-size:1.35rem}}"
)


def heading(title: str, what: str) -> None:
    """A page's title, and in one sentence what it is for."""
    st.html(f"<style>{_STYLE}</style>")
    st.title(title, anchor=False)
    st.markdown(what)


def refuse(error: CostModelError) -> None:
    """Say what is wrong with an input and what is allowed."""
    if isinstance(error, NotationError):
        st.error(error.cause[:1].upper() + error.cause[1:] + ".")
        st.code(str(error), language=None)
    else:
        sentence = str(error)
        st.error(sentence[:1].upper() + sentence[1:] + ".")


def chart(state: State, figure: Figure, name: str, alt: str) -> None:
    """A figure that can be saved under a name, and is described in words."""
    config = {
        "displaylogo": False,
        "displayModeBar": "hover",
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": state[FIGURE_FORMAT.name], "filename": name, "scale": 2},
        "responsive": True,
    }
    st.plotly_chart(figure, key=f"chart-{name}", config=config, alt=alt)


def figure_format(state: State) -> None:
    """The choice of the format that figures are saved in."""
    st.segmented_control(
        FIGURE_FORMAT.label,
        FIGURE_FORMAT.options,
        default=state[FIGURE_FORMAT.name],
        key=FIGURE_FORMAT.name,
        format_func=str.upper,
        required=True,
        help="The camera button at a figure's top right corner saves it",
    )


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
    pattern = "%,d" if integers else "%,.6g"
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
    )


def variant_choice(state: State, ids: Sequence[str], label: str = "Variant") -> None:
    """Which variant is looked at; the choice goes along to other pages."""
    st.selectbox(
        label,
        ids,
        list(ids).index(state["look"]),
        key="look",
        format_func=lambda id: name_of(VARIANTS[id]),
        width=260,
    )


def segments(state: State, name: str, titles: Mapping[str, str]) -> None:
    """A choice of one among few, all of them in sight."""
    st.segmented_control(
        state.fields[name].label,
        list(titles),
        default=state[name],
        key=name,
        format_func=titles.__getitem__,
        required=True,
    )


def metric_choice(state: State, name: str, label: str) -> None:
    """A choice among everything that can be counted."""
    keys = list(METRICS)
    st.selectbox(
        label,
        keys,
        keys.index(state[name]),
        key=name,
        format_func=lambda key: METRICS[key].label,
        width=230,
    )


def optional_number(state: State, name: str, usual: int) -> int:
    """A number that may be left empty; the usual one then."""
    field = state.fields[name]
    assert isinstance(field, OptionalInteger)
    key = f"input {name}"
    st.session_state[key] = state[name]

    def changed() -> None:
        value = st.session_state[key]
        state.put(name, None if value is None else int(value))

    st.number_input(
        field.label,
        field.low,
        field.high,
        state[name],
        key=key,
        on_change=changed,
        placeholder=f"{usual}",
        width=120,
    )
    return usual if state[name] is None else int(state[name])


def axis_title(axis: Axis) -> str:
    """What varies, and of which variant."""
    if not axis.letter:
        return axis.label
    return f"{name_of(VARIANTS[axis.variant])}, {axis.label}"


def left_out(reasons: Sequence[str]) -> None:
    """What does not fit the layer is said, not hidden."""
    if reasons:
        lines = "\n".join(f"- {reason}" for reason in reasons)
        with st.expander(f"{len(reasons)} left out: not possible on this layer"):
            st.text(lines)


def conventions(table: Table) -> None:
    """What the numbers count, where the numbers are."""
    shown = [METRICS[key] for key in table.columns if key in METRICS]
    st.caption("  \n".join(f"**{metric.label}**: {metric.stated()}." for metric in shown))


def csv_button(table: Table, name: str) -> None:
    """Download exactly the rows shown."""
    st.download_button(
        "CSV",
        table.to_csv().encode(),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        help="The rows shown here: exact integers, no separators",
        on_click="ignore",
        key=f"csv-{name}",
    )


def share(state: State, command: str = "", directive: str = "") -> None:
    """The address of this view, the command that prints it, the block that embeds it."""
    with st.popover("Share", icon=":material/link:", help="As a link, a command, or in a document"):
        st.markdown("**Link to this view**")
        address = (st.context.url or "").split("?")[0]
        st.code(f"{address}?{urlencode(state.query())}", language=None, wrap_lines=True)
        if command:
            st.markdown("**The same on the command line**")
            st.code(command, language="bash", wrap_lines=True)
        if directive:
            st.markdown("**In a Markdown document**, kept fresh by `costmodel embed FILE`")
            block = f"<!-- costmodel: {directive} -->\n<!-- /costmodel -->"
            st.code(block, language=None, wrap_lines=True)
