"""A diagram of the stages with the shapes that flow between them, as HTML that wraps on a phone.

Tensors are boxes whose width grows with the channels and whose height with the grid (by square
roots); between them stand the stages with their weights and multiplies. Text takes the colour of
the page.
Everything that is written is escaped: a variant may have been typed by a stranger.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import assert_never

from costmodel.comparing.count import Counts, StageCount
from costmodel.core.bound import BoundBias, BoundBlock, BoundResample, BoundSequence, BoundSlice
from costmodel.core.numbers import Number, product
from costmodel.core.readable import exact, shape_text, si
from costmodel.core.stage import BoundStage
from costmodel.plots.palette import Style, style_of

_FAINT = "color-mix(in srgb, currentColor 72%, transparent)"
_RULE = "color-mix(in srgb, currentColor 22%, transparent)"
_LARGEST = 120  # pixels
_ROW = "display:flex;flex-wrap:wrap;align-items:center;gap:6px 10px"
_SMALL = f"font-size:0.8rem;color:{_FAINT};line-height:1.35"


def stage_diagram(counts: Counts) -> str:
    """HTML of a variant on a layer: input, each stage, output; branches below each other.

    Args:
        counts: with every size a number.
    """
    style, layer = style_of(counts.variant), counts.layer
    start = _tensor(layer.in_channels, layer.size, style)
    body = _sequence(counts.bound.program, counts, style)
    label = escape(f"Stages of {counts.variant.title}, from input to output", quote=True)
    return f'<figure aria-label="{label}" style="margin:0;{_ROW}">{start}{body}</figure>'


def _sequence(sequence: BoundSequence, counts: Counts, style: Style) -> str:
    parts = []
    for item in sequence.items:
        match item:
            case BoundStage():
                parts.append(_stage(item, counts, style))
            case BoundBlock():
                parts.append(_block(item, counts, style))
            case BoundSlice():
                parts.append(_step(f"channels {exact(item.low)} … {exact(item.high)}"))
            case BoundResample():
                what = "upsampling" if item.up else "pooling"
                parts.append(_step(f"{what} by {item.factor}", _times(item.out_grid)))
            case BoundBias():
                parts.append(_step("bias", f"{exact(item.channels)} parameters"))
            case _:
                assert_never(item)
    return "".join(parts) or _step("unchanged")


def _block(block: BoundBlock, counts: Counts, style: Style) -> str:
    joint = "added" if block.mode == "sum" else "joined as channels"
    branches = "".join(
        f'<div style="{_ROW};padding:6px 0">{_sequence(branch, counts, style)}</div>'
        for branch in block.branches
    )
    notes = []
    if len(block.branches) > 1:
        notes.append(f"{len(block.branches)} branches, {joint}")
    if block.times != 1:
        notes.append(f"{exact(block.times)} times in a row")
    if not notes:
        return branches
    return (
        f'<div style="border:1px dashed {_RULE};border-radius:8px;padding:4px 10px">'
        f'<div style="{_SMALL}">{escape(", ".join(notes))}</div>{branches}</div>'
    )


def _stage(stage: BoundStage, counts: Counts, style: Style) -> str:
    whole = counts.macs
    share = stage.macs * stage.times / whole if whole else 0
    axes = " ".join(name for axis in stage.line.weights for name in axis.names)
    sizes = "·".join(exact(stage.weight_axis_size(axis)) for axis in stage.line.weights)
    lines = (
        f"<b>{escape(_title(stage))}</b>",
        f"W[{escape(axes)}] = {escape(sizes)}" if axes else "no weights",
        f"{escape(exact(StageCount(stage).params))} parameters",
        f"{escape(si(stage.macs))} MACs, {share:.0%}",
    )
    text = "".join(f"<div>{line}</div>" for line in lines)
    bar = (
        f'<div style="height:4px;border-radius:2px;background:{_RULE};margin-top:4px">'
        f'<div style="height:4px;border-radius:2px;width:{share:.1%};background:{style.color}">'
        "</div></div>"
    )
    card = (
        f'<div style="border:1px solid {_RULE};border-left:4px solid {style.color};'
        f'border-radius:8px;padding:6px 10px;font-size:0.85rem;line-height:1.4">{text}{bar}</div>'
    )
    return _after_arrow(card) + _after_arrow(_tensor(stage.out_channels, stage.out_grid, style))


def _title(stage: BoundStage) -> str:
    """The kind of stage with its window: "depthwise 3×3, stride 2"."""
    window = any(axis.kernel != 1 for axis in stage.geometry)
    title = stage.kind
    if window or stage.line.windows:
        title += f" {_times(g.kernel for g in stage.geometry)}"
    strides = [g.stride for g in stage.geometry]
    if any(stride != 1 for stride in strides):
        title += f", {'transposed, ' if stage.transposed else ''}stride {_times(strides)}"
    return title


def _tensor(channels: Number, grid: tuple[Number, ...], style: Style) -> str:
    """A box for channels × grid with its shape below."""
    width = round(min(4 * math.sqrt(channels), _LARGEST)) + 4
    height = round(min(5 * product(grid) ** (0.5 / len(grid)), _LARGEST)) + 4
    box = (
        f'<div aria-hidden="true" style="width:{width}px;height:{height}px;margin:0 auto 3px;'
        f"border-radius:3px;border:1.5px solid {style.color};"
        f'background:color-mix(in srgb, {style.color} 22%, transparent)"></div>'
    )
    text = f"{escape(exact(channels))} ch<br>{escape(_times(grid))}"
    return f'<div style="text-align:center;{_SMALL}">{box}{text}</div>'


def _step(*lines: str) -> str:
    text = "<br>".join(escape(line) for line in lines)
    return _after_arrow(f'<div style="{_SMALL};text-align:center">{text}</div>')


def _after_arrow(html: str) -> str:
    """An arrow and what it points at, never on different lines."""
    arrow = '<span aria-hidden="true" style="font-size:1.2rem">→</span>'
    return f'<div style="display:flex;align-items:center;gap:8px">{arrow}{html}</div>'


def _times(values: Iterable[Number]) -> str:
    return shape_text(map(exact, values))
