"""Design spaces: points counted, picked and written a second, beside what one would take instead.

    python -m benchmarks.sweep [share [group …]]

Every figure is measured in this process; the spaces are as large as take seconds, `share` of that
where given (0.1 for a tenth). Rates are per second of processor time, so that they are those of
one core also where other work runs on the machine; `seconds` are those of the clock.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy

import costmodel as cm
from costmodel.sweeping.picking import Front, Least, Nothing
from costmodel.sweeping.reducing import Reducer
from costmodel.sweeping.reductions import reduce
from costmodel.sweeping.running import Cluster, Threads
from costmodel.sweeping.space import space
from costmodel.sweeping.sweep import Sweep
from costmodel.table import Table

LAYER = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
NAMES = ("figure", "points", "seconds", "million_per_core_second", "compared_with", "times")
Taken = tuple[float, float]


def seconds(action: Callable[[], Any]) -> Taken:
    """Of one call, by the clock and of the processor."""
    start, work = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - start, time.process_time() - work


def figure(what: str, points: int, taken: Taken, other: str = "", base: float = 0) -> dict:
    """A row; base: the rate of what it is compared with, in million points a core second."""
    rate = points / taken[1] / 1e6
    times = rate / base if base else None
    return dict(zip(NAMES, (what, points, taken[0], rate, other, times), strict=True))


def own_hyper(id: str, share: float) -> Any:
    """A variant over channels, sizes and its own hyper-parameters: some ten million points."""
    variant = cm.VARIANTS[id]
    letters = [name for name, hyper in variant.hyper.items() if not hyper.real]
    over = {name: "4:64:4" if len(letters) < 3 else "1:8" for name in letters}
    facts = {"kernel": 3, "in_channels": 64, "out_channels": 128, "size": (56, 56)}
    layer = cm.ConvLayer(**{**facts, **variant.domain})
    sizes = {} if "size" in variant.domain else {"size": range(7, 7 + max(3, int(160 * share)))}
    return space(variant, layer, {"m": "8:512:8", "n": "8:512:8", **over, **sizes})


def reduced(share: float) -> list[dict]:
    """Every variant's points reduced to the least one by a fused loop on one core."""
    rows, rates = [], []
    for id, variant in cm.VARIANTS.items():
        if 2 not in variant.dims:
            continue
        found = own_hyper(id, share)
        reducer = Reducer(found, Least("macs"), compiled=True)
        reducer.reduced(0, 1)  # traced and compiled
        most = max(1, min(len(reducer), int(400 * share)))
        result: list[Any] = []
        taken = seconds(lambda r=reducer, m=most, out=result: out.append(r.reduced(0, m)))
        rates.append((result[0].points / taken[1] / 1e6, id, result[0].points, taken))
    rates.sort()
    times = [taken for *_, taken in rates]
    total = sum(points for _, _, points, _ in rates), tuple(map(sum, zip(*times, strict=True)))
    rows.append(figure(f"fused, all {len(rates)} variants", *total))
    rows += [
        figure(f"fused, {id}, the slowest", points, taken) for _, id, points, taken in rates[:3]
    ]
    middle = rates[len(rates) // 2]
    rows.append(figure(f"fused, {middle[1]}, the median", middle[2], middle[3]))
    return rows


def by_hand(share: float) -> list[dict]:
    """One product of six factors, typed in NumPy, in pandas and counted by the fused loop."""
    axes = [numpy.arange(8, 520, 8), numpy.arange(8, 520, 8), numpy.arange(1, 10),
            numpy.arange(7, 7 + max(2, int(120 * share)))]  # fmt: skip
    grid = [axis.reshape([-1 if a == b else 1 for b in range(4)]) for a, axis in enumerate(axes)]
    points = int(numpy.prod([len(axis) for axis in axes]))

    def formula(m: Any, n: Any, b: Any, s: Any) -> Any:
        return m * n * b * s * s * 9

    numpy_taken = seconds(lambda: formula(*grid).min())
    flat = [numpy.broadcast_to(g, [len(a) for a in axes]).reshape(-1) for g in grid]
    rows_taken = seconds(lambda: formula(*flat).min())
    import pandas

    frame = pandas.DataFrame(dict(zip("mnbs", flat, strict=True)))
    pandas_taken = seconds(lambda: frame.eval("m*n*b*s*s*9").min())
    over = {"m": axes[0].tolist(), "n": axes[1].tolist(), "b": axes[2].tolist(),
            "size": axes[3].tolist()}  # fmt: skip
    rate = points / rows_taken[1] / 1e6
    found = []
    for compiled, name in ((False, "sweep, NumPy"), (True, "sweep, fused loop")):
        reducer = Reducer(space("basis", LAYER, over), Least("macs"), compiled=compiled)
        reducer.reduced(0, 1)
        taken = seconds(lambda r=reducer: r.reduced(0, len(r)))
        found.append(figure(name, points, taken, "NumPy typed by hand, rows", rate))
    single = [LAYER.replace(in_channels=m) for m in range(8, 208)]
    alone = seconds(lambda: [cm.count("basis", layer, b=4).macs for layer in single])
    return [
        figure("NumPy typed by hand, rows", points, rows_taken),
        figure("NumPy typed by hand, broadcast", points, numpy_taken, "rows", rate),
        figure("pandas eval, rows", points, pandas_taken, "NumPy typed by hand, rows", rate),
        *polars(flat, points, rate),
        *found,
        figure("count() one by one", len(single), alone, "NumPy typed by hand, rows", rate),
        *fvcore(rate),
    ]


def polars(flat: list[Any], points: int, rate: float) -> list[dict]:
    """The same product as a Polars expression, where it is installed."""
    try:
        import polars as pl
    except ImportError:
        return []
    frame = pl.DataFrame(dict(zip("mnbs", flat, strict=True)))
    m, n, b, s = (pl.col(name) for name in "mnbs")
    taken = seconds(lambda: frame.select((m * n * b * s * s * 9).min()))
    return [figure("Polars, rows", points, taken, "NumPy typed by hand, rows", rate)]


def fvcore(rate: float) -> list[dict]:
    """fvcore on a module built for every point, where both are installed."""
    try:
        import torch
        from fvcore.nn import FlopCountAnalysis
    except ImportError:
        return []
    layers = [LAYER.replace(in_channels=m, size=(9, 9)) for m in range(8, 28)]

    def run() -> None:
        for layer in layers:
            module = cm.torch.build("basis", layer, b=4)
            image = torch.zeros(1, layer.in_channels, *layer.size)
            FlopCountAnalysis(module, image).by_operator()

    run()
    other = "NumPy typed by hand, rows"
    return [figure("fvcore, a module each", len(layers), seconds(run), other, rate)]


def fronts(share: float) -> list[dict]:
    """The exact front of MACs and parameters of a thousand million points, all cores."""
    found = cm.sweep(
        "tucker2",
        LAYER,
        {"m": "8:512:8", "n": "8:512:8", "size": range(7, 7 + max(2, int(61 * share))),
         "r1": "1:64", "r2": "1:64"},
        where="params>=50000",
    )  # fmt: skip
    rows = []
    for rule in (Front(("macs", "params")), Nothing()):
        taken = seconds(lambda rule=rule: reduce(found.space, rule, Threads()))
        name = " and ".join(rule.keys) or "counted only"
        rows.append(figure(f"front {name}, {Threads().count} cores", found.points, taken))
    return rows


def files(share: float) -> list[dict]:
    """Rows written, by one thread and by all."""
    side = max(8, int(64 * share**0.5))
    over = {"m": range(8, 8 * side + 8, 8), "n": range(8, 8 * side + 8, 8), "b": "1:64",
            "size": "7,14,28,56,112"}  # fmt: skip
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for format in ("csv", "parquet", "jsonl", "arrow"):
            for workers in (1, Threads().count):
                found = cm.sweep("basis,shared_basis,tucker2,standard", LAYER, over,
                                 workers=workers)  # fmt: skip
                path = os.path.join(folder, f"cells.{format}")
                found.write(path)  # compiled
                taken = seconds(lambda f=found, p=path: f.write(p))
                rows.append(figure(f"{format}, {workers} threads", found.points, taken))
    return rows


def cluster(share: float) -> list[dict]:
    """An exact front on a Dask cluster of this machine: one worker of one thread, and two."""
    from distributed import LocalCluster

    over = {"m": "8:400:8", "n": "8:400:8", "r1": "1:1600", "r2": f"1:{max(2, int(400 * share))}"}
    points = cm.sweep("tucker2", LAYER, over)
    rows = []
    for workers in (1, 2):
        with LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        ) as started:
            found = Sweep(points.space, Cluster(started.scheduler_address))
            found.least("macs")  # compiled
            took, _ = seconds(lambda found=found: found.front("macs", "params"))
        # the work is done in other processes, one core each
        rows.append(
            figure(f"front, Dask, {workers} workers", points.points, (took, took * workers))
        )
    return rows


def memory() -> list[dict]:
    """The most memory that this process has had by now, in MiB, as its own row."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [{"figure": f"peak memory of all of this: {peak:.0f} MiB"}]


GROUPS = {
    "by_hand": by_hand,
    "fronts": fronts,
    "files": files,
    "reduced": reduced,
    "cluster": cluster,
}


def main(share: float, groups: list[str]) -> None:
    """Print every figure as it is there."""
    for group in groups or GROUPS:
        print(Table(NAMES, GROUPS[group](share)).to_text(), flush=True)
    print(memory()[0]["figure"])


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, sys.argv[2:])
