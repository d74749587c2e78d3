"""A recorder that keeps the calls of modules, functions and operators as a tree."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from costmodel.checks.referee.record import FUNCTION, MODULE, OPERATOR, Call, TensorShape
from costmodel.network.operation import NetOp
from costmodel.network.read.torch.dispatch import CaptureMode
from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.state import ModelState

#: Functions that some counter patches or a trace shows, where they are looked up.
_NAMES = """
    linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d bilinear
    relu relu_ prelu elu leaky_relu leaky_relu_ relu6 silu gelu hardtanh hardswish hardsigmoid
    sigmoid tanh softmax softplus mish
    batch_norm layer_norm instance_norm group_norm rms_norm
    avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
    upsample interpolate upsample_nearest2d upsample_bilinear2d scaled_dot_product_attention
    matmul mm bmm mv dot addmm addmv baddbmm einsum mul mul_ add add_ mean
    __mul__ __rmul__ __imul__ __matmul__ __add__ __radd__ __iadd__ grid_sampler
"""
_PLACES = (
    ("F", functional),
    ("torch", torch),
    ("nn", torch._C._nn),
    ("Tensor", torch.Tensor),
)
_LAYER_FACTS: tuple[str, ...] = (
    "in_channels",
    "out_channels",
    "in_features",
    "out_features",
    "groups",
    "affine",
)
_LAYER_FACTS += ("elementwise_affine", "mode", "dim", "num_heads", "batch_first")


class CallRecorder(Recorder):
    """A recorder that also keeps the tree of calls."""

    def __init__(self, state: ModelState, owners: dict[int, int]) -> None:
        super().__init__(state)
        self.calls: list[Call | None] = []
        self.open: list[int] = []
        self.owners = owners
        self.running: list[tuple[str, Any]] = []  # the operator that is being dispatched
        self._thread = threading.get_ident()

    @property
    def silent(self) -> bool:
        """Whether a call of a function is none of the model's: an operator's own, or a thread's."""
        return bool(self.running) or threading.get_ident() != self._thread

    @contextlib.contextmanager
    def around(self, level: str, name: str, args: Any, kwargs: Any) -> Iterator[list[Any]]:
        """A call around everything that happens inside; the caller puts its result in the list."""
        index = len(self.calls)
        self.calls.append(None)
        parent = self.open[-1] if self.open else -1
        self.open.append(index)
        result: list[Any] = []
        kept = _plain(args), {key: _plain(value) for key, value in kwargs.items()}
        path = self.path
        try:
            yield result
        finally:
            self.open.pop()
            facts = result[1] if len(result) > 1 else {}
            out = _first(result[0]) if result else TensorShape()
            self.calls[index] = Call(index, level, name, path, parent, *kept, out, facts)

    def add(self, kind: str, operator: str, **options: Any) -> None:
        """Append an operation, as `Recorder` does, and the call that it is."""
        super().add(kind, operator, **options)
        self._saw(self.ops[-1])

    def _saw(self, op: NetOp) -> None:
        index = len(self.calls)
        parent = self.open[-1] if self.open else -1
        shape = TensorShape(op.shape)
        name, args = self.running[-1] if self.running else (op.operator.removeprefix("aten."), ())
        kept = _plain(args)
        self.calls.append(Call(index, OPERATOR, name, self.path, parent, kept, {}, shape, op=op))

    def module_call(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """Run a module's forward and keep what it is."""
        if threading.get_ident() != self._thread:
            return original(module, *args, **kwargs)
        before = self.enter(module, False)
        try:
            with self.around(MODULE, class_name(module), args, kwargs) as result:
                out = original(module, *args, **kwargs)
                result += [out, self._facts(module)]
                return out
        finally:
            self.leave(before)

    def _facts(self, module: nn.Module) -> dict[str, Any]:
        facts = {
            "bases": tuple(cls.__name__ for cls in type(module).__mro__),
            "torch": type(module).__module__.startswith("torch.nn.modules"),
            "scripted": isinstance(module, torch.jit.ScriptModule),
            "children": len(list(module.children())),
            "owners": self.owners.get(id(module), 1),
            "identity": self.path,
            "parameters": {name: TensorShape(p.shape) for name, p in module.named_parameters()},
        }
        if isinstance(module, torch.jit.ScriptModule):
            return facts
        for name in _LAYER_FACTS:
            value = getattr(module, name, None)
            if isinstance(value, int | str | tuple | bool):
                facts[name] = value
        kernel = getattr(module, "kernel_size", None)
        if kernel is not None:
            facts["kernel"] = kernel if isinstance(kernel, tuple) else (kernel,)
        facts["bias"] = isinstance(getattr(module, "bias", None), Tensor)
        return facts


def class_name(module: nn.Module) -> str:
    """A module's class; of a compiled one, the class that it was compiled from."""
    if isinstance(module, torch.jit.ScriptModule):
        return str(module.original_name)
    return type(module).__name__


def _plain(value: Any) -> Any:
    """Arguments as plain data: shapes for tensors, and whatever is a number or a name."""
    if isinstance(value, Tensor):
        return TensorShape(value.shape)
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return ...


def _first(value: Any) -> TensorShape:
    """The shape of the first tensor in a result."""
    if isinstance(value, Tensor):
        return TensorShape(value.shape)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            shape = _first(item)
            if shape:
                return shape
    return TensorShape()


class WatchedMode(CaptureMode):
    """A capture that tells its recorder which operator runs."""

    recorder: CallRecorder

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Called by PyTorch for every operator."""
        name = func._schema.name.rpartition("::")[2] if hasattr(func, "_schema") else func.name()
        self.recorder.running.append((name, args))
        try:
            return super().__torch_dispatch__(func, types, args, kwargs)
        finally:
            self.recorder.running.pop()


@contextlib.contextmanager
def watched(recorder: CallRecorder) -> Iterator[None]:
    """Module calls and functions go through the recorder, in this thread, until the end."""
    original = nn.Module.__call__
    saved: list[tuple[Any, str, Any]] = []

    def call(module: nn.Module, /, *args: Any, **kwargs: Any) -> Any:
        return recorder.module_call(original, module, args, kwargs)

    def wrapped(name: str, function: Any) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if recorder.silent:
                return function(*args, **kwargs)
            with recorder.around(FUNCTION, name, args, kwargs) as result:
                out = function(*args, **kwargs)
                result.append(out)
                return out

        return run

    nn.Module.__call__ = call
    try:
        for title, place in _PLACES:
            for name in _NAMES.split():
                function = getattr(place, name, None)
                if function is None or (title == "F" and name.startswith("__")):
                    continue
                saved.append((place, name, function))
                setattr(place, name, wrapped(f"{title}.{name}", function))
        yield
    finally:
        nn.Module.__call__ = original
        for place, name, function in reversed(saved):
            setattr(place, name, function)
