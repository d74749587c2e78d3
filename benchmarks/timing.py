"""Times: how well the protocol repeats, the models against each other, networks, and speed.

    python -m benchmarks.timing [--layers 260] [--budget 145] [--store FILE]

Measures this machine, which takes some minutes and should be left alone meanwhile. Without --store
the calibration is made anew, in a file that is thrown away.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from costmodel.comparing.compare import compare
from costmodel.core.layer_text import EXAMPLE
from costmodel.table import Table
from costmodel.timing.calibration import BUDGET, calibrate
from costmodel.timing.cold import Cold
from costmodel.timing.kept import observed, unpacked
from costmodel.timing.learning import learn
from costmodel.timing.machine import this_machine
from costmodel.timing.measure.design import design
from costmodel.timing.measure.protocol import ROUNDS, rounds
from costmodel.timing.opened import estimates
from costmodel.timing.sessions import machines, sessions
from costmodel.timing.store.database import Store
from costmodel.timing.store.shipped import Evidence, ship

_REPEATS = 5


def repeatability(layers: int) -> Table:
    """The same layers timed twice by the protocol: how far the two runs are apart."""
    cases, machine = design(layers, seed=11), this_machine()
    runs = []
    for seed in (1, 2):
        best = [float("inf")] * layers
        for _, times in rounds(cases, machine, range(ROUNDS), seed):
            for place, seconds in times:
                best[place] = min(best[place], seconds)
        runs.append(best)
    apart = [abs(a / b - 1) for a, b in zip(*runs, strict=True)]
    row = {
        "layers": layers,
        "rounds": ROUNDS,
        "median_difference": statistics.median(apart),
        "within_10": sum(value <= 0.1 for value in apart) / layers,
    }
    return Table(tuple(row), [row], ("Two runs of interleaved random rounds, least of each.",))


def networks(cold: Cold) -> Table:
    """Whole networks against what networks of other families say: the cold caches of `timing`."""
    rows = [
        {
            "network": name,
            "measured_ms": 1e3 * real,
            "predicted_ms": 1e3 * said,
            "error": said / real - 1,
        }
        for name, real, said in cold.networks
    ]
    apart = [abs(row["error"]) for row in rows]
    note = (
        f"Median error {statistics.median(apart):.1%}, "
        f"{sum(value <= 0.1 for value in apart)} of {len(apart)} within 10 %."
    )
    return Table(tuple(rows[0]), rows, (note,))


def speed(path: str) -> Table:
    """Seconds that opening a kept model and predicting take, beside fitting the same model."""
    comparison = compare(EXAMPLE)
    start = time.perf_counter()
    with Store(path) as store:
        (machine,) = machines(store)
        learn(observed(store, machine))
    fitting = time.perf_counter() - start
    taken = []
    for _ in range(_REPEATS):
        unpacked.cache_clear()
        start = time.perf_counter()
        estimates(comparison, path)
        taken.append(time.perf_counter() - start)
    start = time.perf_counter()
    estimates(comparison, path)
    again = time.perf_counter() - start
    row = {
        "variants": len(comparison),
        "fit_seconds": fitting,
        "open_and_predict_milliseconds": 1e3 * min(taken),
        "predict_again_milliseconds": 1e3 * again,
        "times_faster_than_a_fit": fitting / min(taken),
    }
    return Table(tuple(row), [row])


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--layers", type=int, default=260, help="timed twice [260]")
    parser.add_argument("--budget", type=float, default=BUDGET, help=f"to calibrate [{BUDGET:g}]")
    parser.add_argument("--store", help="where a calibration is kept or found")
    parser.add_argument("--ship", metavar="NAME", help="write what is found into data/timings")
    args = parser.parse_args()
    repeated = repeatability(args.layers)
    print(repeated.to_text())
    with tempfile.TemporaryDirectory() as folder:
        path, machine = args.store or str(Path(folder) / "times.sqlite"), this_machine()
        with Store(path) as store:
            found = calibrate(store, machine, args.budget, compare=True)
            kept, cold = observed(store, machine), store.cold(machine)
            runs = sessions(store, machine)
        assert found.models
        print(found.models.to_text())
        print(found.to_table().to_text())
        assert cold
        print(networks(cold).to_text())
        if args.ship:
            ended = max((run.began or 0) + run.took for run in runs)
            models, repetition = tuple(map(dict, found.models.rows)), dict(repeated.rows[0])
            ship(args.ship, kept, Evidence(ended=ended, models=models, repeated=repetition))
        print(speed(path).to_text(), end="")


if __name__ == "__main__":
    main()
