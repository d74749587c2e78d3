"""`calibrate`: make a model of this machine's times."""

from __future__ import annotations

import argparse
import sys

from costmodel.cli.options import add_output, emit, seconds
from costmodel.cli.timing_options import add_machine, machine_of, progress_of

HELP = "measure this machine for two and a half minutes, so that times can be predicted"
EXAMPLES = (
    "costmodel calibrate",
    "costmodel calibrate --budget 60 --threads 2",
    "costmodel calibrate --fresh",
    "costmodel calibrate --models --format table",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--budget",
        type=seconds,
        default=145.0,
        metavar="SECONDS",
        help="wall time for measuring and fitting, earlier calls included [145]",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="begin anew; what was measured before counts no more"
    )
    parser.add_argument(
        "--models", action="store_true", help="also the other models, on the same held-out layers"
    )
    add_machine(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, keep, and print how well times of unseen layers are predicted."""
    from costmodel.timing.calibration import calibrate
    from costmodel.timing.store.database import Store

    machine = machine_of(args)
    with Store(args.store) as store:
        found = calibrate(
            store,
            machine,
            args.budget,
            fresh=args.fresh,
            compare=args.models,
            progress=progress_of(args),
        )
    emit(found.models or found.to_table(), args)
    if not args.quiet:
        print(
            f"costmodel: {found.layers} layers in {found.sessions} sessions, {found.seconds:.0f} s "
            f"on {machine}; unseen layers: median error {found.median_error:.1%}, "
            f"{found.within_10:.0%} within 10 %, 90 % intervals hold {found.coverage:.0%} of the "
            "samples of another session",
            file=sys.stderr,
        )
    return 0
