"""The command line: one file per command; a command is parse, one library call, print.

Exit codes: 0 done, 1 the check found something, 2 the call or its input is wrong, 3 something
needed is not installed, 70 a mistake of ours. Rows go to stdout or whole to a file; everything else
goes to stderr.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from costmodel.cli.options import settle_format
from costmodel.errors import (
    CostModelError,
    FullRankWarning,
    InputError,
    MissingDependencyError,
    printable,
    shown,
    unknown,
)
from costmodel.registry import module_names

_HINT = "costmodel: this is an example; `python -m costmodel --help` lists the commands"

_COMMANDS = "costmodel.cli.commands"
_COLUMNS = 80  # where there is no terminal
#: The exit code of a mistake in this program, EX_SOFTWARE of sysexits.h.
BROKEN = 70
_OWN_OPTIONS = ("-h", "--help", "-V", "--version")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal; argparse's own way there imports every compression module."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or os.get_terminal_size().columns
    except (ValueError, OSError):
        return _COLUMNS


class _Parser(argparse.ArgumentParser):
    """argparse with our errors: one sentence, and the same exit code as every other bad input.

    given: the options of the last call with their words, in the order in which they were typed.
    """

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog=prog, **options)
        self.given: list[tuple[argparse.Action, list[str]]] = []

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings:  # called once for every option that is typed
            self.given.append((action, arg_strings))
        return super()._get_values(action, arg_strings)

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{self.prog}: {message}")


def command_names() -> list[str]:
    """The commands, by the names of their files."""
    return module_names(_COMMANDS)


def load(name: str) -> ModuleType:
    """The module of one command: HELP, EXAMPLES, configure(parser) and run(args)."""
    return import_module(f"{_COMMANDS}.{name}")


def command_parser(name: str) -> _Parser:
    """The parser of one command."""
    module = load(name)
    examples = "\n".join(f"  {example}" for example in module.EXAMPLES)
    parser = _Parser(
        prog=f"costmodel {name}",
        description=module.HELP[0].upper() + module.HELP[1:] + ".",
        epilog=f"examples:\n{examples}",
        formatter_class=_Help,
        allow_abbrev=False,
    )
    module.configure(parser)
    return parser


def overview() -> str:
    """The text of `--help`: every command in a line, and where to read on."""
    names = command_names()
    width = max(map(len, names))
    lines = [f"  {name:<{width}}  {load(name).HELP}" for name in names]
    return "\n".join(
        [
            "usage: costmodel COMMAND [options]",
            "",
            "Exact parameter and multiply counts of convolutions and of whole networks.",
            "",
            "commands:",
            *lines,
            "",
            "examples:",
            "  costmodel compare -k 3 -m 64 -n 128 --size 56x56 --set b=4",
            "  costmodel network resnet18 --compare --format table",
            "  costmodel formulas --format markdown",
            "",
            "`costmodel COMMAND --help` explains one command. Without a command, the comparison of",
            "an example layer is printed as CSV.",
            "",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Never a traceback for wrong input."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    try:
        return _run(arguments)
    except Exception as error:
        # Whatever it is, it is not the user's mistake; the traceback is for who mends it.
        if os.environ.get("COSTMODEL_DEBUG"):
            import traceback

            traceback.print_exc()
        what = " ".join(f"{type(error).__name__}: {error}".split())
        print(
            f"costmodel: error: unexpected {shown(what, 200)}; this is a mistake of costmodel, not "
            "yours: please report it with what COSTMODEL_DEBUG=1 in front of the command prints",
            file=sys.stderr,
        )
        return BROKEN


def _run(arguments: list[str]) -> int:
    try:
        _check_text(arguments)
        code = _dispatch(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()  # inside the try: a closed pipe shows up here at the latest
        return code
    except CostModelError as error:
        print(f"costmodel: error: {printable(str(error))}", file=sys.stderr)
        return error.exit_code
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", __package__.partition(".")[0]):
            raise  # a mistake of ours, not something to install
        missing = MissingDependencyError(package, "this command", "all")
        print(f"costmodel: error: {missing}", file=sys.stderr)
        return missing.exit_code
    except BrokenPipeError:
        _discard_stdout()  # whoever read us has seen enough
        return 0
    except OSError as error:
        if error.filename is not None:
            print(
                f"costmodel: error: cannot use {error.filename!r}: {error.strerror or error}; "
                "allowed is a file that can be read, and written where something is kept",
                file=sys.stderr,
            )
            return InputError.exit_code
        # files are read and written through `files`, which has its own sentence; this is stdout
        _discard_stdout()
        print(
            f"costmodel: error: cannot write standard output: {error.strerror or error}; allowed "
            "is one that takes all of it, or -o FILE",
            file=sys.stderr,
        )
        return InputError.exit_code
    except KeyboardInterrupt:
        return 130


def _check_text(arguments: Sequence[str]) -> None:
    """Words that are no text cannot be printed or stored, so nothing begins with them."""
    for word in arguments:
        try:
            word.encode()
        except UnicodeEncodeError:
            text = os.fsencode(word).decode("utf-8", "backslashreplace")
            raise InputError(f"{shown(text)!r} is no text; allowed are words in UTF-8") from None


def _prepare_streams() -> None:
    """The same bytes in every locale, and nothing on stdout that was meant for a closed stderr."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115  (print(file=None) means stdout)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(encoding="utf-8")


def _discard_stdout() -> None:
    """Keep the interpreter's own last flush quiet too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _example() -> list[str]:
    """What is run where no command is named."""
    from costmodel.core.layer_text import EXAMPLE, layer_options, write_layer

    return ["compare", *layer_options(write_layer(EXAMPLE))]


def _dispatch(arguments: list[str]) -> int:
    starts_with_option = arguments and arguments[0][:1] == "-" and arguments[0] not in _OWN_OPTIONS
    example = _example() if not arguments or starts_with_option else []
    if example and not {"-q", "--quiet"}.intersection(arguments):
        print(_HINT, file=sys.stderr)
    arguments = [*example, *arguments]
    name, rest = arguments[0], arguments[1:]
    if name in ("-h", "--help", "help"):
        print(overview(), end="")
        return 0
    if name in ("-V", "--version"):
        from costmodel import __version__

        print(f"costmodel {__version__}")
        return 0
    if name not in command_names():
        raise InputError(unknown("command", name, command_names()))
    try:
        parser = command_parser(name)
        parsed = parser.parse_args(rest)
    except SystemExit as stop:  # --help of a command
        return int(stop.code or 0)
    # the example's own layer may be typed over
    parsed.typed = _typed(parser.given[len(example) // 2 :])
    parsed.words = [(action.option_strings[-1], *words) for action, words in parser.given]
    settle_format(parsed)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore" if getattr(parsed, "quiet", False) else "always", FullRankWarning
        )
        warnings.showwarning = _said_once(warnings.showwarning)
        return int(load(name).run(parsed))


def _said_once(otherwise: Callable[..., None]) -> Callable[..., None]:
    """How our own warnings are shown: as one sentence on stderr, each once."""
    said = set()

    def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if not issubclass(category, FullRankWarning):
            otherwise(message, category, *place)
        elif str(message) not in said:
            said.add(str(message))
            print(f"costmodel: {message}", file=sys.stderr)

    return show


def _typed(given: Sequence[tuple[argparse.Action, list[str]]]) -> dict[str, str]:
    """Each option as it was typed, by its long name; two values of one would hide the first."""
    found: dict[str, str] = {}
    for action, words in given:
        name = action.option_strings[-1]
        if name in found and isinstance(action, argparse._StoreAction):
            raise InputError(f"{name} is given twice; allowed is once")
        found[name] = " ".join([name, *words])
    return found
