"""Of plans that are as good, one that keeps the most: a criterion below the unit of another.

Many plans change as few layers as any. Of these the one is wanted that loses the fewest parameters,
so each value gets what an option loses in small steps as a fraction of its unit. It stays a single
integer that adds up over layers, and every exact method goes on as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.errors import InputError

#: How far from the most a plan may be that keeps the most, as a share of the whole network.
NEARLY = 0.01


@dataclass(frozen=True)
class Graded:
    """Values and what is lost as one integer each.

    parts: per decision, one integer per option. scale: how many of them are one unit of the value.
    """

    parts: tuple[tuple[int, ...], ...]
    scale: int

    def value(self, total: int) -> int:
        """The value in a sum of these integers."""
        return total // self.scale


def graded(values: Sequence[Sequence[int]], added: Sequence[Sequence[int]], whole: int) -> Graded:
    """Values first, and of equal ones the fewer losses, to within `NEARLY` of the whole.

    Args:
        values: per decision what each option adds to the value.
        added: likewise to what is to be kept; more than the layer has is as good as all of it.
        whole: of the network as it is.

    Raises:
        InputError: something to be kept that is no integer.
    """
    if not all(isinstance(number, int) for part in added for number in part):
        raise InputError("what is to be kept has fractions; allowed is a column of integers")
    # each decision is off by half a step at most, on either side of a comparison
    step = max(int(whole * NEARLY) // max(len(added), 1), 1)
    lost = [[(max(-number, 0) + step // 2) // step for number in part] for part in added]
    scale = sum(max(part, default=0) for part in lost) + 1
    parts = tuple(
        tuple(value * scale + less for value, less in zip(own, gone, strict=True))
        for own, gone in zip(values, lost, strict=True)
    )
    return Graded(parts, scale)
