"""The page of commands says what the parsers say."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel
from costmodel.cli.described import described
from costmodel.cli.main import command_names, command_parser, load
from costmodel.documents.pages.commands import PATH, command_page

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


def test_tables_keep_their_columns() -> None:
    for line in command_page(described())[PATH].decode().splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 3
