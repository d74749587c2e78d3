"""The page of the documentation about time, made from the shipped measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from costmodel.table import Table
from costmodel.timing.convolution import CLASSES, Convolution
from costmodel.timing.machines import SHIPPED
from costmodel.timing.store.shipped import Shipped, load, model_of, names

PATH = "docs/timing.md"
_INTRODUCTION = """# Time, measured and predicted

Fewer multiplies are not always less time: a library runs a dense 3×3 convolution near the
machine's peak, and a depthwise one, which reads a number for nearly every product, far below it.
How far is a matter of the machine, so it is measured there:

```console
$ costmodel calibrate                                  # two and a half minutes, once
$ costmodel compare -m 64 -n 128 --size 56x56 --time   # what MACs promise, what is real, and why
$ costmodel network resnet18 --time --format table
$ costmodel predict -k 5 -m 96 -n 96 --size 28x28
$ costmodel measure -m 64 -n 128 --size 56x56 --variants standard,basis --set b=4
```

## How it is measured

Rounds in random order, interleaved over all layers, and of each layer the least of all rounds: what
else a shared machine does comes and goes over seconds, so that repeating one layer at once only
repeats the disturbance. One thread, single precision and eager mode, unless options say otherwise;
every row says on which machine and how it was measured. Every finished round is kept in an SQLite
file: a run that was interrupted goes on where it was.

`calibrate` measures in two sessions over the same layers. Between them the machine runs whole
networks, and the second one times every call by itself, as a simple loop does it. `--budget` is
wall time for all of it, and as many layers are taken as there is time for; a longer budget goes on
with new layers, `--fresh` begins anew.

## How it is predicted

A convolution's time is a + b·MACs + c·inputs + d·outputs + e·weights with five numbers for its
class, times what extremely randomised trees have learnt of that model's errors. A variant's time is
the sum over its convolutions. A network's is that sum and what its layers wait for cold caches,
learnt from the shipped networks.

Intervals are conformal. An error compares a model of one session, which has seen neither the layer
nor a near-duplicate of it (sizes within a factor of √2, all else equal), with a single sample of
that layer in the other session. So another run, another way of timing and an unseen layer are a
part of every error, and the quantiles of a class's errors make its interval. What they cannot know
is a machine that later does more beside than it did in both sessions.

The fitted model is kept as a small file beside the times, with a digest of what it was fitted to:
predicting needs neither scikit-learn nor torch, and a model of other times is fitted anew.

Not included are normalisation, activations, pooling, and products of two activations.

## Which machine

Every answer names its machine in the column `machine`, threads included. Without `--machine` it is
this processor on one thread; where only another one is calibrated, that is said. `timings` lists
the names:

```console
$ costmodel timings --format table
$ costmodel predict -m 64 -n 128 --size 56x56 --machine amd_epyc_2_threads
$ costmodel timings --export amd_epyc_2_threads -o there.csv    # on the other device
$ costmodel timings --import there.csv                          # here
```

The file is CSV, a row per layer and session; `processor`, `kernel`, `in_channels`, `out_channels`,
`size` and `ms` have to be there, so that another program can write it. `ms` is one number, or one
per round with blanks between them. With a single `session` the intervals know no other run.
"""


def timing_page() -> dict[str, bytes]:
    """The page by its path from the root of the project."""
    parts = [_INTRODUCTION.rstrip()]
    for name in names():
        parts += _machine(load(name))
    return {PATH: ("\n\n".join(parts) + "\n").encode()}


def _machine(shipped: Shipped) -> Iterator[str]:
    observed, evidence = shipped.observed, shipped.evidence
    peaks = observed.peaks
    assert peaks
    yield f"## Found on {observed.machine}"
    yield (
        f"An example, not a statement about other machines: `--machine {SHIPPED}{shipped.name}` "
        f"asks for it anywhere. Peak of a large matrix product "
        f"{peaks.rate / 1e9:.3g} GMAC/s, bandwidth of a large copy {peaks.bandwidth / 1e9:.3g} "
        f"GB/s, the smallest convolution {1e6 * peaks.call:.2g} µs."
    )
    if evidence.repeated:
        yield (
            f"Two runs of the protocol on {evidence.repeated['layers']} layers with "
            f"{evidence.repeated['rounds']} rounds each differ by "
            f"{evidence.repeated['median_difference']:.1%} at the median, "
            f"{evidence.repeated['within_10']:.0%} of the layers by less than 10 %."
        )
    yield (
        "Rates by class of convolution, how well times of unseen layers are predicted, and how "
        "often 90 % intervals, `from` and `to` as multiples of the prediction, hold single samples "
        "of them in the other session:"
    )
    yield _classes(shipped).to_markdown().rstrip()
    if evidence.elsewhere:
        yield from _elsewhere(evidence.elsewhere)
    if evidence.models:
        yield "Models against each other on the same unseen layers:"
        columns = ("model", "median_error", "within_10", "within_20")
        yield Table(columns, evidence.models).to_markdown().rstrip()
    yield (
        "Whole networks, all convolutions and linear layers in one go, against what was learnt "
        "from networks of other families:"
    )
    yield _networks(shipped).to_markdown().rstrip()


def _networks(shipped: Shipped) -> Table:
    columns = ("network", "measured_ms", "predicted_ms", "error")
    cold = model_of(shipped.name).cold
    rows = [
        (name, 1e3 * real, 1e3 * said, said / real - 1)
        for name, real, said in (cold.networks if cold else ())
    ]
    return Table(columns, [dict(zip(columns, row, strict=True)) for row in rows])


def _elsewhere(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The intervals on layers that an independent loop has timed."""
    yield (
        "Layers timed by another program (`python -m benchmarks.elsewhere`: its own layers, none "
        "of which the calibration has seen, in random order, the least of 30 warm calls). It "
        "times them twice over; how far its two passes are apart is the noise of the machine "
        "meanwhile, which others were using:"
    )
    columns = tuple(rows[0])
    held = sum(row["intervals_hold"] * row["layers"] for row in rows)
    layers = sum(row["layers"] for row in rows)
    yield Table(columns, rows).to_markdown().rstrip()
    yield f"Of these {layers:,} layers, {held / layers:.0%} are in their 90 % interval."


def _classes(shipped: Shipped) -> Table:
    convs = {case: case.convolutions[0] for case in shipped.measured}
    measured, unseen = shipped.measured, shipped.unseen
    intervals = model_of(shipped.name).intervals
    rows = []
    for kind in (*CLASSES, ""):
        cases = [case for case, conv in convs.items() if kind in ("", conv.kind)]
        if not cases:
            continue
        real = [measured[case].minimum for case in cases]
        said = [unseen[case] for case in cases]
        own: list[Convolution] = [convs[case] for case in cases]
        interval = intervals.around(kind, 1.0)
        apart = [abs(s / r - 1) for s, r in zip(said, real, strict=True)]
        rows.append(
            {
                "class": kind or "all",
                "layers": len(cases),
                "gmacs_per_s": median(c.macs / s / 1e9 for c, s in zip(own, real, strict=True)),
                "median_error": median(apart),
                "within_10": sum(value <= 0.1 for value in apart) / len(apart),
                "from": interval.low,
                "to": interval.high,
                "intervals_hold": shipped.evidence.holds[kind],
            }
        )
    return Table(tuple(rows[0]), rows)
