"""`network`: what a whole network costs, per layer and in total."""

from __future__ import annotations

import argparse

from costmodel.cli.options import (
    add_conventions,
    add_inputs,
    add_output,
    add_settings,
    add_sizes,
    conventions_of,
    emit,
    ids,
    names,
    refuse,
    say,
    write,
)
from costmodel.cli.timing_options import add_time, opened_of
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS, Metric
from costmodel.network.choices import read_choices
from costmodel.network.network import Network
from costmodel.network.read.csv.writer import layer_table
from costmodel.network.read.sources import open_network
from costmodel.network.replace import put_each
from costmodel.network.replacing import judged, put_typed, says_all
from costmodel.network.views import VIEWS
from costmodel.table import Table

#: The view that is no costs, but the layers themselves.
FILE = "file"

HELP = "parameters and multiplies of a whole network, per layer and in total"
EXAMPLES = (
    "costmodel network resnet18 --format table",
    "costmodel network vgg16 --compare --set b=4 --format table",
    "costmodel network resnet18 --time --format table",
    "costmodel network resnet50 --formula N,H,W",
    "costmodel network mobilenet --formula alpha,rho --format latex",
    "costmodel network resnet18 --replace tucker2 --where 'layer4.*,kernel=3' --set r1=64",
    "costmodel network resnet18 --replace 'layer1.*=basis,b=4' --replace 'layer4.*=cp,r=n/4'",
    "costmodel network resnet18 --input 1x3x320x320 --view stages",
    "costmodel network resnet18 --view file",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a name (docs/networks.md), a .csv of layers (- for stdin), an .onnx file, or "
        "package.module:callable",
    )
    add_inputs(parser)
    add_sizes(parser)
    view = parser.add_argument_group("what to show")
    what = view.add_mutually_exclusive_group()
    what.add_argument(
        "--view",
        choices=(*VIEWS, FILE),
        default="layers",
        help="[layers]; file is the layers with their sizes, a .csv that this command reads back",
    )
    what.add_argument(
        "--compare",
        action="store_true",
        help="totals with each variant in place of the k×k layers, and the ratio",
    )
    what.add_argument(
        "--formula", type=names, metavar="N,H,W", help="the totals as formulas in these letters"
    )
    what.add_argument(
        "--convention",
        metavar="TOOL",
        help="what another counter (fvcore, thop, ...) would print, computed without it",
    )
    view.add_argument(
        "--metrics", type=names, help="columns, separated by commas, or all [parameters by role]"
    )
    change = parser.add_argument_group("what if")
    change.add_argument(
        "--replace",
        action="append",
        default=[],
        metavar="VARIANT",
        help="put this variant in place of layers; 'layer1.*=basis,b=4' says which layers and "
        "values as well, and may be repeated: the last that pays stays",
    )
    change.add_argument(
        "--plan", metavar="FILE", help="put in place what a table of `plan` or --replace says"
    )
    change.add_argument(
        "--where",
        metavar="CONDITIONS",
        help="which layers: 'layer3.*', kernel=3, kind=linear, share=2%%, with commas for all of "
        "them [windows of more than one tap, not depthwise]",
    )
    change.add_argument(
        "--by",
        type=names,
        metavar="METRICS",
        help="replace where one of these falls [--metrics, or macs]",
    )
    change.add_argument("--costlier", action="store_true", help="also where none of them falls")
    change.add_argument("--variants", type=ids, help="for --compare, ids with commas [all]")
    add_settings(parser)
    add_conventions(parser)
    add_time(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Print the network."""
    _check(args)
    settings = conventions_of(args, _shown(args))
    if args.convention:
        return _convention(args)
    network = open_network(args.source, args.inputs, args.at)
    network = network.with_settings(**vars(settings))
    if args.plan:
        network = put_each(network, read_choices(args.plan))
    network = put_typed(
        network,
        args.replace,
        where=args.where,
        hyper=args.settings,
        by=judged(args.by, args.metrics),
        pays=not args.costlier,
    )
    if args.formula:
        return _formulas(network, args)
    if args.compare:
        from costmodel.network.what_if import compare

        table = compare(network, args.variants, args.where, hyper=args.settings)
    elif args.view == FILE:
        table = layer_table(network)
    else:
        table = VIEWS[args.view].table(network, "all" if args.metrics == ["all"] else args.metrics)
    if args.time:
        table = _with_time(table, network, args)
    say(args, *network.footnotes, *(table.notes if args.view == FILE else ()))
    emit(table, args)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuse options that say nothing about what is asked for."""
    if args.replace and args.compare:
        raise InputError("--replace and --compare exclude each other; allowed is one of them")
    if args.plan:
        refuse(args, ["--replace", "--compare"], "with --plan; allowed is one of them")
    if not (args.compare or args.replace):
        of = "without --compare or --replace; allowed is one of these"
        refuse(args, ["--set", "--where"], of)
    if not args.compare:
        refuse(args, ["--variants"], "without --compare; allowed is --compare")
    else:
        refuse(args, ["--metrics"], "with --compare; allowed are parameters and multiplies")
    if says_all(args.replace):
        of = "with several replacements, or one that says which layers; allowed is all in --replace"
        refuse(args, ["--set", "--where"], of)
    if not args.replace:
        refuse(args, ["--by", "--costlier"], "without --replace; allowed is --replace VARIANT")
    if args.costlier:
        refuse(args, ["--by"], "with --costlier; allowed is one of them")
    if not args.time:
        refuse(args, ["--store", "--machine"], "without --time; allowed is --time with them")
    if args.view == FILE:
        refuse(args, ["--metrics", "--time"], "with --view file; allowed is another view")
    if args.formula:
        refuse(args, ["--time"], "with --formula; allowed is --time --view layers")
        open_and_set = [name for name in args.formula if name in args.at]
        if open_and_set:
            raise InputError(
                f"--at {open_and_set[0]} with --formula {open_and_set[0]}, which leaves it open; "
                "allowed is one of them"
            )
    if args.convention:
        options = ["--at", "--replace", "--plan", "--metrics", "--time"]
        refuse(args, options, "with --convention; allowed are --input and an output")


def _shown(args: argparse.Namespace) -> list[Metric]:
    """The metrics that something in the call is about."""
    asked = [*(args.metrics or ()), *(args.by or ())]
    return [metric for key, metric in METRICS.items() if key in asked or "all" in asked]


def _with_time(table: Table, network: Network, args: argparse.Namespace) -> Table:
    from costmodel.timing.networks import network_with_time

    if args.compare or args.view != "layers":
        raise InputError("--time with another view than layers; allowed is --time --view layers")
    return network_with_time(table, network, opened_of(args))


def _convention(args: argparse.Namespace) -> int:
    from costmodel.checks.referee.report import convention_table

    table = convention_table(args.source, args.inputs, args.convention)
    say(args, *table.notes)
    emit(table, args)
    return 0


def _formulas(network: Network, args: argparse.Namespace) -> int:
    from costmodel.network.formula import formulas, typeset

    table = formulas(network, args.metrics or ("params", "macs"), args.formula)
    if args.format in ("latex", "markdown"):
        write(typeset(table, args.format), args.output)
    else:
        emit(table, args)
    return 0
