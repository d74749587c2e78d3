"""`verify`: every variant against every oracle."""

from __future__ import annotations

import argparse
import sys
import time

from costmodel.cli._common import add_output, emit, names
from costmodel.verify import prepare

HELP = "check every variant against fvcore, torch and an independent einsum; exit 1 on a difference"
EXAMPLES = (
    "costmodel verify --format table",
    "costmodel verify --variants basis,tucker2 --oracles fvcore,torch",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--variants", type=names, help="ids separated by commas [all]")
    parser.add_argument("--oracles", type=names, help="keys separated by commas [all]")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print a row per check; a summary goes to stderr."""
    prepare()
    from costmodel.verify.suite import failures, unchecked, verify

    start = time.perf_counter()
    table = verify(args.variants, args.oracles)
    emit(table, args)
    wrong = failures(table)
    if not args.quiet:
        checks = sum(1 for row in table.rows if row.get("ok") is not None)
        without = unchecked(table)
        print(
            f"costmodel: {checks} checks of {len(set(table.column('variant'))) - len(without)} "
            f"variants, {len(wrong)} differ, {time.perf_counter() - start:.1f} s"
            + (f"; without a module: {', '.join(without)}" if without else ""),
            file=sys.stderr,
        )
    return 1 if wrong else 0
