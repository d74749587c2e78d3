"""`solve`: which values of a letter keep a variant within a budget."""

from __future__ import annotations

import argparse

from costmodel.cli.options import (
    ByName,
    add_conventions,
    add_layer,
    add_output,
    add_settings,
    argument,
    conventions_of,
    emit,
    integer,
    layer_of,
    refuse,
    write,
)
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import LAYER_OPTIONS
from costmodel.errors import InputError
from costmodel.formulas.inverse import break_even, solve
from costmodel.metrics.metric import METRICS
from costmodel.network.change import read_choice
from costmodel.table import FORMATS
from costmodel.typed import read_pair

HELP = "which values of a letter keep a variant within a budget, exactly"
EXAMPLES = (
    "costmodel solve basis b -m 64 -n 128 --size 56x56 --at-most macs=30%",
    "costmodel solve tucker2 r1=r2 -m 64 -n 128 --size 56x56 --same-as basis,b=4 --metric params",
    "costmodel solve tucker2 r2,r1=m/4 -m 64 -n 128 --size 56x56 --at-most macs=30% "
    "--at-most params=20k --multiple-of 8 --format table",
    "costmodel solve ghost q --format text",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("variant", metavar="VARIANT", help="an id")
    parser.add_argument(
        "letters", metavar="LETTERS", help="b; r1=r2 for equal ones; r2,r1=m/4 for tied ones"
    )
    group = parser.add_argument_group("budget [to cost less than the standard layer]")
    group.add_argument(
        "--at-most",
        action=ByName,
        type=argument(read_pair),
        default={},
        metavar="METRIC=AMOUNT",
        help="macs=30%% of the standard layer, params=10M; several have to be met together",
    )
    group.add_argument(
        "--same-as", metavar="VARIANT,LETTER=VALUE", help="no more than another one: basis,b=4"
    )
    group.add_argument(
        "--metric",
        choices=tuple(METRICS),
        metavar="KEY",
        help="what is compared, without --at-most [macs]",
    )
    parser.add_argument(
        "--multiple-of", type=integer, default=1, metavar="N", help="only multiples of N [1]"
    )
    add_layer(parser, required=False)
    add_settings(parser)
    add_conventions(parser)
    add_output(parser, ("text", *FORMATS))


def run(args: argparse.Namespace) -> int:
    """Print a row for every span of values, or for every case of a bound in letters."""
    if args.at_most and args.same_as:
        raise InputError(
            "two budgets; allowed is one of --at-most METRIC=AMOUNT and --same-as VARIANT"
        )
    if args.at_most:
        refuse(args, ["--metric"], "with --at-most METRIC=AMOUNT; allowed is without it")
    if not (args.at_most or args.same_as):
        refuse(args, ["--multiple-of"], "without --at-most or --same-as; allowed is with one")
    metric = args.metric or "macs"
    shown = [METRICS[key] for key in args.at_most or [metric]]
    other = read_choice(args.same_as) if args.same_as else None
    settings, layer = conventions_of(args, shown), _layer(args)
    if args.at_most or other is not None:
        found = solve(
            args.variant,
            args.letters,
            at_most=args.at_most or None,
            same_as=None if other is None else (other.variant, dict(other.hyper)),
            metric=metric,
            layer=layer,
            multiple_of=args.multiple_of,
            settings=settings,
            hyper=args.settings,
        )
    else:
        found = break_even(
            args.variant, args.letters, metric, layer, settings=settings, hyper=args.settings
        )
    if args.format == "text":
        write(f"{found.to_text().rstrip('.')}.\n", args.output)
        return 0
    emit(found.to_table(), args)
    return 0


def _layer(args: argparse.Namespace) -> ConvLayer | None:
    """The layer that the options describe; None where none of them is typed."""
    flags = [option.flags[-1] for option in LAYER_OPTIONS]
    if args.typed.keys().isdisjoint([*flags, "--dims"]):
        return None
    missing = [o.flags[-1] for o in LAYER_OPTIONS if getattr(args, o.field) is None]
    if missing:
        raise InputError(f"{', '.join(missing)} is missing; allowed are a whole layer, or none")
    return layer_of(args)
