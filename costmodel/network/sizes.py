"""Which sizes a network can be counted at: some are too small, others give broken channels."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from costmodel.core.numbers import Number
from costmodel.errors import CostModelError
from costmodel.network.operations import Operations, recounted


def working(
    network: Operations, letter: str, values: Sequence[Number], sizes: Mapping[str, Number]
) -> list[Number]:
    """Those of some values of a size at which every layer of a network has an output.

    A multiplier ("alpha") works or not, one value at a time. A whole number works from some value
    on: a layer that has an output keeps one on a larger input.

    Args:
        network: nothing was replaced in it, and it knows how sizes follow from each other.
        letter: the size. values: rising. sizes: the other sizes that differ from the network's own.

    Raises:
        CostModelError: a network at fixed sizes.
    """
    known = network.rebuild()
    if known is not None and letter in known.ratios:
        return [value for value in values if works(network, {**sizes, letter: value})]
    first = bisect_left(values, True, key=lambda value: works(network, {**sizes, letter: value}))
    return list(values[first:])


def works(network: Operations, sizes: Mapping[str, Number]) -> bool:
    """Whether a network can be counted at some sizes."""
    try:
        recounted(network, sizes)
    except CostModelError:
        return False
    return True
