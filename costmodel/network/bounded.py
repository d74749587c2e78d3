"""A network in letters with every condition of its counts: also that each layer has an output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costmodel.core.polynomial import Polynomial
from costmodel.network.formula import in_letters
from costmodel.network.guards import Guard
from costmodel.network.operations import AnyOperations


def bounded(network: AnyOperations, free: Sequence[str]) -> tuple[AnyOperations, tuple[Guard, ...]]:
    """The network recounted with letters for some sizes, and the conditions on these.

    Where all conditions hold, its counts are those of `at`; where one does not, `at` refuses the
    sizes, or captures another network.

    Raises `CostModelError` for a network that does not say how its sizes follow from each other.
    """
    opened = in_letters(network, free)
    found = dict.fromkeys(opened.guards)
    found.update(dict.fromkeys(guard for guard in _layers(opened) if not guard.certain))
    return opened, tuple(found)


def _layers(network: AnyOperations) -> Iterator[Guard]:
    """Every layer has channels to read, and at least one position to read and to write."""
    for op in network.ops:
        if op.layer is not None:
            layer = op.layer
            for size in (layer.in_channels, *layer.size, *layer.out_size):
                if isinstance(size, Polynomial):
                    yield from _positive(size)


def _positive(size: Polynomial) -> Iterator[Guard]:
    """At least 1; of a product, that each factor is: channels that come of positions."""
    if len(size.terms) == 1:
        ((monomial, _),) = size.terms.items()
        for atom, _ in monomial:
            yield Guard(Polynomial({((atom, 1),): 1}) - 1, ">=")
    else:
        yield Guard(size - 1, ">=")
