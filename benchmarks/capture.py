"""How fast a network is captured, beside the fastest exact counter: torch's FlopCounterMode.

Same process, same models on the meta device, one thread, warm, best of several rounds. Prints one
CSV row per model, the formula's times beside it, and ends with 1 if the ResNet-50-sized model is
not captured at least five times as fast, or if a count differs.

    python benchmarks/capture.py [--rounds 20]
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch.utils.flop_counter import FlopCounterMode

import costmodel as cm
from tests.network.models import MODELS

#: What the ResNet-50-sized model has to reach.
RATIO = 5
FORMULA_MICROSECONDS = 20
_REFERENCE = "resnet50"
_SHAPES = {_REFERENCE: ((1, 3, 224, 224),)}


def best(run: Callable[[], Any], rounds: int) -> float:
    """Seconds of the fastest of several runs, after one to warm up."""
    run()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def measure(name: str, rounds: int) -> dict[str, Any]:
    """One model: milliseconds of both counters, of the formula, and of its evaluation."""
    make, shapes, _ = MODELS[name]
    shapes = _SHAPES.get(name, shapes)
    model = make().eval().to("meta")
    inputs = [torch.empty(s, device="meta") for s in shapes]

    def theirs() -> int:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(*inputs)
        return int(counter.get_total_flops()) // 2

    def ours() -> int:
        return int(cm.from_torch(model, input_shape=shapes).macs)

    if ours() != theirs():
        raise SystemExit(f"{name}: {ours()} multiply-accumulates here, {theirs()} there")
    net = cm.from_torch(model, input_shape=shapes)
    rebuild = net.rebuild()
    assert rebuild is not None
    free = [n for n in rebuild.defaults if n in "NHWDL"]
    compiled = net.compiled("macs", free)
    sizes = [rebuild.defaults[n] for n in free]

    def many() -> None:
        for _ in range(1000):
            compiled(*sizes)

    slow, fast = best(theirs, rounds), best(ours, rounds)
    return {
        "model": name,
        "macs": net.macs,
        "flop_counter_ms": round(slow * 1e3, 2),
        "capture_ms": round(fast * 1e3, 2),
        "ratio": round(slow / fast, 1),
        "formula_ms": round(
            best(lambda: net.polynomial("macs", free), max(rounds // 4, 1)) * 1e3, 1
        ),
        "evaluation_us": round(best(many, 5) * 1e3, 2),
    }


def main() -> int:
    """Measure all models and print them; 1 where the promise is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="runs of which the fastest counts")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)  # it does not run on the meta device
    writer = None
    missed = False
    for name in MODELS:
        row = measure(name, arguments.rounds)
        if writer is None:
            writer = csv.DictWriter(sys.stdout, row)
            writer.writeheader()
        writer.writerow(row)
        if name == _REFERENCE:
            missed |= row["ratio"] < RATIO or row["evaluation_us"] > FORMULA_MICROSECONDS
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
