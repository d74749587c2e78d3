"""`report`: one page of HTML to send: a layer, a network or a plan, with sliders that count."""

from __future__ import annotations

import argparse
import os
import shlex

from costmodel.cli.options import (
    add_file,
    add_inputs,
    add_layer,
    add_settings,
    add_sizes,
    ids,
    layer_of,
    missing_of_layer,
    refuse,
    write,
)
from costmodel.core.layer_text import LAYER_OPTIONS
from costmodel.errors import InputError
from costmodel.network.change import read_replacement
from costmodel.network.choices import read_choices, read_total
from costmodel.network.network import Network
from costmodel.network.read.sources import open_network
from costmodel.network.replace import put_each

HELP = "a page to send: a layer, a network or a plan, with sliders that count without Python"
EXAMPLES = (
    "costmodel report -m 64 -n 128 --size 56x56 -o layer.html",
    "costmodel report -m 64 -n 128 --size 56x56 --variants standard,basis --set b=4 -o layer.html",
    "costmodel report resnet18 -o network.html",
    "costmodel report vgg11 --replace 'conv3*=basis,b=4' -o what_if.html",
    "costmodel report resnet50 --plan plan.csv -o plan.html",
)
_PAGE = (".html", ".htm")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="a network, as for `network`; without it the options describe a layer",
    )
    add_layer(parser, required=False)
    of_layer = parser.add_argument_group("of a layer")
    of_layer.add_argument("--variants", type=ids, help="ids separated by commas [all that fit]")
    add_settings(of_layer)
    of_network = parser.add_argument_group("of a network")
    add_inputs(of_network)
    add_sizes(of_network)
    of_network.add_argument(
        "--replace",
        action="append",
        default=[],
        metavar="VARIANT",
        help="put this variant in place of layers: basis,b=4 or 'layer1.*=basis,b=4'; may be "
        "repeated",
    )
    of_network.add_argument(
        "--plan", metavar="FILE", help="put in place what a table of `plan` says, with its proof"
    )
    add_file(parser.add_argument_group("output"))


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    from costmodel.documents.report.report import report

    _check(args)
    made_by = _words("report", args, ["--output", "--quiet"])
    if args.source is None:
        text = report(layer_of(args), args.variants, made_by=made_by, hyper=args.settings)
    else:
        network, sentences = _network(args)
        same = _words("network", args, ["--output", "--quiet", "--at"])
        text = report(network, sentences=sentences, made_by=made_by, same_as=same, stated=args.at)
    write(text, args.output)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuse what says nothing about what is asked for."""
    layer = [option.flags[-1] for option in LAYER_OPTIONS]
    if args.source is None:
        missing = missing_of_layer(args)
        if missing:
            raise InputError(
                f"{', '.join(missing)} is missing; allowed are a network as SOURCE, or a layer: "
                "-m, -n and --size"
            )
        of = "without SOURCE; allowed is a network"
        refuse(args, ["--input", "--at", "--replace", "--plan"], of)
    else:
        of = "with SOURCE; allowed is a network or a layer"
        refuse(args, [*layer, "--dims", "--variants", "--set"], of)
        if args.replace:
            refuse(args, ["--plan"], "with --replace; allowed is one of them")
    suffix = os.path.splitext(args.output or "")[1].lower()
    if suffix and suffix not in _PAGE:
        raise InputError(f"-o {args.output}: a report is HTML; allowed are {', '.join(_PAGE)}")


def _network(args: argparse.Namespace) -> tuple[Network, tuple[str, ...]]:
    """The network with what is put in place, and what a plan says of it."""
    network = open_network(args.source, args.inputs, args.at)
    for text in args.replace:
        where, choice = read_replacement(text)
        network = network.replace(choice.variant, where or None, hyper=dict(choice.hyper))
    if not args.plan:
        return network, ()
    network = put_each(network, read_choices(args.plan))
    total = read_total(args.plan)
    proof = total.get("reason") or ""
    if not proof:
        return network, ()
    if total.get("macs") == str(network.macs) and total.get("params") == str(network.params):
        return network, (f"The plan, at the sizes first shown: {proof}",)
    return network, (
        f"The plan's file has {total.get('macs')} MACs in all, and there are {network.macs} here: "
        "it was made for another network or other sizes, so its proof is not repeated.",
    )


def _words(command: str, args: argparse.Namespace, without: list[str]) -> str:
    """A command with the options as they were typed, but some."""
    words = ["python", "-m", "costmodel", command, *([args.source] if args.source else [])]
    for name, *values in args.words:
        words += [] if name in without else [name, *values]
    return shlex.join(words)
