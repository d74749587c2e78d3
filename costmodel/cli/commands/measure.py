"""`measure`: time layers and variants on this machine."""

from __future__ import annotations

import argparse
import hashlib
import sys
from typing import TYPE_CHECKING

from costmodel.cli.options import (
    add_layer,
    add_output,
    add_settings,
    emit,
    integer,
    layer_of,
    names,
)
from costmodel.cli.timing_options import add_machine, machine_of, progress_of
from costmodel.errors import InputError, VariantError

if TYPE_CHECKING:
    from costmodel.timing.case import Case
    from costmodel.timing.store.database import Run, Store

HELP = "time variants of a layer, or the layers of a network, on this machine"
EXAMPLES = (
    "costmodel measure -m 64 -n 128 --size 56x56 --variants standard,depthwise_separable",
    "costmodel measure --network resnet18 --rounds 12 --format table",
    "costmodel measure --export -o timings.csv",
)
_LAYER = ("in_channels", "out_channels", "size")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_layer(parser)
    for action in parser._actions:
        if action.dest in _LAYER:
            action.required = False  # a network has layers of its own
    what = parser.add_argument_group("what")
    what.add_argument("--variants", type=names, help="ids separated by commas [all that fit]")
    add_settings(parser)
    what.add_argument("--network", metavar="SOURCE", help="its layers instead, each once")
    what.add_argument("--export", action="store_true", help="only print what is stored")
    how = parser.add_argument_group("protocol")
    how.add_argument("--rounds", type=integer, default=12, help="over all cases [12]")
    how.add_argument("--seed", type=integer, default=0, help="of the random orders [0]")
    how.add_argument("--name", help="of the run; one that was interrupted goes on [made up]")
    add_machine(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print a row per case, or print what is stored."""
    from costmodel.timing.measure.memory import refuse_too_large
    from costmodel.timing.report import table
    from costmodel.timing.store.database import Store

    if args.export:
        with Store(args.store, create=False) as store:
            emit(table(store), args)
        return 0
    if args.rounds < 1:
        raise InputError(f"--rounds {args.rounds}; allowed are integers from 1 up")
    machine = machine_of(args)
    cases = _cases(args)
    refuse_too_large(cases, machine.dtype, machine.device)
    with Store(args.store) as store:
        name = args.name or _name(store, cases, machine)
        begun = store.begin(name, machine, cases, args.rounds, args.seed)
        if begun.done and not args.quiet:
            print(f"costmodel: {len(begun.done)} rounds are there already", file=sys.stderr)
        _measure(store, begun, args)
        emit(table(store, name), args)
    return 0


def _measure(store: Store, run: Run, args: argparse.Namespace) -> None:
    from costmodel.timing.measure.protocol import rounds

    for turn, times in rounds(run.cases, run.machine, run.missing, run.seed, progress_of(args)):
        store.keep(run, turn, times)


def _cases(args: argparse.Namespace) -> list[Case]:
    from costmodel.core.variant import VARIANTS
    from costmodel.timing.case import Case

    if args.network:
        if any(getattr(args, name) is not None for name in _LAYER) or args.variants:
            raise InputError("--network and a layer exclude each other; allowed is one of them")
        from costmodel.network.read.sources import open_network

        network = open_network(args.network)
        layers = dict.fromkeys(op.layer for op in network.ops if op.layer is not None)
        return [Case(layer) for layer in layers]
    missing = [name for name in _LAYER if getattr(args, name) is None]
    if missing:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise InputError(f"{options} is missing; allowed are a whole layer, --network or --export")
    layer, given = layer_of(args), dict(args.settings)
    from costmodel.comparing.compare import route

    chosen = [VARIANTS[name] for name in args.variants or VARIANTS]
    values = route(chosen, given)
    found = []
    for variant in chosen:
        case = Case(layer, variant.id, tuple(sorted(values[variant.id].items())))
        try:
            fits = not variant.algorithm_of and bool(case.bound)
        except VariantError:
            fits = False
            if args.variants:
                raise
        if fits:
            found.append(case)
        elif args.variants:
            raise VariantError(
                f"{variant.id} is an algorithm of {variant.algorithm_of}, which no module runs; "
                f"allowed is {variant.algorithm_of}"
            )
    return found


def _name(store: Store, cases: list[Case], machine: object) -> str:
    """A name for these cases: of the run that was interrupted, or a new one."""
    digest = hashlib.sha256("\n".join(case.key for case in cases).encode()).hexdigest()[:10]
    taken = {run.name: run for run in store.runs() if run.machine == machine}
    count = 1
    while (name := f"{digest}-{count}") in taken and not taken[name].missing:
        count += 1
    return name
