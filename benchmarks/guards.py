"""The campaign of closed formulas: models that others wrote, at sizes that they were not read at.

    PYTHONPATH=… python -m benchmarks.guards --package timm [--models 'resnet*,vit_tiny*']
        [--sample 60] [--seed 1] [--sizes 12] [--seconds 60]

For each model the formula of its multiplies is compared with PyTorch's own counter at random sizes
inside the conditions that are printed with it. Ends with 1 where one is wrong.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from benchmarks._guards import COLUMNS, NO_CAPTURE, WRONG, judge, summary
from benchmarks._others import PACKAGES, package
from costmodel.errors import CostModelError
from costmodel.table import Table


class _OutOfTime(BaseException):
    """More seconds than one model has; no model's own `except Exception` takes it."""


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def chosen(names: Sequence[str], patterns: Sequence[str], sample: int, seed: int) -> list[str]:
    """The names that some pattern meets; of them so many at random, 0 for all."""
    met = [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if not sample or sample >= len(met):
        return met
    return sorted(random.Random(seed).sample(met, sample))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row per model and how many have each verdict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--package", required=True, choices=PACKAGES)
    parser.add_argument("--models", default="*", help="patterns of names, with commas [all]")
    parser.add_argument("--sample", type=int, default=0, help="so many of them, at random [all]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=int, default=12, help="tried with each model [12]")
    parser.add_argument("--seconds", type=float, default=60, help="for one model [60]")
    options = parser.parse_args(arguments)
    try:
        others = package(options.package)
    except CostModelError as error:
        print(f"guards: {error}", file=sys.stderr)
        return error.exit_code
    names = chosen(others.names(), options.models.split(","), options.sample, options.seed)
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(names, 1):
        row = dict.fromkeys(COLUMNS, "")
        try:
            with _within(options.seconds):
                row |= judge(*others.make(name), f"{options.seed} {name}", options.sizes)
        except _OutOfTime:
            row |= {"verdict": NO_CAPTURE, "said": f"not done in {options.seconds:g} s"}
        except Exception as error:  # another's model that cannot be made here
            row |= {"verdict": NO_CAPTURE, "said": f"{type(error).__name__}: {error}"[:200]}
        rows.append(row | {"model": name})
        print(f"{number} of {len(names)}: {name}: {row['verdict']}", file=sys.stderr)
    print(Table(COLUMNS, rows).to_csv(), end="")
    print(f"{options.package}: {len(rows)} models: {summary(rows)}", file=sys.stderr)
    return int(any(row["verdict"] == WRONG for row in rows))


if __name__ == "__main__":
    sys.exit(main())
