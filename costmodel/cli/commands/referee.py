"""`referee`: every other counter's number for a network, the difference itemised to zero."""

from __future__ import annotations

import argparse
import sys

from costmodel.checks.referee.process import LIMIT
from costmodel.cli.options import add_inputs, add_output, emit, names, refuse, say, seconds
from costmodel.errors import InputError

HELP = "other counters' numbers for a network, the differences itemised; exit 1 if one is not"
EXAMPLES = (
    "costmodel referee resnet18 --tools fvcore,torch --format table",
    "costmodel referee my_package.models:net --input 1x3x224x224",
    "costmodel referee --conformance --tools torch,thop",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="a name in data/networks, a .csv of layers, an .onnx file, or package.module:callable",
    )
    add_inputs(parser)
    parser.add_argument("--tools", type=names, help="keys separated by commas [all]")
    parser.add_argument(
        "--limit", type=seconds, default=LIMIT, metavar="SECONDS", help=f"for one tool [{LIMIT:g}]"
    )
    parser.add_argument(
        "--conformance",
        action="store_true",
        help="instead of a network, small convolutions of every kind: measure the installed tools "
        "again and compare with data/referee/results.csv",
    )
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print the tables; what a tool takes long for is said on stderr."""
    if args.conformance == (args.source is not None):
        raise InputError("allowed is either a SOURCE or --conformance")
    if args.conformance:
        return _conformance(args)
    from costmodel.checks.referee.report import referee

    table = referee(
        args.source,
        args.inputs,
        args.tools,
        limit=args.limit,
        progress=lambda tool: say(args, f"asking {tool}"),
    )
    say(args, *table.notes)
    emit(table, args)
    left = [row["tool"] for row in table if row.get("cause") == "unexplained" and row["amount"]]
    if left and not args.quiet:
        print(f"costmodel: not fully explained: {', '.join(left)}", file=sys.stderr)
    return 1 if left else 0


def _conformance(args: argparse.Namespace) -> int:
    """Measure again; exit 1 where a number differs from the kept one of the same version."""
    refuse(args, ["--input"], "with --conformance; allowed is --tools")
    from costmodel.checks.referee.conformance import changed, measure

    table = measure(args.tools, args.limit, lambda tool: say(args, f"asking {tool}"))
    emit(table, args)
    found = changed(table)
    if found and not args.quiet:
        for sentence in found:
            print(f"costmodel: {sentence}", file=sys.stderr)
    return 1 if found else 0
