"""Arguments by place: what a call gives by name, where the rules look for it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch


def by_place(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A function's arguments with those moved to their places that follow the positional ones.

    `matmul(input=a, other=b)` is `matmul(a, b)`; the names are those of PyTorch's schemas. Left as
    they are: arguments behind a gap, and functions that have no schema.
    """
    if not kwargs:
        return args, kwargs
    best: tuple[Any, ...] = args
    left = kwargs
    for names in _signatures(name):
        moved, rest = list(args), dict(kwargs)
        for key in names[len(args) :]:
            if key not in rest:
                break
            moved.append(rest.pop(key))
        if len(moved) > len(best):
            best, left = tuple(moved), rest
    return best, left


@lru_cache(maxsize=512)
def _signatures(name: str) -> tuple[tuple[str, ...], ...]:
    """Names of the positional arguments of a function's overloads, as Python knows them."""
    packet = getattr(torch.ops.aten, name, None)
    if packet is None:
        return ()
    found = []
    for overload in packet.overloads():
        schema = getattr(packet, overload)._schema
        names = [a.name for a in schema.arguments if not a.kwarg_only]
        found.append(tuple("input" if n == "self" else n for n in names))
    return tuple(dict.fromkeys(found))
