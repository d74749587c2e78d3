"""Registries: what is declared, by key; found in one folder, in an order no file name decides."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

from costmodel.errors import CostModelError, unknown

T = TypeVar("T")


def module_names(package: str) -> list[str]:
    """The modules of a package by name, in alphabetical order; none of them is imported."""
    folder = os.path.dirname(str(import_module(package).__file__))
    return sorted(
        file.removesuffix(".py")
        for file in os.listdir(folder)
        if file.endswith(".py") and file != "__init__.py"
    )


class Registry(Mapping[str, T]):
    """Declared values by key.

    Args:
        what: what one entry is called in errors ("metric").
        package: the folder whose modules declare the entries; they are imported when the registry
            is first read, so that a new file there is found by itself. "" for none.
        order: the key that entries are sorted by; None is the order of declaration, for entries
            that all stand in one file.
        error: raised for a key that is taken. unknown_error: for one that is not known.
    """

    def __init__(
        self,
        what: str,
        package: str = "",
        order: Callable[[T], Any] | None = None,
        error: type[CostModelError] = CostModelError,
        unknown_error: type[CostModelError] | None = None,
    ) -> None:
        self.what, self.error, self.unknown_error = what, error, unknown_error or error
        self._package, self._order = package, order
        self._entries: dict[str, T] = {}
        self._complete = not package

    def add(self, key: str, entry: T) -> T:
        """Register an entry; a key can be taken once."""
        if key in self._entries:
            raise self.error(f"{self.what} {key!r} is declared twice; allowed is a new name")
        return self._put(key, entry)

    def remove(self, key: str) -> None:
        """Forget an entry, such as one that was declared for a while."""
        self._entries = {name: entry for name, entry in self._read().items() if name != key}

    def of(self, entry: T | str) -> T:
        """An entry as it is, or the registered one with this key; anything else is not known."""
        if isinstance(entry, str):
            return self[entry]
        known = next(iter(self._read().values()), entry)
        if not isinstance(entry, type(known)):
            raise self.unknown_error(unknown(self.what, entry, self))
        return entry

    def _put(self, key: str, entry: T) -> T:
        if self._complete:
            self._entries = self._sorted({**self._entries, key: entry})  # others may be reading
        else:
            self._entries[key] = entry
        return entry

    def _sorted(self, entries: dict[str, T]) -> dict[str, T]:
        order = self._order
        return dict(sorted(entries.items(), key=lambda e: order(e[1]))) if order else entries

    def _read(self) -> dict[str, T]:
        """The entries, once every declaring module has been imported.

        Threads that come together wait for each other's imports; a declaring module that reads its
        own registry finds what is declared so far.
        """
        if not self._complete:
            for name in module_names(self._package):
                import_module(f"{self._package}.{name}")
            self._entries = self._sorted(self._entries)
            self._complete = True
        return self._entries

    def __getitem__(self, key: str) -> T:
        entries = self._read()
        try:
            return entries[key]
        except KeyError:
            raise self.unknown_error(unknown(self.what, key, entries)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __repr__(self) -> str:
        return f"<{len(self)} of {self.what}: {', '.join(self)}>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __len__(self) -> int:
        return len(self._read())
