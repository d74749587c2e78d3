"""Closed formulas of captured networks: one forward on sizes with letters, then a check.

What the forward asks about its sizes are the formula's guards. It is checked before it is handed
out: the network is counted again at other sizes inside the guards, and every operation's multiplies
have to be what the formula says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from costmodel.core.polynomial import Polynomial
from costmodel.errors import CostModelError
from costmodel.network.guards import Guard
from costmodel.network.operation import NetOp
from costmodel.network.operations import Rebuild, Recount
from costmodel.network.read.torch.copies import short, title
from costmodel.network.read.torch.dispatch import CaptureMode
from costmodel.network.read.torch.inputs import Inputs
from costmodel.network.read.torch.outside import outside_seen
from costmodel.network.read.torch.places import letter_names, others, places
from costmodel.network.read.torch.questions import Questions
from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.run import (
    FAST,
    LOCK,
    calls,
    capture,
    on_meta,
    surroundings,
)
from costmodel.network.read.torch.shape_mode import ShapeMode, python_functions_open
from costmodel.network.read.torch.sizes import Size
from costmodel.network.read.torch.state import ModelState

#: Letters of an input's axes by its rank; "" is an axis that a model fixes.
_LETTERS = {
    1: ("L",),
    2: ("N", "L"),
    3: ("N", "", "L"),
    4: ("N", "", "H", "W"),
    5: ("N", "", "D", "H", "W"),
}
#: How many other sizes a formula is checked at, and how many are tried for it.
_CHECKS, _TRIES = 2, 12
NO_OTHER = "it takes no other sizes"


def rebuild(model: Callable[..., Any], inputs: Inputs) -> Rebuild:
    """How a captured network is counted at other sizes."""
    letters = _letters(model, inputs)
    defaults = {
        letter: side
        for names, shape in zip(letters, inputs.shapes, strict=True)
        for letter, side in zip(names, shape, strict=True)
        if letter
    }

    def build(values: Mapping[str, Any]) -> Recount:
        shapes = tuple(
            tuple(values[n] if n else side for n, side in zip(names, shape, strict=True))
            for names, shape in zip(letters, inputs.shapes, strict=True)
        )
        free = [name for name, value in values.items() if not isinstance(value, int)]
        if not free:
            captured = capture(model, inputs.with_shapes(shapes))
            return Recount(captured.ops, shapes, steps=captured.steps)
        ops, guards = _with_letters(model, inputs, letters, values, free)
        return Recount(ops, shapes, guards)

    return Rebuild(defaults, build)


def _letters(model: Callable[..., Any], inputs: Inputs) -> tuple[tuple[str, ...], ...]:
    """A letter for every axis that may be free; one letter stands for one size in all inputs."""
    result = []
    taken: dict[str, int] = {}
    for shape in inputs.shapes:
        names = list(_LETTERS.get(len(shape), ("N", *("",) * (len(shape) - 1))) if shape else ())
        if (
            len(shape) == 3
            and _runs(model, inputs, shape, 1)
            and not _runs(model, inputs, shape, 2)
        ):
            names = ["N", "L", ""]  # positions before features, as in a transformer
        if len(shape) == 2 and not inputs.has_integers and not _runs(model, inputs, shape, 1):
            names = ["N", ""]
        for axis, (name, side) in enumerate(zip(names, shape, strict=True)):
            number = 1
            letter = name
            while name and taken.get(letter, side) != side:
                number += 1
                letter = f"{name}{number}"
            if letter:
                taken[letter] = side
                names[axis] = letter
        result.append(tuple(names))
    return tuple(result)


def _runs(model: Callable[..., Any], inputs: Inputs, shape: tuple[int, ...], axis: int) -> bool:
    """Whether the model takes another size on one axis of an input."""
    other = tuple(s + (i == axis) for i, s in enumerate(shape))
    shapes = [other if s == shape else s for s in inputs.shapes]
    return _counted(model, inputs, shapes) is not None


def _counted(
    model: Callable[..., Any], inputs: Inputs, shapes: Sequence[Sequence[int]]
) -> tuple[NetOp, ...] | None:
    """The operations at other sizes, None where the model does not take them."""
    try:
        return tuple(on_meta(model, inputs.with_shapes(shapes), FAST))
    except Exception:  # whatever the model raises: these sizes are not its own
        return None


def _with_letters(
    model: Callable[..., Any],
    inputs: Inputs,
    letters: tuple[tuple[str, ...], ...],
    values: Mapping[str, Any],
    free: Sequence[str],
) -> tuple[list[NetOp], tuple[Guard, ...]]:
    base = {
        n: side
        for names, shape in zip(letters, inputs.shapes, strict=True)
        for n, side in zip(names, shape, strict=True)
        if n
    }
    fixed = {n: v for n, v in values.items() if n not in free}
    symbols = {n: values[n] for n in free}
    problem = other = ""
    own = {**base, **fixed}
    for start in _starts(own, free):
        try:
            ops, guards = _follow(model, inputs, letters, start, symbols)
        except CostModelError as error:
            problem = str(error)
            continue
        except Exception as error:  # the model does not take these sizes
            other = other or short(error)
            continue
        try:
            near = places(own, symbols, guards)
        except CostModelError as error:
            problem = problem or str(error)
            continue
        # a formula found elsewhere has to hold at the network's own sizes before all others
        checked = [own, *near] if start != own else near
        wrong = _check(model, inputs, letters, checked, symbols, ops)
        if not wrong:
            return ops, guards
        problem = problem if wrong == NO_OTHER else wrong
    names = ", ".join(free)
    if problem:
        raise CostModelError(f"{title(model)} has no closed formula in {names}: {problem}")
    takes = [n for n in base if _takes(model, inputs, letters, base, n)]
    if other and set(free) <= set(takes):
        raise CostModelError(
            f"{title(model)} has no closed formula in {names}: with letters for sizes its forward "
            f"ends with {other}"
        )
    raise CostModelError(
        f"{title(model)} takes no other sizes in all of {names}; allowed is leaving open "
        f"{', '.join(takes) or 'nothing'}"
    )


def _takes(
    model: Callable[..., Any],
    inputs: Inputs,
    letters: tuple[tuple[str, ...], ...],
    base: Mapping[str, int],
    name: str,
) -> bool:
    """Whether the model takes another size in one letter alone."""
    return any(
        _counted(model, inputs, _shapes(letters, inputs, sizes)) is not None
        for sizes in others(base, [name])
    )


def _starts(base: Mapping[str, int], free: Sequence[str]) -> list[dict[str, int]]:
    """Sizes to follow the forward at: the network's own, and some that nothing divides."""
    odd = {n: base[n] + (1, 13, 7, 11)[i % 4] if n in free else base[n] for i, n in enumerate(base)}
    return [dict(base), odd]


def _shapes(
    letters: tuple[tuple[str, ...], ...], inputs: Inputs, sizes: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    return [
        tuple(sizes[n] if n else side for n, side in zip(names, shape, strict=True))
        for names, shape in zip(letters, inputs.shapes, strict=True)
    ]


def _follow(
    model: Callable[..., Any],
    inputs: Inputs,
    letters: tuple[tuple[str, ...], ...],
    sizes: Mapping[str, int],
    symbols: Mapping[str, Any],
) -> tuple[list[NetOp], tuple[Guard, ...]]:
    """One forward at known sizes, some of which have letters, and what it asks about them."""
    placed = inputs.with_shapes(_shapes(letters, inputs, sizes))
    with LOCK, ModelState() as state, torch.random.fork_rng(devices=[]):
        if isinstance(model, nn.Module):
            state.add(model)
        elif isinstance(owner := getattr(model, "__self__", None), nn.Module):
            state.add(owner)
        recorder = Recorder(state)
        args, kwargs = placed.tensors("meta")
        questions = Questions()
        shapes = ShapeMode(recorder, questions)
        for tensor, names in zip(
            (*args, *kwargs.values()), _by_place(inputs, letters), strict=True
        ):
            shapes.set(
                tensor,
                tuple(
                    Size(side, symbols[n], questions) if n in symbols else side
                    for n, side in zip(names, tensor.shape, strict=True)
                ),
            )
        mode = CaptureMode(recorder)
        with (
            surroundings(),
            calls(recorder, {}),
            outside_seen(recorder, CaptureMode),
            python_functions_open(),
            mode,
            shapes,
        ):
            recorder.follow((), (*args, *kwargs.values()), range(0))
            model(*args, **kwargs)
        if shapes.lost:
            raise CostModelError(f"how the sizes of {shapes.lost!r} come about is not known")
        if questions.refused:
            raise CostModelError(
                f"the forward asks what cannot be said of all sizes: {questions.refused}"
            )
        return recorder.whole(), tuple(questions.guards)


def _by_place(inputs: Inputs, letters: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    """Letters in the order of `Inputs.tensors`: positional inputs first."""
    pairs = list(zip(inputs.names, letters, strict=True))
    return [names for key, names in pairs if not key] + [names for key, names in pairs if key]


def _check(
    model: Callable[..., Any],
    inputs: Inputs,
    letters: tuple[tuple[str, ...], ...],
    places: Sequence[Mapping[str, int]],
    symbols: Mapping[str, Any],
    ops: Sequence[NetOp],
) -> str:
    """Count again at other sizes; what is wrong with the formula, "" where nothing is."""
    names = letter_names(symbols)
    if names is None:
        return ""  # polynomials of polynomials: the letters' own formula has been checked
    checked = 0
    for sizes in places[:_TRIES]:
        counted = _counted(model, inputs, _shapes(letters, inputs, sizes))
        if counted is None:
            continue
        values = {names[n]: sizes[n] for n in symbols}
        wanted = [op for op in counted if op.column == "macs"]
        claimed = [op for op in ops if op.column == "macs"]
        where = ", ".join(f"{n} = {sizes[n]}" for n in symbols)
        if len(wanted) != len(claimed):
            return f"at {where} it runs {len(wanted)} products instead of {len(claimed)}"
        for a, b in zip(wanted, claimed, strict=True):
            said = b.macs.subs(**values) if isinstance(b.macs, Polynomial) else b.macs
            if said != a.macs:
                return f"at {where} {a.name!r} has {a.macs} multiply-accumulates, not {said}"
        checked += 1
        if checked == _CHECKS:
            break
    return "" if checked else NO_OTHER
