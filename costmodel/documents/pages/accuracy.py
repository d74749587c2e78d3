"""The page of the documentation about what variants cost in accuracy, made from measured runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import mean
from typing import Any

from costmodel.core.readable import si
from costmodel.core.variant import VARIANTS
from costmodel.documents.canvas import canvas, look
from costmodel.errors import InputError
from costmodel.files import data_path, read_text
from costmodel.markup import markdown_table
from costmodel.plots.palette import style_of

PATH, FIGURE = "docs/accuracy.md", "docs/accuracy.svg"
#: How a network's weights came about, in the order of the page, in the words of its columns.
FACTORS, BRIEF, SCRATCH = "factors", "brief", "scratch"
WAYS = {
    FACTORS: "factors alone",
    BRIEF: "factors, then a brief training",
    SCRATCH: "trained from scratch",
}
#: Points of accuracy that count as none lost.
POINTS = 1
_TICKS = (5, 10, 20, 50, 80, 90, 95, 98, 99, 99.5, 99.8)
_INTRODUCTION = """# What it costs in accuracy

A cost without an error is half an answer: the cheapest form of a layer is always rank 1. So a small
network was trained on real data, its 3×3 layers were put into the form of every common variant at
several values, and the test was taken again, in three ways:

- **factors alone**: the trained kernels are carried over as the best factors
  (`cm.torch.replace(model, variant, init="weights")`), and nothing is trained;
- **factors, then a brief training**: the same, and a quarter of the first training's epochs;
- **trained from scratch**: the form of the variant from the start, with initial weights, by plain
  back-propagation, as long as the network itself.
"""
_AGAIN = """Measured once by `python scripts/accuracy.py`, in minutes, and kept in
`data/accuracy/digits.csv`; this page is made from there. It says something about these variants on
a small task that is easy to learn, and nothing about how far accuracy falls on a harder one."""


@dataclass(frozen=True)
class Run:
    """One network after one training.

    variant, hyper: what stands in place of its 3×3 layers. way: a key of `WAYS`. seed: of the
    initial weights and of the order of the images. correct, images: of the test. params, macs: of
    the whole network. ms: of one batch, 0 before it is timed.
    """

    variant: str
    hyper: str
    way: str
    seed: int
    correct: int
    images: int
    params: int = 0
    macs: int = 0
    ms: float = 0.0

    def counted(self, params: int, macs: int) -> Run:
        """The same with its counts."""
        return replace(self, params=params, macs=macs)

    def timed(self, ms: float) -> Run:
        """The same with its time."""
        return replace(self, ms=round(ms, 4))

    @property
    def accuracy(self) -> float:
        """Percent of the test's images."""
        return 100 * self.correct / self.images


def write(runs: Sequence[Run], facts: Mapping[str, str]) -> str:
    """The kept file: how it was measured, as comments in front of a CSV table of the runs."""
    out = io.StringIO()
    for name, text in facts.items():
        out.write(f"# {name}: {text}\n")
    writer = csv.writer(out, lineterminator="\n")
    names = [field.name for field in fields(Run)]
    writer.writerow(names)
    writer.writerows([getattr(run, name) for name in names] for run in runs)
    return out.getvalue()


def read(path: str) -> tuple[list[Run], dict[str, str]]:
    """The runs of a kept file, and how they were measured; `InputError` where it is none."""
    lines = read_text(path, dash=False).splitlines()
    facts = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    types = {"int": int, "str": str, "float": float}
    kinds: dict[str, Any] = {field.name: types[str(field.type)] for field in fields(Run)}
    try:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        return [Run(**{k: kinds[k](text) for k, text in row.items()}) for row in rows], facts
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path!r} holds no runs ({error}); allowed is what scripts/accuracy.py has written"
        ) from None


def accuracy_page() -> dict[str, bytes]:
    """The page and its figure, by their paths from the root of the project."""
    runs, facts = read(data_path("accuracy", "digits.csv"))
    forms = _forms(runs)
    alt = "Test accuracy over multiplies of the whole network, in three ways."
    parts = [
        _INTRODUCTION.rstrip(),
        f"![{alt}]({FIGURE.rpartition('/')[2]})",
        "Each point is the mean of the seeds, each bar their lowest and highest; the line is the "
        "network as it is. Both scales are chosen so that small things can be seen: multiplies are "
        "logarithmic, accuracy is logistic.",
        "## What was found",
        "\n".join(f"- {sentence}" for sentence in _findings(forms)),
        "## In numbers",
        _legend(forms),
        _table(forms).rstrip(),
        "## How it was measured",
        _AGAIN,
        "\n".join(f"- {name}: {text}" for name, text in facts.items()),
    ]
    return {PATH: ("\n\n".join(parts) + "\n").encode(), FIGURE: _figure(forms)}


@dataclass(frozen=True)
class Form:
    """All runs of the network in one form, by way."""

    variant: str
    hyper: str
    runs: Mapping[str, Sequence[Run]]

    @property
    def any(self) -> Run:
        """One of them, for what they have in common."""
        return next(iter(self.runs.values()))[0]

    def spread(self, way: str) -> tuple[float, float, float] | None:
        """(mean, lowest, highest) accuracy in one way, None where it was not taken."""
        found = [run.accuracy for run in self.runs.get(way, ())]
        return (mean(found), min(found), max(found)) if found else None


def _forms(runs: Iterable[Run]) -> list[Form]:
    """The forms in the order of the runs; the network as it is comes first."""
    grouped: dict[tuple[str, str], dict[str, list[Run]]] = {}
    for run in runs:
        grouped.setdefault((run.variant, run.hyper), {}).setdefault(run.way, []).append(run)
    return [Form(*key, ways) for key, ways in grouped.items()]


def _findings(forms: Sequence[Form]) -> Iterable[str]:
    """Sentences that are worked out from the runs."""
    dense, *others = forms
    whole = dense.spread(SCRATCH)
    assert whole is not None
    yield (
        f"The network as it is: {_percent(whole)} of the test's images, with "
        f"{si(dense.any.macs)} multiplies and {si(dense.any.params)} parameters."
    )
    for way, words in WAYS.items():
        found = [(spread[0], form) for form in others if (spread := form.spread(way))]
        near = [form for value, form in found if value >= whole[0] - POINTS]
        said = f"{words[0].upper()}{words[1:]}: {len(near)} of {len(found)} forms are within "
        said += f"{POINTS} point of that in the mean"
        if near:
            least = min(near, key=lambda form: form.any.macs)
            share = least.any.macs / dense.any.macs
            said += f"; the fewest multiplies among them, {share:.0%}, has {_name(least)}"
        worst, form = min(found, key=lambda pair: pair[0])
        yield f"{said}. The lowest is {_name(form)} with {worst:.1f} %."
    slower = [form for form in others if form.any.ms > dense.any.ms]
    yield (
        f"All {len(others)} forms have fewer multiplies, and {len(slower)} of them take more time "
        "than the network as it is."
    )


def _table(forms: Sequence[Form]) -> str:
    dense = forms[0].any
    rows = [
        (
            VARIANTS[form.variant].title,
            f"`{form.hyper.replace(';', ', ')}`" if form.hyper else "",
            f"{form.any.params:,}",
            f"{form.any.macs:,}",
            f"{form.any.macs / dense.macs:.2f}",
            f"{form.any.ms / dense.ms:.2f}",
            *(_percent(spread) if (spread := form.spread(way)) else "" for way in WAYS),
        )
        for form in forms
    ]
    columns = ("variant", "values", "parameters", "MACs", "MACs, ×", "time, ×", *WAYS.values())
    return markdown_table(columns, rows, [False, False, *[True] * (len(columns) - 2)])


def _legend(forms: Sequence[Form]) -> str:
    seeds = len(forms[0].runs[SCRATCH])
    return (
        "Parameters and multiplies of the whole network for one image, exact; time as a ratio to "
        f"the network as it is, which takes {forms[0].any.ms:.3g} ms a batch; accuracy in percent "
        f"of {forms[0].any.images} images, the mean of {seeds} seeds and from the lowest to the "
        "highest of them. A variant without an entry is no single convolution and has no factors."
    )


def _percent(spread: tuple[float, float, float]) -> str:
    value, low, high = spread
    return f"{value:.1f} % ({low:.1f}–{high:.1f})"


def _name(form: Form) -> str:
    values = f" with `{form.hyper.replace(';', ', ')}`" if form.hyper else ""
    return f"{VARIANTS[form.variant].title}{values}"


def _figure(forms: Sequence[Form]) -> bytes:
    axes, draw = canvas(len(WAYS), 10.0, 4.4)
    dense, *others = forms
    whole = dense.spread(SCRATCH)
    assert whole is not None
    most = 1 - 0.5 / dense.any.images  # where nothing is wrong, a logistic scale has no place

    def place(percent: float) -> float:
        return min(percent / 100, most)

    for axis, (way, words) in zip(axes, WAYS.items(), strict=True):
        axis.axhline(place(whole[0]), color="#555555", linewidth=0.8)
        for variant in dict.fromkeys(form.variant for form in others):
            own = sorted(
                (form for form in others if form.variant == variant and form.runs.get(way)),
                key=lambda form: form.any.macs,
            )
            style = style_of(VARIANTS[variant])
            spreads = [spread for form in own if (spread := form.spread(way))]
            axis.errorbar(
                [form.any.macs for form in own],
                [place(spread[0]) for spread in spreads],
                [
                    [place(s[0]) - place(s[1]) for s in spreads],
                    [place(s[2]) - place(s[0]) for s in spreads],
                ],
                markersize=5,
                linewidth=1,
                elinewidth=0.8,
                label=VARIANTS[variant].title,
                **look(style),
            )
        axis.set_title(words, fontsize="medium")
        axis.set_xlabel("MACs of the network")
    macs = [form.any.macs for form in others]
    ticks = [m * 10**e for e in range(20) for m in (1, 2, 5) if min(macs) / 2 < m * 10**e]
    axes[0].set_xscale("log")
    ticks = [tick for tick in ticks if tick < 1.5 * max(macs)]
    axes[0].set_xticks(ticks, [si(tick).replace(".00", "").replace(".0", "") for tick in ticks])
    axes[0].set_yscale("logit")
    axes[0].set_yticks([value / 100 for value in _TICKS], [f"{value:g} %" for value in _TICKS])
    axes[0].minorticks_off()
    axes[0].set_ylabel("test accuracy")
    axes[-1].legend(frameon=False, fontsize="small", loc="lower right")
    return draw("markdown")
