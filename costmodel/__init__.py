"""costmodel: exact parameter and multiply counts of convolutions, derived from a notation.

    >>> import costmodel as cm
    >>> layer = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> cm.count("depthwise_separable", layer).macs
    27496448

Importing the package is cheap: SymPy, pandas, torch and the rest are imported by the functions that
need them, at their first call.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from costmodel import variants as _variants  # noqa: F401  (declaring is registering)
from costmodel.counting import Counts, count
from costmodel.definition import define
from costmodel.errors import CostModelError
from costmodel.layer import ConvLayer
from costmodel.metrics import METRICS, Settings
from costmodel.variant import VARIANTS, Claim, Hyper, Variant

if TYPE_CHECKING:
    from costmodel import torch as torch
    from costmodel.network import Network, from_csv, from_onnx, from_torch, load
    from costmodel.reports import compare
    from costmodel.table import Table

__version__ = "0.1.0"

# Public names whose modules are loaded at the first use, so that `import costmodel` stays fast.
_LAZY = {
    "Network": "network",
    "Table": "table",
    "compare": "reports",
    "from_csv": "network",
    "from_onnx": "network",
    "from_torch": "network",
    "load": "network",
    "torch": "",
}

# Without `torch`: `from costmodel import *` works where PyTorch is missing, and leaves alone a
# `torch` that is imported already.
__all__ = [
    "METRICS",
    "VARIANTS",
    "Claim",
    "ConvLayer",
    "CostModelError",
    "Counts",
    "Hyper",
    "Network",
    "Settings",
    "Table",
    "Variant",
    "compare",
    "count",
    "define",
    "from_csv",
    "from_onnx",
    "from_torch",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'costmodel' has no attribute {name!r}")
    module = import_module(f"costmodel.{_LAZY[name] or name}")
    value = getattr(module, name) if _LAZY[name] else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
