"""What every check needs first: torch, set up for many small tensors."""

from __future__ import annotations

from costmodel.errors import MissingDependencyError


def prepare() -> None:
    """Load torch for many small checks; without it, one sentence says how to install it."""
    try:
        import torch
    except ImportError:
        raise MissingDependencyError("torch", "verifying", "torch") from None
    torch.set_num_threads(1)  # the tensors are small: threads would only wait for each other
