"""The page of the documentation that lists every command, made from their descriptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from costmodel.markup import markdown_table

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
| 70 | a mistake of costmodel; `COSTMODEL_DEBUG=1` in front of the command prints what to report |
"""


@dataclass(frozen=True)
class Command:
    """A command as its page needs it.

    help: one clause. examples: whole command lines. options: (spelling, meaning), as Markdown.
    """

    name: str
    help: str
    examples: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def command_page(commands: Iterable[Command]) -> dict[str, bytes]:
    """The page by its path from the root of the project."""
    return {PATH: "\n".join([_INTRODUCTION, *map(_section, commands)]).encode()}


def _section(command: Command) -> str:
    examples = "\n".join(f"$ {example}" for example in command.examples)
    return (
        f"## `{command.name}`\n\n{command.help[0].upper()}{command.help[1:]}.\n\n"
        f"```console\n{examples}\n```\n\n"
        f"{markdown_table(('option', 'meaning'), command.options)}"
    )
