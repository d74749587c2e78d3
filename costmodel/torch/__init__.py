"""`cm.torch`: variants as torch modules, and live models with their layers replaced."""

from __future__ import annotations

from typing import Any

from costmodel.errors import MissingDependencyError

try:
    import torch as _torch  # noqa: F401  (only to say how to install it)
except ImportError:
    raise MissingDependencyError("torch", "building modules", "torch") from None

from costmodel.torch.modules import VariantModule, build, input_shape, output_shape

__all__ = ["VariantModule", "build", "input_shape", "output_shape"]


def __dir__() -> list[str]:
    return sorted({*globals(), "replace"})


def __getattr__(name: str) -> Any:
    if name == "replace":
        from costmodel.torch.replacement import replace

        return replace
    raise AttributeError(f"module 'costmodel.torch' has no attribute {name!r}")
