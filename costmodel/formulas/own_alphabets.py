"""A team's own letters: alphabets in its `pyproject.toml`, or in a TOML file.

    [tool.costmodel.alphabets.ours]
    title = "the letters of our group"
    names = { k = "s", m = "c", n = { text = "c_out", latex = "c'", python = "c_out" } }
    strided = { h = "y", w = "x" }

A file of its own holds one alphabet: the same lines without their heading.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from costmodel.errors import InputError, shown, unknown
from costmodel.files import read_text
from costmodel.formulas.alphabets import ALPHABETS, Alphabet, Name
from costmodel.formulas.letters import LAYER_LETTERS

_PROJECT = "pyproject.toml"
_TABLE = "tool.costmodel.alphabets"
_FIELDS = ("title", "names", "strided")
_SPELLINGS = ("text", "latex", "python")
#: What each spelling of a name may be, and that in words.
_ALLOWED = {
    "text": (re.compile(r"[^\W\d_]\w*"), "a letter, then letters, digits and _"),
    "latex": (re.compile(r"[^$%#&\n\r]+"), "LaTeX of one line without $, %, # and &"),
    "python": (re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), "a name in Python"),
}


def notation(name: str, folder: str = ".") -> Alphabet:
    """The alphabet that a name stands for: ours, one of the project around, or a TOML file.

    Args:
        name: a key of `ALPHABETS`; one of `[tool.costmodel.alphabets]` in the nearest
            `pyproject.toml`; or the path of a file that ends in `.toml`.
        folder: where paths are meant from, and where the project is looked for, upwards.

    Raises:
        InputError: an unknown name, or a file that cannot be read or understood.
    """
    if name.endswith(".toml"):
        path = os.path.join(folder, name)
        key = os.path.basename(name).removesuffix(".toml")
        return _alphabet(key, _read(path), path)
    if name in ALPHABETS:
        return ALPHABETS[name]
    project = _project(folder)
    own = _of_project(project) if project else {}
    if name not in own:
        known = unknown("notation", name, [*ALPHABETS, *own])
        raise InputError(f"{known}, those of [{_TABLE}] in {_PROJECT}, and a .toml file")
    return own[name]


def _project(folder: str) -> str | None:
    """The nearest `pyproject.toml`, from a folder upwards."""
    here = os.path.abspath(folder)
    while not os.path.isfile(os.path.join(here, _PROJECT)):
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above
    return os.path.join(here, _PROJECT)


def _of_project(path: str) -> dict[str, Alphabet]:
    table: Any = _read(path)
    for part in _TABLE.split("."):
        table = table.get(part, {}) if isinstance(table, Mapping) else {}
    if not isinstance(table, Mapping):
        raise InputError(f"{path}: {_TABLE} is {shown(table)!r}; allowed is a table of alphabets")
    for key in table:
        if key in ALPHABETS:
            raise InputError(f"{path}: notation {key!r} is costmodel's own; allowed is a new name")
    return {key: _alphabet(key, entry, path) for key, entry in table.items()}


def _read(path: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(read_text(path, dash=False))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}; allowed is TOML") from None


def _alphabet(key: str, entry: Any, path: str) -> Alphabet:
    """An alphabet as it stands in a file."""
    where = f"{path}: notation {key!r}"
    if not isinstance(entry, Mapping):
        raise InputError(f"{where} is {shown(entry)!r}; allowed is a table with names")
    for name in entry:
        if name not in _FIELDS:
            raise InputError(f"{where}: {unknown('key', name, _FIELDS)}")
    title = entry.get("title", key)
    if not isinstance(title, str):
        raise InputError(f"{where}: title is {shown(title)!r}; allowed is a text")
    names = _names(entry.get("names", {}), f"{where}: names")
    if not names:
        raise InputError(f'{where} has no names; allowed are some, such as names = {{ k = "s" }}')
    return Alphabet(key, title, names, _names(entry.get("strided", {}), f"{where}: strided"))


def _names(entry: Any, where: str) -> dict[str, Name]:
    if not isinstance(entry, Mapping):
        raise InputError(f"{where} is {shown(entry)!r}; allowed is a table of letters")
    for letter in entry:
        if letter not in LAYER_LETTERS:
            raise InputError(f"{where}: {unknown('letter', letter, LAYER_LETTERS)}")
    return {letter: _name(value, f"{where}.{letter}") for letter, value in entry.items()}


def _name(value: Any, where: str) -> Name:
    spelt = value if isinstance(value, Mapping) else {"text": value}
    for key in spelt:
        if key not in _SPELLINGS:
            raise InputError(f"{where}: {unknown('spelling', key, _SPELLINGS)}")
    if "text" not in spelt:
        raise InputError(f"{where} has no text; allowed is one, and latex and python beside it")
    for key, spelling in spelt.items():
        pattern, allowed = _ALLOWED[key]
        if not (isinstance(spelling, str) and pattern.fullmatch(spelling)):
            raise InputError(f"{where}: {key} is {shown(spelling)!r}; allowed is {allowed}")
    return Name(**spelt)
