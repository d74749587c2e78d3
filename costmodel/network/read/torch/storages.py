"""Storages: which memory the operators of a forward read and write, as the steps of a network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from costmodel.metrics.lifetimes import Step, Written
from costmodel.network.read.torch.tensors import storage_key


class Storages:
    """Follows storages from operator to operator.

    A result in a storage that was there before is a view or was made in place. What no operator of
    this forward has made (parameters, buffers, constants of the model) is not followed.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._count = 0
        # storage → its tensor's number; the weak reference keeps the address from being used again
        self._followed: dict[int, tuple[int, StorageWeakRef]] = {}

    def follows(self, tensor: Tensor) -> bool:
        """Whether an operator of this forward has made the memory that a tensor lies in."""
        return storage_key(tensor) in self._followed

    def step(self, reads: Iterable[Tensor], results: Iterable[Tensor], ops: range) -> None:
        """One operator: the tensors that it was given, its results, the operations that it is."""
        given = {storage._cdata: storage for tensor in reads for storage in _storage(tensor)}
        read = tuple(self._followed[key][0] for key in given if key in self._followed)
        writes = []
        for tensor in results:
            for storage in _storage(tensor):
                key = storage._cdata
                if key in given or key in self._followed:
                    continue
                writes.append(_written(tensor, storage.nbytes()))
                self._followed[key] = self._count, StorageWeakRef(storage)
                self._count += 1
        if read or writes:
            self.steps.append(Step(read, tuple(writes), tuple(ops)))


def _storage(tensor: Tensor) -> list[Any]:
    """The storage of a tensor; none for sparse and other tensors without one."""
    try:
        return [tensor.untyped_storage()]
    except (NotImplementedError, RuntimeError):
        return []


def _written(tensor: Tensor, bytes: int) -> Written:
    """Floating-point numbers are activations; others have the word that PyTorch gives them."""
    if tensor.is_floating_point():
        return Written(bytes // tensor.element_size())
    return Written(bytes // tensor.element_size(), 8 * tensor.element_size())
