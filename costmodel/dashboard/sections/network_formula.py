"""A network's total as a formula in its sizes, with the present sizes put in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from costmodel.core.readable import exact
from costmodel.dashboard.state.behind import behind, readers
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import sentence
from costmodel.errors import CostModelError
from costmodel.fields import Several
from costmodel.network.formula import evaluated
from costmodel.network.network import Network

_METRICS = ("macs", "params")


def formula_section(state: State, network: Network) -> None:
    """The closed formula of a network's totals, or why there is none."""
    st.header("As a formula", anchor=False)
    rebuild = network.rebuild()
    if rebuild is None:
        st.info(
            "This file has layers at fixed sizes and does not say how one follows from another, so "
            "there is no formula in them. Shipped networks have one, and so have PyTorch models on "
            "the command line: `python -m costmodel network package.module:Model --input … "
            "--formula N,H,W`."
        )
        return
    usual = [name for name in rebuild.defaults if name not in rebuild.ratios]
    letters = _letters(state, list(rebuild.defaults), usual)
    sizes = {name: rebuild.defaults[name] for name in letters}
    try:
        # a link can ask for any sizes and replacements, so nothing is expanded in the server
        what = "Expanding the formula"
        table, totals = behind(readers(), what, evaluated, network, _METRICS, sizes)
    except CostModelError as error:
        st.info(sentence(str(error)))
        return
    put_in = ", ".join(f"{name} = {value}" for name, value in sizes.items())
    for row in table:
        metric = row["metric"]
        st.latex(rf"\mathrm{{{metric}}} = {_breakable(row['latex'])}")
        st.markdown(f"At {put_in}: **{exact(totals[metric])}** {metric}.")
    st.caption(f"The sliders above set these sizes; the formula is {table.notes[0]}")
    with st.expander("Copy as Python or LaTeX"):
        for row in table:
            st.code(f"{row['metric']} = {row['formula']}", language="python", wrap_lines=True)
            st.code(row["latex"], language="latex", wrap_lines=True)


def _letters(state: State, names: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The letters left open; the usual ones where none is chosen."""
    chosen = state.limit(Several("letters", (), "Letters of the formula", options=tuple(names)))
    st.pills(
        "Letters left open",
        names,
        selection_mode="multi",
        default=list(chosen),
        key="letters",
        help=f"None chosen: {', '.join(usual)}",
    )
    return [name for name in names if name in state["letters"]] or list(usual)


def _breakable(latex: str) -> str:
    """The same with brackets that a line can be broken between."""
    return latex.replace(r"\left(", r"\bigl(").replace(r"\right)", r"\bigr)")
