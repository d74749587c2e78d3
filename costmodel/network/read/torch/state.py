"""The model's state during a capture: names, and parameters without storage.

While a capture runs, every module's parameters are replaced by meta tensors and its buffers
dictionary by a copy; afterwards every module is put back exactly as it was, attributes that the
forward set or changed included. Nothing of the model is read but names and shapes.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch import nn

from costmodel.network.read.torch.tensors import META

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
    """

    def __init__(self) -> None:
        self.paths: dict[int, str] = {}
        self.owned: dict[str, Owned] = {}
        self.by_storage: dict[int, Owned] = {}
        self._lent: dict[int, torch.Tensor] = {}
        self._saved: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._modules: list[nn.Module] = []  # keeps ids valid
        self._keep: list[torch.Tensor] = []
        self._own_storages: set[int] | None = None

    def add(self, root: nn.Module, prefix: str = "", *, lend: bool = True) -> None:
        """Take in a module tree under a dotted prefix."""
        for path, module in _walk(root, prefix):
            if id(module) in self.paths:
                continue
            self.paths[id(module)] = path
            self._modules.append(module)
            if is_scripted(module):
                for name, tensor in module.named_parameters(recurse=False):
                    self._own(path, name, tensor)
                continue
            attributes = module.__dict__
            parameters = attributes.get("_parameters")
            if parameters is None:  # an object that never called Module.__init__
                continue
            if lend:
                self._saved.append((attributes, attributes.copy()))
                self._save_containers(attributes)
                if attributes["_buffers"]:
                    attributes["_buffers"] = attributes["_buffers"].copy()
            if not parameters:
                continue
            lent: dict[str, Any] = {}
            for name, tensor in parameters.items():
                if tensor is not None:
                    self._own(path, name, tensor)
                    lent[name] = self._copy(tensor) if lend else tensor
                else:
                    lent[name] = None
            if lend:
                attributes["_parameters"] = lent

    def _save_containers(self, attributes: dict[str, Any]) -> None:
        """Remember what is in a module's own lists and dictionaries: forwards cache there."""
        for name, value in attributes.items():
            if type(value) in _CONTAINERS and name not in _MODULE_ATTRIBUTES:
                self._containers.append((value, value.copy()))

    def _own(self, path: str, name: str, tensor: torch.Tensor) -> None:
        storage = _storage(tensor)
        if storage in self.by_storage and id(tensor) in self._lent:
            return
        if id(tensor) in self._lent:
            return
        self._lent[id(tensor)] = tensor
        self._keep.append(tensor)
        full = f"{path}.{name}" if path else name
        owned = Owned(full, path, tensor.numel())
        self.owned[full] = owned
        if storage:
            self.by_storage[storage] = owned

    def _copy(self, tensor: torch.Tensor) -> torch.Tensor:
        """A meta tensor in a parameter's place; the same one wherever the parameter is shared."""
        known = self._lent[id(tensor)]
        if known is not tensor:
            return known
        if tensor.device.type == "meta" or type(tensor) not in (nn.Parameter, torch.Tensor):
            return tensor
        if tensor.is_contiguous():
            copy = torch.empty(tensor.shape, dtype=tensor.dtype, device=META)
        else:
            copy = torch.empty_like(tensor, device=META, requires_grad=False)
        copy = nn.Parameter(copy, requires_grad=False)
        self._lent[id(tensor)] = copy
        self.by_storage[_storage(copy)] = self.by_storage[_storage(tensor)]
        return copy

    @property
    def own_storages(self) -> set[int]:
        """Identities of the storages of all buffers: a capture must never write into them."""
        if self._own_storages is None:
            self._own_storages = {
                _storage(b)
                for m in self._modules
                for b in m.buffers(recurse=False)
                if isinstance(b, torch.Tensor)
            }
        return self._own_storages

    def __enter__(self) -> ModelState:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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


def _storage(tensor: torch.Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):  # sparse and other tensors without one
        return 0


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
