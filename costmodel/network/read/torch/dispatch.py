"""The dispatch mode: every operator below autograd goes through `CaptureMode`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from costmodel.network.read.torch.operators import VALUE_DEPENDENT, base_name, kind_of
from costmodel.network.read.torch.pooling import pool_work
from costmodel.network.read.torch.products import PRODUCTS, convolution, unusual_convolution
from costmodel.network.read.torch.quick import QUICK
from costmodel.network.read.torch.recorder import Recorder

_META = torch.device("meta")
#: Tensors without the model's parameters in them keep their values up to this many elements, so
#: that a forward may look at constants of its own (index tables, anchors, masks).
CONSTANT_LIMIT = 1 << 16


class NeedsValues(Exception):
    """The forward asks for a number that no shape tells."""

    def __init__(self, operator: str) -> None:
        self.operator = operator
        super().__init__(operator)


class NeedsIntegers(Exception):
    """The forward looks an input up in a table: the input has to be integers."""


class _Operator:
    """What is to be done with one overload of an operator; looked up once."""

    __slots__ = ("base", "inplace", "kind", "name", "product", "quick", "value", "view")

    def __init__(self, func: Any) -> None:
        packet = func._schema.name.split("::")
        self.name = packet[1] if packet[0] == "aten" else f"{packet[0]}.{packet[1]}"
        self.base = base_name(self.name)
        self.inplace = func._schema.is_mutable
        self.view = func.is_view
        overload = func._overloadname
        out = "out" in overload.split("_")
        self.product = PRODUCTS.get(self.name)
        self.quick = None if out else QUICK.get(self.base)
        self.kind = kind_of(self.name)
        if self.base == "max" or self.base == "min":
            self.kind = "elementwise" if overload == "other" else "pool"
        self.value = self.name in VALUE_DEPENDENT or (
            self.name == "repeat_interleave" and overload == "Tensor"
        )


_OPERATORS: dict[Any, _Operator] = {}


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
        kwargs = kwargs or {}
        operator = _OPERATORS.get(func)
        if operator is None:
            if not isinstance(func, torch._ops.OpOverload):
                return self._higher_order(func, args, kwargs)
            operator = _OPERATORS[func] = _Operator(func)
        if operator.product is not None:
            return self._product(operator, func, args, kwargs)
        if operator.inplace and self._is_buffer(args[0]):
            return func(*args, **kwargs) if self.real else args[0]  # a layer's own bookkeeping
        if operator.quick is not None and self.shortcuts:
            out = operator.quick(*args, **kwargs)
            if out is not NotImplemented and operator.name != operator.base:  # in place
                out = args[0] if out.shape == args[0].shape else NotImplemented
            if out is not NotImplemented:
                self._record(operator, args, kwargs, out)
                return out
        return self._general(operator, func, args, kwargs)

    def _product(self, operator: _Operator, func: Any, args: Any, kwargs: Any) -> Any:
        rec = self.recorder
        out = operator.product(rec, args, kwargs)  # type: ignore[misc]
        tensors = list(_tensors((args, kwargs)))
        if out is NotImplemented:
            out = self._run(operator, func, args, kwargs)
            if operator.product is convolution:
                unusual_convolution(rec, args, out)
        elif not self.shortcuts or not any(t.is_meta for t in tensors):
            out = self._run(operator, func, args, kwargs)
        if all(map(rec.is_weight, tensors)):
            rec.derive(_tensors(out))
        return out

    # -- everything else -------------------------------------------------------------------------
    def _general(self, operator: _Operator, func: Any, args: Any, kwargs: Any) -> Any:
        if operator.kind == "other":
            with self:
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        if operator.base == "embedding" and args[1].is_floating_point():
            raise NeedsIntegers
        out = self._run(operator, func, args, kwargs)
        self._record(operator, args, kwargs, out)
        return out

    def _run(self, operator: _Operator, func: Any, args: Any, kwargs: Any) -> Any:
        """Run the operator: for real where every value is known, on the meta device otherwise."""
        if self.real:
            return func(*args, **kwargs)
        tensors = list(_tensors((args, kwargs)))
        if operator.view and len(tensors) == 1:
            return func(*args, **kwargs)
        device = kwargs.get("device")
        if all(self._known(t) for t in tensors):
            return self._constant(operator, func, args, kwargs, tensors)
        if self.constants != "none" and operator.name in _FILLED:
            out = _filled(operator.name, args, kwargs, self.constants == "all")
            if out is not None:
                return out
        if operator.value:
            raise NeedsValues(operator.name)
        if device is not None and device.type != "meta":
            kwargs = {**kwargs, "device": _META}
        if operator.inplace:
            written = args[0] if args and isinstance(args[0], Tensor) else None
            if written is not None and not written.is_meta:
                # Unknown values are written into a real tensor: from now on it has none. The
                # tensor itself stays as it is.
                self._lost[written.untyped_storage()._cdata] = written
                return written
        return func(*_to_meta(self._known_masks(operator, args)), **_to_meta(kwargs))

    def _constant(
        self, operator: _Operator, func: Any, args: Any, kwargs: Any, tensors: list[Tensor]
    ) -> Any:
        """An operator on nothing but known values, or one that makes a tensor."""
        device = kwargs.get("device")
        wanted_meta = device is not None and device.type == "meta"
        if device is not None and (not wanted_meta or tensors or self.constants != "none"):
            kwargs = {**kwargs, "device": torch.device("cpu")}  # keep the values
        if not tensors:
            if _elements(args) > CONSTANT_LIMIT:
                return func(*args, **{**kwargs, "device": _META})
            out = func(*args, **kwargs)
            if wanted_meta and self.constants != "all" and out.is_floating_point():
                # Hardly anybody branches on these, and PyTorch compares the devices of some (the
                # initial state of a recurrent layer).
                return _to_meta(out)
            return out
        return func(*args, **kwargs)

    def _known(self, tensor: Tensor) -> bool:
        """Whether a tensor's values may be used: real, and neither weights nor overwritten."""
        if tensor.is_meta:
            return False
        storage = tensor.untyped_storage()._cdata
        if storage in self.recorder.state.by_storage or storage in self._lost:
            return False
        return tensor.numel() <= CONSTANT_LIMIT

    def _is_buffer(self, value: Any) -> bool:
        """Whether a value is a buffer of the model, which a capture never writes into."""
        if type(value) is not Tensor:
            return False
        return value.untyped_storage()._cdata in self.recorder.state.own_storages

    def _known_masks(self, operator: _Operator, args: tuple[Any, ...]) -> tuple[Any, ...]:
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
        self.recorder.add("other", f"higher_order.{func.name()}")
        return func(*args, **kwargs)

    # -- the record ------------------------------------------------------------------------------
    def _record(self, operator: _Operator, args: Any, kwargs: Any, out: Any) -> None:
        rec = self.recorder
        kind = operator.kind
        tensors = list(_tensors((args, kwargs)))
        owned = [t for t in tensors if rec.parameter(t) is not None]
        weights = False
        if owned or rec.derived:
            weights = any(map(rec.is_weight, tensors)) and all(
                rec.is_weight(t) or self._known(t) for t in tensors
            )
        if weights and not operator.view:
            rec.derive(_tensors(out))
        if kind == "shape" and (rec.quiet or (weights and operator.view)):
            return  # a layer looking at its own weight
        first = next(_tensors(out), None)
        shape = tuple(first.shape) if first is not None else ()
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
        rec.add(kind, operator.base, work=work, shape=shape, parameters=parameters)


_INTEGERS = frozenset((torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64))
#: Operators that make a tensor as large as another one, of one value.
_FILLED = {
    "zeros_like": 0,
    "ones_like": 1,
    "full_like": None,
    "new_zeros": 0,
    "new_ones": 1,
    "new_full": None,
}


def _filled(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], floats: bool
) -> Tensor | None:
    """A small tensor of one value, of integers or of any kind; None where it is another."""
    x, rest = args[0], list(args[1:])
    shape = rest.pop(0) if name.startswith("new_") and rest else kwargs.get("size", x.shape)
    value = _FILLED[name]
    if value is None:
        value = rest[0] if rest else kwargs["fill_value"]
    dtype = kwargs.get("dtype") or x.dtype
    if prod(shape) > CONSTANT_LIMIT or not (floats or dtype in _INTEGERS):
        return None
    return torch.full(tuple(shape), value, dtype=dtype)


def _elements(args: tuple[Any, ...]) -> int:
    """How many elements a factory makes, 1 where its first argument is no size."""
    size = args[0] if args and isinstance(args[0], list | tuple) else ()
    return prod(n for n in size if isinstance(n, int))


def _tensors(value: Any) -> Iterator[Tensor]:
    """Every tensor in nested arguments."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _to_meta(value: Any) -> Any:
    """The arguments with every real tensor replaced by one without values."""
    if isinstance(value, Tensor):
        if value.is_meta or value.dim() == 0:
            return value
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=_META)
    if isinstance(value, list | tuple):
        items: Iterable[Any] = [_to_meta(v) for v in value]
        return type(value)(items) if type(value) in (list, tuple) else tuple(items)
    if isinstance(value, dict):
        return {k: _to_meta(v) for k, v in value.items()}
    return value
