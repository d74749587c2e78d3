"""Recorder: the list of operations that a capture fills, with names and parameters."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from costmodel.core.layer import ConvLayer
from costmodel.network.kinds import KINDS
from costmodel.network.operation import COUNTED, FREE, NOT_MODELLED, MatMul, NetOp, Parameter
from costmodel.network.read.torch.known_layers import linear_layer
from costmodel.network.read.torch.operators import base_name
from costmodel.network.read.torch.state import ModelState, Owned
from costmodel.network.read.torch.storages import Storages
from costmodel.network.read.torch.tensors import META, shape_of, storage_key

_pop = torch._C._pop_torch_dispatch_stack
_push = torch._C._push_on_torch_dispatch_stack

#: Kinds that belong to a layer: such an operation in a module without children has its name.
_OWN_NAME = frozenset(("conv", "conv_transpose", "linear", "norm", "activation", "pool"))

#: A name that says where it is from ("quantized.linear"), or no operator's name.
_FULL = re.compile(r"\.|^a ")

_STATUS = {key: COUNTED if kind.column else FREE for key, kind in KINDS.items()}
_STATUS["other"] = NOT_MODELLED


class Recorder:
    """Collects what runs. One per capture.

    Attributes:
        ops: the operations so far.
        path: dotted path of the module that runs now.
        leaf: whether that module has no modules inside.
        quiet: whether it is a layer whose views of its own input are not worth a row.
        storages: what the operations read and write.
        lock: held while an operator is recorded, because a forward may start threads.
        over: whether the forward has ended; a thread of its own may go on after that.
    """

    def __init__(self, state: ModelState) -> None:
        self.state = state
        self.ops: list[NetOp] = []
        self.storages = Storages()
        self.path = ""
        self.leaf = False
        self.quiet = False
        self.claimed: set[str] = set()
        # Storages computed from parameters alone: a convolution with such a weight is one with
        # weights, which some other operation has read. The tensors are kept, so ids stay valid.
        self.derived: dict[int, Tensor] = {}
        self._strange: dict[int, Tensor] = {}
        self.lock = threading.RLock()
        self.over = False
        self._adopted = 0

    # -- modules ---------------------------------------------------------------------------------
    def enter(self, module: nn.Module, quiet: bool) -> tuple[str, bool, bool]:
        """Go into a module; returns what `leave` needs."""
        before = self.path, self.leaf, self.quiet
        path = self.state.paths.get(id(module))
        if path is None:
            path = self._adopt(module)
        self.path = path
        self.leaf = not module._modules
        self.quiet = quiet
        return before

    def leave(self, before: tuple[str, bool, bool]) -> None:
        """Go back to the module that was running before."""
        self.path, self.leaf, self.quiet = before

    def _adopt(self, module: nn.Module) -> str:
        """Take in a module that the model does not own, such as one a plain function calls."""
        name = type(module).__name__.lower()
        self._adopted += 1
        prefix = f"{self.path}.{name}" if self.path else name
        if prefix in self.state.paths.values():
            prefix = f"{prefix}_{self._adopted}"
        self.state.adopt(module, prefix, self.storages.follows)
        return prefix

    # -- tensors ---------------------------------------------------------------------------------
    def parameter(self, tensor: Tensor) -> Owned | None:
        """The parameter that a tensor is, or is a view of; one that nobody has named gets a name.

        A tensor that was trained (it asks for gradients, and was there before) is a parameter even
        where no module has it in an attribute.
        """
        key = storage_key(tensor)
        owned = self.state.by_storage.get(key) if key else self.state.by_identity.get(id(tensor))
        if owned is not None or not (type(tensor) is nn.Parameter or tensor.requires_grad):
            return owned
        if not tensor.is_leaf or self.storages.follows(tensor):
            return None
        return self.state.adopt_tensor(tensor, self.path)

    def is_weight(self, tensor: Tensor) -> bool:
        """Whether a tensor is a parameter or was computed from parameters alone."""
        if not isinstance(tensor, Tensor):
            return False
        key = storage_key(tensor)
        if key in self.state.by_storage or key in self.derived:
            return True
        return self.parameter(tensor) is not None

    def follow(self, reads: Iterable[Tensor], results: Iterable[Tensor], ops: range) -> None:
        """What one operator has read and made; the operations that it is.

        A tensor without storage that nothing here has made comes from where a capture does not see:
        a thread that was there before, say. It is a row, so that its cost is no silent zero.
        """
        reads = list(reads)
        for tensor in reads:
            if tensor.is_meta and self._is_strange(tensor):
                self._strange[storage_key(tensor)] = tensor
                shape = shape_of(tensor)
                self.add("other", "a tensor made elsewhere", suffix="elsewhere", shape=shape)
        self.storages.step(reads, results, ops)

    def _is_strange(self, tensor: Tensor) -> bool:
        key = storage_key(tensor)
        if not key or key in self.state.by_storage or key in self._strange:
            return False
        if not tensor.numel() or not (tensor.is_floating_point() or tensor.is_complex()):
            return False  # such as indices, which PyTorch itself makes of Python's lists
        return not self.storages.follows(tensor) and not self.state.holds(key)

    def derive(self, tensors: Iterable[Tensor]) -> None:
        """Mark tensors as computed from parameters alone."""
        for tensor in tensors:
            if key := storage_key(tensor):
                self.derived[key] = tensor

    def fresh(self, shape: Iterable[int], dtype: torch.dtype) -> Tensor:
        """A new meta tensor, made past the active dispatch mode."""
        mode = _pop(None)
        try:
            return torch.empty(shape, dtype=dtype, device=META)
        finally:
            _push(mode)

    def claim(self, tensor: Tensor | None, role: str) -> tuple[Parameter, ...]:
        """The parameter behind a tensor, marked as used; nothing where there is none."""
        owned = self.parameter(tensor) if tensor is not None else None
        if owned is None:
            return ()
        self.claimed.add(owned.name)
        return (Parameter(owned.count, role, owned.name),)

    # -- operations ------------------------------------------------------------------------------
    def add(
        self,
        kind: str,
        operator: str,
        *,
        work: int = 0,
        shape: tuple[int, ...] = (),
        parameters: tuple[Parameter, ...] = (),
        layer: ConvLayer | None = None,
        matmul: MatMul | None = None,
        given_macs: int | None = None,
        owner: Owned | None = None,
        suffix: str = "",
    ) -> None:
        """Append an operation. `owner` names it after the module whose weight it reads."""
        plain = suffix or base_name(operator)
        if owner is not None:
            name = owner.module or plain
        elif self.path and self.leaf and kind in _OWN_NAME:
            name = self.path
        else:
            name = f"{self.path}.{plain}" if self.path else plain
        self.ops.append(
            NetOp(
                name,
                kind,
                layer,
                matmul,
                work if _STATUS[kind] == COUNTED else 0,
                given_macs,
                parameters,
                _STATUS[kind],
                operator if _FULL.search(operator) else "aten." + operator,
                1,
                None,
                shape,
            )
        )

    def convolution(
        self, layer: ConvLayer, weight: Tensor, bias: Tensor | None, shape: tuple[int, ...]
    ) -> None:
        """Append a convolution whose output has this shape."""
        weights = self.claim(weight, "weight")
        self.add(
            "conv_transpose" if layer.transposed else "conv",
            "convolution",
            shape=shape,
            parameters=weights + self.claim(bias, "bias"),
            layer=layer,
            owner=self.parameter(weight) if weights else None,
        )

    def linear(
        self,
        rows: int,
        inner: int,
        columns: int,
        weight: Tensor,
        bias: Tensor | None,
        shape: tuple[int, ...],
    ) -> None:
        """Append a linear layer: `rows` vectors of `inner` features to `columns` features."""
        weights = self.claim(weight, "weight")
        layer = linear_layer(rows, inner, columns, bias is not None)
        self.add(
            "linear",
            "linear",
            shape=shape,
            parameters=weights + self.claim(bias, "bias"),
            layer=layer,
            given_macs=None if layer is not None else rows * inner * columns,
            owner=self.parameter(weight) if weights else None,
        )

    def whole(self) -> list[NetOp]:
        """The operations, and the parameters that none of them reads."""
        return self.ops + self.unused()

    def unused(self) -> list[NetOp]:
        """One row per module for the parameters that nothing has read."""
        missing: dict[str, list[Owned]] = {}
        for name, owned in self.state.owned.items():
            if name not in self.claimed:
                missing.setdefault(owned.module, []).append(owned)
        taken = {op.name for op in self.ops}
        rows = []
        for module, parameters in missing.items():
            name = module or "parameters"
            if name in taken:
                name = parameters[0].name if len(parameters) == 1 else f"{name}.unused"
            held = tuple(Parameter(p.count, "other", p.name) for p in parameters)
            rows.append(NetOp(name, "unused", parameters=held, status=FREE, operator="unused"))
        return rows
