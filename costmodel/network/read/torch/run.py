"""Run a forward under capture: on the meta device, and on the CPU where that cannot be."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from costmodel.core.readable import shape_text
from costmodel.errors import InputError
from costmodel.metrics.lifetimes import Step
from costmodel.network.operation import NetOp
from costmodel.network.read.torch.copies import materialised, real_copy, short, title, unwrapped
from costmodel.network.read.torch.dispatch import CaptureMode, NeedsIntegers, NeedsValues
from costmodel.network.read.torch.inputs import Inputs
from costmodel.network.read.torch.modules import LAYERS, Layer, untouched, usable_layers
from costmodel.network.read.torch.outside import outside_seen
from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.state import ModelState, has_lazy
from costmodel.network.read.torch.tensors import tensors_in

#: A run on the CPU is not started for a model with more parameters than this.
CPU_LIMIT = 1 << 31

LOCK = threading.RLock()


@dataclass(frozen=True, slots=True)
class Captured:
    """What a forward ran: operations, what they read and write, how that was found out."""

    ops: tuple[NetOp, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    inputs: Inputs | None = None


def capture(model: Callable[..., Any], inputs: Inputs) -> Captured:
    """The operations of one forward of a module or a callable.

    Tries the fast way first, then PyTorch's own meta kernels, then the CPU.

    Raises:
        InputError: the forward fails on inputs of these shapes.
    """
    model = unwrapped(model)
    if isinstance(model, nn.Module) and has_lazy(model):
        model = materialised(model, inputs)
    try:
        return _captured(model, inputs)
    except NeedsIntegers:
        captured = _captured(model, inputs.as_integers())
    note = "The inputs are taken as integers, because the model looks them up in a table."
    return replace(captured, notes=(*captured.notes, note))


def _captured(model: Callable[..., Any], inputs: Inputs) -> Captured:
    """One way after the other; the first that gets through the forward has it."""
    reason, needs_values = "", False
    for way in _WAYS:
        if way.device == "known" and not inputs.has_integers:
            continue
        if way.after_values and not needs_values:
            continue
        try:
            recorder = _on_meta(model, inputs, way)
        except NeedsIntegers:
            raise
        except NeedsValues as error:
            if _may_be_tokens(model, inputs):
                raise NeedsIntegers from None
            reason, needs_values = f"its forward needs values ({error.operator})", True
        except Exception as error:  # whatever a model raises: the next way has the last word
            reason = reason or f"it does not run on the meta device ({short(error)})"
        else:
            return _captured_by(recorder, way.note, inputs)
    return _on_cpu(model, inputs, reason)


def _may_be_tokens(model: Callable[..., Any], inputs: Inputs) -> bool:
    """Whether inputs that were taken as numbers are probably indices of a table."""
    flat = all(len(s) <= 2 for s in inputs.shapes)
    tables = isinstance(model, nn.Module) and any(
        isinstance(m, nn.Embedding) for m in model.modules()
    )
    return flat and tables and not inputs.has_integers


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run a forward on the meta device; see `CaptureMode` and `Inputs.tensors`."""

    shortcuts: bool
    constants: str
    device: str = "meta"
    note: str = ""
    after_values: bool = False  # only where another way stopped because it needed values


FAST = Way(shortcuts=True, constants="integers")
PLAIN = Way(shortcuts=False, constants="none")
_WAYS = (
    FAST,
    Way(shortcuts=True, constants="all", after_values=True),
    Way(
        shortcuts=True,
        constants="all",
        device="known",
        note="The forward looks at its integer inputs, which were all taken as 1.",
        after_values=True,
    ),
    PLAIN,
)


def on_meta(model: Callable[..., Any], inputs: Inputs, way: Way) -> list[NetOp]:
    """The operations of one forward on the meta device; whatever the model raises gets out."""
    return _on_meta(model, inputs, way).whole()


def _on_meta(model: Callable[..., Any], inputs: Inputs, way: Way) -> Recorder:
    with LOCK, ModelState() as state, torch.random.fork_rng(devices=[]):
        if isinstance(model, nn.Module):
            state.add(model)
        elif isinstance(owner := getattr(model, "__self__", None), nn.Module):
            state.add(owner)  # a bound method such as `model.forward_features`
        recorder = Recorder(state)
        args, kwargs = inputs.tensors(way.device)

        def mode(into: Recorder) -> CaptureMode:
            return CaptureMode(into, shortcuts=way.shortcuts, constants=way.constants)

        layers = usable_layers() if way.shortcuts else {}
        with (
            surroundings(),
            calls(recorder, layers),
            outside_seen(recorder, mode),
            mode(recorder),
        ):
            _forward(model, args, kwargs, recorder)
        return recorder


def _on_cpu(model: Callable[..., Any], inputs: Inputs, reason: str) -> Captured:
    """A real run on a copy of the model, for forwards that look at values."""
    count = sum(p.numel() for p in model.parameters()) if isinstance(model, nn.Module) else 0
    if count > CPU_LIMIT:
        raise InputError(
            f"{title(model)} cannot be captured: {reason}, and with {count} parameters it is too "
            f"large to run on the CPU; allowed there are {CPU_LIMIT}"
        )
    with LOCK, torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = ModelState(lend=False)
        recorder = Recorder(state)
        args, kwargs = inputs.tensors("cpu")

        def mode(into: Recorder) -> CaptureMode:
            return CaptureMode(into, shortcuts=False, real=True)

        try:
            real = real_copy(model)
            if isinstance(real, nn.Module):
                state.add(real)
            # oneDNN's recurrent layers are one operator with all products inside.
            plain = torch.backends.mkldnn.flags(enabled=False)
            with (
                surroundings(),
                plain,
                calls(recorder, {}),
                outside_seen(recorder, mode),
                mode(recorder),
            ):
                _forward(real, args, kwargs, recorder)
        except (NeedsIntegers, InputError):
            raise
        except Exception as error:
            shapes = ", ".join(map(shape_text, inputs.shapes))
            raise InputError(
                f"{title(model)} does not run on an input of {shapes}: {short(error)}"
            ) from error
    note = (
        f"Captured by a run on the CPU with random inputs, because {reason}; what runs may depend "
        "on the values."
    )
    return _captured_by(recorder, note, inputs)


def _forward(model: Callable[..., Any], args: Any, kwargs: Any, recorder: Recorder) -> None:
    """Run a model; its inputs are there before the first operator, its results after the last."""
    recorder.follow((), tensors_in((args, kwargs)), range(0))
    out = model(*args, **kwargs)
    recorder.follow(tensors_in(out), (), range(0))


def _captured_by(recorder: Recorder, note: str, inputs: Inputs) -> Captured:
    steps = tuple(recorder.storages.steps)
    notes = (note, _said_of_hidden(recorder.state))
    return Captured(tuple(recorder.whole()), steps, tuple(n for n in notes if n), inputs)


def _said_of_hidden(state: ModelState) -> str:
    """Where the forward reads trained numbers that its model does not list."""
    if not state.hidden or not state.listed:
        return ""
    shown = ", ".join(state.hidden[:3]) + (", …" if len(state.hidden) > 3 else "")
    return f"Counted too, although the model's parameters() does not list them: {shown}."


@contextlib.contextmanager
def surroundings() -> Iterator[None]:
    """No gradients, no warnings, and no fused path that hides the products inside."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _plainly_runs() -> bool:
    """Whether neither gradients are asked for nor a transform of `torch.func` acts."""
    return not torch.is_grad_enabled() and torch._C._functorch.peek_interpreter_stack() is None


@contextlib.contextmanager
def calls(recorder: Recorder, layers: dict[type[nn.Module], Layer]) -> Iterator[None]:
    """Follow which module runs, in this thread; layers with a known result are not gone into.

    Under a gradient or another functional transform every layer is gone into: what is computed
    there besides the result is seen by the operators alone.
    """
    original = nn.Module.__call__
    thread = threading.get_ident()
    enter, leave, is_weight = recorder.enter, recorder.leave, recorder.is_weight

    def call(module: nn.Module, /, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != thread:
            return original(module, *args, **kwargs)
        kind = type(module)
        before = enter(module, kind in LAYERS)
        try:
            layer = layers.get(kind)
            if layer is not None and len(args) == 1 and not kwargs:
                own = module.__dict__
                if untouched(own) and _plainly_runs() and not is_weight(args[0]):
                    with recorder.lock:
                        rows = len(recorder.ops)
                        out = layer(recorder, own, args[0])
                        if out is not None:
                            recorder.follow(args, (out,), range(rows, len(recorder.ops)))
                            return out
            return original(module, *args, **kwargs)
        finally:
            leave(before)

    nn.Module.__call__ = call
    try:
        yield
    finally:
        nn.Module.__call__ = original
