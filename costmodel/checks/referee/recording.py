"""Recording: one forward of a model, watched from all heights at once. See `record`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from costmodel.checks.referee.call_recorder import CallRecorder, WatchedMode, class_name, watched
from costmodel.checks.referee.record import Call, Record
from costmodel.core.readable import shape_text
from costmodel.errors import InputError
from costmodel.network.operations import Operations
from costmodel.network.read.torch.copies import real_copy
from costmodel.network.read.torch.dispatch import NeedsIntegers
from costmodel.network.read.torch.inputs import Inputs
from costmodel.network.read.torch.run import LOCK, surroundings
from costmodel.network.read.torch.state import ModelState


def record(model: Callable[..., Any], inputs: Inputs, name: str = "") -> Record:
    """The calls of one forward; on the meta device, or on the CPU where that cannot be.

    Raises:
        InputError: the forward fails on inputs of these shapes.
    """
    try:
        return _record(model, inputs, name)
    except NeedsIntegers:
        return _record(model, inputs.as_integers(), name)


def _record(model: Callable[..., Any], inputs: Inputs, name: str) -> Record:
    try:
        return _run(model, inputs, name, real=False)
    except NeedsIntegers:
        raise
    except Exception:  # whatever a model raises without values: a run on the CPU has the last word
        pass
    try:
        return _run(real_copy(model), inputs, name, real=True)
    except NeedsIntegers:
        raise
    except Exception as error:
        shapes = ", ".join(map(shape_text, inputs.shapes))
        raise InputError(
            f"{name or type(model).__name__} does not run on an input of {shapes}: "
            f"{type(error).__name__}: {error}"
        ) from error


def _run(model: Callable[..., Any], inputs: Inputs, name: str, *, real: bool) -> Record:
    with LOCK, ModelState(lend=not real) as state, torch.random.fork_rng(devices=[]):
        owners: dict[int, int] = {}
        if isinstance(model, nn.Module):
            state.add(model)
            _count_paths(model, owners)
        recorder = CallRecorder(state, owners)
        args, kwargs = inputs.tensors("cpu" if real else "meta")
        mode = WatchedMode(recorder, shortcuts=False, constants="none", real=real)
        with surroundings(), watched(recorder), mode:
            recorder.follow((), (*args, *kwargs.values()), range(0))
            model(*args, **kwargs)
    calls = _named(tuple(call for call in recorder.calls if call is not None))
    batch = inputs.shapes[0][0] if inputs.shapes and inputs.shapes[0] else 1
    return Record(name or _title(model), _renumbered(calls), batch)


def _title(model: Any) -> str:
    return class_name(model) if isinstance(model, nn.Module) else getattr(model, "__name__", "")


def _count_paths(module: nn.Module, counts: dict[int, int]) -> None:
    """How many ways lead from the root to each module; a parent's own repetitions are one."""
    counts[id(module)] = counts.get(id(module), 0) + 1
    for child in module.children():
        _count_paths(child, counts)


def _named(calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """Calls whose operations have the names that a network gives them, each a name of its own."""
    ops = iter(Operations("", tuple(call.op for call in calls if call.op is not None)))
    return tuple(
        call if call.op is None else dataclasses.replace(call, op=next(ops)) for call in calls
    )


def _renumbered(calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """Calls whose indices are their places, although some that failed were dropped."""
    places = {call.index: place for place, call in enumerate(calls)}
    return tuple(
        call
        if call.index == place
        else dataclasses.replace(call, index=place, parent=places.get(call.parent, -1))
        for place, call in enumerate(calls)
    )
