"""The dispatch mode: every operator below autograd goes through `CaptureMode`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from costmodel.network.read.torch.operators import OPERATORS, base_name
from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.rules.pooling import pool_work
from costmodel.network.read.torch.rules.products import convolution, unusual_convolution
from costmodel.network.read.torch.tensors import (
    CONSTANT_LIMIT,
    FILLED,
    META,
    elements,
    filled,
    odd_storage,
    shape_of,
    storage_key,
    tensors_in,
    to_meta,
)

#: Operators that run other functions: branches, loops, maps and scans.
CONTROL = frozenset(("cond", "while_loop", "map_impl", "scan", "associative_scan"))
#: Operators that bring in what `torch.tensor` has just made of Python's numbers.
_LIFTS = frozenset(("lift", "lift_fresh", "lift_fresh_copy"))


class NeedsValues(Exception):
    """The forward asks for a number that no shape tells."""

    def __init__(self, operator: str) -> None:
        self.operator = operator
        super().__init__(operator)


class NeedsIntegers(Exception):
    """The forward looks an input up in a table: the input has to be integers."""


class Overload:
    """What is to be done with one overload of an operator; looked up once."""

    __slots__ = ("base", "inplace", "kind", "name", "product", "result", "values", "view")

    def __init__(self, func: Any) -> None:
        packet = func._schema.name.split("::")
        self.name = packet[1] if packet[0] == "aten" else f"{packet[0]}.{packet[1]}"
        self.base = base_name(self.name)
        self.inplace = func._schema.is_mutable
        self.view = func.is_view
        overload = func._overloadname
        known, plain = OPERATORS.row(self.base), self.name == self.base
        self.product = known.product
        self.result = None if "out" in overload.split("_") else known.result
        self.kind = known.kind
        if self.base == "max" or self.base == "min":
            self.kind = "elementwise" if overload == "other" else "pool"
        repeats = self.name == "repeat_interleave" and overload == "Tensor"
        self.values = repeats or (known.values and plain)


_OVERLOADS: dict[Any, Overload] = {}


class CaptureMode(TorchDispatchMode):
    """Records every operator, and gives the results of most without running them.

    Args:
        recorder: where the operations go.
        shortcuts: whether results may be made from shapes alone; without, PyTorch's meta kernels
            make all of them.
        constants: which small tensors that the forward makes on its inputs' device keep their
            values: "all", "integers" or "none". Those that it makes on the CPU always do.
        real: the tensors are real and everything is computed (a run on the CPU).
    """

    supports_higher_order_operators = True

    def __init__(
        self,
        recorder: Recorder,
        *,
        shortcuts: bool = True,
        constants: str = "integers",
        real: bool = False,
    ) -> None:
        super().__init__()
        self.recorder = recorder
        self.shortcuts = shortcuts
        self.constants = constants
        self.real = real
        self._lost: dict[int, Tensor] = {}  # real tensors that unknown values were written into

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Called by PyTorch for every operator."""
        if self.recorder.over:
            return func(*args, **(kwargs or {}))  # a thread that outlives the forward
        if types and any(t.layout is torch.jagged for t in tensors_in((args, kwargs))):
            return NotImplemented  # a nested tensor first says which plain one its rows lie in
        if not isinstance(func, torch._ops.OpOverload):
            return self._higher_order(func, args, kwargs or {})
        with self.recorder.lock:
            return self._dispatch(func, args, kwargs or {})

    def _dispatch(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        operator = _OVERLOADS.get(func)
        if operator is None:
            operator = _OVERLOADS[func] = Overload(func)
        if operator.inplace and operator.product is None and self._is_buffer(args[0]):
            return func(*args, **kwargs) if self.real else args[0]  # a layer's own bookkeeping
        if operator.base in _LIFTS:
            self.recorder.follow((), tensors_in(args), range(0))
        before = len(self.recorder.ops)
        out = NotImplemented
        if operator.product is not None:
            if any(map(odd_storage, tensors_in((args, kwargs)))):
                return self._general(operator, func, args, kwargs)  # its shape is not its work
            out = self._product(operator, func, args, kwargs)
        elif operator.result is not None and self.shortcuts:
            out = operator.result(*args, **kwargs)
            if out is not NotImplemented and operator.name != operator.base:  # in place
                out = args[0] if out.shape == args[0].shape else NotImplemented
            if out is not NotImplemented:
                self._record(operator, args, kwargs, out)
        if out is NotImplemented:
            return self._general(operator, func, args, kwargs)
        self._follow(args, kwargs, out, before)
        return out

    def _product(self, operator: Overload, func: Any, args: Any, kwargs: Any) -> Any:
        rec = self.recorder
        out = operator.product(rec, args, kwargs)  # type: ignore[misc]
        tensors = list(tensors_in((args, kwargs)))
        if out is NotImplemented:
            out = self._run(operator, func, args, kwargs)
            if operator.product is convolution:
                unusual_convolution(rec, args, out)
        elif operator.inplace or not self.shortcuts or not any(t.is_meta for t in tensors):
            out = self._run(operator, func, args, kwargs)
        if all(map(rec.is_weight, tensors)):
            rec.derive(tensors_in(out))
        return out

    # -- everything else -------------------------------------------------------------------------
    def _general(self, operator: Overload, func: Any, args: Any, kwargs: Any) -> Any:
        if operator.kind == "other" and not any(map(odd_storage, tensors_in((args, kwargs)))):
            with self:
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        if operator.base == "embedding" and args[1].is_floating_point():
            raise NeedsIntegers
        before = len(self.recorder.ops)
        out = self._run(operator, func, args, kwargs)
        self._record(operator, args, kwargs, out)
        self._follow(args, kwargs, out, before)
        return out

    def _run(self, operator: Overload, func: Any, args: Any, kwargs: Any) -> Any:
        """Run the operator: for real where every value is known, on the meta device otherwise."""
        if self.real:
            return func(*args, **kwargs)
        tensors = list(tensors_in((args, kwargs)))
        if operator.view and len(tensors) == 1:
            return func(*args, **kwargs)
        device = kwargs.get("device")
        if all(self._known(t) for t in tensors):
            return self._constant(operator, func, args, kwargs, tensors)
        if self.constants != "none" and operator.name in FILLED:
            out = filled(operator.name, args, kwargs, self.constants == "all")
            if out is not None:
                return out
        if operator.values:
            raise NeedsValues(operator.name)
        if device is not None and device.type != "meta":
            kwargs = {**kwargs, "device": META}
        if operator.inplace:
            written = kwargs.get("out", args[0] if args else None)
            if isinstance(written, Tensor) and not written.is_meta:
                # Unknown values are written into a real tensor: from now on it has none. The
                # tensor itself stays as it is.
                self._lost[storage_key(written)] = written
                return written
        return func(*to_meta(self._known_masks(operator, args)), **to_meta(kwargs))

    def _constant(
        self, operator: Overload, func: Any, args: Any, kwargs: Any, tensors: list[Tensor]
    ) -> Any:
        """An operator on nothing but known values, or one that makes a tensor."""
        device = kwargs.get("device")
        wanted_meta = device is not None and device.type == "meta"
        if device is not None and (not wanted_meta or tensors or self.constants != "none"):
            kwargs = {**kwargs, "device": torch.device("cpu")}  # keep the values
        if not tensors:
            if elements(args) > CONSTANT_LIMIT:
                return func(*args, **{**kwargs, "device": META})
            out = func(*args, **kwargs)
            if wanted_meta and self.constants != "all" and out.is_floating_point():
                # Hardly anybody branches on these, and PyTorch compares the devices of some (the
                # initial state of a recurrent layer).
                return to_meta(out)
            return out
        return func(*args, **kwargs)

    def _known(self, tensor: Tensor) -> bool:
        """Whether a tensor's values may be used: real, and neither weights nor overwritten."""
        if tensor.is_meta or self.recorder.parameter(tensor) is not None:
            return False
        return storage_key(tensor) not in self._lost and tensor.numel() <= CONSTANT_LIMIT

    def _is_buffer(self, value: Any) -> bool:
        """Whether a value is a buffer of the model, which a capture never writes into."""
        if type(value) is not Tensor:
            return False
        return storage_key(value) in self.recorder.state.own_storages

    def _known_masks(self, operator: Overload, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Index with a known mask by the positions that it selects, whose number is known."""
        if operator.base not in ("index", "index_put", "_index_put_impl") or len(args) < 2:
            return args
        indices: list[Any] = []
        for index in args[1]:
            mask = isinstance(index, Tensor) and index.dtype in (torch.bool, torch.uint8)
            if mask and self._known(index):
                indices += index.nonzero().unbind(1)
            elif mask:
                raise NeedsValues(operator.name)
            else:
                indices.append(index)
        return (args[0], indices, *args[2:])

    def _higher_order(self, func: Any, args: Any, kwargs: Any) -> Any:
        before = len(self.recorder.ops)
        if func.name() in CONTROL:
            # What its bodies do is recorded while they run, as often as they do.
            args = tuple(self._captured(a) if callable(a) else a for a in args)
        else:
            self.recorder.add("other", f"higher_order.{func.name()}")
        out = func(*args, **kwargs)
        self._follow(args, kwargs, out, before)
        return out

    def _captured(self, body: Any) -> Any:
        """A body of a control-flow operator, under this mode."""

        def run(*args: Any, **kwargs: Any) -> Any:
            with self:
                return body(*args, **kwargs)

        return run

    # -- the record ------------------------------------------------------------------------------
    def _follow(self, args: Any, kwargs: Any, out: Any, before: int) -> None:
        rec = self.recorder
        ops = range(before, len(rec.ops))
        rec.follow(tensors_in((args, kwargs)), tensors_in(out), ops)

    def _record(self, operator: Overload, args: Any, kwargs: Any, out: Any) -> None:
        rec = self.recorder
        kind = operator.kind
        tensors = list(tensors_in((args, kwargs)))
        owned = [t for t in tensors if rec.parameter(t) is not None]
        weights = False
        if owned or rec.derived:
            weights = any(map(rec.is_weight, tensors)) and all(
                rec.is_weight(t) or self._known(t) for t in tensors
            )
        if weights and not operator.view:
            rec.derive(tensors_in(out))
        if kind == "shape" and (rec.quiet or (weights and operator.view)):
            return  # a layer looking at its own weight
        first = next(tensors_in(out), None)
        shape = shape_of(first) if first is not None else ()
        x = tensors[0] if tensors else first
        parameters: tuple[Any, ...] = ()
        if owned:
            role = "weight" if weights else "norm" if kind == "norm" else "other"
            for t in owned:
                parameters += rec.claim(t, role)
        if x is None or kind == "shape":
            work = 0
        elif kind == "pool":
            work = pool_work(operator.base, x, out, args)
        elif kind == "norm":
            work = x.numel()
        else:
            work = first.numel() if first is not None else 0
        name = operator.base
        if kind == "other":
            name += next((f" of {odd} tensors" for odd in map(odd_storage, tensors) if odd), "")
        rec.add(kind, name, work=work, shape=shape, parameters=parameters, suffix=operator.base)
