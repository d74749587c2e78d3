"""What is the same for every visitor is worked out once, and kept for a while.

Only what follows from the key alone goes through here: nothing of a visitor's own is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

import streamlit as st

from costmodel.comparing.compare import compare
from costmodel.comparing.count import Counts, count
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS, Variant
from costmodel.table import Table

_SECTIONS = 400  # parts of pages as they are sent; some 30 KB each
_COUNTS = 10_000
_TABLES = 500

_Items = tuple[tuple[str, Any], ...]


@st.cache_data(max_entries=_SECTIONS, show_spinner=False)
def drawn(key: tuple[Hashable, ...], _draw: Callable[[], object]) -> None:
    """Draw a part of a page without widgets, or send what was drawn for the same key before.

    Args:
        key: everything that the part depends on, and the part's name first.
        _draw: draws it.
    """
    _draw()


def counted(variant: Variant, layer: ConvLayer, values: dict[str, Any]) -> Counts:
    """The counts of a variant on a layer, with hyper-parameters by letter; raises as `count`."""
    if VARIANTS.get(variant.id) is not variant:  # a visitor's own
        return count(variant, layer, hyper=values)
    return _counted(variant.id, layer, tuple(values.items()))


@lru_cache(maxsize=_COUNTS)
def _counted(id: str, layer: ConvLayer, values: _Items) -> Counts:
    return count(id, layer, hyper=dict(values))


@lru_cache(maxsize=_TABLES)
def comparison(
    layer: ConvLayer, ids: tuple[str, ...], metrics: tuple[str, ...], values: _Items
) -> Table:
    """`compare` with arguments that can be looked up."""
    return compare(layer, ids, metrics, hyper=dict(values))
