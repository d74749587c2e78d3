"""Whole networks: read any, count exactly, write down the formula, ask what if.

    >>> import costmodel as cm
    >>> cm.load("resnet18").macs
    1814073344

A reader turns a source into a `Network` of `NetOp`s: `from_csv` (a table of layers), `load`
(a shipped network), `from_torch` and `from_onnx` (a model). Only the last two need torch or onnx,
which are imported when they are called.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from costmodel.network.kinds import KINDS, Kind
from costmodel.network.model import (
    COUNTED,
    FREE,
    NOT_MODELLED,
    ROLES,
    MatMul,
    NetOp,
    Parameter,
)
from costmodel.network.network import Network, Rebuild

if TYPE_CHECKING:
    from costmodel.network.csv_reader import from_csv
    from costmodel.network.library import load
    from costmodel.network.onnx_reader import from_onnx
    from costmodel.network.torch_capture import from_torch

_LAZY = {
    "from_csv": "csv_reader",
    "from_onnx": "onnx_reader",
    "from_torch": "torch_capture",
    "load": "library",
}

__all__ = [
    "COUNTED",
    "FREE",
    "KINDS",
    "NOT_MODELLED",
    "ROLES",
    "Kind",
    "MatMul",
    "NetOp",
    "Network",
    "Parameter",
    "Rebuild",
    "from_csv",
    "from_onnx",
    "from_torch",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'costmodel.network' has no attribute {name!r}")
    value = getattr(import_module(f"costmodel.network.{_LAZY[name]}"), name)
    globals()[name] = value
    return value
