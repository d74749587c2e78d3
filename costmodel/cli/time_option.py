"""`--time`, of the commands that count; what it needs is imported where it is asked for."""

from __future__ import annotations

import argparse


def add_time(parser: argparse.ArgumentParser) -> None:
    """`--time`, and where the times are."""
    group = parser.add_argument_group("time")
    group.add_argument(
        "--time",
        action="store_true",
        help="measured and predicted times of this machine, which `calibrate` has measured",
    )
    group.add_argument("--store", metavar="FILE", help="where they are [the user's data folder]")
