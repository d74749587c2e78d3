"""The inputs of a capture: shapes and dtypes, never data."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from costmodel.core.readable import shape_text
from costmodel.errors import InputError

#: Elements that one input may have: what 64-bit sizes hold.
_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Inputs:
    """Shapes and dtypes of a forward's inputs; `names` "" are positional, others keywords."""

    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[torch.dtype, ...]
    names: tuple[str, ...]

    def tensors(self, device: str) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Positional and keyword tensors.

        On "meta" without storage; on "cpu" with random numbers, and integers that are 1; "known"
        is meta for everything but the integers.
        """
        args: list[Tensor] = []
        kwargs: dict[str, Tensor] = {}
        for shape, dtype, name in zip(self.shapes, self.dtypes, self.names, strict=True):
            tensor = _tensor(shape, dtype, device)
            if name:
                kwargs[name] = tensor
            else:
                args.append(tensor)
        return args, kwargs

    def as_integers(self) -> Inputs:
        """The same shapes as 64-bit integers: all inputs of at most two axes."""
        dtypes = tuple(
            torch.int64 if len(s) <= 2 and d.is_floating_point else d
            for s, d in zip(self.shapes, self.dtypes, strict=True)
        )
        if dtypes == self.dtypes:
            raise InputError(
                "an input is looked up in a table, but is "
                f"{_dtype_name(self.dtypes[0])}; allowed is dtype='int64'"
            )
        return replace(self, dtypes=dtypes)

    @property
    def has_integers(self) -> bool:
        """Whether some input is neither floating point nor complex."""
        return any(not (d.is_floating_point or d.is_complex) for d in self.dtypes)

    def with_shapes(self, shapes: Sequence[Sequence[int]]) -> Inputs:
        """The same inputs at other sizes."""
        return replace(self, shapes=tuple(tuple(s) for s in shapes))


def _tensor(shape: tuple[int, ...], dtype: torch.dtype, device: str) -> Tensor:
    if device == "meta" or (device == "known" and (dtype.is_floating_point or dtype.is_complex)):
        return torch.empty(shape, dtype=dtype, device="meta")
    if dtype.is_floating_point or dtype.is_complex:
        return torch.rand(shape, dtype=torch.float32).to(dtype)
    return torch.ones(shape, dtype=dtype)


def read_inputs(model: Any, input_shape: Any, dtype: Any) -> Inputs:
    """Inputs from what a user wrote: a shape, several, or a mapping from argument names to shapes.

    Args:
        model: the module, whose first floating-point parameter gives the default dtype.
        input_shape: one shape (1, 3, 224, 224), a sequence of shapes, or a mapping of names to
            shapes for keyword arguments. A tensor stands for its shape and dtype.
        dtype: one dtype (a `torch.dtype` or its name) for all inputs, a sequence with one for
            each, a mapping by name, or None.

    Raises:
        InputError: something that is no shape or no dtype.
    """
    names: tuple[str, ...]
    if isinstance(input_shape, Mapping):
        names = tuple(map(str, input_shape))
        given = list(input_shape.values())
    else:
        given = [input_shape] if _is_shape(input_shape) else _listed(input_shape)
        names = ("",) * len(given)
    shapes = tuple(_shape(s) for s in given)
    if isinstance(dtype, Mapping):
        wanted = [dtype.get(name) for name in names]
    elif isinstance(dtype, list | tuple):
        wanted = list(dtype)
        if len(wanted) != len(shapes):
            raise InputError(
                f"dtype has {len(wanted)} values; allowed is one, or one for each of the "
                f"{len(shapes)} inputs"
            )
    else:
        wanted = [dtype] * len(shapes)
    default = _default_dtype(model)
    dtypes = tuple(
        _dtype(w) if w is not None else g.dtype if isinstance(g, Tensor) else default
        for w, g in zip(wanted, given, strict=True)
    )
    return Inputs(shapes, dtypes, names)


def _is_shape(value: Any) -> bool:
    if isinstance(value, Tensor | int):
        return True
    return isinstance(value, list | tuple) and not any(
        isinstance(v, list | tuple | Tensor) for v in value
    )


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise InputError(
        f"input_shape is {value!r}; allowed are a shape such as (1, 3, 224, 224), several shapes, "
        "or a mapping of argument names to shapes"
    )


def _shape(value: Any) -> tuple[int, ...]:
    if isinstance(value, Tensor):
        return tuple(value.shape)
    sides = value if isinstance(value, list | tuple) else (value,)
    result = []
    total = 1
    for side in sides:
        try:
            number = -1 if isinstance(side, bool) else operator.index(side)
        except TypeError:
            number = -1
        if number < 1:
            raise InputError(f"input_shape holds {side!r}; allowed are integers from 1 up")
        result.append(number)
        total *= number
    if total > _LIMIT:
        raise InputError(
            f"input_shape {shape_text(result)} has {total} elements; allowed are {_LIMIT}"
        )
    return tuple(result)


def _dtype(value: Any) -> torch.dtype:
    dtype = value if isinstance(value, torch.dtype) else getattr(torch, str(value), None)
    if not isinstance(dtype, torch.dtype):
        raise InputError(
            f"dtype is {value!r}; allowed are PyTorch's, such as 'float32', 'float16' or 'int64'"
        )
    return dtype


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _default_dtype(model: Any) -> torch.dtype:
    """The dtype of the first floating-point parameter, so that a half-precision model runs."""
    if isinstance(model, nn.Module):
        for parameter in model.parameters():
            if parameter.is_floating_point():
                return parameter.dtype
    return torch.get_default_dtype()
