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
    ids,
    layer_of,
    names,
    refuse,
)
from costmodel.cli.timing_options import add_time, opened_of
from costmodel.comparing.compare import choose_metrics, compare, with_layer
from costmodel.table import Tabular

HELP = "parameters, multiplies and their ratios of every variant on one layer"
EXAMPLES = (
    "costmodel compare -m 64 -n 128 --size 56x56",
    "costmodel compare -k 3x5 -m 64 -n 128 --size 56x48 --stride 2 --set b=4 --format table",
    "costmodel compare -m 64 -n 128 --size 56x56 --time --format table",
    "costmodel compare -m 64 -n 128 --size 56x56 --columns layer,variant,macs,macs_ratio -o a.csv",
    "costmodel compare -m 256 -n 256 --size 14x14 --variants standard,tucker2 "
    "--set tucker2.r1=64 --metrics all --format json",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_layer(parser)
    parser.add_argument("--variants", type=ids, help="ids separated by commas [all that fit]")
    parser.add_argument("--metrics", type=names, help="keys separated by commas, or all")
    parser.add_argument(
        "--columns",
        type=names,
        help="these alone: any metric, its ratio, the layer in words, a fact of it (layer,variant,"
        "out_channels,macs)",
    )
    add_settings(parser)
    add_conventions(parser)
    add_time(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print the comparison."""
    metrics = "all" if args.metrics == ["all"] or args.columns else args.metrics
    if args.columns:
        refuse(args, ["--metrics"], "with --columns; allowed is one of them")
    if not args.time:
        refuse(args, ["--store", "--machine"], "without --time; allowed is --time with them")
    layer = layer_of(args)
    asked = [key.removesuffix("_ratio") for key in args.columns or ()]
    shown = [m for m in choose_metrics(metrics) if not asked or m.key in asked]
    settings = conventions_of(args, shown)
    table: Tabular
    table = comparison = compare(layer, args.variants, metrics, settings, hyper=args.settings)
    if args.time:
        from costmodel.timing.comparison import with_time

        table = with_time(comparison, opened_of(args))
    emit(with_layer(table, layer).select(args.columns) if args.columns else table, args)
    return 0
