"""What is typed and refused is said where it was typed; the last result stays."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

from costmodel.dashboard import parts
from costmodel.errors import CostModelError

_Value = TypeVar("_Value")
_Result = TypeVar("_Result")
_ACCEPTED = "_accepted"


def accepted(
    name: str, subject: Hashable, value: _Value, make: Callable[[_Value], _Result]
) -> tuple[_Result, _Value] | None:
    """`make(value)` with the value; where it is refused, of the last value that was not.

    Args:
        name: of the input. subject: what it is about; a value for another subject is forgotten.
        make: works it out, and refuses with a `CostModelError`, which is said here.

    Returns:
        None where no value was accepted before, or none of those works any more.
    """
    last: dict[str, tuple[Hashable, Any]] = st.session_state.setdefault(_ACCEPTED, {})
    try:
        result = make(value)
    except CostModelError as error:
        parts.refuse(error)
    else:
        last[name] = (subject, value)
        return result, value
    of, earlier = last.get(name, (None, None))
    if of != subject:
        return None
    try:
        return make(earlier), earlier
    except CostModelError:
        return None
