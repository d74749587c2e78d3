"""Figures are built without Plotly's validation, for speed; here every one of them is validated."""

from __future__ import annotations

from typing import Any

import pytest
from plotly.graph_objects import Figure

from costmodel.plots import (
    comparison,
    curve,
    explore,
    layout,
    measured,
    network,
    ratio_map,
    savings,
    treemap,
    verdicts,
)


@pytest.fixture(autouse=True)
def validated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a figure says must be something that Plotly knows."""
    original = layout.figure

    def checked(data: list[dict[str, Any]], **more: Any) -> Any:
        built = original(data, **more)
        Figure({"data": data, "layout": built.layout.to_plotly_json()})
        return built

    for module in (
        comparison,
        curve,
        explore,
        measured,
        network,
        ratio_map,
        savings,
        treemap,
        verdicts,
    ):
        monkeypatch.setattr(module, "figure", checked)
    return
