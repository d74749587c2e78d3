"""`verify`: every variant against every oracle."""

from __future__ import annotations

import argparse
import sys
import time

from costmodel.cli._common import add_output, emit, integer, names
from costmodel.files import write_whole
from costmodel.resources import data_path
from costmodel.verify import prepare

HELP = "check every variant against fvcore, torch and an independent einsum; exit 1 on a difference"
#: Where the certificates of all variants are kept, in the data folder.
FILE = "certificates.csv"
EXAMPLES = (
    "costmodel verify --format table",
    "costmodel verify --variants basis,tucker2 --oracles fvcore,torch",
    "costmodel verify --certify",
    "costmodel verify --random 100000 --seed 7 -o random.csv",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--variants", type=names, help="ids separated by commas [all]")
    parser.add_argument("--oracles", type=names, help="keys separated by commas [all]")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--certify",
        action="store_true",
        help="prove the formulas for all sizes; of all variants, and without -o, "
        f"data/{FILE} is renewed as well",
    )
    how.add_argument("--random", type=integer, metavar="N", help="N random layers instead")
    parser.add_argument("--seed", type=integer, help="of the random layers [the time]")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print a row per check; a summary goes to stderr."""
    prepare()
    if args.certify:
        return _certify(args)
    if args.random is not None:
        return _random(args)
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


def _certify(args: argparse.Namespace) -> int:
    """Print a row per certificate, and keep those of all variants; a summary goes to stderr."""
    from costmodel.verify.certificates import certify, refuted, uncertified

    start = time.perf_counter()
    table = certify(args.variants)
    wrong, without = refuted(table), uncertified(table)
    emit(table, args)
    if not wrong and not args.variants and args.output is None:
        write_whole(data_path(FILE), table.to_csv())
    if not args.quiet:
        proved = len(table) - len(wrong) - sum(not points for points in table.column("points"))
        print(
            f"costmodel: {proved} certificates of "
            f"{len(set(table.column('variant'))) - len(without)} variants, {len(wrong)} refuted, "
            f"{time.perf_counter() - start:.1f} s"
            + (f"; without a certificate: {', '.join(without)}" if without else ""),
            file=sys.stderr,
        )
    return 1 if wrong else 0


def _random(args: argparse.Namespace) -> int:
    """Print the layers that disagree; the seed and a summary go to stderr."""
    from costmodel.verify.random_layers import campaign

    seed = args.seed if args.seed is not None else time.time_ns() % 10**9
    if not args.quiet:
        print(f"costmodel: seed {seed}", file=sys.stderr)
    start = time.perf_counter()
    result = campaign(args.random, seed, args.variants)
    emit(result.mismatches, args)
    if not args.quiet:
        seconds = time.perf_counter() - start
        checks = ", ".join(f"{count} by {oracle}" for oracle, count in result.checks.items())
        print(
            f"costmodel: {result.layers} layers of {result.variants} variants, seed {seed}: "
            f"{checks}; {len(result.mismatches)} mismatches, {seconds:.0f} s, "
            f"{result.layers / seconds:.0f} layers/s",
            file=sys.stderr,
        )
    return 1 if len(result.mismatches) else 0
