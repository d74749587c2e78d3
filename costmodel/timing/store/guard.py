"""The guard: what a damaged file holds is one sentence, whichever of its values is wrong."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, TypeVar

from costmodel.errors import CostModelError, InputError

_Class = TypeVar("_Class", bound=type)
_WRONG = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def guarded(kind: _Class) -> _Class:
    """A class with a `path`, whose public methods turn what damaged values raise into `InputError`.

    A sentence of ours goes through as it is.
    """
    for name, method in list(vars(kind).items()):
        if not name.startswith("_") and inspect.isfunction(method):
            setattr(kind, name, _guard(method))
    return kind


def _guard(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except CostModelError:
            raise
        except _WRONG as error:
            what = f"{type(error).__name__}: {error}"
            raise InputError(
                f"the store {self.path!r} is damaged ({what[:120]}); allowed is a store of times "
                "as it was written, or a new file"
            ) from error

    return called


def positive(value: Any) -> float:
    """A time or a rate as it can be: a finite number above 0; `ValueError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    if not 0 < value < math.inf:
        raise ValueError(f"{value!r} is not above 0")
    return float(value)
