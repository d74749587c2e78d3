"""errors(): error and cost at every rank, from one decomposition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy

from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.factors.kernels import as_kernel, layer_of
from costmodel.factors.spectra import Decomposition, decompose
from costmodel.metrics.metric import METRICS, Metric
from costmodel.table import Column, Tabular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

ERROR = Column(
    "error",
    "Error",
    convention="‖kernel − factors‖ / ‖kernel‖ in the Frobenius norm",
)
_CORE = (
    "The errors are those of the higher-order singular value decomposition, cut at each rank; "
    "`factorize` goes on from there, so that its error may be smaller."
)
_POINT = "No layer was given: what depends on a grid is that of one output position."


@dataclass(frozen=True, repr=False, eq=False)
class RankErrors(Tabular):
    """A kernel's error and cost at every rank of a variant, a row for each combination.

    decomposition: where they come from. metrics: what is counted. placed: whether the layer's grid
    is known.
    """

    decomposition: Decomposition
    metrics: tuple[Metric, ...]
    placed: bool

    def __repr__(self) -> str:
        bound, ranks = self.decomposition.bound, self.decomposition.ranks
        said = ", ".join(f"{name} up to {max(values)}" for name, values in ranks.items())
        return f"<errors of {bound.variant.id}{': ' if said else ''}{said}>"

    @property
    def letters(self) -> tuple[str, ...]:
        """The ranks that vary."""
        return tuple(self.decomposition.ranks)

    @cached_property
    def arrays(self) -> Mapping[str, Array]:
        """Every column as an array with an axis for each rank: `arrays["error"][r1, r2]`."""
        shape = self.decomposition.squares.shape
        ranks = zip(self.letters, numpy.ix_(*self.decomposition.ranks.values()), strict=True)
        cells: dict[str, Any] = dict(ranks)
        cells[ERROR.key] = numpy.sqrt(self.decomposition.squares)
        cells.update((metric.key, self.cost(metric.key)) for metric in self.metrics)
        return {key: numpy.broadcast_to(array, shape) for key, array in cells.items()}

    def cost(self, metric: str) -> Array:
        """A metric at every rank, by its key; exact integers."""
        return numpy.asarray(Counts(_exact(self.decomposition))[metric])

    def row_at(self, ranks: Mapping[str, int]) -> Mapping[str, Any]:
        """The row of some ranks."""
        places = (
            int(numpy.searchsorted(values, ranks[name]))
            for name, values in self.decomposition.ranks.items()
        )
        index = tuple(places)
        return {name: _plain(array[index]) for name, array in self.arrays.items()}

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The ranks, the error, and what they cost."""
        hyper = self.decomposition.bound.variant.hyper
        ranks = (Column(name, name, "", hyper[name].meaning) for name in self.letters)
        return (*ranks, ERROR, *(metric.column() for metric in self.metrics))

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One mapping per combination of ranks, made when it is looked at."""
        return _Rows({name: array.ravel() for name, array in self.arrays.items()})

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known to read them."""
        core = () if self.decomposition.optimal else (_CORE,)
        return core if self.placed else (*core, _POINT)


class _Rows(Sequence[Mapping[str, Any]]):
    """Rows out of columns: a pair of ranks can have millions."""

    def __init__(self, cells: Mapping[str, Array]) -> None:
        self._cells = cells

    def __len__(self) -> int:
        return len(next(iter(self._cells.values())))

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return _Rows({name: cells[index] for name, cells in self._cells.items()})
        return {name: _plain(cells[index]) for name, cells in self._cells.items()}

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (self[i] for i in range(len(self)))


def _plain(cell: Any) -> Any:
    return cell.item() if hasattr(cell, "item") else cell


def _exact(decomposition: Decomposition) -> Any:
    """The bound variant, with ranks as Python's own integers where 64 bits may not hold a count."""
    bound, ranks = decomposition.bound, decomposition.ranks
    highest = {name: int(max(values)) for name, values in ranks.items()}
    corner = Counts(bind(bound.variant, bound.layer, {**bound.hyper, **highest}))
    if all(corner[metric.key] < 1 << 62 for metric in METRICS.values() if metric.shown):
        return bound
    objects = {name: numpy.asarray(bound.hyper[name]).astype(object) for name in ranks}
    return bind(bound.variant, bound.layer, {**bound.hyper, **objects})


def errors(
    kernel: Any,
    variant: Variant | str,
    *,
    layer: ConvLayer | None = None,
    groups: int = 1,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> RankErrors:
    """Error, parameters and multiplies of a kernel's factors at every rank of a variant.

    Args:
        kernel: (n, m/groups, *window), of a linear layer (n, m): an array or a torch tensor.
        variant: of two factors, or of a core with sides: a `Variant` or an id.
        layer: that the kernel belongs to; one output position with its window unless given.
        groups: of the layer, where no layer is given.
        hyper, letters: hyper-parameters that have one value; ranks not given take all of theirs.

    Returns:
        A table with a column for each rank, `error`, `params` and `macs`. Of two factors the error
        is the least there is (Eckart–Young); of a core with sides that of the higher-order singular
        value decomposition.

    Raises:
        InputError: no finite floating-point kernel, or not the layer's shape.
        VariantError: a variant that does not fit, or whose ranks take a decomposition each.

    >>> import numpy
    >>> kernel = numpy.random.default_rng(0).standard_normal((8, 6, 3, 3))
    >>> table = errors(kernel, "channel_svd")
    >>> len(table), table.rows[7]["params"], table.rows[7]["error"] < 1e-7
    (8, 496, True)
    """
    known, array = VARIANTS.of(variant), as_kernel(kernel)
    place = layer_of(array, known, layer, groups)
    n, m = int(place.out_channels // place.groups), int(place.in_channels // place.groups)
    parts = array.astype(float).reshape(int(place.groups), n, m, *map(int, place.kernel))
    found = decompose(known, place, together(hyper, letters), parts)
    shown = tuple(metric for metric in METRICS.values() if metric.shown)
    return RankErrors(found, shown, layer is not None)
