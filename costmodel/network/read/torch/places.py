"""Where a formula is checked: other sizes than a network's own, inside the formula's guards."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from costmodel.core.polynomial import Polynomial
from costmodel.errors import CostModelError
from costmodel.network.conditions import conditions, fixed_letters, sentence
from costmodel.network.guards import Guard

#: How far from a network's own sizes others are looked for, where guards leave out the usual ones.
_FAR = 160


def places(
    own: Mapping[str, int], symbols: Mapping[str, Any], guards: Sequence[Guard]
) -> list[Mapping[str, int]]:
    """Other sizes inside the guards; all that are usual where there are none.

    Raises:
        CostModelError: the guards leave out the network's own sizes, or all others of some letter.
    """
    free = list(symbols)
    names = letter_names(symbols)
    if not guards or names is None:
        return list(others(own, free))
    inside = [
        sizes
        for sizes in (own, *others(own, free), *_nearby(own, free))
        if min(sizes.values()) > 0
        and all(guard.holds({names[n]: sizes[n] for n in free}) for guard in guards)
    ]
    if not inside or inside[0] is not own:
        raise CostModelError(f"its path at other sizes holds for {sentence(guards)}")
    fixed = fixed_letters(conditions(guards))
    fixed |= {n: own[n] for n in free if all(sizes[n] == own[n] for sizes in inside)}
    if fixed:
        only = ", ".join(f"{n} = {own[n]}" for n in free if n in fixed or names[n] in fixed)
        rest = ", ".join(n for n in own if n not in fixed) or "nothing"
        raise CostModelError(
            f"what its forward asks of the sizes is answered so at {only} alone; allowed is "
            f"leaving open {rest}"
        )
    return inside[1:]


def _nearby(own: Mapping[str, int], free: Sequence[str]) -> Iterator[dict[str, int]]:
    """Many sizes round the network's own: together, one by one, in proportion and at random."""
    for step in range(-_FAR, _FAR + 1):
        groups = (free, *([name] for name in free))
        for names in groups:
            yield {n: side + step if n in names else side for n, side in own.items()}
    for factor in range(2, 9):
        yield {n: side * factor if n in free else side for n, side in own.items()}
    generator = random.Random(0)
    for _ in range(_FAR):
        yield {
            n: generator.randint(1, 2 * side + _FAR) if n in free else side
            for n, side in own.items()
        }


def letter_names(symbols: Mapping[str, Any]) -> dict[str, str] | None:
    """The letter that stands for each size, None where one is a polynomial of its own."""
    if not all(map(_is_letter, symbols.values())):
        return None
    return {n: next(iter(v.free_symbols)) for n, v in symbols.items()}


def _is_letter(value: Any) -> bool:
    return isinstance(value, Polynomial) and len(value.free_symbols) == 1 and len(value.terms) == 1


def others(start: Mapping[str, int], free: Sequence[str]) -> list[dict[str, int]]:
    """Usual sizes to check at: odd ones first, then multiples that pickier models take."""
    steps = (
        (1, 2),
        (5, 9),
        (3, 4),
        (7, 6),
        (13, 21),
        (32, 64),
        (64, 96),
        (14, 28),
        (96, 160),
        (2, 8),
    )
    result = []
    for step in steps:
        sizes = dict(start)
        for i, name in enumerate(free):
            sizes[name] = start[name] + (1 + i if name == "N" else step[i % 2] + i // 2)
        result.append(sizes)
    double = {n: s * 2 if n in free else s for n, s in start.items()}
    return [*result, double]
