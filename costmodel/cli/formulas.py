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

# SymPy is loaded when a command runs, not for --help: what it offers is named here, and a test
# holds the two together.
_NOTATIONS = ("fcnn", "mobilenet", "pytorch")
_FORMATS = ("text", "latex", "markdown", "python", "csv")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--variants", type=names, help="ids separated by commas [all]")
    parser.add_argument("--notation", default="fcnn", help=f"{', '.join(_NOTATIONS)} [fcnn]")
    parser.add_argument(
        "--metric",
        choices=tuple(METRICS),
        default="macs",
        metavar="KEY",
        help=f"what ratio and break-even are about: {', '.join(METRICS)} [macs]",
    )
    add_output(parser, _FORMATS, "text")


def run(args: argparse.Namespace) -> int:
    """Print the table of formulas."""
    from costmodel import symbolic

    rows = symbolic.rows(args.variants, args.metric)
    write(symbolic.render(rows, args.format, args.notation), args.output)
    return 0
