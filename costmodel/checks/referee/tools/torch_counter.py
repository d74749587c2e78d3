"""torch.utils.flop_counter: operators below autograd, two FLOPs per multiply-accumulate."""

from __future__ import annotations

from typing import Any

from costmodel.checks.referee.convention import Convention
from costmodel.checks.referee.rules import doubled, only, operators
from costmodel.checks.referee.tool import declare

_KNOWN = {
    "mm",
    "addmm",
    "bmm",
    "baddbmm",
    "_scaled_mm",
    "convolution",
    "_convolution",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_cudnn_attention",
}


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`FlopCounterMode(display=False)` around a forward, `get_total_flops()`."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        model(*inputs)
    return int(counter.get_total_flops())


declare(
    "torch",
    "FlopCounterMode(), get_total_flops()",
    count,
    Convention(
        "floating-point operations: two per multiply-accumulate of a product, nothing else",
        operators,
        (only(_KNOWN), doubled()),
        per_mac=2,
    ),
)
