"""`measure`: time layers and variants on this machine."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from costmodel.cli.options import (
    add_inputs,
    add_layer,
    add_output,
    add_settings,
    emit,
    ids,
    integer,
    layer_or_network,
    refuse,
)
from costmodel.cli.timing_options import add_machine, machine_of, progress_of
from costmodel.errors import InputError

if TYPE_CHECKING:
    from costmodel.timing.case import Case

HELP = "time variants of a layer, or the layers of a network, on this machine"
EXAMPLES = (
    "costmodel measure -m 64 -n 128 --size 56x56 --variants standard,depthwise_separable",
    "costmodel measure --network resnet18 --rounds 12 --format table",
    "costmodel measure --export -o timings.csv",
)
_MOST_ROUNDS = 10_000
#: What printing stored times takes.
_EXPORT = ("--export", "--machine", "--store", "--format", "--output", "--quiet")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_layer(parser, required=False)  # a network has layers of its own
    what = parser.add_argument_group("what")
    what.add_argument("--variants", type=ids, help="ids separated by commas [all that fit]")
    add_settings(parser)
    what.add_argument("--network", metavar="SOURCE", help="its layers instead, each once")
    add_inputs(what)
    what.add_argument("--export", action="store_true", help="only print what is stored")
    what.add_argument("--machine", metavar="NAME", help="with --export: only what is of this one")
    how = parser.add_argument_group("protocol")
    how.add_argument("--rounds", type=integer, default=12, help="over all cases [12]")
    how.add_argument("--seed", type=integer, default=0, help="of the random orders [0]")
    how.add_argument("--name", help="of the run; one that was interrupted goes on [made up]")
    add_machine(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print a row per case, or print what is stored."""
    from costmodel.timing.measurement import begin, measure
    from costmodel.timing.report import table
    from costmodel.timing.store.database import Store

    if args.export:
        others = [option for option in args.typed if option not in _EXPORT]
        refuse(args, others, "with --export; allowed are --store and an output")
        with Store(args.store, create=False) as store:
            emit(table(store, machine=args.machine), args)
        return 0
    refuse(args, ["--machine"], "without --export; allowed are --threads and its like")
    if not 1 <= args.rounds <= _MOST_ROUNDS:
        raise InputError(f"--rounds {args.rounds}; allowed are integers from 1 to {_MOST_ROUNDS:,}")
    machine = machine_of(args)
    cases = _cases(args)
    with Store(args.store) as store:
        run = begin(store, machine, cases, args.rounds, args.seed, args.name)
        if run.done and not args.quiet:
            print(f"costmodel: {len(run.done)} rounds are there already", file=sys.stderr)
        measure(store, run, progress_of(args))
        emit(table(store, run.name), args)
    return 0


def _cases(args: argparse.Namespace) -> list[Case]:
    from costmodel.timing.case import cases_of, network_cases

    layer = layer_or_network(args, "a whole layer, --network or --export")
    if layer is not None:
        return cases_of(layer, args.variants, args.settings)
    from costmodel.network.read.sources import open_network

    return network_cases(open_network(args.network, args.inputs))
