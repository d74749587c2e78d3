"""What the moving picture of a variant shows: its stages with all sizes, ready for JSON.

The picture is drawn by `explainer.js`, which multiplies the axes itself: it is told no count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from costmodel.comparing.count import Counts
from costmodel.core.numbers import Number
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOW_LETTERS
from costmodel.files import package_path, read_text
from costmodel.formulas.einsum import einsum_formula, places
from costmodel.plots.palette import style_of


def story(counts: Counts) -> dict[str, Any]:
    """The stages of a variant on a layer, in reading order; integers as texts, as JSON is exact so.

    Args:
        counts: with every size a number.
    """
    return {
        "title": counts.variant.title,
        "color": style_of(counts.variant).color,
        "stages": list(map(_stage, counts.bound.stages)),
    }


def script() -> str:
    """The script, whose default export draws into an element, and `total` counts."""
    return _own("explainer.js")


def style() -> str:
    """The style of what it draws."""
    return _own("explainer.css")


def _own(name: str) -> str:
    return read_text(package_path("plots", name))


def _stage(stage: BoundStage) -> dict[str, Any]:
    line = stage.line
    letters = WINDOW_LETTERS[len(stage.geometry)]
    return {
        "kind": stage.kind,
        "text": line.text,
        "formula": einsum_formula(stage),
        "inputs": [_axis(axis.names, stage.sizes[axis.key]) for axis in line.inputs],
        "weights": [_axis(axis.names, stage.weight_axis_size(axis)) for axis in line.weights],
        "outputs": _named(line.output_names, stage),
        "summed": [_axis(axis.names, stage.weight_axis_size(axis)) for axis in line.contracted],
        "grid": [
            {
                "letter": letter,
                "place": place,
                "window": letter in line.windows,
                "kernel": int(g.kernel),
                "stride": int(g.stride),
                "dilation": int(g.dilation),
                "before": int(g.pads[0]),
                "size": str(g.size),
                "out": str(g.out),
                "transposed": g.transposed,
            }
            for letter, place, g in zip(letters, places(stage), stage.geometry, strict=True)
        ],
        "groups": str(stage.groups),
        "batch": str(stage.batch),
        "times": str(stage.times),
        "given": None if stage.given_macs is None else str(stage.given_macs),
    }


def _named(names: Iterable[str], stage: BoundStage) -> list[dict[str, Any]]:
    return [_axis((name,), stage.sizes[name]) for name in names]


def _axis(names: Iterable[str], size: Number) -> dict[str, Any]:
    return {"names": list(names), "size": str(size)}
