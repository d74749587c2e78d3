"""`timings`: whose times are kept here; give them away, or take in those of another device."""

from __future__ import annotations

import argparse
import sys

from costmodel.cli.options import add_output, emit
from costmodel.cli.timing_options import add_store
from costmodel.errors import InputError
from costmodel.files import read_text

HELP = "the machines that times are kept of; export them, or import those of another device"
EXAMPLES = (
    "costmodel timings --format table",
    "costmodel timings --export shipped/amd_epyc_1_thread -o epyc.csv",
    "costmodel timings --import epyc.csv",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--export", metavar="NAME", help="a machine's calibration: a row per layer and session"
    )
    what.add_argument(
        "--import", dest="taken", metavar="FILE.csv", help="take such a file in (- for stdin)"
    )
    add_store(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print the machines, or a machine's times."""
    from costmodel.timing.imported import take_in
    from costmodel.timing.listing import exported, listed
    from costmodel.timing.store.database import Store
    from costmodel.timing.store.exchange import read

    if args.export:
        emit(exported(args.store, args.export), args)
        return 0
    if args.taken:
        found = read(read_text(args.taken), repr(args.taken))
        if not found:
            raise InputError(f"{args.taken!r} has no row; allowed is a row per timed layer")
        with Store(args.store) as store:
            for observed in found.values():
                learnt = take_in(store, observed)
                if not args.quiet:
                    print(
                        f"costmodel: {len(learnt.measured)} layers of {observed.machine}",
                        file=sys.stderr,
                    )
    emit(listed(args.store), args)
    return 0
