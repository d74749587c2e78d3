"""Tensors without storage, and small ones of known values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import torch
from torch import Tensor

#: The device of tensors that have a shape and no numbers.
META = torch.device("meta")
#: Tensors without the model's parameters in them keep their values up to this many elements, so
#: that a forward may look at constants of its own (index tables, anchors, masks).
CONSTANT_LIMIT = 1 << 16


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Every tensor in nested arguments, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))


def storage_key(tensor: Tensor) -> int:
    """What is one for all views of a tensor; 0 for sparse and other tensors without a storage."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return 0


def shape_of(tensor: Tensor) -> tuple[int, ...]:
    """A tensor's shape, () for a nested one, whose rows have shapes of their own."""
    return () if tensor.is_nested else tuple(tensor.shape)


def odd_storage(tensor: Tensor) -> str:
    """The word for a tensor whose shape does not say how much it stores, "" for all others."""
    return "sparse" if tensor.layout in _SPARSE else "nested" if tensor.is_nested else ""


_SPARSE = frozenset(
    (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)
)


def to_meta(value: Any) -> Any:
    """The arguments with every real tensor replaced by one without values."""
    if isinstance(value, Tensor):
        if value.is_meta or value.dim() == 0:
            return value
        if value.layout in _SPARSE:  # a dense one stands for it: results have the same shape
            return torch.empty(value.shape, dtype=value.dtype, device=META)
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=META)
    if isinstance(value, list | tuple):
        items: Iterable[Any] = [to_meta(v) for v in value]
        return type(value)(items) if type(value) in (list, tuple) else tuple(items)
    if isinstance(value, dict):
        return {k: to_meta(v) for k, v in value.items()}
    return value


_INTEGERS = frozenset((torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64))
#: Operators that make a tensor as large as another one, of one value.
FILLED = {
    "zeros_like": 0,
    "ones_like": 1,
    "full_like": None,
    "new_zeros": 0,
    "new_ones": 1,
    "new_full": None,
}


def filled(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], floats: bool) -> Tensor | None:
    """A small tensor of one value, of integers or of any kind; None where it is another."""
    x, rest = args[0], list(args[1:])
    shape = rest.pop(0) if name.startswith("new_") and rest else kwargs.get("size", x.shape)
    value = FILLED[name]
    if value is None:
        value = rest[0] if rest else kwargs["fill_value"]
    dtype = kwargs.get("dtype") or x.dtype
    if prod(shape) > CONSTANT_LIMIT or not (floats or dtype in _INTEGERS):
        return None
    return torch.full(tuple(shape), value, dtype=dtype)


def elements(args: tuple[Any, ...]) -> int:
    """How many elements a factory makes, 1 where its first argument is no size."""
    size = args[0] if args and isinstance(args[0], list | tuple) else ()
    return prod(n for n in size if isinstance(n, int))
