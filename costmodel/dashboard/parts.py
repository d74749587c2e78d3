"""Pieces that every page is made of: heading, figures, tables, downloads, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.core.full_rank import above_full_rank as above_full_rank_of
from costmodel.core.variant import VARIANTS
from costmodel.dashboard.state.startup import figure_first
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import literal, sentence
from costmodel.errors import CostModelError, NotationError
from costmodel.fields import Field, OptionalInteger
from costmodel.metrics.metric import METRICS, costs
from costmodel.plots.layout import name_of
from costmodel.sweeping.axes import Axis
from costmodel.table import Tabular

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Less empty space above the title, headings in proportion, and small print that can be read: as it
# comes, it has less contrast than WCAG asks for.
_STYLE = (
    ".stMainBlockContainer{padding-top:4.5rem;padding-bottom:4rem}"
    ".stMainBlockContainer h1{font-size:2.3rem}"
    ".stMainBlockContainer h2{font-size:1.5rem}"
    ".stMainBlockContainer h3{font-size:1.2rem}"
    "[data-testid=stCaptionContainer]{opacity:.85}"
    ".stTextArea textarea{font-family:monospace}"
    # What stands around a figure is text like any other; inside a bar, the bar decides.
    ".js-plotly-plot :is(.xtick,.ytick,.g-xtitle,.g-ytitle,.legend,.textpoint) text,"
    ".js-plotly-plot .annotation-text,"
    ".js-plotly-plot .bartext-outside{fill:currentColor!important}"
    # Formulas go on to a next line; they scroll only where they cannot, and not for two pixels.
    ".katex-display{padding:.2rem .3rem .5rem}"
    ".katex-display>.katex{white-space:normal}"
    ".katex-display .base{margin:.2em 0}"
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
        st.error(sentence(error.cause))
        st.code(str(error), language=None)
    else:
        st.error(sentence(str(error)))


def chart(
    figure: Figure, name: str, alt: str, *, finding: str = "", source: str = "", **look: Any
) -> None:
    """A figure that can be saved under a name, as vectors, and is described in words.

    Args:
        finding: what the figure shows, as its title. source: where its numbers come from, below it.
        look: further arguments of `st.plotly_chart`.
    """
    if finding:
        st.header(literal(finding), anchor=False)
    config = {
        "displaylogo": False,
        "displayModeBar": "hover",
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "svg", "filename": name},
        "responsive": True,
    }
    st.plotly_chart(figure, key=f"chart-{name}", config=config, alt=alt, **look)
    if source:
        st.caption(literal(source))
    figure_first()


@contextmanager
def page(fields: Iterable[Field], title: str, what: str) -> Iterator[State]:
    """A page around its inputs and figures; whatever they refuse is said below them."""
    state = State(fields).begin()
    heading(title, what)
    state.notice_here()
    try:
        yield state
    except CostModelError as error:
        refuse(error)
    state.finish()


def choice(
    state: State,
    name: str,
    label: str,
    options: Iterable[str],
    titles: Callable[[str], str] = str,
    **look: Any,
) -> None:
    """A choice of one among many."""
    keys = list(options)
    st.selectbox(label, keys, keys.index(state[name]), key=name, format_func=titles, **look)


def variant_choice(state: State, ids: Sequence[str]) -> None:
    """Which variant is looked at; the choice goes along to other pages."""
    choice(state, "look", "Variant", ids, lambda id: name_of(VARIANTS[id]), width=260)


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
    """A choice among everything that costs something."""
    choice(state, name, label, costs(), lambda key: METRICS[key].label, width=230)


def optional_number(state: State, name: str, usual: int) -> int:
    """A number that may be left empty; the usual one then."""
    value = number_or_nothing(state, name, f"{usual}")
    return usual if value is None else value


def number_or_nothing(state: State, name: str, placeholder: str, width: int = 120) -> int | None:
    """A number that may be left empty, and what stands there then."""
    field = state.fields[name]
    assert isinstance(field, OptionalInteger)
    key = f"input {name}"
    state.shows(key, state[name])

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
        placeholder=placeholder,
        help=field.help,
        width=width,
    )
    return None if state[name] is None else int(state[name])


def axis_title(axis: Axis) -> str:
    """What varies, and of which variant."""
    if not axis.letter:
        return axis.label
    return f"{name_of(VARIANTS[axis.variant])}, {axis.label}"


def left_out(reasons: Sequence[str], what: str = "left out: not possible on this layer") -> None:
    """What does not fit is said, not hidden."""
    if reasons:
        lines = "\n".join(f"- {reason}" for reason in reasons)
        with st.expander(f"{len(reasons)} {what}"):
            st.text(lines)


def above_full_rank(counted: Iterable[Counts]) -> None:
    """A notice for each rank that is larger than any kernel of its layer needs."""
    for counts in counted:
        for said in above_full_rank_of(counts.bound):
            st.warning(sentence(said), icon=":material/vertical_align_top:")


def notes(sentences: Iterable[str]) -> None:
    """Sentences that belong under a table, whoever has written them."""
    st.caption("  \n".join(map(literal, sentences)))


def conventions(table: Tabular) -> None:
    """What the numbers count, where the numbers are."""
    shown = [column for column in table.columns if column.key in METRICS]
    st.caption("  \n".join(f"**{column.label}**: {column.convention}." for column in shown))


def csv_button(table: Tabular, name: str, title: str = "CSV") -> None:
    """Download exactly the rows shown; titles tell the buttons of a page apart."""
    st.download_button(
        title,
        lambda: table.to_csv().encode(),  # once somebody wants it
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        help="The rows shown here: exact integers, no separators",
        on_click="ignore",
        key=f"csv-{name}",
    )


def report_button(make: Callable[[], str], name: str) -> None:
    """Download a page to send, which is made once somebody wants it."""
    st.download_button(
        "Report",
        lambda: make().encode(),
        file_name=f"{name}.html",
        mime="text/html",
        icon=":material/docs:",
        help="One page to send: it opens from disk, and its sliders count without Python",
        on_click="ignore",
        key=f"report-{name}",
    )


def take_away(
    state: State,
    table: Tabular,
    name: str,
    *,
    command: str = "",
    directive: str = "",
    caption: str = "",
    python: str = "",
    report: Callable[[], str] | None = None,
) -> None:
    """What is shown as files, a link, a command and a block, and what it is about.

    report: what makes the page to send, None for none.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        csv_button(table, name)
        if report is not None:
            report_button(report, name)
        share(state, command, directive, python)
        if caption:
            st.caption(caption)


def share(state: State, command: str = "", directive: str = "", python: str = "") -> None:
    """The address of this view, the command that prints it, the block that embeds it, the call."""
    with st.popover("Share", icon=":material/link:", help="As a link, a command, or in a document"):
        st.markdown("**Link to this view**")
        address = (st.context.url or "").split("?")[0]
        st.code(f"{address}?{urlencode(state.query())}", language=None, wrap_lines=True)
        if command:
            st.markdown("**The same on the command line**")
            st.code(command, language="bash", wrap_lines=True)
        if python:
            st.markdown("**In Python**")
            st.code(python, language="python", wrap_lines=True)
        if directive:
            st.markdown("**In a Markdown document**, kept fresh by `costmodel embed FILE`")
            block = f"<!-- costmodel: {directive} -->\n<!-- /costmodel -->"
            st.code(block, language=None, wrap_lines=True)
