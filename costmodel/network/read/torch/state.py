"""The model's state during a capture: names, and parameters without storage.

While a capture runs, every module's parameters are replaced by meta tensors and its buffers
dictionary by a copy; afterwards every module is put back exactly as it was, attributes that the
forward set or changed included. Nothing of the model is read but names and shapes.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch import nn

from costmodel.network.read.torch.tensors import META, storage_key, tensors_in

_CONTAINERS = frozenset((list, dict, set, OrderedDict, defaultdict))
#: What every module has; `ModelState` looks after the parameters and buffers among them itself.
_MODULE_ATTRIBUTES = frozenset(nn.Module().__dict__)


@dataclass(frozen=True, slots=True)
class Owned:
    """A parameter of the model: its dotted name, its module's path and its number of elements."""

    name: str
    module: str
    count: int


def is_scripted(module: nn.Module) -> bool:
    """Whether a module is compiled TorchScript, whose tensors live outside Python."""
    return isinstance(module, torch.jit.ScriptModule)


def unwrapped(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor inside the wrappers of `torch.func`'s transforms."""
    while torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        tensor = torch._C._functorch.get_unwrapped(tensor)
    return tensor


def has_lazy(model: nn.Module) -> bool:
    """Whether some parameter gets its shape only from the first input."""
    from torch.nn.parameter import is_lazy

    return any(is_lazy(p) for p in model.parameters())


class ModelState:
    """Names and parameters of one or more module trees, lent out as meta tensors.

    Attributes:
        paths: id of a module → its dotted path ("" for the root).
        owned: name of a parameter → what is known of it, in the model's order, shared ones once.
        by_storage: identity of a tensor's storage → the parameter that it belongs to; both the
            model's own tensors and the lent ones.
        by_identity: the same for parameters without a storage, such as sparse ones.
        hidden: names of the parameters that only the forward has shown: they are in no attribute.
        listed: whether there is a model that lists parameters of its own.
        lend: whether modules run with tensors without storage in their parameters' places.
    """

    def __init__(self, *, lend: bool = True) -> None:
        self.lend = lend
        self.paths: dict[int, str] = {}
        self.owned: dict[str, Owned] = {}
        self.by_storage: dict[int, Owned] = {}
        self.by_identity: dict[int, Owned] = {}
        self.hidden: list[str] = []
        self.listed = False
        self._exchanged: list[tuple[dict[str, Any], str, Any, torch.Tensor]] = []
        self._lent: dict[int, torch.Tensor] = {}
        self._by_tensor: dict[int, Owned] = {}
        self._saved: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._modules: list[nn.Module] = []  # keeps ids valid
        self._keep: list[Any] = []
        self._packed: dict[int, dict[str, Owned]] = {}
        self._own_storages: set[int] | None = None

    def add(self, root: nn.Module, prefix: str = "") -> None:
        """Take in a module tree under a dotted prefix."""
        self.listed = True
        for path, module in self._new(root, prefix):
            attributes = module.__dict__
            parameters = attributes.get("_parameters")
            if parameters is None:  # an object that never called Module.__init__
                continue
            if self.lend:
                self._save(attributes)
            if not parameters:
                continue
            lent: dict[str, Any] = {}
            for name, tensor in parameters.items():
                if tensor is not None:
                    self._own(path, name, tensor)
                    lent[name] = self._copy(tensor) if self.lend else tensor
                else:
                    lent[name] = None
            if self.lend:
                attributes["_parameters"] = lent

    def adopt(self, root: nn.Module, prefix: str, made: Callable[[torch.Tensor], bool]) -> None:
        """Take in a module tree that the forward has shown, in no attribute of the model.

        Its parameters may be others than its own for this call (`torch.func.functional_call`):
        those that the forward has made are none of them, those inside a functional transform stay
        where they are, and all others are exchanged one by one, so that whoever put them there may
        put his own back.
        """
        for path, module in self._new(root, prefix):
            attributes = module.__dict__
            parameters = attributes.get("_parameters")
            if parameters is None:
                continue
            if self.lend:
                self._save(attributes)
            for name, tensor in list(parameters.items()):
                if tensor is None or made(tensor):
                    continue
                inner = unwrapped(tensor)
                if storage_key(inner) not in self.by_storage:
                    self.hidden.append(self._own(path, name, inner).name)
                if self.lend and id(tensor) in self._lent and isinstance(tensor, nn.Parameter):
                    parameters[name] = copy = self._copy(tensor)
                    self._exchanged.append((parameters, name, tensor, copy))

    def adopt_tensor(self, tensor: torch.Tensor, path: str) -> Owned:
        """Take in a parameter that the forward has shown, in no module's attribute."""
        name = self._free_name(path, "parameter")
        self.hidden.append(name)
        return self._own(path, name.rpartition(".")[2], tensor)

    def _free_name(self, path: str, last: str) -> str:
        """A dotted name that no parameter has."""
        name = first = f"{path}.{last}" if path else last
        number = 1
        while name in self.owned:
            number += 1
            name = f"{first}_{number}"
        return name

    def adopt_packed(self, packed: Any, path: str, counts: dict[str, int]) -> dict[str, Owned]:
        """Take in what an object without tensors of its own holds: elements by role, once."""
        known = self._packed.get(hash(packed))
        if known is None:
            known = {}
            for role, count in counts.items():
                name = self._free_name(path, role)
                known[role] = self.owned[name] = Owned(name, path, count)
                self.hidden.append(name)
            self._packed[hash(packed)] = known
            self._keep.append(packed)
        return known

    def _new(self, root: nn.Module, prefix: str) -> Iterator[tuple[str, nn.Module]]:
        """The modules of a tree that are not known yet, but TorchScript's, which are taken in."""
        for path, module in _walk(root, prefix):
            if id(module) in self.paths:
                continue
            self.paths[id(module)] = path
            self._modules.append(module)
            if is_scripted(module):
                for name, tensor in module.named_parameters(recurse=False):
                    self._own(path, name, tensor)
            else:
                yield path, module

    def _save(self, attributes: dict[str, Any]) -> None:
        """Remember a module as it is."""
        self._saved.append((attributes, attributes.copy()))
        self._save_containers(attributes)
        if attributes["_buffers"]:
            attributes["_buffers"] = attributes["_buffers"].copy()

    def _save_containers(self, attributes: dict[str, Any]) -> None:
        """Remember what is in a module's own lists and dictionaries: forwards cache there."""
        for name, value in attributes.items():
            if type(value) in _CONTAINERS and name not in _MODULE_ATTRIBUTES:
                self._containers.append((value, value.copy()))

    def _own(self, path: str, name: str, tensor: torch.Tensor) -> Owned:
        known = self._by_tensor.get(id(tensor))
        if known is not None:
            return known
        self._lent[id(tensor)] = tensor
        self._keep.append(tensor)
        full = f"{path}.{name}" if path else name
        owned = Owned(full, path, tensor.numel())
        self.owned[full] = owned
        self._by_tensor[id(tensor)] = owned
        storage = storage_key(tensor)
        if storage:
            self.by_storage[storage] = owned
        else:
            self.by_identity[id(tensor)] = owned
        return owned

    def _copy(self, tensor: torch.Tensor) -> torch.Tensor:
        """A meta tensor in a parameter's place; the same one wherever the parameter is shared."""
        known = self._lent[id(tensor)]
        if known is not tensor:
            return known
        if tensor.device.type == "meta" or type(tensor) not in (nn.Parameter, torch.Tensor):
            return tensor
        if tensor.layout is not torch.strided or tensor.is_nested:
            return tensor  # what it stores is known from its numbers alone
        if tensor.is_contiguous():
            copy = torch.empty(tensor.shape, dtype=tensor.dtype, device=META)
        else:
            copy = torch.empty_like(tensor, device=META, requires_grad=False)
        copy = nn.Parameter(copy, requires_grad=tensor.requires_grad)
        self._lent[id(tensor)] = copy
        self.by_storage[storage_key(copy)] = self.by_storage[storage_key(tensor)]
        return copy

    @property
    def own_storages(self) -> set[int]:
        """Identities of the storages of all buffers: a capture must never write into them."""
        if self._own_storages is None:
            self._own_storages = {
                storage_key(b)
                for m in self._modules
                for b in m.buffers(recurse=False)
                if isinstance(b, torch.Tensor)
            }
        return self._own_storages

    def holds(self, storage: int) -> bool:
        """Whether a storage belongs to some attribute of a module, such as a table of constants."""
        held = (m.__dict__ for m in self._modules)
        return storage in self.own_storages or any(
            storage_key(tensor) == storage for tensor in tensors_in(list(held))
        )

    def __enter__(self) -> ModelState:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for parameters, name, own, copy in self._exchanged:
            if parameters.get(name) is copy:
                parameters[name] = own
        self._exchanged.clear()
        for attributes, saved in reversed(self._saved):
            attributes.clear()
            attributes.update(saved)
        for container, saved in self._containers:
            if type(container) is list:
                container[:] = saved
            else:
                container.clear()
                container.update(saved)
        self._saved.clear()
        self._containers.clear()


def _walk(root: nn.Module, prefix: str) -> Iterator[tuple[str, nn.Module]]:
    """Every module of a tree once, with its path, parents before children."""
    seen: set[int] = set()
    stack = [(prefix, root)]
    while stack:
        path, module = stack.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield path, module
        if is_scripted(module):
            children = list(module.named_children())
        else:
            children = list((module.__dict__.get("_modules") or {}).items())
        dot = path + "." if path else ""
        stack.extend((dot + name, child) for name, child in reversed(children) if child is not None)
