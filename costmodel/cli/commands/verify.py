"""`verify`: every variant against every oracle."""

from __future__ import annotations

import argparse
import sys
import time

from costmodel.checks.evidence import CERTIFICATES
from costmodel.checks.verify.prepare import prepare
from costmodel.cli.options import add_output, emit, ids, integer, names, refuse
from costmodel.errors import InputError
from costmodel.files import data_path, write_whole

HELP = "check every variant against fvcore, torch and an independent einsum; exit 1 on a difference"
EXAMPLES = (
    "costmodel verify --format table",
    "costmodel verify --variants basis,tucker2 --oracles fvcore,torch",
    "costmodel verify --certify",
    "costmodel verify --random 100000 --seed 7 -o random.csv",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--variants", type=ids, help="ids separated by commas [all]")
    parser.add_argument(
        "--oracles",
        type=names,
        help="keys separated by commas [all]; for --certify torch, fvcore",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--certify",
        action="store_true",
        help="prove the formulas for all sizes; of all variants, and without -o, "
        f"data/{CERTIFICATES} is renewed as well",
    )
    how.add_argument("--random", type=integer, metavar="N", help="N random layers instead")
    parser.add_argument("--seed", type=integer, help="of the random layers [the time]")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print a row per check, per certificate or per layer that disagrees; a summary on stderr."""
    if args.random is None:
        refuse(args, ["--seed"], "without --random; allowed is --random N --seed S")
    elif args.random < 1:
        raise InputError(f"--random {args.random}; allowed are integers from 1 up")
    else:
        alone = "with --random; allowed is --random alone, which chooses by the layer"
        refuse(args, ["--oracles"], alone)
    prepare()
    if args.certify:
        return _certify(args)
    return _verify(args) if args.random is None else _random(args)


def _verify(args: argparse.Namespace) -> int:
    """Print a row per check."""
    from costmodel.checks.verify.suite import failures, unchecked, verify

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
    """Print a row per certificate, and keep those of all variants."""
    from costmodel.checks.verify.certificates import certify, refuted, uncertified

    start = time.perf_counter()
    table = certify(args.variants, args.oracles)
    wrong, without = refuted(table), uncertified(table)
    emit(table, args)
    if not (wrong or args.variants or args.oracles or args.output):
        write_whole(data_path(CERTIFICATES), table.to_csv())
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
    """Print the layers that disagree, and on stderr the seed."""
    from costmodel.checks.verify.random_layers import campaign

    seed = args.seed if args.seed is not None else time.time_ns() % 10**9
    if not args.quiet:
        print(f"costmodel: seed {seed}", file=sys.stderr)
    shown = sys.stderr.isatty() and not args.quiet

    def progress(layers: int) -> None:
        if shown:
            end = "\r" if layers < args.random else "\n"
            print(f"costmodel: {layers} of {args.random} layers", end=end, file=sys.stderr)

    start = time.perf_counter()
    result = campaign(args.random, seed, args.variants, progress=progress)
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
