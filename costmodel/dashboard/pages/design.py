"""Design your own: stage lines typed by a visitor, and everything that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from costmodel.comparing.count import Counts, count
from costmodel.comparing.explain import explain
from costmodel.core import draft as drafting
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import read_layer
from costmodel.core.notation import MAX_TEXT
from costmodel.core.variant import VARIANTS, Variant
from costmodel.dashboard import parts
from costmodel.dashboard.forms.layer_form import FIELDS, further_form, layer_form, layer_texts
from costmodel.dashboard.sections import checking, explaining
from costmodel.dashboard.state.behind import behind, readers
from costmodel.dashboard.state.shared import comparison
from costmodel.dashboard.state.state import State
from costmodel.documents.spelling import definition_source
from costmodel.errors import CostModelError, InputError, NotationError
from costmodel.fields import Field, Text
from costmodel.formulas.essentials import Essentials, essentials
from costmodel.plots.comparison import ratio_bars, standing, summary
from costmodel.plots.diagram import stage_diagram
from costmodel.plots.layout import name_of
from costmodel.typed import read_integer, read_pair, write_pairs

_START = "m, r m i -> r\nr, n r j -> n"
_METRICS = ("macs", "params")
_DEFAULT = 16  # of a letter that was given no size yet
_MAX_LETTER = 10**6
_NOTATION = """
A **stage** is one line, `input, weight -> output`, of named axes, as in einsum; stages follow each
other line by line.

| axis | is |
|---|---|
| `m` `n` | the layer's input and output channels |
| `i` `j` | the window over rows and columns, only in a weight |
| `x` | one stage for each window axis in turn |
| any other name | a size of your own, set below |

- In input, weight and output: **grouped**. In input and weight only: **summed**. In weight and
  output only: **new**. In input and output only: **shared**.
- `{ a & b }` joins branches as channels, `{ a + b }` adds them, `=` passes its input on (`=?` where
  shapes match), `{ a }^2` repeats, `@ down=2` and `@ up=2` change the resolution.
"""


def page() -> None:
    """Draw the page."""
    what = "Type stages of named axes: formulas, costs, a diagram and a torch module follow."
    with parts.page(_fields(), "Design your own convolution", what) as state:
        with st.sidebar:
            further_form(state)
        counts = _typed(state)
        if counts is not None:
            _show(state, counts.variant, counts)


def _fields() -> list[Field]:
    return [
        *FIELDS,
        Text("stages", _START, "Stages", "One stage a line", most=MAX_TEXT),
        Text("derived", "", "Derived sizes", "NAME = EXPRESSION; …", most=300),
        Text("sizes", "", "Sizes of your letters", most=300),
    ]


# -- what is typed ---------------------------------------------------------------------------------


def _typed(state: State) -> Counts | None:
    """Draw the inputs; what they describe, None where that is nothing, which is said beside them.

    What is wrong stands where it is typed, above the fold and not below the explanations.
    """
    left, right = st.columns([3, 2], gap="medium")
    with right, st.expander("The notation in one minute", icon=":material/help:", expanded=True):
        st.markdown(_NOTATION)
    with left:
        _start_from(state)
        st.text_area(
            "Stages",
            state["stages"],
            key="stages",
            height=140,
            max_chars=MAX_TEXT,
            help="One stage a line; Ctrl+Enter, or a click elsewhere, takes it over",
        )
        st.text_input(
            "Derived sizes",
            state["derived"],
            key="derived",
            placeholder="c = ceil(n/q); p = r/g",
            max_chars=300,
            help="Sizes that follow from others; separated by semicolons",
        )
        wrong = st.container()
        letters = st.container(horizontal=True)
        try:
            return _described(state, layer_form(state), letters)
        except CostModelError as error:
            with wrong:
                parts.refuse(error)
            return None


def _described(state: State, layer: ConvLayer, letters: DeltaGenerator) -> Counts:
    """The counts of what is typed on the layer, with an input for each letter in `letters`."""
    stages, where = state["stages"], drafting.sizes(state["derived"])
    try:
        names = drafting.letters(stages, where)
    except NotationError as error:
        raise drafting.pointing(error, stages) from None
    with letters:
        values = _sizes(state, names)
    return count(drafting.draft(stages, where, values, layer), layer)


def _start_from(state: State) -> None:
    """The catalogue as examples to change."""

    def fill() -> None:
        if st.session_state["start"]:
            chosen = VARIANTS[st.session_state["start"]]
            state.put("stages", chosen.stages.replace(" | ", "\n"))
            state.put("derived", "; ".join(f"{k} = {v}" for k, v in chosen.where.items()))
            state.put("sizes", write_pairs(_usual_sizes(state, chosen)))
            st.session_state["start"] = None

    st.selectbox(
        "Start from",
        # a letter of one's own is an integer here
        [v.id for v in VARIANTS.values() if not any(h.real for h in v.hyper.values())],
        index=None,
        key="start",
        on_change=fill,
        placeholder="a variant of the catalogue",
        format_func=lambda id: name_of(VARIANTS[id]),
    )


def _usual_sizes(state: State, variant: Variant) -> Mapping[str, int]:
    """The variant's defaults on the layer; none where it does not fit."""
    try:
        return count(variant, read_layer(layer_texts(state))).hyper
    except CostModelError:
        return {}


def _sizes(state: State, names: list[str]) -> dict[str, int]:
    """A number for each letter; they stand in the URL together."""
    values = {**dict.fromkeys(names, _DEFAULT), **_read(state["sizes"], names)}
    for name in names:
        _size(state, name, values)
    return values


def _size(state: State, name: str, values: Mapping[str, int]) -> None:
    key = f"size {name}"
    state.shows(key, values[name])

    def changed() -> None:
        state.put("sizes", write_pairs({**values, name: int(st.session_state[key])}))

    st.number_input(name, 1, _MAX_LETTER, values[name], key=key, on_change=changed, width=130)


def _read(text: str, names: list[str]) -> dict[str, int]:
    """`r=16,q=2` as numbers; what is none, or belongs to no letter, is left out."""
    sizes = {}
    for part in text.split(","):
        with suppress(InputError):
            name, value = read_pair(part)
            if name in names:
                sizes[name] = read_integer(value, 1, _MAX_LETTER)
    return sizes


# -- what follows ----------------------------------------------------------------------------------


def _show(state: State, mine: Variant, counts: Counts) -> None:
    st.info(explain(counts), icon=":material/lightbulb:")
    st.header("Stages and shapes", anchor=False)
    st.html(stage_diagram(counts))
    explaining.explain(counts)
    left, right = st.columns(2, gap="medium")
    with left:
        _formulas(counts)
    with right:
        _beside_others(state, counts)
    _code(state, mine, counts.layer)


def _formulas(counts: Counts) -> None:
    st.header("Formulas", anchor=False)
    try:
        found = _essentials(counts)
    except CostModelError as error:
        parts.refuse(error)
        return
    for label, formula in found.derivations:
        st.markdown(f"{label} on this layer:")
        st.latex(formula)
    st.markdown("MACs, as a share of the standard convolution's (stride 1):")
    st.latex(found.ratio)
    if found.cheaper:
        st.markdown("Fewer MACs than the standard convolution if")
        st.latex(r" \quad ".join(found.cheaper))


def _essentials(counts: Counts) -> Essentials:
    """The formulas, worked out elsewhere, once for what this visitor has typed last."""
    mine = counts.variant
    key = (mine.stages, tuple(mine.where.items()), tuple(counts.hyper.items()), counts.layer)
    kept = st.session_state.get("_essentials")
    if kept is None or kept[0] != key:
        found = behind(readers(), "Expanding the formulas", essentials, counts, _METRICS)
        kept = st.session_state["_essentials"] = (key, found)
    return cast(Essentials, kept[1])


def _beside_others(state: State, mine: Counts) -> None:
    common = tuple(variant for variant in VARIANTS.values() if variant.common)
    others = comparison(mine.layer, common, ())
    counts = {**others.counts, mine.variant.id: mine}
    beside = replace(others, variants=(*others.variants, mine.variant), counts=counts)
    parts.chart(
        ratio_bars(beside),
        "mine",
        summary(beside),
        finding=standing(beside, mine.variant.id),
        source=f"Beside the common variants, counted exactly on the layer {mine.layer}.",
    )
    parts.csv_button(beside, "mine")


def _code(state: State, mine: Variant, layer: ConvLayer) -> None:
    st.header("As code, and checked", anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("The same in Python, with a torch module of plain convolutions:")
        # plain: colours of a language stay those of the other look where the system's changes
        st.code(definition_source(mine, layer), language=None)
        parts.share(state)
    with right:
        checking.check_button(mine, layer)
