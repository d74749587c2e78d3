"""The fuzz campaign: hostile inputs of every kind, made from seeds, each within bounds.

    python -m benchmarks.fuzz [--seconds 600] [--seed 1] [--areas onnx,csv] [--keep]

A traceback, a wrong exit code, more than 5 s or more than 1 GiB is a failure. With `--keep` its
input is written to tests/fuzz/cases, from where the tests run it again for ever.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks._fuzz import campaign, keep
from benchmarks._fuzz_areas import AREAS
from costmodel.table import Table


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row per area, and every failure; exit code 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=600.0, help="in all [600]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--areas", default=",".join(AREAS), help=f"[{','.join(AREAS)}]")
    parser.add_argument("--keep", action="store_true", help="write failures to tests/fuzz/cases")
    options = parser.parse_args(arguments)
    rows, failed = [], 0
    for area, tally, failures in campaign(
        options.seconds, options.seed, [name.strip() for name in options.areas.split(",")]
    ):
        failed += len(failures)
        rows.append({"area": area, **tally, "failures": len(failures)})
        for failure in failures:
            kept = f", kept in {keep(failure).name}" if options.keep else ""
            last = failure.what.strip().splitlines()[-1]
            print(f"{area}, seed {failure.seed}{kept}: {last}", file=sys.stderr)
    print(Table(["area", "done", "refused", "failures"], rows).to_text(), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
