"""Matrix products that a real run executes, by the kernels and shapes that the profiler lists."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

#: kernel → places of its two matrices among the arguments
_MATRICES = {
    "aten::mm": (0, 1),
    "aten::addmm": (1, 2),
    "aten::addmm_": (1, 2),
    "aten::bmm": (0, 1),
    "aten::baddbmm": (1, 2),
    "aten::baddbmm_": (1, 2),
    "aten::mv": (0, 1),
    "aten::dot": (0, 1),
}


def profiled_macs(function: Callable[..., Any], *shapes: tuple[int, ...]) -> int:
    """Multiplies of all matrix products that a function runs on random tensors of these shapes."""
    inputs = [torch.rand(shape) for shape in shapes]
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU], record_shapes=True) as seen:
        function(*inputs)
    total = 0
    for event in seen.events():
        if event.name in _MATRICES and not any(map(_multiplies, event.cpu_children)):
            left, right = (event.input_shapes[place] for place in _MATRICES[event.name])
            total += prod(left) * (right[-1] if len(right) > 1 else 1)
    return total


def _multiplies(event: Any) -> bool:
    """Whether a kernel, or one that it calls, is a product: the innermost ones count."""
    return event.name in _MATRICES or any(map(_multiplies, event.cpu_children))
