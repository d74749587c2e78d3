"""Random spaces of every kind: their cells against single counts, and some against torch's counter.

    python -m benchmarks.spaces [--points 100000] [--seed 1] [--torch 2000]

Exit code 1 where one differs. Every other space has sizes whose costs machine words do not hold.
Points that are small enough for it are also built as a module, whose parameters are summed up and
whose multiplies PyTorch's own counter counts.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from costmodel import METRICS, VARIANTS, ConvLayer, Settings
from costmodel.errors import CostModelError
from costmodel.sweeping.cells import Counter
from costmodel.sweeping.conditions import read_condition
from costmodel.sweeping.over import facts_of, overs
from costmodel.sweeping.part import Blocks, Part

_WHERE = ("macs<=20000", "params>100", "m<n", "macs!=params", "h*w>3", "2*m >= 1.2e1")


def random_layer(draw: random.Random) -> ConvLayer:
    """A small layer of any kind, its sides seldom equal."""
    while True:
        dims, groups = draw.choice([1, 2, 2, 2, 3]), draw.choice([1, 1, 2, 3])

        def each(low: int, high: int, dims: int = dims):
            return draw.choice(
                [draw.randint(low, high), tuple(draw.randint(low, high) for _ in range(dims))]
            )

        transposed = draw.random() < 0.2
        padding = draw.choice(["same", "same", "valid", each(0, 2)])
        extra = transposed and padding != "same" and draw.random() < 0.3
        try:
            return ConvLayer(
                kernel=each(1, 4),
                in_channels=groups * draw.randint(1, 9),
                out_channels=groups * draw.randint(1, 9),
                size=tuple(draw.randint(1, 30) for _ in range(dims)),
                stride=each(1, 3),
                padding=padding,
                dilation=each(1, 3),
                groups=groups,
                batch=draw.randint(1, 3),
                bias=draw.random() < 0.5,
                transposed=transposed,
                output_padding=each(0, 1) if extra else 0,
            )
        except CostModelError:
            continue


def _values(draw: random.Random, name: str, dims: int, scale: int):
    """Values of an axis; scale: by how much some of them are larger."""

    def each(high: int, times: int = 1):
        return tuple(draw.randint(1, high) * draw.choice([1, times]) for _ in range(dims))

    match name:
        case "in_channels" | "out_channels" | "channels":
            return sorted({draw.randint(1, 20) * draw.choice([1, scale]) for _ in range(4)})
        case "size":
            return [draw.choice([draw.randint(1, 15), each(15, scale)]) for _ in range(3)]
        case "kernel" | "stride" | "dilation":
            return [draw.choice([draw.randint(1, 4), each(4)]) for _ in range(3)]
        case "groups" | "output_padding":
            return [1, 2, 3]
        case "batch":
            return [1, 3, 5 * scale]
        case "padding":
            return draw.choice([["same", "valid", 1], [0, 1, 2]])
        case "bias":
            return [True, False]
    return None


def random_part(draw: random.Random, large: bool = False) -> Part:
    """The points of a random variant; large: with sizes whose costs machine words do not hold."""
    fields = ("in_channels", "out_channels", "channels", "size", "kernel", "stride", "dilation",
              "groups", "batch", "padding", "bias", "output_padding")  # fmt: skip
    while True:
        layer, variant = random_layer(draw), draw.choice(list(VARIANTS.values()))
        if variant.domain and draw.random() < 0.8:
            try:
                layer = layer.replace(**variant.domain)
            except CostModelError:
                continue
        scale = 10 ** draw.randint(3, 9) if large else 1
        given = {}
        for name in draw.sample([*fields, *variant.hyper, *variant.hyper], draw.randint(1, 4)):
            taken = {"channels"} if name in ("in_channels", "out_channels") else set()
            taken |= {"in_channels", "out_channels"} if name == "channels" else set()
            if not taken & given.keys():
                given[name] = _values(draw, name, layer.dims, scale)
            if name in variant.hyper:
                hyper = variant.hyper[name]
                whole = [draw.randint(max(0, hyper.low - 1), 12) for _ in range(4)]
                given[name] = draw.choice([whole, ["m", "ceil(n/2)", "n/4", 3]])
                if hyper.real:
                    given[name] = ["0", "1/4", "1/3", "1"]
        metrics = dict.fromkeys([*draw.sample(list(METRICS), 2), "macs"])
        where = [read_condition(draw.choice(_WHERE), [variant])] if draw.random() < 0.3 else []
        axes = overs(given, [variant], layer.dims)
        return Part(variant, facts_of(layer), {}, axes, tuple(metrics), Settings(), tuple(where))


Seen = Callable[[Any, dict[Any, Any]], None]


def differences(part: Part, most: int, seen: Seen | None = None) -> tuple[int, list[str]]:
    """How many points were compared, and where a block's cells are not the single counts'.

    Args:
        most: points of a block. seen: called with the place of each point that fits, and its cells.
    """
    counter, wrong, points = Counter(part), [], 0
    for box in (blocks := Blocks(part.shape, most)):
        cells, outside = counter.cells(box), 0
        fits = numpy.broadcast_to(cells.fits, cells.shape)
        full = {
            key: numpy.broadcast_to(
                numpy.asarray(value, dtype=None if hasattr(value, "dtype") else object),
                cells.shape,
            )
            for key, value in cells.values.items()
        }
        digits = itertools.product(*(range(*ends) for ends in box))
        for place, at in zip(numpy.ndindex(cells.shape), digits, strict=True):
            assert part.digits(points) == at
            assert part.number(at) == points
            points += 1
            alone = counter._alone(at)
            row = alone is not None and alone[0]
            outside += alone is not None and not row
            same = bool(fits[place]) == row and (
                not row or all(full[key][place] == value for key, value in alone[1].items())
            )
            if row and seen is not None:
                seen(at, {key: array[place] for key, array in full.items()})
            if not same:
                wrong.append(f"{part.variant.id} at {part.values(at)}: {alone}")
        if outside != cells.outside:
            wrong.append(f"{part.variant.id}: {cells.outside} outside, not {outside}")
    assert points == part.points
    assert len(blocks) >= 1
    return points, wrong


_BUILT = 10**7  # multiplies of a module that is built


def against_torch(part: Part, most: int) -> tuple[int, list[str]]:
    """How many points were built, at most so many, and where the cells are not torch's counts."""
    from costmodel.checks.verify.counters import on_meta, torch_counts

    rows: list[tuple[Any, int, int]] = []

    def seen(at: Any, cells: dict[Any, Any]) -> None:
        counts = part.alone(at)
        small = counts is not None and cells["macs"] <= _BUILT
        if counts is not None and small and not part.variant.algorithm_of and len(rows) < most:
            rows.append((counts, int(cells["macs"]), int(cells.get("params", counts.params))))

    differences(part, 50, seen)
    modules = [on_meta(counts.bound) for counts, *_ in rows]
    found = torch_counts(modules)
    wrong = [
        f"{part.variant.id} on {counts.layer} {counts.hyper}: {(params, macs)}, torch {real}"
        for (counts, macs, params), real in zip(rows, found, strict=True)
        if (real.params, real.macs) != (params, macs)
    ]
    return len(rows), wrong


def campaign(points: int, seed: int) -> Iterator[tuple[int, Part, list[str]]]:
    """Random spaces until they have so many points: compared so far, the space, what differs."""
    draw, done, place = random.Random(seed), 0, 0
    while done < points:
        part = random_part(draw, large=place % 2 == 1)
        more, wrong = differences(part, draw.choice([7, 50, 5_000]))
        done, place = done + more, place + 1
        yield done, part, wrong


def main(arguments: list[str] | None = None) -> int:
    """Compare, and print what differs."""
    parser = argparse.ArgumentParser(description="cells of random spaces against single counts")
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--torch", type=int, default=2_000, help="points to build as a module")
    args = parser.parse_args(arguments)
    start = time.perf_counter()
    points = spaces = built = differing = 0
    for done, part, wrong in campaign(args.points, args.seed):
        points, spaces = done, spaces + 1
        if built < args.torch:
            more, others = against_torch(part, min(args.torch - built, 40))
            built, wrong = built + more, wrong + others
        differing += len(wrong)
        for line in wrong:
            print(line)
    took = f"{time.perf_counter() - start:.0f} s"
    print(f"{points:,} points of {spaces:,} spaces, {built:,} built, {took}: {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
