"""`formulas`: every variant in letters, with its ratio and its break-even."""

from __future__ import annotations

import argparse

from costmodel.cli._common import add_output, names, write
from costmodel.metrics import METRICS

HELP = "formulas of every variant: parameters, multiplies, ratio and exact break-even"
EXAMPLES = (
    "costmodel formulas",
    "costmodel formulas --notation mobilenet --format latex",
    "costmodel formulas --variants basis,tucker2 --metric params --format markdown",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    from costmodel import symbolic  # not above: SymPy is loaded for this command alone

    parser.add_argument("--variants", type=names, help="ids separated by commas [all]")
    parser.add_argument(
        "--notation", choices=tuple(symbolic.NOTATIONS), default="fcnn", help="letters [fcnn]"
    )
    parser.add_argument(
        "--metric",
        choices=tuple(METRICS),
        default="macs",
        metavar="KEY",
        help=f"what ratio and break-even are about: {', '.join(METRICS)} [macs]",
    )
    add_output(parser, tuple(symbolic.FORMATS), "text")


def run(args: argparse.Namespace) -> int:
    """Print the table of formulas."""
    from costmodel import symbolic

    rows = symbolic.rows(args.variants, args.metric)
    write(symbolic.render(rows, args.format, args.notation), args.output)
    return 0
