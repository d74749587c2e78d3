"""The commands as data, for a page that lists them.

Not argparse's own help text: its wording and its line breaks depend on Python's version.
"""

from __future__ import annotations

import argparse

from costmodel.cli.main import command_names, command_parser, load
from costmodel.documents.pages.commands import Command


def described() -> list[Command]:
    """Every command, in the order of `--help`."""
    return [_described(name) for name in command_names()]


def _described(name: str) -> Command:
    module = load(name)
    options = tuple(
        (_spelling(action), _meaning(action))
        for action in command_parser(name)._actions
        if not isinstance(action, argparse._HelpAction)
    )
    return Command(name, module.HELP, module.EXAMPLES, options)


def _spelling(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest.upper()}`"
    value = "" if action.nargs == 0 else f" {_value(action)}"
    *others, last = action.option_strings
    return ", ".join([*(f"`{name}`" for name in others), f"`{last}{value}`"])


def _value(action: argparse.Action) -> str:
    if action.metavar:
        return action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar)
    return "VALUE" if action.choices else action.dest.upper()


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "") % vars(action)  # as argparse does: a percent sign is typed twice
    choices = [str(choice) for choice in action.choices or ()]
    if all(choice in text for choice in choices):
        return text
    return ": ".join([text, ", ".join(f"`{choice}`" for choice in choices)])
