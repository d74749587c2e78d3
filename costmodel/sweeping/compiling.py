"""Numba where it is installed: loops as machine code, which let go of the interpreter's lock."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any


@functools.cache
def has_numba() -> bool:
    """Whether it is installed; nothing is imported."""
    return find_spec("numba") is not None


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers and arrays as machine code.

    Integers are int64 and wrap round, so whoever calls it has shown that they fit; a division by
    zero gives 0.
    """
    import numba

    compiled: Callable[..., Any] = numba.njit(nogil=True, error_model="numpy")(function)
    return compiled
