"""Follow sizes through a forward: the function mode that a closed formula is captured with.

PyTorch's functions are called as always, on meta tensors, under the usual capture. Beside them this
mode keeps every tensor's shape in `Size`s, hands them out where the model asks for sizes, and
writes them into the recorded operations.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch._tensor
import torch.functional
import torch.nn.functional
from torch import Tensor
from torch.overrides import TorchFunctionMode

from costmodel.core.numbers import product
from costmodel.errors import CostModelError
from costmodel.network.operation import MatMul, NetOp
from costmodel.network.read.torch.operators import OPERATORS, base_name
from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.rules.computed_shapes import einsum_sizes
from costmodel.network.read.torch.rules.shapes import Dims, broadcast, fallback
from costmodel.network.read.torch.sizes import Size, term, terms
from costmodel.network.read.torch.tensors import tensors_in


class NoFormula:
    """Stands for work that has no closed formula here; adding it up says so."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _fail(self, *_: Any) -> Any:
        raise CostModelError(
            f"what {self.name!r} does has no closed formula; allowed are macs, params and columns "
            "whose operators have one"
        )

    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = _fail


class ShapeMode(TorchFunctionMode):
    """Keeps the shapes of a forward's tensors as `Size`s.

    Args:
        recorder: where the capture below puts its operations.
    """

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.known: dict[int, tuple[Tensor, Dims]] = {}
        self.lost: str = ""  # the first product whose sizes are not known

    def set(self, tensor: Tensor, shape: Dims) -> None:
        """Give a tensor its shape."""
        self.known[id(tensor)] = tensor, shape

    def shape(self, tensor: Tensor) -> Dims:
        """A tensor's shape; plain ints where nothing better is known."""
        known = self.known.get(id(tensor))
        return known[1] if known is not None else tuple(tensor.shape)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Called by PyTorch for every function on tensors."""
        kwargs = kwargs or {}
        name = func.__name__
        if name == "__get__":
            attribute = func.__self__.__name__
            if attribute == "shape":
                return _TensorSize(self.shape(args[0]))
            if OPERATORS.row(attribute).shape is None:
                out = func(*args, **kwargs)
                if isinstance(out, Tensor) and out is not args[0]:
                    self._keep(attribute, args, kwargs, out)
                return out
            name = attribute
        elif name == "size":
            shape = self.shape(args[0])
            dim = args[1] if len(args) > 1 else kwargs.get("dim")
            return _TensorSize(shape) if dim is None else shape[dim]
        elif name in ("numel", "nelement"):
            return product(self.shape(args[0]))
        elif name == "__len__":
            return int(self.shape(args[0])[0]) if args[0].dim() else func(*args)
        before = len(self.recorder.ops)
        out = func(*args, **kwargs)
        self._keep(name, args, kwargs, out)
        if len(self.recorder.ops) > before:
            self._annotate(name, args, kwargs, out, before)
        return out

    # -- shapes ----------------------------------------------------------------------------------
    def _keep(self, name: str, args: Any, kwargs: Any, out: Any) -> None:
        outputs = [t for t in tensors_in(out) if id(t) not in self.known]
        if not outputs:
            return
        given: Any = None
        rule = OPERATORS.row(base_name(name)).shape
        if rule is not None:
            try:
                given = rule(self.shape, args, kwargs, out)
            except (
                TypeError,
                IndexError,
                KeyError,
                ValueError,
                AttributeError,
                CostModelError,
                ZeroDivisionError,
            ):
                given = None  # arguments of another form than the rule knows
        shapes: Sequence[Dims | None] = given if isinstance(given, list) else [given] * len(outputs)
        if len(shapes) != len(outputs):
            shapes = [None] * len(outputs)
        inputs: list[Dims] | None = None
        for tensor, shape in zip(outputs, shapes, strict=True):
            sides = tuple(tensor.shape)
            if shape is None or tuple(map(int, shape)) != sides:
                if inputs is None:
                    inputs = [self.shape(t) for t in tensors_in((args, kwargs))]
                shape = fallback(inputs, sides)
            if shape is not None and any(type(s) is Size for s in shape):
                self.known[id(tensor)] = tensor, tuple(shape)

    # -- operations ------------------------------------------------------------------------------
    def _annotate(self, name: str, args: Any, kwargs: Any, out: Any, start: int) -> None:
        """Write sizes into the operations that a call has recorded."""
        ops = self.recorder.ops
        inputs = list(tensors_in((args, kwargs)))
        outputs = list(tensors_in(out))
        if not any(id(t) in self.known for t in (*inputs, *outputs)):
            return
        products = [i for i in range(start, len(ops)) if ops[i].column == "macs"]
        for i in range(start, len(ops)):
            if i not in products:
                ops[i] = self._sized(ops[i], inputs, outputs)
        if products:
            sized = self._products(base_name(name), args, kwargs, [ops[i] for i in products])
            if sized is None:
                self.lost = self.lost or ops[products[0]].name
                return
            for i, op in zip(products, sized, strict=True):
                ops[i] = op.replace(shape=self._out_shape(op, outputs))

    def _out_shape(self, op: NetOp, outputs: Sequence[Tensor]) -> tuple[Any, ...]:
        for tensor in outputs:
            if tuple(tensor.shape) == op.shape:
                return terms(self.shape(tensor))
        return ()

    def _sized(self, op: NetOp, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> NetOp:
        """An operation that does not multiply, with its work as a polynomial."""
        work: Any = op.work
        if work:
            shapes = [self.shape(t) for t in (*outputs, *inputs)]
            same = [s for s in shapes if int(product(s)) == work]
            if same:
                work = term(product(max(same, key=lambda s: sum(type(x) is Size for x in s))))
            elif (
                outputs and work % max(outputs[0].numel(), 1) == 0 and "adaptive" not in op.operator
            ):
                work = term(product(self.shape(outputs[0]))) * (work // outputs[0].numel())
            else:
                work = NoFormula(op.name)
        return op.replace(work=work, shape=self._out_shape(op, outputs))

    def _products(
        self, name: str, args: Any, kwargs: Any, ops: Sequence[NetOp]
    ) -> list[NetOp] | None:
        shape = self.shape
        if name.startswith("conv") and len(ops) == 1:
            return _convolution(ops[0], shape(args[0]), args[0])
        if name == "linear":
            x, w = shape(args[0]), shape(args[1])
            return _matched(ops, [((), product(x[:-1]), x[-1], product(w[:-1]))])
        if name in ("matmul", "mm", "bmm", "__matmul__", "__rmatmul__"):
            a, b = (shape(t) for t in (args[:2] if name != "__rmatmul__" else args[1::-1]))
            return _matched(ops, [_matrices(a, b)])
        if name in ("addmm", "baddbmm", "addbmm"):
            return _matched(ops, [_matrices(shape(args[1]), shape(args[2]))])
        if name == "scaled_dot_product_attention":
            q, k, v = (shape(t) for t in list(tensors_in((args, kwargs)))[:3])
            return _matched(ops, [(q[:-2], q[-2], q[-1], k[-2]), (q[:-2], q[-2], k[-2], v[-1])])
        if name == "einsum":
            read = einsum_sizes(shape, args)
            if read is None or len(read[0]) != 2:
                return None
            inputs, sizes, _ = read
            letters = dict.fromkeys("".join(inputs))
            return _matched(ops, [((), product(sizes[c] for c in letters), 1, 1)])
        return None


class _TensorSize(tuple[Any, ...]):
    """A shape of `Size`s with the methods of `torch.Size`."""

    __slots__ = ()

    def numel(self) -> Any:
        """The product of the sizes."""
        return product(self)

    def __getitem__(self, index: Any) -> Any:
        part = tuple.__getitem__(self, index)
        return _TensorSize(part) if isinstance(index, slice) else part

    def __add__(self, other: Any) -> Any:
        return _TensorSize(tuple(self) + tuple(other))


def _matrices(a: Dims, b: Dims) -> tuple[Dims, Any, Any, Any]:
    left = (1, *a) if len(a) == 1 else a
    right = (*b, 1) if len(b) == 1 else b
    batch = broadcast(left[:-2], right[:-2]) if len(left) > 2 or len(right) > 2 else ()
    return batch, left[-2], left[-1], right[-1]


def _convolution(op: NetOp, x: Dims, tensor: Tensor) -> list[NetOp] | None:
    layer = op.layer
    if layer is None:
        return None
    sides = layer.dims
    batch = x[0] if len(x) == sides + 2 else 1
    # zeros that PyTorch had to add before ("same" with an even window) are part of the layer's size
    extra = [a - int(b) for a, b in zip(layer.size, x[-sides:], strict=True)]
    size = tuple(term(n + e) for n, e in zip(x[-sides:], extra, strict=True))
    if int(batch) != layer.batch:
        return None
    return [op.replace(layer=layer.replace(size=size, batch=term(batch)))]


def _matched(
    ops: Sequence[NetOp], wanted: Sequence[tuple[Dims, Any, Any, Any]]
) -> list[NetOp] | None:
    """The recorded products with the sizes of (batch, rows, inner, columns) in them."""
    if len(ops) != len(wanted):
        return None
    result = []
    for op, (lead, rows, inner, columns) in zip(ops, wanted, strict=True):
        batch = product(lead)
        macs = batch * rows * inner * columns
        if int(macs) != op.macs:
            return None
        layer = op.layer
        if layer is not None:
            sides = [
                n
                for n, m, k in ((batch * rows, inner, columns), (batch * columns, inner, rows))
                if (int(n), int(m), int(k))
                == (layer.size[0], layer.in_channels, layer.out_channels)
                and type(m) is int
                and type(k) is int
            ]
            if sides:
                result.append(op.replace(layer=layer.replace(size=(term(sides[0]),))))
                continue
        matmul = MatMul(term(batch), term(rows), term(inner), term(columns))
        result.append(op.replace(layer=None, matmul=matmul))
    return result


@contextlib.contextmanager
def python_functions_open() -> Iterator[None]:
    """Let PyTorch's own Python functions run their bodies, so that the mode sees what they call."""
    names = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")
    places = (torch.nn.functional, torch.functional, torch._tensor)
    saved = [(m, n, getattr(m, n)) for m in places for n in names if hasattr(m, n)]
    for module, name, _ in saved:
        setattr(module, name, _never)
    try:
        yield
    finally:
        for module, name, value in saved:
            setattr(module, name, value)


def _never(*_: Any) -> bool:
    return False
