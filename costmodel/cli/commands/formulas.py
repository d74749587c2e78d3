"""`formulas`: every variant in letters, with its ratio and its break-even."""

from __future__ import annotations

import argparse

from costmodel.cli.options import add_output, argument, ids, names, write
from costmodel.metrics.metric import METRICS

HELP = "formulas of every variant: parameters, multiplies, ratio and exact break-even"
EXAMPLES = (
    "costmodel formulas",
    "costmodel formulas --notation mobilenet --format latex",
    "costmodel formulas --variants basis,tucker2 --metric params --format markdown",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    from costmodel.formulas.alphabets import ALPHABETS, DEFAULT
    from costmodel.formulas.own_alphabets import notation
    from costmodel.formulas.tables import FORMATS

    parser.add_argument("--variants", type=ids, help="ids separated by commas [all]")
    parser.add_argument(
        "--notation",
        type=argument(notation),
        default=DEFAULT,
        metavar="NAME",
        help=f"letters: {', '.join(ALPHABETS)}, one of [tool.costmodel.alphabets] in the nearest "
        f"pyproject.toml, or a .toml file [{DEFAULT}]",
    )
    parser.add_argument(
        "--metric",
        choices=tuple(METRICS),
        default="macs",
        metavar="KEY",
        help=f"what ratio and break-even are about: {', '.join(METRICS)} [macs]",
    )
    parser.add_argument(
        "--columns",
        type=names,
        help="the columns to show, separated by commas: variant, params, macs, macs_ratio, "
        "macs_break_even, limit [all]",
    )
    add_output(parser, tuple(FORMATS), "text")


def run(args: argparse.Namespace) -> int:
    """Print the table of formulas."""
    from costmodel.formulas.rows import rows
    from costmodel.formulas.tables import render

    found = rows(args.variants, args.metric)
    write(render(found, args.format, args.notation, args.columns), args.output)
    return 0
