"""The page of the documentation about time, made from the shipped measurements."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from costmodel.table import Table
from costmodel.timing.convolution import CLASSES, Convolution
from costmodel.timing.model.intervals import LEVEL, coverage
from costmodel.timing.store.shipped import Shipped, load, names

PATH = "docs/timing.md"
_INTRODUCTION = """# Time, measured and predicted

Fewer multiplies are not always less time: a library runs a dense 3×3 convolution near the
machine's peak, and a depthwise one, which reads a number for nearly every product, far below it.
How far is a matter of the machine, so it is measured there:

```console
$ costmodel calibrate                                  # three minutes at most, once
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

## How it is predicted

A convolution's time is a + b·MACs + c·inputs + d·outputs + e·weights with five numbers for its
class, times what tree ensembles have learnt of that model's errors. A variant's time is the sum
over its convolutions. A network's is that sum and what its layers wait for cold caches, learnt from
the shipped networks. Intervals are conformal: quantiles of errors on layers that the model
had not seen, with near-duplicates of a layer (sizes within a factor of √2, all else equal) always
on the same side.

Not included are normalisation, activations, pooling, and products of two activations.
"""


def timing_page() -> dict[str, bytes]:
    """The page by its path from the root of the project."""
    parts = [_INTRODUCTION.rstrip()]
    for name in names():
        parts += _machine(load(name))
    return {PATH: ("\n\n".join(parts) + "\n").encode()}


def _machine(shipped: Shipped) -> Iterator[str]:
    peaks = shipped.peaks
    yield f"## Found on {shipped.machine}"
    yield (
        f"An example, not a statement about other machines. Peak of a large matrix product "
        f"{peaks.rate / 1e9:.3g} GMAC/s, bandwidth of a large copy {peaks.bandwidth / 1e9:.3g} "
        f"GB/s, the smallest convolution {1e6 * peaks.call:.2g} µs."
    )
    if shipped.repeated:
        yield (
            f"Two runs of the protocol on {shipped.repeated['layers']} layers with "
            f"{shipped.repeated['rounds']} rounds each differ by "
            f"{shipped.repeated['median_difference']:.1%} at the median, "
            f"{shipped.repeated['within_10']:.0%} of the layers by less than 10 %."
        )
    yield "Rates by class of convolution, and how well times of unseen layers are predicted:"
    yield _classes(shipped).to_markdown().rstrip()
    if shipped.models:
        yield "Models against each other on the same unseen layers:"
        columns = ("model", "median_error", "within_10", "within_20")
        yield Table(columns, shipped.models).to_markdown().rstrip()
    yield (
        "Whole networks, all convolutions and linear layers in one go, against what was learnt "
        "from networks of other families:"
    )
    yield _networks(shipped).to_markdown().rstrip()


def _networks(shipped: Shipped) -> Table:
    columns = ("network", "measured_ms", "predicted_ms", "error")
    rows = [
        (name, 1e3 * real, 1e3 * said, said / real - 1)
        for name, real, said in shipped.cold.networks
    ]
    return Table(columns, [dict(zip(columns, row, strict=True)) for row in rows])


def _classes(shipped: Shipped) -> Table:
    convs = {case: case.convolutions[0] for case in shipped.measured}
    rows = []
    for kind in (*CLASSES, ""):
        cases = [case for case, conv in convs.items() if kind in ("", conv.kind)]
        if not cases:
            continue
        real = [shipped.measured[case].minimum for case in cases]
        said = [shipped.unseen[case] for case in cases]
        own: list[Convolution] = [convs[case] for case in cases]
        apart = [abs(s / r - 1) for s, r in zip(said, real, strict=True)]
        rows.append(
            {
                "class": kind or "all",
                "layers": len(cases),
                "gmacs_per_s": median(c.macs / s / 1e9 for c, s in zip(own, real, strict=True)),
                "median_error": median(apart),
                "within_10": sum(value <= 0.1 for value in apart) / len(apart),
                "intervals_hold": coverage(own, real, said, LEVEL),
            }
        )
    return Table(tuple(rows[0]), rows)
