"""Which variants a page shows, and with which hyper-parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from costmodel.comparing.compare import Comparison
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import FAMILIES, VARIANTS, Variant
from costmodel.dashboard.state.shared import comparison
from costmodel.dashboard.state.state import State
from costmodel.fields import Choice, Field, OptionalInteger, OptionalReal, Several
from costmodel.plots.layout import name_of

# A group beside the families: those that an overview starts with.
_COMMON = "common"
MAX_HYPER = 10**6
# Looked at first: the first variant of a family that is all about one number and its break-even.
_FIRST_FAMILY = "basis"


def fields() -> list[Field]:
    """The state of the choice, with the options that the registry offers now."""
    present = tuple(f for f in FAMILIES if any(v.family == f for v in VARIANTS.values()))
    return [
        Several(
            "families",
            (_COMMON,),
            "Variants",
            "The common ones, or whole families",
            options=(_COMMON, *present),
        ),
        Several(
            "variants",
            (),
            "Only these variants",
            "Leave empty for all that are chosen above",
            options=tuple(VARIANTS),
            titles=lambda id: name_of(VARIANTS[id]),
        ),
    ]


def look_field(ids: Iterable[str] | None = None) -> Choice:
    """Which variant is looked at closely, among all of them or some."""
    options = tuple(VARIANTS if ids is None else ids)
    preferred = (id for id in options if VARIANTS[id].family == _FIRST_FAMILY)
    return Choice("look", next(preferred, options[0]), "Variant", options=options)


def hyper_fields() -> list[Field]:
    """One field per hyper-parameter; None follows the variant's own default."""
    return [
        (OptionalReal if hyper.real else OptionalInteger)(
            f"{variant.id}.{letter}",
            None,
            f"{letter} of {name_of(variant)}",
            hyper.meaning,
            low=hyper.low,
            high=MAX_HYPER if hyper.high is None else hyper.high,
        )
        for variant in VARIANTS.values()
        for letter, hyper in variant.hyper.items()
    ]


def choose_variants(state: State) -> list[Variant]:
    """Draw the choice and return the variants meant, in the registry's order."""
    families, only = state.fields["families"], state.fields["variants"]
    assert isinstance(families, Several)
    assert isinstance(only, Several)
    st.pills(
        families.label,
        families.options,
        selection_mode="multi",
        default=list(state["families"]),
        key="families",
        help=families.help,
    )
    st.multiselect(
        only.label,
        only.options,
        list(state["variants"]),
        key="variants",
        format_func=only.titles,
        help=only.help,
        placeholder="all of these",
    )
    names = state["variants"]
    if names:
        return [VARIANTS[name] for name in only.options if name in names]
    groups = state["families"]
    return [v for v in VARIANTS.values() if v.family in groups or (v.common and _COMMON in groups)]


def hyper_values(state: State, variants: Iterable[Variant]) -> dict[str, Any]:
    """The hyper-parameters of some variants that were set, by `variant.letter`."""
    names = [f"{variant.id}.{letter}" for variant in variants for letter in variant.hyper]
    return {name: state[name] for name in names if state[name] is not None}


def fitting(
    state: State, layer: ConvLayer, variants: Iterable[Variant], metrics: Iterable[str] = ()
) -> Comparison:
    """The variants that fit the layer with what was set; why the others do not is in `skipped`."""
    meant = tuple(variants)
    return comparison(layer, meant, tuple(hyper_values(state, meant).items()), tuple(metrics))
