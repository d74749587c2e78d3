"""A thumbnail of the stages: what runs through them, what mixes channels, and where a window is.

Bars are tensors, as high as they have channels. Between two of them a stage: filled where it mixes
all channels, in strips where each channel or group keeps to itself; a white square is a window over
all axes, a white line one over some of them. Branches lie below each other.
"""

from __future__ import annotations

from math import log2
from typing import assert_never
from urllib.parse import quote

from costmodel.comparing.count import Counts
from costmodel.core.bound import BoundBias, BoundBlock, BoundResample, BoundSequence, BoundSlice
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOWS
from costmodel.plots.layout import REFERENCE_LINE
from costmodel.plots.palette import style_of

_HEIGHT = 30.0
_BAR, _STAGE, _GAP, _PAD = 3.0, 15.0, 1.0, 2.0
_STRIPS = 4
_LOWEST = 0.25  # of the height, for one channel
_OPACITY = 0.8


def thumbnail(counts: Counts) -> str:
    """SVG of a variant on a layer, 30 pixels high, as wide as its stages take.

    Args:
        counts: with every size a number.
    """
    whole = counts.bound.program
    most = max(max(s.in_channels, s.out_channels) for s in counts.bound.stages)
    drawing = _Drawing(style_of(counts.variant).color, float(most))
    start = drawing.height(counts.layer.in_channels, _HEIGHT)
    drawing.tensor(_PAD, _HEIGHT / 2, start)
    end, _ = drawing.sequence(whole, _PAD + _BAR, _HEIGHT / 2, start, _HEIGHT)
    width = end + _PAD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{_HEIGHT:g}" '
        f'viewBox="0 0 {width:g} {_HEIGHT:g}">{"".join(drawing.parts)}</svg>'
    )


def thumbnail_address(counts: Counts) -> str:
    """The same as an address that holds it, for whatever shows images."""
    return f"data:image/svg+xml;utf8,{quote(thumbnail(counts))}"


class _Drawing:
    """What is drawn so far.

    color: of the stages. most: channels of the highest tensor.
    """

    def __init__(self, color: str, most: float) -> None:
        self.color, self.most = color, most
        self.parts: list[str] = []

    def height(self, channels: float, room: float) -> float:
        """Of a tensor, within the room that its branch has."""
        share = log2(1 + float(channels)) / log2(1 + self.most)
        return (room - 2 * _PAD) * (_LOWEST + (1 - _LOWEST) * share)

    def tensor(self, x: float, y: float, height: float) -> None:
        """A bar around its middle."""
        self.rect(x, y - height / 2, _BAR, height, REFERENCE_LINE)

    def rect(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A rectangle from its upper left corner."""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{color}"/>'
        )

    def sequence(
        self, sequence: BoundSequence, x: float, y: float, before: float, room: float
    ) -> tuple[float, float]:
        """Items from left to right; returns where they end and how high the last tensor is."""
        for item in sequence.items:
            match item:
                case BoundStage():
                    after = self.height(item.out_channels, room)
                    self.stage(item, x, y, before, after)
                    self.tensor(x + _STAGE + _GAP, y, after)
                    x, before = x + _STAGE + _GAP + _BAR, after
                case BoundBlock():
                    x, before = self.block(item, x, y, before, room)
                case BoundSlice() | BoundResample() | BoundBias():
                    pass
                case _:
                    assert_never(item)
        return x, before

    def block(
        self, block: BoundBlock, x: float, y: float, before: float, room: float
    ) -> tuple[float, float]:
        """Branches below each other, then what they are joined to."""
        share = room / len(block.branches)
        top, ends = y - room / 2, []
        for place, branch in enumerate(block.branches):
            middle = top + share * (place + 0.5)
            height = min(before, share - 2 * _PAD)
            ends.append(self.sequence(branch, x, middle, height, share))
        end = max(end for end, _ in ends)
        if len(block.branches) == 1:
            return ends[0]
        for place, (own, _) in enumerate(ends):  # a short branch, or one that changes nothing
            if own < end:
                self.rect(own, top + share * (place + 0.5) - 0.5, end - own, 1, REFERENCE_LINE)
        height = sum(height for _, height in ends) if block.mode == "concat" else ends[0][1]
        height = min(max(height, _PAD), room - 2 * _PAD)
        self.tensor(end + _GAP, y, height)
        return end + _GAP + _BAR, height

    def stage(self, stage: BoundStage, x: float, y: float, before: float, after: float) -> None:
        """A stage between two tensors, with its window."""
        mixes = any(set(axis.names) - WINDOWS for axis in stage.line.contracted)
        apart = bool(stage.line.grouped) or not mixes
        strips = _STRIPS if not mixes else 2 if apart else 1
        left, right = x + _GAP, x + _STAGE
        for place in range(strips):
            low, high = place / strips - 0.5, (place + (1.0 if strips == 1 else 0.7)) / strips - 0.5
            points = [
                (left, y + low * before),
                (right, y + low * after),
                (right, y + high * after),
                (left, y + high * before),
            ]
            corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
            self.parts.append(
                f'<polygon points="{corners}" fill="{self.color}" fill-opacity="{_OPACITY}"/>'
            )
        windows = [g.kernel != 1 for g in stage.geometry]
        if any(windows):
            middle, side = (left + right) / 2, 6.0
            # rows run down the picture, columns across
            tall = side if windows[max(len(windows) - 2, 0)] else 2.0
            wide = side if windows[-1] and len(windows) > 1 else 2.0
            self.rect(middle - wide / 2, y - tall / 2, wide, tall, "#FFFFFF")
