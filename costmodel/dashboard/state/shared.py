"""What is the same for every visitor is worked out once, and kept for a while.

Only what follows from the key alone goes through here: nothing of a visitor's own is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

import streamlit as st

from costmodel.comparing.compare import Comparison, choose_metrics
from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.hyper import route
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError

_SECTIONS = 400  # parts of pages as they are sent; some 30 KB each
_COUNTS = 10_000
_COMPARISONS = 500

_Items = tuple[tuple[str, Any], ...]


@st.cache_data(max_entries=_SECTIONS, show_spinner=False)
def drawn(key: tuple[Hashable, ...], _draw: Callable[[], object]) -> None:
    """Draw a part of a page without widgets, or send what was drawn for the same key before.

    Args:
        key: everything that the part depends on, and the part's name first.
        _draw: draws it.
    """
    _draw()


@lru_cache(maxsize=_COMPARISONS)
def comparison(
    layer: ConvLayer, variants: tuple[Variant, ...], hyper: _Items, metrics: tuple[str, ...] = ()
) -> Comparison:
    """The variants that fit a layer beside each other; why the others do not is in `skipped`.

    Args:
        hyper: values by letter or by `variant.letter`, as pairs.
        metrics: keys of further metrics than those shown by default.
    """
    values = route(variants, dict(hyper))
    counts: dict[str, Counts] = {}
    skipped: list[tuple[str, str]] = []
    for variant in variants:
        try:
            counts[variant.id] = _counted(variant, layer, tuple(values[variant.id].items()))
        except CostModelError as error:
            skipped.append((variant.id, str(error)))
    fitting = tuple(each.variant for each in counts.values())
    shown = (*choose_metrics(None), *choose_metrics(metrics))
    baseline = _counted(VARIANTS.baseline, layer, ())
    return Comparison(layer, fitting, counts, baseline, shown, tuple(skipped))


@lru_cache(maxsize=_COUNTS)
def _counted(variant: Variant, layer: ConvLayer, values: _Items) -> Counts:
    return Counts(bind(variant, layer, dict(values)))
