"""`published`: tables of papers, recomputed."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from costmodel.checks.published.figures import VERDICTS, sources
from costmodel.checks.published.tables import check, known_verdicts, of_verdicts, regressions
from costmodel.cli.options import add_output, emit, names, refuse

HELP = "recompute published tables; exit 1 if a figure that was met no longer is"
EXAMPLES = (
    "costmodel published --format table",
    "costmodel published mobilenet-4 octconv-1",
    "costmodel published --only truncated,misprint,differs --format table",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("tables", metavar="TABLE", nargs="*", help="ids that --list names [all]")
    parser.add_argument("--list", action="store_true", help="the tables with their citations")
    parser.add_argument(
        "--only", type=names, metavar="VERDICTS", help=f"separated by commas: {', '.join(VERDICTS)}"
    )
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print a row per figure; a summary goes to stderr."""
    if args.list:
        refuse(args, ["--only"], "with --list; allowed is --list alone")
        from costmodel.checks.published.tables import listed

        emit(listed(args.tables or None), args)
        return 0
    shown = VERDICTS if args.only is None else known_verdicts(args.only)
    table = check(args.tables or None)
    emit(of_verdicts(table, shown), args)
    worse = regressions(table)
    if not args.quiet:
        counts = Counter(table.column("verdict"))
        parts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
        print(
            f"costmodel: {len(table)} figures of {len(args.tables or sources())} tables: {parts}; "
            f"{len(worse)} no longer as recorded",
            file=sys.stderr,
        )
    return 1 if worse else 0
