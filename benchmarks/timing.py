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

from costmodel.table import Table
from costmodel.timing.calibration import BUDGET, calibrate, calibrated
from costmodel.timing.cold import Cold
from costmodel.timing.machine import this_machine
from costmodel.timing.measure.design import design
from costmodel.timing.measure.protocol import ROUNDS, rounds
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.store.database import Store
from costmodel.timing.store.shipped import Shipped, ship

_TO_PREDICT = 1000


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


def speed(predictor: Predictor) -> Table:
    """Seconds that predicting takes for a layer: one alone, and many at once."""
    from costmodel.timing.convolution import of_layer

    many = [of_layer(case.layer) for case in design(_TO_PREDICT, seed=12)]
    start = time.perf_counter()
    predictor.seconds_of(many)
    at_once = (time.perf_counter() - start) / len(many)
    start = time.perf_counter()
    for conv in many[:20]:
        predictor.total([conv])
    alone = (time.perf_counter() - start) / 20
    row = {
        "layers": len(many),
        "microseconds_at_once": 1e6 * at_once,
        "milliseconds_alone": 1e3 * alone,
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
        with Store(args.store or str(Path(folder) / "times.sqlite")) as store:
            found = calibrate(store, this_machine(), args.budget, compare=True)
            predictor = calibrated(store)
            machine = predictor.machine
            kept = (store.peaks(machine), store.cold(machine), store.unseen(machine))
            measured = store.measured(machine)
        assert found.models
        print(found.models.to_text())
        print(found.to_table().to_text())
        peaks, cold, unseen = kept
        assert peaks
        assert cold
        print(networks(cold).to_text())
        if args.ship:
            facts = {
                "models": tuple(map(dict, found.models.rows)),
                "repeated": dict(repeated.rows[0]),
            }
            own = {case: measured[case] for case in unseen}
            ship(Shipped(args.ship, machine, peaks, cold, own, unseen, **facts))
        print(speed(predictor).to_text(), end="")


if __name__ == "__main__":
    main()
