"""Trained kernels as matrices: which layers a module has, and their unfoldings by axis name.

A kernel has the axes `n m` and its window's (`i`, `i j` or `l i j`), per group. An unfolding is
named by the axes of its rows, all others being the columns: "n" is the n × k²m matrix of the
channel SVD, "n j" the one of the spatial SVD. Grouped layers have one matrix for each group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod

from torch import Tensor, nn

from costmodel.core.stage_line import WINDOW_LETTERS
from costmodel.errors import CostModelError
from costmodel.factors.read.stored import layer_of_shape
from costmodel.network.operation import NetOp
from costmodel.network.selection import Selector, selector
from costmodel.torch.lowering import CONVOLUTIONS

_TRANSPOSED = tuple(cls for (_, transposed), cls in CONVOLUTIONS.items() if transposed)
_LAYERS = (*CONVOLUTIONS.values(), nn.Linear)
_NAMES = frozenset("nmlij")
#: Every unfolding whose rows are a single axis.
ALL = "all"


@dataclass(frozen=True)
class Unfolding:
    """One matrix per group of a layer's kernel, and the way back into the kernel.

    path: of the module. weight: its parameter. rows: the axes of the rows.
    """

    path: str
    weight: nn.Parameter
    rows: tuple[str, ...]
    names: tuple[str, ...]
    groups: int
    transposed: bool

    @property
    def matrices(self) -> Tensor:
        """(groups, rows, columns), as a function of the weight."""
        order, sides = self._order()
        kernel = self._kernel().permute(order)
        return kernel.reshape(self.groups, prod(sides[: len(self.rows)]), -1)

    def store(self, matrices: Tensor) -> None:
        """Write matrices (groups, rows, columns) into the weight, without a gradient."""
        order, sides = self._order()
        kernel = matrices.detach().reshape(self.groups, *sides)
        back = [order.index(place) for place in range(len(order))]
        kernel = kernel.permute(back)
        if self.transposed:  # (m, n, …) in each group
            kernel = kernel.swapaxes(1, 2)
        self.weight.data.copy_(kernel.reshape(self.weight.shape))

    def _kernel(self) -> Tensor:
        """(groups, n, m, *window), per group."""
        kernel = self.weight.unflatten(0, (self.groups, -1))
        return kernel.swapaxes(1, 2) if self.transposed else kernel

    def _order(self) -> tuple[list[int], list[int]]:
        """The places of (group, rows, columns) in the kernel, and the sides without the group."""
        columns = [name for name in self.names if name not in self.rows]
        order = [0, *(self.names.index(name) + 1 for name in (*self.rows, *columns))]
        sides = list(self._kernel().shape)
        return order, [sides[place] for place in order[1:]]


def unfoldings(
    module: nn.Module, rows: str | Iterable[str] = "n", where: Selector = None
) -> list[Unfolding]:
    """Unfoldings of the convolution and linear layers in a module, each tensor once.

    Args:
        module: a model, or one layer.
        rows: the axes of the rows of one unfolding ("n", "m i"), several of them, or "all" for one
            for every axis. A layer without one of the axes (a linear layer has no window), or with
            nothing else, has no such unfolding.
        where: which layers, as `Network.replace` takes it; all of them unless given.

    Raises:
        CostModelError: something that is no module, names no axes, or leaves no layer.
    """
    if not isinstance(module, nn.Module):
        raise CostModelError(f"module is {type(module).__name__}; allowed is a torch.nn.Module")
    wanted = None if rows == ALL else [_axes(text) for text in _several(rows)]
    found = [
        Unfolding(path, layer.weight, names, every, groups, transposed)
        for path, layer, every, groups, transposed in _layers(module, where)
        for names in ([(name,) for name in every] if wanted is None else wanted)
        if set(names) < set(every)
    ]
    if not found:
        raise CostModelError(
            f"no layer is selected by {where!r} that has the unfolding {rows!r}; allowed are "
            "convolution and linear layers, and rows of some of the axes n, m, i, j, l"
        )
    return found


def _several(rows: str | Iterable[str]) -> list[str]:
    return list(rows) if isinstance(rows, Iterable) and not isinstance(rows, str) else [rows]


def _axes(text: str) -> tuple[str, ...]:
    names = tuple(text.split()) if isinstance(text, str) else ()
    if not names or len(set(names)) < len(names) or not _NAMES.issuperset(names):
        raise CostModelError(
            f"unfolding {text!r}; allowed are the axes of its rows, such as 'n' or 'm i', and "
            f"{ALL!r}"
        )
    return names


def _layers(
    module: nn.Module, where: Selector
) -> Iterator[tuple[str, nn.Module, tuple[str, ...], int, bool]]:
    """(path, layer, names of its axes, groups, transposed) of every selected layer."""
    meant = selector(where, 1) if where is not None else lambda _: True
    seen: set[int] = set()
    for path, layer in module.named_modules():
        if not isinstance(layer, _LAYERS) or id(layer.weight) in seen:
            continue
        seen.add(id(layer.weight))
        shape, transposed = layer.weight.shape, isinstance(layer, _TRANSPOSED)
        groups = int(getattr(layer, "groups", 1))
        kind = "linear" if len(shape) == 2 else "conv_transpose" if transposed else "conv"
        if meant(NetOp(path, kind, layer_of_shape(shape, groups, transposed))):
            window = WINDOW_LETTERS.get(len(shape) - 2, ())
            yield path, layer, ("n", "m", *window), groups, transposed
