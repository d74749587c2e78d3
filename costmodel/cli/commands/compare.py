"""`compare`: one layer, all variants."""

from __future__ import annotations

import argparse

from costmodel.cli.options import (
    add_conventions,
    add_layer,
    add_output,
    add_settings,
    conventions_of,
    emit,
    layer_of,
    names,
    refuse,
)
from costmodel.cli.timing_options import add_time
from costmodel.comparing.compare import choose_metrics, compare

HELP = "parameters, multiplies and their ratios of every variant on one layer"
EXAMPLES = (
    "costmodel compare -m 64 -n 128 --size 56x56",
    "costmodel compare -k 3x5 -m 64 -n 128 --size 56x48 --stride 2 --set b=4 --format table",
    "costmodel compare -m 64 -n 128 --size 56x56 --time --format table",
    "costmodel compare -m 256 -n 256 --size 14x14 --variants standard,tucker2 "
    "--set tucker2.r1=64 --metrics all --format json",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_layer(parser)
    parser.add_argument("--variants", type=names, help="ids separated by commas [all that fit]")
    parser.add_argument("--metrics", type=names, help="keys separated by commas, or all")
    add_settings(parser)
    add_conventions(parser)
    add_time(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print the comparison."""
    metrics = "all" if args.metrics == ["all"] else args.metrics
    if not args.time:
        refuse(args, ["--store"], "without --time; allowed is --time --store FILE")
    settings = conventions_of(args, choose_metrics(metrics))
    comparison = compare(layer_of(args), args.variants, metrics, settings, hyper=args.settings)
    if args.time:
        from costmodel.timing.comparison import open_timed, with_time

        emit(with_time(comparison, open_timed(args.store)), args)
    else:
        emit(comparison, args)
    return 0
