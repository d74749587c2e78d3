"""A model by its name in the user's own code: `package.module:callable`."""

from __future__ import annotations

import os
import sys
from functools import wraps
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

from costmodel.errors import CostModelError, InputError, unknown
from costmodel.network.read.torch.reader import pytorch

_ALLOWED = "allowed is a class or function that gives a model when called without arguments"


def named_model(source: str) -> Any:
    """The model that `package.module:callable` names; what it raises becomes one sentence.

    Raises:
        InputError: there is no such module or name, or what it names gives no model.
        MissingDependencyError: PyTorch is not installed.
    """
    module_class = pytorch().nn.Module
    module_name, _, path = source.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # a model file beside the user, as with `python -m`
    try:
        value: Any = import_module(module_name)
    except (ImportError, ValueError, SyntaxError) as error:
        raise InputError(
            f"cannot import {module_name!r} of {source!r}: {error}; allowed is an importable module"
        ) from None
    for name in path.split("."):
        if not hasattr(value, name):
            names = [n for n in vars(value) if not n.startswith("_")]
            raise InputError(unknown(f"name in {module_name}", name, names))
        value = getattr(value, name)
    if isinstance(value, module_class):
        return value
    if not callable(value):
        raise InputError(f"{source!r} is a {type(value).__name__}; allowed is a module or callable")
    needed = needed_arguments(value)
    if needed and isinstance(value, type):
        raise InputError(f"{source!r} needs {needed}; {_ALLOWED}")
    if needed:
        return _of_tensors(value, module_class)  # not one that makes a model
    try:
        made = value()
    except CostModelError:
        raise
    except Exception as error:  # the user's code: whatever it raises is about this source
        raise InputError(f"{source!r} raised {type(error).__name__}: {error}; {_ALLOWED}") from None
    if not callable(made):
        raise InputError(
            f"{source!r} returned a {type(made).__name__}; allowed is a model or a function"
        )
    return made


def needed_arguments(function: Any) -> str:
    """What a callable cannot be called without, in words; "" for nothing."""
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):
        return ""
    optional = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    names = [p.name for p in parameters if p.default is Parameter.empty and p.kind not in optional]
    return f"the argument{'s' * (len(names) > 1)} {', '.join(map(repr, names))}" if names else ""


def _of_tensors(function: Any, module_class: type) -> Any:
    """A function whose arguments have to be tensors: it may not make a model of them."""

    @wraps(function)
    def run(*inputs: Any, **named: Any) -> Any:
        result = function(*inputs, **named)
        if isinstance(result, module_class):
            raise InputError(f"it gives a {type(result).__name__}, not tensors")
        return result

    return run
