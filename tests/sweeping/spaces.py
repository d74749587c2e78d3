"""Random spaces of every kind, and the comparison of their cells with single counts."""

from __future__ import annotations

import itertools
import random

import numpy

from costmodel import METRICS, VARIANTS, ConvLayer, Settings
from costmodel.errors import CostModelError
from costmodel.sweeping.cells import Counter
from costmodel.sweeping.conditions import read_condition
from costmodel.sweeping.over import facts_of, overs
from costmodel.sweeping.part import Blocks, Part

_WHERE = ("macs<=20000", "params>100", "m<n", "macs!=params", "h*w>3", "2*m >= 1.2e1")


def random_layer(draw: random.Random) -> ConvLayer:
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


def differences(part: Part, most: int) -> tuple[int, list[str]]:
    """How many points were compared, and where a block's cells are not the single counts'."""
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
            if not same:
                wrong.append(f"{part.variant.id} at {part.values(at)}: {alone}")
        if outside != cells.outside:
            wrong.append(f"{part.variant.id}: {cells.outside} outside, not {outside}")
    assert points == part.points
    assert len(blocks) >= 1
    return points, wrong
