"""The peak of live bytes, measured: a forward on the CPU while a mode follows every allocation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Allocations(TorchDispatchMode):
    """Knows which storages are alive, by asking them after every operator."""

    def __init__(self, before: list[Tensor], inputs: list[Tensor]) -> None:
        super().__init__()
        self.before = {t.untyped_storage()._cdata for t in before}
        self.alive: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0
        self.take(inputs)

    def take(self, tensors: list[Any]) -> None:
        """Take in results, and look at what is still there."""
        self.alive = {key: held for key, held in self.alive.items() if not held[0].expired()}
        for tensor in tensors:
            storage = tensor.untyped_storage()
            if storage._cdata not in self.before and storage._cdata not in self.alive:
                self.alive[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
        self.peak = max(self.peak, sum(size for _, size in self.alive.values()))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.take([t for t in tree_leaves(out) if isinstance(t, Tensor)])
        return out


class _Released(fx.Interpreter):
    """Runs a traced forward and lets go of every value after its last use, inputs included."""

    def __init__(self, graph: fx.GraphModule, inputs: list[Tensor]) -> None:
        super().__init__(graph, garbage_collect_values=True)
        self.inputs = inputs
        for node in graph.graph.nodes:
            if not node.users and node.op != "output":  # a result that nobody reads
                self.user_to_last_uses.setdefault(node, []).append(node)

    def placeholder(self, target: Any, args: Any, kwargs: Any) -> Tensor:
        return self.inputs.pop(0)


def released(model: Callable[..., Any], inputs: list[Tensor]) -> int:
    """The peak where every tensor is let go after its last use; empties `inputs`."""
    with torch.no_grad(), torch.backends.mkldnn.flags(enabled=False):
        graph = make_fx(model)(*inputs)
        run = _Released(graph, inputs)
        constants = [t for t in vars(graph).values() if isinstance(t, Tensor)]
        mode = Allocations([*constants, *graph.buffers(), *graph.parameters()], list(inputs))
        with mode:
            run.run(enable_io_processing=False)
    return mode.peak


def held(model: torch.nn.Module, inputs: list[Tensor]) -> int:
    """The peak of the forward as Python runs it: a tensor lives as long as a name holds it."""
    with torch.no_grad(), torch.backends.mkldnn.flags(enabled=False):
        mode = Allocations([*model.parameters(), *model.buffers()], list(inputs))
        with mode:
            model(*inputs)
    return mode.peak
