"""The file of a store: its tables, its version, and every error of SQLite as one sentence."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from costmodel.errors import InputError

#: Of the tables below; an older file is brought up to it, one with a higher number is refused.
VERSION = 2
_PATIENCE = 30  # seconds to wait for whoever writes
_APPLICATION = 0x636D7473  # "cmts": what `file` and SQLite know the format by
_TABLES = """
CREATE TABLE machines (id INTEGER PRIMARY KEY, description TEXT NOT NULL UNIQUE);
CREATE TABLE cases (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    machine INTEGER NOT NULL REFERENCES machines,
    protocol TEXT NOT NULL,
    seed INTEGER NOT NULL,
    rounds INTEGER NOT NULL,
    began REAL,
    took REAL NOT NULL DEFAULT 0,
    UNIQUE (name, machine)
);
CREATE TABLE plans (
    run INTEGER NOT NULL REFERENCES runs,
    place INTEGER NOT NULL,
    case_id INTEGER NOT NULL REFERENCES cases,
    PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE TABLE samples (
    run INTEGER NOT NULL REFERENCES runs,
    turn INTEGER NOT NULL,
    place INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, turn, place)
) WITHOUT ROWID;
CREATE TABLE unseen (
    machine INTEGER NOT NULL REFERENCES machines,
    case_id INTEGER NOT NULL REFERENCES cases,
    seconds REAL NOT NULL,
    PRIMARY KEY (machine, case_id)
) WITHOUT ROWID;
CREATE TABLE peaks (
    machine INTEGER PRIMARY KEY REFERENCES machines,
    rate REAL NOT NULL,
    bandwidth REAL NOT NULL,
    call REAL NOT NULL
);
CREATE TABLE cold (
    machine INTEGER PRIMARY KEY REFERENCES machines,
    seconds_per_byte REAL NOT NULL,
    cache INTEGER NOT NULL,
    networks TEXT NOT NULL
);
"""
#: What brings a file of a version up to the next one.
_UPGRADES = {
    1: (
        "ALTER TABLE runs ADD COLUMN began REAL",
        "ALTER TABLE runs ADD COLUMN took REAL NOT NULL DEFAULT 0",
    )
}


def default_path() -> str:
    """Where times are kept unless another file is named: in the user's data folder."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local/share")
    return os.path.join(base, "costmodel", "timings.sqlite")


class StoreFile:
    """An open SQLite file with the tables of a store; it is made, with its folder, where none is.

    Args:
        path: the file.
        writing: False opens it for reading only, and makes nothing.

    Raises:
        InputError: the file cannot be opened, is no store, or is one of another version; and from
            every method, where it can no longer be used.
    """

    def __init__(self, path: str, *, writing: bool = True) -> None:
        self.path = path
        with self._sentences():
            if writing:
                os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
                self._db = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)
            else:
                self._db = _read_only(path)
        if not writing and self._version() in _UPGRADES and os.access(path, os.W_OK):
            self.close()
            StoreFile(path).close()  # brings it up to this version
            self._db = _read_only(path)
        if writing:
            self._make()
        self._check()

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def execute(self, statement: str, values: Iterable[Any] = ()) -> None:
        """Run one statement."""
        self.rows(statement, values)

    def rows(self, statement: str, values: Iterable[Any] = ()) -> list[Any]:
        """All rows that a statement gives."""
        with self._sentences():
            return self._db.execute(statement, tuple(values)).fetchall()

    def row(self, statement: str, values: Iterable[Any] = ()) -> Any:
        """The first row that a statement gives, None where there is none."""
        return next(iter(self.rows(statement, values)), None)

    def insert(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for many rows."""
        with self._sentences():
            self._db.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done within is on disk as a whole afterwards, or not at all."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self.execute("ROLLBACK")
            raise

    def _version(self) -> int:
        return int(self.row("PRAGMA user_version")[0])

    def _make(self) -> None:
        """Make the tables where there are none, one process at a time."""
        if self._version() or self.row("SELECT 1 FROM sqlite_master") is not None:
            return
        with suppress(sqlite3.OperationalError):  # somebody else is at it; it is only faster
            self._db.execute("PRAGMA journal_mode = WAL")
        with self.transaction():
            if self._version() or self.row("SELECT 1 FROM sqlite_master") is not None:
                return  # made meanwhile
            for statement in _TABLES.split(";\n"):
                self.execute(statement)
            self.execute(f"PRAGMA application_id = {_APPLICATION}")
            self.execute(f"PRAGMA user_version = {VERSION}")

    def _check(self) -> None:
        version = self._version()
        if self.row("PRAGMA application_id")[0] != _APPLICATION:
            raise InputError(f"{self.path!r} is no store of times; allowed is one, or a new file")
        if not 1 <= version <= VERSION:
            raise InputError(
                f"{self.path!r} is a store of version {version}; allowed are versions up to "
                f"{VERSION}, or a new file"
            )
        if version < VERSION:
            self._upgrade(version)

    def _upgrade(self, version: int) -> None:
        with self.transaction():
            version = max(version, self._version())  # somebody else may have done it meanwhile
            for before in range(version, VERSION):
                for statement in _UPGRADES[before]:
                    self.execute(statement)
            self.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeError) as error:
            raise InputError(
                f"the store {self.path!r} cannot be used: {error}; allowed is a store of times "
                "that can be written, or a new file"
            ) from error


def _read_only(path: str) -> sqlite3.Connection:
    """A connection that writes nothing, beside the file neither where that is not allowed."""
    address = f"file:{quote(os.path.abspath(path))}?mode=ro"
    found = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE)
    try:
        found.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # a journal beside it cannot be made or read in somebody else's folder; nobody writes it
        found.close()
        address += "&immutable=1"
        found = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE)
    return found
