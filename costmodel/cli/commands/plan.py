"""`plan`: the best option for every layer of a network within budgets, with a proof."""

from __future__ import annotations

import argparse

from costmodel.cli.options import (
    add_conventions,
    add_inputs,
    add_output,
    add_sizes,
    argument,
    conventions_of,
    emit,
    ids,
    integer,
    names,
    refuse,
    say,
)
from costmodel.cli.timing_options import add_time
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS
from costmodel.table import Tabular
from costmodel.typed import read_integer, read_pairs

HELP = "which variant for which layer of a network, within budgets: the best plan, with a proof"
EXAMPLES = (
    "costmodel plan resnet18 --at-most macs=50% --format table",
    "costmodel plan resnet50 --at-most macs=50%,params=10M --minimize weight_bytes",
    "costmodel plan model.pt --at-most params=50% --minimize error -o plan.csv",
    "costmodel plan my.models:net --input 1x3x64x64 --at-most macs=40% --multiple-of 8",
    "costmodel plan alexnet --at-most ms=60% --minimize changed --measure --format table",
    "costmodel plan vgg16 --at-least params=20M --front macs,params",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a network, as for `network`, or a file of weights, as for `factorize`",
    )
    add_inputs(parser)
    add_sizes(parser)
    parser.add_argument(
        "--weights", metavar="FILE", help="trained kernels of a source that has none"
    )
    what = parser.add_argument_group("what for")
    budget = argument(read_pairs)
    what.add_argument(
        "--at-most",
        type=budget,
        default={},
        metavar="MEASURE=AMOUNT",
        help="budgets, separated by commas: macs=50%%, params=10M, ms=12, error=0.5",
    )
    what.add_argument(
        "--at-least", type=budget, default={}, metavar="MEASURE=AMOUNT", help="floors, likewise"
    )
    kind = what.add_mutually_exclusive_group()
    kind.add_argument(
        "--minimize",
        metavar="MEASURE",
        help="error, largest_error, changed (layers), ms or a metric [error, changed without "
        "weights]",
    )
    kind.add_argument(
        "--front", type=names, metavar="MEASURE,MEASURE", help="every optimal trade-off of the two"
    )
    may = parser.add_argument_group("what may be done")
    may.add_argument("--variants", type=ids, help="ids separated by commas [all]")
    may.add_argument("--where", metavar="CONDITIONS", help="only these layers [all with weights]")
    may.add_argument("--keep", metavar="CONDITIONS", help="not these layers [none]")
    may.add_argument(
        "--multiple-of",
        type=argument(lambda text: read_integer(text, 1)),
        default=1,
        metavar="N",
        help="channels between stages are multiples of it [1]",
    )
    may.add_argument(
        "--seconds",
        type=integer,
        default=60,
        help="for several budgets: then the best found so far, with its bound [60]",
    )
    times = add_time(parser)
    times.add_argument(
        "--measure",
        action="store_true",
        help="time the network before and after on this machine, interleaved, beside --time",
    )
    add_conventions(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print the plan, or the front."""
    from costmodel.planning.front import front
    from costmodel.planning.planner import plan
    from costmodel.planning.source import open_planned
    from costmodel.timing.machine import here
    from costmodel.timing.opened import open_times

    asked = {*args.at_most, *args.at_least, args.minimize, *(args.front or ())}
    settings = conventions_of(args, [m for key, m in METRICS.items() if key in asked])
    timed = args.time or args.measure
    if "ms" not in asked and not timed:
        refuse(
            args,
            ["--machine", "--store"],
            "without --time, or a budget, objective or front of ms; allowed is one of them",
        )
    network, weights = open_planned(args.source, args.inputs, args.at, args.weights)
    network = network.with_settings(**vars(settings))
    choices = {
        "weights": weights,
        "variants": args.variants,
        "where": args.where,
        "keep": args.keep,
        "multiple_of": args.multiple_of,
        "machine": args.machine,
        "store": args.store,
    }
    if args.front:
        of = "with --front; allowed is one of them"
        refuse(args, ["--at-most", "--at-least", "--seconds", "--time", "--measure"], of)
        if len(args.front) != 2:
            raise InputError(f"--front {','.join(args.front)}; allowed are two measures")
        found: Tabular = front(network, *args.front, **choices)
    else:
        if not (args.at_most or args.at_least or args.minimize):
            raise InputError("no budget; allowed is --at-most macs=50%, or --minimize")
        planned = plan(
            network,
            args.at_most,
            args.at_least,
            minimize=args.minimize,
            seconds=args.seconds,
            **choices,
        )
        if timed:
            opened = open_times(args.store, args.machine)
            planned = planned.with_time(opened)
            if args.measure:
                planned = planned.measure(here(opened.predictor.machine))
        found = planned
    say(args, *found.notes)
    emit(found, args)
    return 0
