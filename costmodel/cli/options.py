"""What several commands share: layer arguments, --set, output to stdout or whole to a file."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import LAYER_OPTIONS, input_size
from costmodel.errors import InputError
from costmodel.files import write_whole
from costmodel.metrics.metric import METRICS, Metric
from costmodel.metrics.settings import SETTINGS, Settings
from costmodel.table import FORMATS, Tabular
from costmodel.typed import (
    read_integer,
    read_names,
    read_names_or_all,
    read_seconds,
    read_setting,
    read_sizes,
)

_T = TypeVar("_T")

#: The suffixes of each format's files, of tables and of formulas.
SUFFIXES = {
    "csv": (".csv",),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson"),
    "markdown": (".md", ".markdown"),
    "latex": (".tex",),
    "myst": (),
    "rst": (".rst",),
    "typst": (".typ",),
    "html": (".html", ".htm"),
    "table": (".txt",),
    "text": (".txt",),
    "parquet": (".parquet",),
    "arrow": (".arrow", ".feather"),
    "python": (".py",),
}


def argument(parse: Callable[[str], _T]) -> Callable[[str], _T]:
    """A parser of typed values for argparse, which keeps only its own kind of error's text."""

    def typed(text: str) -> _T:
        try:
            return parse(text)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return typed


integer, sizes = argument(read_integer), argument(read_sizes)
seconds = argument(read_seconds)
setting, names = argument(read_setting), argument(read_names)
ids = argument(read_names_or_all)


class ByName(argparse.Action):
    """Collects NAME=VALUE, typed any number of times, into one mapping."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        """Take one in; a name that is given twice is an error."""
        name, value = values
        present = getattr(namespace, self.dest)
        if name in present:
            parser.error(f"{option} {name} is given twice; allowed is once")
        setattr(namespace, self.dest, {**present, name: value})


def refuse(args: argparse.Namespace, options: Iterable[str], why: str) -> None:
    """Raise `InputError` for those of some options that were typed and would have no effect.

    why: the rest of the sentence: "without --random; allowed is …".
    """
    typed = [args.typed[option] for option in options if option in args.typed]
    if typed:
        raise InputError(f"{', '.join(typed)} {why}")


def add_layer(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """The arguments that describe one layer.

    required: False where something else may stand for it, which `layer_or_network` sees to.
    """
    group = parser.add_argument_group("layer")
    for option in LAYER_OPTIONS:
        if option.is_flag:
            group.add_argument(*option.flags, action="store_true", help=option.meaning)
            continue
        needed = option.default is None
        group.add_argument(
            *option.flags,
            type=argument(option.read),
            required=needed and required,
            default=option.default,
            help=option.meaning if needed else f"{option.meaning} [{option.default}]",
        )
        if option.field == "size":
            group.add_argument(
                "--dims",
                type=integer,
                choices=(1, 2, 3),
                help="spatial axes where --size is one number [2]",
            )


def layer_of(args: argparse.Namespace) -> ConvLayer:
    """The layer that the arguments describe."""
    facts = {option.field: getattr(args, option.field) for option in LAYER_OPTIONS}
    return ConvLayer(**{**facts, "size": input_size(args.size, args.dims)})


def layer_or_network(args: argparse.Namespace, allowed: str) -> ConvLayer | None:
    """The layer that the options describe, None where `--network` stands for one.

    allowed: what the command takes, for the sentence about a layer that is not whole.
    """
    if args.network:
        layer = [option.flags[-1] for option in LAYER_OPTIONS]
        if not args.typed.keys().isdisjoint([*layer, "--dims", "--variants", "--set"]):
            raise InputError("--network and a layer exclude each other; allowed is one of them")
        return None
    refuse(args, ["--input"], "without --network; allowed is --network SOURCE")
    missing = missing_of_layer(args)
    if missing:
        raise InputError(f"{', '.join(missing)} is missing; allowed are {allowed}")
    return layer_of(args)


def missing_of_layer(args: argparse.Namespace) -> list[str]:
    """The options that a layer cannot do without, and that were not typed."""
    return [option.flags[-1] for option in LAYER_OPTIONS if getattr(args, option.field) is None]


def add_inputs(parser: argparse._ActionsContainer) -> None:
    """`--input`, which may be repeated: a list of shapes."""
    parser.add_argument(
        "--input",
        dest="inputs",
        type=sizes,
        action="append",
        default=[],
        metavar="1x3x224x224",
        help="shape of an input of the network, batch first; once per input",
    )


def add_sizes(parser: argparse._ActionsContainer) -> None:
    """`--at`, which may be repeated; a mapping from names to values."""
    parser.add_argument(
        "--at",
        type=setting,
        action=ByName,
        default={},
        metavar="NAME=VALUE",
        help="another size or multiplier: H=320, alpha=0.5, rho=6/7; or an open dimension of an "
        "ONNX file by its name",
    )


def add_settings(parser: argparse._ActionsContainer) -> None:
    """`--set`, which may be repeated; a mapping from names to values."""
    parser.add_argument(
        "--set",
        dest="settings",
        action=ByName,
        type=setting,
        default={},
        metavar="NAME=VALUE",
        help="a hyper-parameter, b=4 for all variants that have it or basis.b=4 for one",
    )


def add_conventions(parser: argparse.ArgumentParser) -> None:
    """What the words FLOP and byte mean: one option per field of `Settings`."""
    group = parser.add_argument_group("conventions")
    for field in fields(Settings):
        group.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=integer,
            default=field.default,
            help=f"{SETTINGS[field.name]} [{field.default}]",
        )


def conventions_of(args: argparse.Namespace, shown: Iterable[Metric]) -> Settings:
    """The conventions that the arguments choose; none without a shown metric that depends on it."""
    used = {name for metric in shown for name in metric.uses}
    for field in fields(Settings):
        if field.name not in used:
            depend = ", ".join(m.key for m in METRICS.values() if field.name in m.uses)
            why = f"without a metric that depends on it; allowed are --metrics {depend}"
            refuse(args, [f"--{field.name.replace('_', '-')}"], why)
    return Settings(**{field.name: getattr(args, field.name) for field in fields(Settings)})


def add_output(
    parser: argparse.ArgumentParser,
    formats: Sequence[str] = tuple(FORMATS),
    default: str = "csv",
    other: Sequence[str] = (),
) -> None:
    """`--format`, `-o` and `--quiet`; `settle_format` then finds the format.

    other: suffixes of files that the command writes something else than rows to.
    """
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format", choices=formats, help=f"[what the suffix of FILE says, or {default}]"
    )
    add_file(group)
    parser.set_defaults(formats=formats, default_format=default, other_suffixes=other)


def add_file(group: argparse._ActionsContainer) -> None:
    """`-o` and `--quiet`."""
    group.add_argument("-o", "--output", metavar="FILE", help="write there, whole or not at all")
    group.add_argument("-q", "--quiet", action="store_true", help="nothing on stderr but errors")


def settle_format(args: argparse.Namespace) -> None:
    """Where no `--format` is typed, the one that the file's suffix says, else the command's own.

    Raises `InputError` for a suffix that no format of the command has, before anything is counted.
    """
    if "formats" not in args or args.format is not None:
        return
    suffix = os.path.splitext(args.output or "")[1]
    if suffix in args.other_suffixes:  # FILE is for something else than rows
        args.format = args.default_format
        return
    by_suffix = {end: name for name in args.formats for end in SUFFIXES[name]}
    args.format = by_suffix.get(suffix.lower()) if suffix else args.default_format
    if args.format is None:
        raise InputError(
            f"-o {args.output}: no format has the suffix {suffix!r}; allowed are "
            f"{', '.join(by_suffix)}, none, or any with --format"
        )


def say(args: argparse.Namespace, *sentences: str) -> None:
    """Warnings and progress: to stderr, if somebody is looking."""
    if not args.quiet and sys.stderr.isatty():
        for sentence in sentences:
            print(f"costmodel: {sentence}", file=sys.stderr)


def emit(table: Tabular, args: argparse.Namespace) -> None:
    """Print a table in the chosen format, to stdout or to a file."""
    say(args, *(f"left out {reason}" for _, reason in table.skipped))
    write(FORMATS[args.format](table), args.output)


def write(content: str | bytes, path: str | None) -> None:
    """Content to stdout, or to a file that is written whole or not at all."""
    if path is not None and path != "-":
        write_whole(path, content)
    elif sys.stdout is None:
        raise InputError("standard output is closed; allowed is an open one, or -o FILE")
    elif isinstance(content, str):
        sys.stdout.write(content)
    elif sys.stdout.isatty():
        raise InputError("binary output to a terminal; allowed is -o FILE or a pipe")
    else:
        sys.stdout.buffer.write(content)
