"""Predicted times against another program's: whether the intervals hold where they were not made.

    python -m benchmarks.elsewhere [--machine NAME] [--store FILE] [--loops 3] [--ship NAME]

The loop below is written without the protocol of `costmodel.timing`: its own layers, none of which
the calibration has seen, in random order, `torch.nn.functional`, and of each the least of 30 warm
calls. Between two loops it waits. Each loop times its layers twice over, so that what the machine
did meanwhile can be seen: how far the two passes are apart is noise that no model can predict.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import torch

from costmodel import ConvLayer
from costmodel.files import data_path, write_whole
from costmodel.table import Table
from costmodel.timing.convolution import of_layer
from costmodel.timing.machines import SHIPPED
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.opened import open_times
from costmodel.timing.store import shipped
from costmodel.timing.store.database import Store

_CALLS, _WARM = 30, 3
_CHANNELS = (16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320, 384, 480)
_KINDS = ("dense", "dense", "point", "depthwise", "grouped", "axis", "strided", "dilated", "apart")
_LEAST, _MOST = 30_000, 500_000_000  # multiplies


def drawn(count: int, seed: int) -> list[ConvLayer]:
    """Random layers of the usual kinds."""
    rng, found = random.Random(seed), []
    while len(found) < count:
        layer = _draw(rng)
        if layer not in found and _LEAST <= of_layer(layer).macs <= _MOST:
            found.append(layer)
    return found


def _draw(rng: random.Random) -> ConvLayer:
    def channels() -> int:
        return rng.choice(_CHANNELS) if rng.random() < 0.8 else rng.randint(10, 400)

    rows = rng.choice((7, 14, 28, 56, rng.randint(6, 80)))
    columns = rows if rng.random() < 0.7 else rng.randint(6, 80)
    size, side = (rows, columns), rng.choice((3, 3, 5))
    inner, outer = channels(), channels()
    kind = rng.choice(_KINDS)
    if kind == "depthwise":
        side, stride = rng.choice((3, 5, 7)), rng.choice((1, 1, 2))
        return ConvLayer(side, inner, inner, size, groups=inner, stride=stride)
    if kind == "grouped":
        groups, each = rng.choice((2, 4, 8, 16)), rng.choice((8, 16, 24, 32))
        return ConvLayer(side, groups * each, groups * each, size, groups=groups)
    if kind == "axis":
        return ConvLayer(rng.choice(((1, side), (side, 1))), inner, outer, size)
    kernel = 1 if kind in ("point", "apart") else side
    stride = 2 if kind in ("strided", "apart") else 1
    dilation = 2 if kind == "dilated" else 1
    return ConvLayer(kernel, inner, outer, size, stride=stride, dilation=dilation)


def timed(layers: Sequence[ConvLayer], seed: int, threads: int) -> list[float]:
    """Seconds of each layer: the least of 30 warm calls, in random order."""
    torch.set_num_threads(threads)
    order, found = list(range(len(layers))), [0.0] * len(layers)
    random.Random(seed).shuffle(order)
    with torch.inference_mode():
        for place in order:
            call = _call(layers[place])
            for _ in range(_WARM):
                call()
            least = float("inf")
            for _ in range(_CALLS):
                begin = time.perf_counter()
                call()
                least = min(least, time.perf_counter() - begin)
            found[place] = least
    return found


def _call(layer: ConvLayer) -> Any:
    windows = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel, strict=True)]
    padding = [window // 2 for window in windows]
    x = torch.randn(1, layer.in_channels, *layer.size)
    shape = (layer.out_channels, layer.in_channels // layer.groups, *layer.kernel)
    weight, options = torch.randn(shape), (layer.stride, padding, layer.dilation, layer.groups)
    return lambda: torch.nn.functional.conv2d(x, weight, None, *options)


def judged(predictor: Predictor, layers: Sequence[ConvLayer], real: Sequence[float]) -> Any:
    """How far predictions are from what was timed, and how often the intervals hold."""
    said = predictor.totals([of_layer(layer)] for layer in layers)
    apart = [abs(p.seconds / r - 1) for p, r in zip(said, real, strict=True)]
    held = [p.low <= r <= p.high for p, r in zip(said, real, strict=True)]
    return {
        "median_error": median(apart),
        "within_10": sum(value <= 0.1 for value in apart) / len(apart),
        "bias": median(r / p.seconds for p, r in zip(said, real, strict=True)) - 1,
        "intervals_hold": sum(held) / len(held),
    }


def loop(predictor: Predictor, seen: set[ConvLayer], count: int, number: int, since: float) -> Any:
    """One row: the n-th loop, over layers of its own, timed twice."""
    seed = 1000 * number
    layers = [layer for layer in drawn(2 * count, seed) if layer not in seen][:count]
    began = time.time()
    first, second = (timed(layers, s, predictor.machine.threads) for s in (seed, seed + 1))
    passes = [abs(a / b - 1) for a, b in zip(first, second, strict=True)]
    return {
        "loop": number,
        "minutes_later": round((began - since) / 60),
        "layers": len(layers),
        "passes_apart": median(passes),
        "passes_within_10": sum(value <= 0.1 for value in passes) / len(passes),
        **judged(predictor, layers, first),
    }


def main() -> None:
    """Time, and print a row per loop."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", help="where the calibration is [the user's own]")
    parser.add_argument("--machine", help="whose model [this one's]")
    parser.add_argument("--layers", type=int, default=150, help="of one loop [150]")
    parser.add_argument("--loops", type=int, default=3, help="[3]")
    parser.add_argument("--first", type=int, default=1, help="number of the first loop [1]")
    parser.add_argument("--pause", type=float, default=60.0, help="seconds before each loop [60]")
    parser.add_argument("--ship", metavar="NAME", help="add the rows to data/timings/NAME.json")
    args = parser.parse_args()
    opened = open_times(args.store, args.machine)
    seen, since = _calibrated_by(opened.name, opened.path, opened.predictor)
    rows = []
    for number in range(args.first, args.first + args.loops):
        time.sleep(args.pause)
        rows.append(loop(opened.predictor, seen, args.layers, number, since))
        print(Table(tuple(rows[0]), rows[-1:]).to_text(), flush=True)
    if args.ship:
        path = data_path(shipped.FOLDER, f"{args.ship}.json")
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
        facts["elsewhere"] += rows
        write_whole(path, json.dumps(facts, indent=1) + "\n")


def _calibrated_by(
    name: str, path: str | None, predictor: Predictor
) -> tuple[set[ConvLayer], float]:
    """The layers that a model has seen, and when the last of them was timed."""
    if path is None:
        found = shipped.load(name.removeprefix(SHIPPED))
        return {case.layer for case in found.measured}, found.evidence.ended
    with Store(path, create=False) as store:
        runs = [run for run in store.runs(predictor.machine) if run.began]
        ended = max((run.began or 0) + run.took for run in runs)
        return {case.layer for run in runs for case in run.cases}, ended


if __name__ == "__main__":
    main()
