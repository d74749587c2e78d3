"""`cm.torch`: variants as torch modules, and live models with their layers replaced."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from costmodel.errors import MissingDependencyError

try:
    import torch as _torch  # noqa: F401  (only to say how to install it)
except ImportError:
    raise MissingDependencyError("torch", "building modules", "torch") from None

from costmodel.torch.modules import VariantModule, build, input_shape, output_shape

__all__ = ["VariantModule", "build", "input_shape", "output_shape"]


# Public names whose modules are loaded at the first use: building alone needs none of them.
_LAZY = {
    "Shrinkage": "low_rank",
    "nuclear_norm": "low_rank",
    "replace": "replacement",
    "round_weights": "quantise",
    "use_factors": "factors_in_place",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"costmodel.torch.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'costmodel.torch' has no attribute {name!r}")
