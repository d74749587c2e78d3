"""Formulas: the catalogue in letters, in the notation of one's own field."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import EXAMPLE
from costmodel.core.variant import VARIANTS, Claim, Variant
from costmodel.dashboard import parts
from costmodel.dashboard.forms import selection
from costmodel.dashboard.sections import explaining
from costmodel.dashboard.state.state import State
from costmodel.documents.spelling import formulas_command, formulas_directive
from costmodel.errors import CostModelError
from costmodel.fields import Choice, Field
from costmodel.formulas.alphabets import ALPHABETS
from costmodel.formulas.claims import check_claims
from costmodel.formulas.einsum import POSITIONS, einsum_formula
from costmodel.formulas.printing.printers import latex
from costmodel.formulas.rows import rows
from costmodel.formulas.tables import FORMATS, render
from costmodel.metrics.metric import METRICS, costs

_LANGUAGES = {"latex": "latex", "markdown": "markdown", "python": "python"}
_ENDINGS = {"text": "txt", "latex": "tex", "markdown": "md", "python": "py", "csv": "csv"}


def page() -> None:
    """Draw the page."""
    what = (
        "Derived from the stages, none of it typed by hand; at stride 1, without bias, one image."
    )
    with parts.page(_fields(), "Every cost as a formula", what) as state:
        with st.sidebar:
            chosen = selection.choose_variants(state)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _notation(state)
            parts.metric_choice(state, "metric", "Ratio and break-even of")
        if chosen:
            ids = [variant.id for variant in chosen]
            state.limit(selection.look_field(ids))
            _table(state, ids)
            _one(state, ids)
        else:
            st.info("No variant is chosen: choose a family in the sidebar.")


def _fields() -> list[Field]:
    return [
        *selection.fields(),
        selection.look_field(),
        Choice("notation", next(iter(ALPHABETS)), "Letters", options=tuple(ALPHABETS)),
        Choice("metric", "macs", "Ratio and break-even of", options=costs()),
        Choice("format", "markdown", "Copy as", options=tuple(FORMATS)),
    ]


def _notation(state: State) -> None:
    st.segmented_control(
        "Letters",
        tuple(ALPHABETS),
        default=state["notation"],
        key="notation",
        required=True,
        help="; ".join(f"{key}: {found.title}" for key, found in ALPHABETS.items()),
    )


def _table(state: State, ids: Sequence[str]) -> None:
    """All of them in one table, and the table to take away."""
    notation, metric, format = state["notation"], state["metric"], state["format"]
    st.html(f"<style>{_where_narrow(METRICS[metric].label)}</style>")
    with st.container(key="formulas"):
        st.markdown(rendered(tuple(ids), metric, "markdown", notation))
    st.header("Take it away", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Copy as", tuple(FORMATS), default=format, key="format", required=True)
        text = rendered(tuple(ids), metric, format, notation)
        st.download_button(
            "Download",
            text.encode(),
            file_name=f"formulas.{_ENDINGS.get(format, 'txt')}",
            icon=":material/download:",
            on_click="ignore",
        )
        parts.share(
            state,
            formulas_command(ids, notation, metric, format),
            formulas_directive(ids, notation, metric),
        )
    with st.expander("The text to copy"):
        st.code(text, language=_LANGUAGES.get(format), wrap_lines=True)


def _where_narrow(label: str) -> str:
    """Where six columns have no room: a card per variant, each line with its column's name.

    Beside a sidebar, or at 200 % zoom, as much as on a phone.
    """
    shown = [metric.label for metric in METRICS.values() if metric.shown]
    names = [*shown, f"ratio of {label}", f"fewer {label} if", "limit"]
    rules = "".join(
        f".st-key-formulas td:nth-child({place}):not(:empty)::before{{content:'{name}: '}}"
        for place, name in enumerate(names, 2)
    )
    return (
        ".st-key-formulas{container-type:inline-size}"
        "@container (max-width:54rem){"
        ".st-key-formulas :is(table,tbody,tr,td){display:block;border:0}"
        ".st-key-formulas thead{display:none}.st-key-formulas td{padding:.15rem 0}"
        ".st-key-formulas tr{padding:.6rem 0;border-top:1px solid rgba(127,139,153,.4)}"
        f".st-key-formulas td:first-child{{font-weight:600}}{rules}}}"
    )


@st.cache_data(max_entries=64, show_spinner="Deriving the formulas…")
def rendered(ids: tuple[str, ...], metric: str, format: str, notation: str) -> str:
    """The table of the catalogue's variants in a format; the same for every visitor."""
    return render(rows(ids, metric), format, notation)


def _one(state: State, ids: Sequence[str]) -> None:
    """One variant with its stages, its sums, and what papers claim of it."""
    st.header("One variant in full", anchor=False)
    parts.variant_choice(state, ids)
    variant = VARIANTS[state["look"]]
    st.markdown(f"{variant.summary}  \n*{variant.reference}*")
    left, right = st.columns(2, gap="medium")
    with left:
        _stages(variant)
    with right:
        _claims(variant, state["notation"])
    _moving(variant)


def _moving(variant: Variant) -> None:
    """The stages on an example that the variant fits, window by window."""
    channels = (EXAMPLE.in_channels, EXAMPLE.out_channels)
    for m, n in (channels, channels[::-1]):
        size = EXAMPLE.size[:1] * variant.usual_dims
        facts = {"kernel": 3, "in_channels": m, "out_channels": n, "size": size}
        with suppress(CostModelError):  # a variant that has to lose channels, say
            counts = count(variant, ConvLayer(**{**facts, **variant.domain}))
            st.subheader("Window by window", anchor=False)
            st.markdown(f"{counts.layer}".capitalize() + ".")
            explaining.explain(counts)
            return


def _stages(variant: Variant) -> None:
    st.subheader("Stages", anchor=False)
    for line in variant.lines:
        st.code(line.text, language=None)
        st.latex(einsum_formula(line, "latex", bool(variant.domain.get("transposed"))))
    st.caption(POSITIONS)
    if variant.hyper:
        st.markdown(
            "\n".join(f"- **{letter}**: {hyper.meaning}" for letter, hyper in variant.hyper.items())
        )


def _claims(variant: Variant, notation: str) -> None:
    """Published closed forms beside what the stages give."""
    st.subheader("As published, and checked", anchor=False)
    results = check_claims(variant)
    if not results:
        st.markdown("No published closed form is on record for it.")
    for result in results:
        verdict = ":material/check: equal" if result.ok else ":material/close: **not equal**"
        source = f" ({result.claim.source})" if result.claim.source else ""
        note = f"; {result.note}" if result.note else ""
        st.markdown(f"{_quantity(result.claim)}{source}: {verdict}{note}")
        st.latex(latex(result.expected, notation, tuple(variant.hyper)))


def _quantity(claim: Claim) -> str:
    if claim.quantity in METRICS:
        return METRICS[claim.quantity].label
    what = claim.quantity.replace("_", "-").capitalize()
    return f"{what} in {claim.of}" if claim.of else what
