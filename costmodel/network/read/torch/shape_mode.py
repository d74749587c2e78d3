"""Follow sizes through a forward: the function mode that a closed formula is captured with.

PyTorch's functions are called as always, on meta tensors, under the usual capture. Beside them this
mode keeps every tensor's shape in `Size`s, hands them out where the model asks for sizes, and
writes them into the recorded operations.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import torch._tensor
import torch.functional
import torch.nn.functional
from torch import Tensor
from torch.overrides import TorchFunctionMode

from costmodel.core.numbers import product
from costmodel.errors import CostModelError
from costmodel.network.operation import NetOp
from costmodel.network.read.torch.by_place import by_place
from costmodel.network.read.torch.followed import plain
from costmodel.network.read.torch.operators import OPERATORS, base_name
from costmodel.network.read.torch.questions import Questions
from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.rules.computed_shapes import einsum_sizes
from costmodel.network.read.torch.rules.shapes import Dims, fallback
from costmodel.network.read.torch.sized_products import matched, matrices, sized_convolution
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
        questions: where the questions about sizes go.
    """

    def __init__(self, recorder: Recorder, questions: Questions) -> None:
        super().__init__()
        self.recorder = recorder
        self.questions = questions
        self.valued: dict[int, Tensor] = {}  # real tensors whose numbers depend on sizes
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
                    self._follow_values(args, kwargs, out)
                elif attribute in _LAYOUT:
                    self._layout(attribute, func, args, kwargs)
                return out
            name = attribute
        elif name == "size":
            shape = self.shape(args[0])
            dim = args[1] if len(args) > 1 else kwargs.get("dim")
            return _TensorSize(shape) if dim is None else shape[dim]
        elif name in ("numel", "nelement"):
            return product(self.shape(args[0]))
        elif name == "__len__":
            return operator.index(self.shape(args[0])[0]) if args[0].dim() else func(*args)
        elif name in _LAYOUT:
            return self._layout(name, func, args, kwargs)
        before = len(self.recorder.ops)
        self._note_values(name, args, kwargs)
        out = func(*plain(args), **plain(kwargs))
        args, kwargs = by_place(name, args, kwargs)
        self._keep(name, args, kwargs, out)
        self._follow_values(args, kwargs, out)
        if len(self.recorder.ops) > before:
            self._annotate(name, args, kwargs, out, before)
        return out

    # -- numbers inside tensors, and where they lie ----------------------------------------------
    def _note_values(self, name: str, args: Any, kwargs: Any) -> None:
        """A question about numbers that sizes have made: no guard says what they are."""
        reads = name in _READS or OPERATORS.row(base_name(name)).values
        if reads and any(id(t) in self.valued for t in tensors_in((args, kwargs))):
            self.questions.refuse(f"the numbers that {name.strip('_')!r} reads")

    def _follow_values(self, args: Any, kwargs: Any, out: Any) -> None:
        """Mark real tensors that were made from sizes: their numbers may depend on them."""
        made = [t for t in tensors_in(out) if not t.is_meta]
        if not made:
            return
        given = tuple(tensors_in((args, kwargs)))
        if (
            any(id(t) in self.valued or id(t) in self.known for t in given)
            or plain(args) is not args
            or any(plain(value) is not value for value in kwargs.values())
        ):
            self.valued.update((id(t), t) for t in made)

    def _layout(self, name: str, func: Any, args: Any, kwargs: Any) -> Any:
        """Strides and the like, as sizes where the elements lie in the order of the axes."""
        out = func(*args, **kwargs)
        tensor = args[0]
        if id(tensor) not in self.known or isinstance(out, bool):
            return out
        steps = [product(self.shape(tensor)[axis + 1 :]) for axis in range(tensor.dim())]
        if name != "stride" or plain(steps) != list(tensor.stride()):
            self.questions.refuse(f"the {name} of a tensor")
            return out
        dim = args[1] if len(args) > 1 else kwargs.get("dim")
        return tuple(steps) if dim is None else steps[dim]

    # -- shapes ----------------------------------------------------------------------------------
    def _keep(self, name: str, args: Any, kwargs: Any, out: Any) -> None:
        outputs = [t for t in tensors_in(out) if id(t) not in self.known]
        if not outputs:
            return
        given: Any = None
        rule = OPERATORS.row(base_name(name)).shape
        asked = len(self.questions.guards)
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
            if shape is None or plain(shape) != sides:
                self.questions.undo(asked)
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
            same = [s for s in shapes if plain(product(s)) == work]
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
            return sized_convolution(ops[0], shape(args[0]), args[0])
        if name == "linear":
            x, w = shape(args[0]), shape(args[1])
            return matched(ops, [((), product(x[:-1]), x[-1], product(w[:-1]))])
        if name in ("matmul", "mm", "bmm", "__matmul__", "__rmatmul__"):
            a, b = (shape(t) for t in (args[:2] if name != "__rmatmul__" else args[1::-1]))
            return matched(ops, [matrices(a, b)])
        if name in ("addmm", "baddbmm", "addbmm"):
            return matched(ops, [matrices(shape(args[1]), shape(args[2]))])
        if name == "scaled_dot_product_attention":
            q, k, v = (shape(t) for t in list(tensors_in((args, kwargs)))[:3])
            return matched(ops, [(q[:-2], q[-2], q[-1], k[-2]), (q[:-2], q[-2], k[-2], v[-1])])
        if name == "einsum":
            read = einsum_sizes(shape, args)
            if read is None or len(read[0]) != 2:
                return None
            inputs, sizes, _ = read
            letters = dict.fromkeys("".join(inputs))
            return matched(ops, [((), product(sizes[c] for c in letters), 1, 1)])
        return None


#: What tells how a tensor lies in memory.
_LAYOUT = frozenset(("stride", "storage_offset", "nbytes"))
#: What takes numbers out of a tensor.
_READS = frozenset(
    (
        *("item", "tolist", "numpy", "is_nonzero", "equal", "allclose", "__array__", "__bool__"),
        *("__int__", "__index__", "__float__", "__complex__", "__contains__", "__reversed__"),
        *("__repr__", "__format__"),
    )
)


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
