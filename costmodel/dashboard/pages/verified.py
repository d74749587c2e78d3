"""Verified: what speaks for the numbers, and what exactly each piece of evidence proves."""

from __future__ import annotations

import streamlit as st

from costmodel.checks import evidence
from costmodel.checks.evidence import Evidence
from costmodel.dashboard import parts, tables
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import literal
from costmodel.fields import Choice, Field, Flag
from costmodel.plots.verdicts import verdict_bars
from costmodel.table import Table


def page() -> None:
    """Draw the page."""
    found = evidence.available()
    what = (
        "Nobody types a cost formula here: all are derived from the stages, and then checked "
        "against counters and papers that know nothing of this project."
    )
    with parts.page(_fields(tuple(found)), "Why believe these numbers?", what) as state:
        if found:
            parts.segments(state, "evidence", {key: one.title for key, one in found.items()})
            _show(state, found[state["evidence"]])
        else:
            st.info(
                "No evidence is kept in this installation's data folder. `python -m costmodel "
                "verify` checks every formula here and now."
            )


def _fields(keys: tuple[str, ...]) -> list[Field]:
    choice = [Choice("evidence", keys[0], "Evidence", options=keys)] if keys else []
    return [*choice, Flag("exceptions", False, "Only what was not proved")]


@st.cache_resource(show_spinner="Reading the evidence…")
def _table(key: str) -> Table:
    """The rows of a kind of evidence: data of this installation, the same for every visitor."""
    return evidence.available()[key].table()


def _show(state: State, one: Evidence) -> None:
    table = _table(one.key)
    good, said = one.summary(table)
    draw = _FIGURES.get(one.key)
    if not good:
        st.warning(literal(said), icon=":material/report:")
    elif draw is None:
        st.success(literal(said), icon=":material/verified:")
    st.markdown(f"**What it proves.** {one.proves}")
    if draw is None:
        table = _chosen(state, table)
    else:
        # a figure's title says what came of it, where nothing else has said it
        draw(table, finding=said.removesuffix(".") if good else "")
    tables.show(table, one.title)
    parts.take_away(state, table, one.key, command=one.command)
    parts.notes([*table.notes, f"To check it yourself: {one.command}"])


def _chosen(state: State, table: Table) -> Table:
    """The certificates, or those of them that were not proved."""
    st.toggle("Only what was not proved", state["exceptions"], key="exceptions")
    if not state["exceptions"]:
        return table
    rows = [row for row in table if evidence.exceptional(row)]
    return Table(table.columns, rows, table.notes)


def _counters(table: Table, finding: str) -> None:
    from costmodel.checks.referee.conformance import FAILED, RIGHT, WRONG

    titles = {RIGHT: "right", WRONG: "another number", FAILED: "fails"}
    counts = evidence.verdicts()
    words = "; ".join(
        f"{tool}: " + ", ".join(f"{count[key]} {title}" for key, title in titles.items())
        for tool, count in counts.items()
    )
    parts.chart(
        verdict_bars(counts, titles),
        "counters",
        f"Bars per counter. {words}",
        finding=finding,
        source=f"What each counter says of {len(table)} small convolutions, beside exact sums; "
        f"twice the number is right of a counter of FLOPs. {' '.join(table.notes)}",
    )
    st.header("Case by case", anchor=False)


def _published(table: Table, finding: str) -> None:
    from costmodel.checks.published.figures import MET, VERDICTS

    titles = {verdict: verdict for verdict in VERDICTS}
    counts = evidence.tallied(table)
    words = "; ".join(
        f"{name}: " + ", ".join(f"{count[key]} {key}" for key in titles if count[key])
        for name, count in counts.items()
    )
    parts.chart(
        verdict_bars(counts, titles, "figures", good=len(MET)),
        "published",
        f"Bars per table. {words}",
        finding=finding,
        source="Counted exactly from the layers of each paper's networks; the papers stand below "
        "the table.",
    )
    st.header("Figure by figure", anchor=False)


#: What draws a kind of evidence that has a figure, in which its summary is the title.
_FIGURES = {"counters": _counters, "published": _published}
