"""The page of the documentation that lists every command, made from the parsers themselves.

Not argparse's own help text: its wording and its line breaks depend on Python's version.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from costmodel.cli.main import command_names, command_parser, load

PATH = "docs/commands.md"
_INTRODUCTION = """# Command line

`costmodel COMMAND [options]`, or `python -m costmodel COMMAND [options]`. Rows go to standard
output or, with `-o FILE`, whole to a file; progress and warnings go to standard error.

| exit code | means |
|---|---|
| 0 | done |
| 1 | the check found something |
| 2 | the call or its input is wrong; one sentence says what is allowed |
| 3 | something needed is not installed; one sentence says the command that installs it |
"""


def command_page() -> dict[str, bytes]:
    """The page by its path from the root of the project."""
    parts = [_INTRODUCTION, *("\n".join(_command(name)) for name in command_names())]
    return {PATH: ("\n".join(parts).rstrip("\n") + "\n").encode()}


def _command(name: str) -> Iterator[str]:
    module, parser = load(name), command_parser(name)
    yield f"## `{name}`"
    yield ""
    yield f"{module.HELP[0].upper()}{module.HELP[1:]}."
    yield ""
    yield "```console"
    for example in module.EXAMPLES:
        yield f"$ {example}"
    yield "```"
    yield ""
    yield "| option | meaning |"
    yield "|---|---|"
    for action in parser._actions:
        if action.help != argparse.SUPPRESS and not isinstance(action, argparse._HelpAction):
            yield f"| {_spelling(action)} | {_cell(_meaning(action))} |"
    yield ""


def _spelling(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest.upper()}`"
    value = "" if action.nargs == 0 else f" {_value(action)}"
    names = ", ".join(f"`{name}`" for name in action.option_strings[:-1])
    last = f"`{action.option_strings[-1]}{value}`"
    return _cell(f"{names}, {last}" if names else last)


def _value(action: argparse.Action) -> str:
    if action.metavar:
        return action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar)
    return "VALUE" if action.choices else action.dest.upper()


def _meaning(action: argparse.Action) -> str:
    text = action.help or ""
    choices = [str(choice) for choice in action.choices or ()]
    if all(choice in text for choice in choices):
        return text
    return ": ".join([text, ", ".join(f"`{choice}`" for choice in choices)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
