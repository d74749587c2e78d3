"""The page of the referee, docs/referee.md: made from data, without PyTorch or a counter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from costmodel.checks.referee.causes import CAUSES, UNEXPLAINED
from costmodel.checks.referee.conformance import FAILED, RIGHT, results, versions
from costmodel.checks.referee.suite import FORMS, rows
from costmodel.checks.referee.tool import TOOLS
from costmodel.markup import markdown_table

PATH = "docs/referee.md"
_MARKS = {RIGHT: "✓", FAILED: "fails"}


def referee_page() -> dict[str, bytes]:
    """The page by its path from the root of the project."""
    parts = [_INTRODUCTION, *_tools(), _SUITE, *_suite(), *_causes(), _AGAIN]
    return {PATH: ("\n".join(parts) + "\n").encode()}


_INTRODUCTION = """\
# Other counters

`costmodel referee SOURCE` prints this project's count of a network beside that of every other
counter that is installed, and says why they differ, down to zero:

```sh
pip install -r requirements-dev.txt # the counters, in a checkout of this project
costmodel referee resnet18 --format table
costmodel referee my_package.models:net --input 1x3x224x224 --tools fvcore,thop
costmodel network resnet18 --convention thop    # what thop would print, computed without it
```

Each counter runs in a process of its own with a time limit; one that crashes or hangs is a row that
says so. The differences are computed, not looked up: a counter is described by its *convention*, a
list of rules over the calls of the network (which modules, functions or operators it looks at, and
what it makes of them). One forward of the model is recorded from all these heights at once. Each
call starts at its exact multiply-accumulates; the rules are switched on one after another, and what
a rule changes is booked under its cause. What the tool really prints, less what its convention
predicts, is the row `unexplained`; it is 0 for every network in the tests.

The models are in evaluation mode, on the CPU, without gradients.

## The counters
"""

_SUITE = """
## Who is right where

Small convolutions, all sizes of a case pairwise distinct. ✓ is the exact number of
multiply-accumulates, products with padding zeros included, or exactly twice that where the counter
counts FLOPs; another number is what the counter prints, in its own unit, and wrong as a count of
multiplies. A bias, which some counters count on purpose, is in the cases with `bias` alone.
"""

_AGAIN = """
## Measured again

`costmodel referee --conformance` measures the installed counters again and ends with exit code 1
where a counter of the same version prints another number than `data/referee/results.csv`, or where
this project's own number is not the exact one. The exact numbers are data too
(`data/referee/conformance.csv`); the tests check them by brute force, the sum of a convolution of
ones over an input of ones that is padded with ones."""


def _tools() -> Iterator[str]:
    measured = versions()
    rows = [
        (
            key,
            measured.get(key, "–"),
            "MAC" if tool.convention.per_mac == 1 else "FLOP",
            f"`{tool.call}`",
            tool.convention.says,
        )
        for key, tool in TOOLS.items()
    ]
    yield markdown_table(("tool", "version", "unit", "asked by", "its number"), rows)
    yield (
        "Left out: flopth insists on torchvision; DeepSpeed's profiler builds extensions on "
        "installation; torchstat and pthflops have had no release since 2018 and 2020; onnx-tool "
        "counts an exported file, and PyTorch's exporter needs further packages; ultralytics-thop "
        "installs over thop, under the same module name. calflops is asked where it is installed, "
        "but is not in the extra, because it brings `transformers`."
    )


def _suite() -> Iterator[str]:
    kept = {(row["case"], row["tool"]): row for row in results()}
    tools = list(versions())
    cases = [
        [name, FORMS[case.form], str(case.macs), *(_mark(kept.get((name, t))) for t in tools)]
        for name, case in rows().items()
    ]
    right = [str(sum(kept[name, t]["verdict"] == RIGHT for name in rows())) for t in tools]
    yield markdown_table(
        ("case", "form", "exact", *tools),
        [*cases, ["**right**", "", str(len(cases)), *right]],
        [False, False, True, *(True for _ in tools)],
    ).rstrip()


def _mark(row: dict[str, Any] | None) -> str:
    """What a counter printed: the number only where it is wrong."""
    return "–" if row is None else _MARKS.get(row["verdict"], str(row["number"]))


def _causes() -> Iterator[str]:
    yield "\n## Why\n"
    yield "The causes that the conventions give for the numbers above, and for those of networks:\n"
    kept = results()
    lines = []
    for cause, sentence in {**CAUSES, UNEXPLAINED: "no rule explains it"}.items():
        cases = Counter(row["tool"] for row in kept if cause in (row["causes"] or "").split())
        seen = "; ".join(f"{tool} ({count})" for tool, count in cases.items())
        lines.append((f"`{cause}`", sentence, seen or "–"))
    yield markdown_table(("cause", "meaning", "in the suite"), lines).rstrip()
