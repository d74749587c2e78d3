"""`predict`: the time of a layer, of its variants or of a network, with an interval."""

from __future__ import annotations

import argparse

from costmodel.cli.options import (
    add_inputs,
    add_layer,
    add_output,
    add_settings,
    emit,
    ids,
    layer_or_network,
)
from costmodel.cli.timing_options import add_answering, opened_of

HELP = "seconds of variants or of a network on a calibrated machine, with an interval"
EXAMPLES = (
    "costmodel predict -m 64 -n 128 --size 56x56 --format table",
    "costmodel predict -m 64 -n 128 --size 56x56 --variants standard,basis --set b=4",
    "costmodel predict --network resnet18 --format table",
)
_COLUMNS = ("variant", "predicted_ms", "low_ms", "high_ms", "measured_ms", "why", "machine")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_layer(parser, required=False)
    parser.add_argument("--variants", type=ids, help="ids separated by commas [all that fit]")
    parser.add_argument("--network", metavar="SOURCE", help="a network instead, per layer")
    add_inputs(parser)
    add_settings(parser)
    add_answering(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print a row per variant, or per layer of a network."""
    from costmodel.timing.comparison import with_time
    from costmodel.timing.networks import network_with_time

    layer = layer_or_network(args, "a whole layer, or --network SOURCE")
    if layer is None:
        from costmodel.network.read.sources import open_network

        network = open_network(args.network, args.inputs)
        emit(network_with_time(network.to_table(), network, opened_of(args)), args)
        return 0
    from costmodel.comparing.compare import compare

    comparison = compare(layer, args.variants, hyper=args.settings)
    timed = with_time(comparison, opened_of(args))
    emit(timed.select([name for name in _COLUMNS if name in timed.names]), args)
    return 0
