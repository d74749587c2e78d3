"""What several commands share: layer arguments, --set, output to stdout or whole to a file."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from costmodel.errors import InputError, LayerError
from costmodel.layer import ConvLayer
from costmodel.table import FORMATS, Table

_MAX_DIGITS = 18


def integer(text: str) -> int:
    """An int; for argparse."""
    if not re.fullmatch(r"-?\d+", text) or len(text) > _MAX_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed are integers of up to 18 digits")
    return int(text)


def sizes(text: str) -> tuple[int, ...]:
    """`3` or `3x5` or `8x56x56` as ints; for argparse."""
    parts = text.lower().replace("×", "x").split("x")
    if not all(re.fullmatch(r"-?\d+", part) and len(part) <= _MAX_DIGITS for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r}; allowed are integers such as 3 or 56x56")
    return tuple(map(int, parts))


def padding(text: str) -> tuple[int, ...] | str:
    """A padding: `same`, `valid`, `1` or `1x2`; for argparse."""
    return text if text in ("same", "valid") else sizes(text)


def setting(text: str) -> tuple[str, int | str]:
    """`b=4` or `tucker2.r1=16` or `alpha=1/4`; for argparse."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{text!r}; allowed is NAME=VALUE, such as b=4")
    value = value.strip()
    return name.strip(), int(value) if re.fullmatch(r"-?\d{1,18}", value) else value


def names(text: str) -> list[str]:
    """`a,b` as a list; for argparse."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed are names separated by commas")
    return found


def add_layer(parser: argparse.ArgumentParser) -> None:
    """The arguments that describe one layer."""
    group = parser.add_argument_group("layer")
    group.add_argument("-k", "--kernel", type=sizes, default=(3,), help="window, 3 or 3x5 [3]")
    group.add_argument("-m", "--in-channels", type=integer, required=True, help="input channels")
    group.add_argument("-n", "--out-channels", type=integer, required=True, help="output channels")
    group.add_argument(
        "--size", type=sizes, required=True, help="INPUT size, 56x56 (or 8x56x56 in 3-D)"
    )
    group.add_argument(
        "--dims", type=int, choices=(1, 2, 3), help="spatial axes where --size is one number [2]"
    )
    group.add_argument("--stride", type=sizes, default=(1,), help="2 or 2x1 [1]")
    group.add_argument("--padding", type=padding, default="same", help="same, valid, 1 or 1x2")
    group.add_argument("--dilation", type=sizes, default=(1,), help="2 or 2x1 [1]")
    group.add_argument("--groups", type=integer, default=1, help="groups of the layer itself [1]")
    group.add_argument("--batch", type=integer, default=1, help="images per call [1]")
    group.add_argument("--bias", action="store_true", help="one bias per output channel")
    group.add_argument("--transposed", action="store_true", help="a transposed convolution")
    group.add_argument("--output-padding", type=sizes, default=(0,), help="transposed only [0]")


def layer_of(args: argparse.Namespace) -> ConvLayer:
    """The layer that the arguments describe."""
    size = args.size
    if len(size) == 1:
        size = size * (args.dims or 2)
    elif args.dims and args.dims != len(size):
        raise LayerError(f"--size has {len(size)} axes; allowed with --dims {args.dims} is as many")

    def axes(value: Any) -> Any:
        return value[0] if isinstance(value, tuple) and len(value) == 1 else value

    return ConvLayer(
        kernel=axes(args.kernel),
        in_channels=args.in_channels,
        out_channels=args.out_channels,
        size=size,
        stride=axes(args.stride),
        padding=axes(args.padding),
        dilation=axes(args.dilation),
        groups=args.groups,
        batch=args.batch,
        bias=args.bias,
        transposed=args.transposed,
        output_padding=axes(args.output_padding),
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set`, which may be repeated."""
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        type=setting,
        default=[],
        metavar="NAME=VALUE",
        help="a hyper-parameter, b=4 for all variants that have it or basis.b=4 for one",
    )


def add_output(
    parser: argparse.ArgumentParser, formats: Sequence[str] = tuple(FORMATS), default: str = "csv"
) -> None:
    """`--format`, `-o` and `--quiet`."""
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=formats, default=default, help=f"[{default}]")
    group.add_argument("-o", "--output", metavar="FILE", help="write there, whole or not at all")
    group.add_argument("-q", "--quiet", action="store_true", help="nothing on stderr but errors")


def say(args: argparse.Namespace, *sentences: str) -> None:
    """Warnings and progress: to stderr, if somebody is looking."""
    if not args.quiet and sys.stderr.isatty():
        for sentence in sentences:
            print(f"costmodel: {sentence}", file=sys.stderr)


def emit(table: Table, args: argparse.Namespace) -> None:
    """Print a table in the chosen format, to stdout or to a file."""
    say(args, *(f"left out {reason}" for _, reason in table.skipped))
    write(FORMATS[args.format](table), args.output)


def write(content: str | bytes, path: str | None) -> None:
    """Content to stdout, or to a file that is written whole or not at all.

    Raises `InputError` where the file cannot be written.
    """
    if path is None or path == "-":
        if isinstance(content, bytes):
            if sys.stdout.isatty():
                raise InputError("binary output to a terminal; allowed is -o FILE or a pipe")
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content)
        return
    data = content if isinstance(content, bytes) else content.encode()
    try:
        _write_file(path, data)
    except OSError as error:
        raise InputError(
            f"cannot write {path!r}: {error.strerror or error}; allowed is a path that can be "
            "created or replaced"
        ) from None


def _write_file(path: str, data: bytes) -> None:
    if os.path.exists(path) and not os.path.isfile(path):
        if os.path.isdir(path):
            raise IsADirectoryError(21, "it is a directory")
        with open(path, "wb") as file:  # a device or a named pipe cannot be replaced, only written
            file.write(data)
        return
    target = os.path.realpath(path)
    mode = os.stat(target).st_mode & 0o7777 if os.path.exists(target) else None
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".costmodel-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is None:
            mask = os.umask(0)
            os.umask(mask)
            mode = 0o666 & ~mask
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def read_text(path: str) -> str:
    """A UTF-8 text file, or stdin for `-`; unreadable ones are one sentence."""
    try:
        if path == "-":
            return sys.stdin.read()
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        raise InputError(
            f"cannot read {path!r}: {error.strerror or error}; allowed is a readable file"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{path!r} is not UTF-8 text; allowed is UTF-8") from None
