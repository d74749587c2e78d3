"""The page of commands says what the parsers say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import costmodel
from costmodel.cli.described import described
from costmodel.cli.main import command_names, command_parser, load
from costmodel.documents.pages.commands import PATH, Command, command_page

ROOT = Path(costmodel.__file__).parent.parent


def test_the_committed_page_is_what_is_generated() -> None:
    assert (ROOT / PATH).read_bytes() == command_page(described())[PATH]


@pytest.mark.parametrize("name", command_names())
def test_every_option_and_example_stands_in_its_section(name: str) -> None:
    text = command_page(described())[PATH].decode()
    (section,) = [part for part in text.split("\n## ") if part.startswith(f"`{name}`\n")]
    for action in command_parser(name)._actions:
        for option in action.option_strings:
            if option not in ("-h", "--help"):
                assert f"`{option}" in section
        for choice in action.choices or ():
            assert str(choice) in section
    for example in load(name).EXAMPLES:
        assert f"$ {example}" in section


@pytest.mark.parametrize("command", described(), ids=lambda command: command.name)
def test_what_an_option_means_is_what_help_prints(command: Command) -> None:
    printed = re.sub(r"\s", "", command_parser(command.name).format_help())
    for _, meaning in command.options:
        assert re.sub(r"\s", "", meaning.partition(": `")[0]) in printed


def test_tables_keep_their_columns() -> None:
    for line in command_page(described())[PATH].decode().splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 3
