"""The store: every finished round on disk, in one SQLite file, whatever happens next.

A round is one transaction. Killed between two rounds, or within one, a run goes on with the first
round that is not there. Nothing is ever deleted or overwritten; a file that is no store of this
version is left as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from costmodel.errors import InputError
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.measure.protocol import NAME, Round
from costmodel.timing.roofline import Peaks
from costmodel.timing.store.file import StoreFile, default_path
from costmodel.timing.store.guard import guarded, positive
from costmodel.timing.store.run import Run
from costmodel.timing.summary import Summary


@guarded
class Store:
    """Times in one file.

    Args:
        path: the file; it is made, with its folder, where there is none.
        create: False opens a file for reading only, another user's too, and refuses one that is
            not there.

    Raises:
        InputError: the file cannot be opened, is no store, or is one of another version.
    """

    def __init__(self, path: str | None = None, *, create: bool = True) -> None:
        self.path = path or default_path()
        if not create and not os.path.exists(self.path):
            raise InputError(
                f"no times are kept in {self.path!r}; `costmodel calibrate` measures this machine"
            )
        self._db = StoreFile(self.path, writing=create)

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- writing -----------------------------------------------------------------------------------
    def begin(
        self, name: str, machine: Machine, cases: Sequence[Case], rounds: int, seed: int = 0
    ) -> Run:
        """The run of that name on that machine: a new one, or the one that was begun.

        Raises:
            InputError: it was begun with other cases.
        """
        with self._db.transaction():
            machine_id = self._machine(machine)
            row = self._db.row(
                "SELECT id, rounds FROM runs WHERE name = ? AND machine = ?", (name, machine_id)
            )
            if row is None:
                run = self._new(name, machine_id, cases, rounds, seed)
            else:
                run, before = row
                if self._cases(run) != list(cases):
                    raise InputError(
                        f"run {name!r} in {self.path!r} was begun with other cases; allowed are "
                        "the same ones, or another name"
                    )
                if rounds > before:
                    self._db.execute("UPDATE runs SET rounds = ? WHERE id = ?", (rounds, run))
        return self._run(run)

    def keep(self, run: Run, turn: int, times: Round, took: float = 0.0) -> None:
        """Put a finished round, and the seconds that it took, on disk, whole or not at all.

        One that another process has finished meanwhile stays, and this one is dropped.
        """
        with self._db.transaction():
            there = "SELECT 1 FROM samples WHERE run = ? AND turn = ?"
            if self._db.row(there, (run.id, turn)) is not None:
                return
            self._db.execute(
                "UPDATE runs SET took = took + ?, began = ifnull(began, ?) WHERE id = ?",
                (took, time.time(), run.id),
            )
            self._db.insert(
                "INSERT INTO samples VALUES (?, ?, ?, ?)",
                [(run.id, turn, place, seconds) for place, seconds in times],
            )

    def add_time(self, run: Run, seconds: float) -> None:
        """Say that a run took longer than its rounds."""
        self._db.execute("UPDATE runs SET took = took + ? WHERE id = ?", (seconds, run.id))

    def keep_unseen(self, machine: Machine, seconds: Mapping[Case, float]) -> None:
        """Put what a model said of cases that it had not seen on disk, in place of the last."""
        with self._db.transaction():
            owner = self._machine(machine)
            self._db.execute("DELETE FROM unseen WHERE machine = ?", (owner,))
            self._db.insert(
                "INSERT INTO unseen VALUES (?, ?, ?)",
                [(owner, self._id("cases", "key", c.key), value) for c, value in seconds.items()],
            )

    def keep_peaks(self, machine: Machine, peaks: Peaks) -> None:
        """Put a machine's peaks on disk, in place of the last ones."""
        with self._db.transaction():
            owner = self._machine(machine)
            self._db.rows(
                "INSERT OR REPLACE INTO peaks VALUES (?, ?, ?, ?)",
                (owner, peaks.rate, peaks.bandwidth, peaks.call),
            )

    def keep_networks(self, machine: Machine, seconds: Mapping[str, float]) -> None:
        """Put the times of whole networks on disk, in place of the last ones."""
        # version 2 has room for what was learnt from them, which the kept model has since
        rows = [(name, took, took) for name, took in seconds.items()]
        with self._db.transaction():
            owner = self._machine(machine)
            self._db.row(
                "INSERT OR REPLACE INTO cold VALUES (?, 0, 1, ?)", (owner, json.dumps(rows))
            )

    # -- reading -----------------------------------------------------------------------------------
    def runs(self, machine: Machine | None = None) -> list[Run]:
        """Every run on a machine, in the order in which they were begun; None is any machine."""
        return [self._run(run) for run, _, on in self._heads() if machine in (None, on)]

    def names(self) -> list[tuple[str, Machine]]:
        """The name and the machine of every run, without its cases, which take longer to read."""
        return [(name, machine) for _, name, machine in self._heads()]

    def samples(self, run: Run) -> list[list[float]]:
        """Seconds by case, a list per case with one entry per finished round."""
        by_case: list[list[float]] = [[] for _ in run.cases]
        rows = self._db.rows(
            "SELECT place, seconds FROM samples WHERE run = ? ORDER BY turn, place", (run.id,)
        )
        for place, seconds in rows:
            if place < 0:
                raise IndexError(f"place {place}")
            by_case[place].append(positive(seconds))
        return by_case

    def summaries(self, run: Run) -> dict[Case, Summary]:
        """What the finished rounds of a run say, by case."""
        samples = zip(run.cases, self.samples(run), strict=True)
        return {case: Summary.of(seconds) for case, seconds in samples if seconds}

    def measured(self, machine: Machine | None = None) -> dict[Case, Summary]:
        """Every case that was timed on a machine, over all runs; None is any machine."""
        by_case: dict[Case, list[float]] = {}
        for run in self.runs(machine):
            for case, seconds in zip(run.cases, self.samples(run), strict=True):
                by_case.setdefault(case, []).extend(seconds)
        return {case: Summary.of(seconds) for case, seconds in by_case.items() if seconds}

    def find(self, name: str, machine: Machine) -> Run | None:
        """The run of that name on that machine, None where there is none."""
        return next((run for run in self.runs(machine) if run.name == name), None)

    def least(self, machine: Machine, case: Case) -> float | None:
        """The least seconds of a case on a machine, None where it was not timed.

        Settings that were typed and the same ones by default are the same case.
        """
        found = self._db.rows(
            "SELECT key, min(seconds) FROM cases JOIN plans ON case_id = cases.id "
            "JOIN runs ON runs.id = plans.run JOIN machines ON machines.id = runs.machine "
            "JOIN samples ON samples.run = plans.run AND samples.place = plans.place "
            "WHERE description = ? AND substr(key, -length(?)) = ? GROUP BY key",
            (machine.to_json(), case.ending, case.ending),
        )
        wanted = case.complete
        same = [positive(least) for key, least in found if Case.from_key(key).complete == wanted]
        return min(same, default=None)

    def digest(self, machine: Machine, prefix: str) -> str:
        """A text that is another one where anything differs that a model of a machine is made of.

        Args:
            prefix: how the names of the runs begin that the model is made of.
        """
        held = hashlib.sha256(machine.to_json().encode())
        values = (machine.to_json(), len(prefix), prefix)
        of = "machine = (SELECT id FROM machines WHERE description = ?) AND substr(name, 1, ?) = ?"
        plans = self._db.rows(
            "SELECT name || ' ' || key FROM runs JOIN plans ON plans.run = runs.id JOIN cases ON "
            f"cases.id = case_id WHERE {of} ORDER BY runs.id, place",
            values,
        )
        held.update("\n".join(text for (text,) in plans).encode())
        samples = self._db.rows(
            "SELECT runs.id, turn, place, seconds FROM runs JOIN samples ON samples.run = runs.id "
            f"WHERE {of} ORDER BY runs.id, turn, place",
            values,
        )
        held.update(array("d", chain.from_iterable(samples)).tobytes())
        held.update(repr((self.peaks(machine), self.networks(machine))).encode())
        return held.hexdigest()

    def unseen(self, machine: Machine) -> dict[Case, float]:
        """Seconds that a model said of cases that it had not seen, as they were kept."""
        keys = "(SELECT key FROM cases WHERE cases.id = case_id), seconds"
        rows = self._kept(machine, keys, "unseen")
        return {Case.from_key(key): positive(seconds) for key, seconds in rows}

    def peaks(self, machine: Machine) -> Peaks | None:
        """The peaks of a machine, None where they were not measured."""
        rows = self._kept(machine, "rate, bandwidth, call", "peaks")
        return Peaks(*map(positive, rows[0])) if rows else None

    def networks(self, machine: Machine) -> dict[str, float]:
        """Seconds that whole networks took on a machine."""
        rows = self._kept(machine, "networks", "cold") or [("[]",)]
        return {str(name): positive(took) for name, took, _ in json.loads(rows[0][0])}

    def machines(self) -> list[Machine]:
        """The machines that there are times of."""
        rows = self._db.rows("SELECT description FROM machines ORDER BY id")
        return [Machine.from_json(text) for (text,) in rows]

    # -- within ------------------------------------------------------------------------------------
    def _heads(self) -> list[tuple[int, str, Machine]]:
        rows = self._db.rows(
            "SELECT runs.id, name, description FROM runs JOIN machines ON machines.id = machine "
            "ORDER BY runs.id"
        )
        return [(run, name, Machine.from_json(text)) for run, name, text in rows]

    def _new(self, name: str, machine: int, cases: Iterable[Case], rounds: int, seed: int) -> int:
        self._db.execute(
            "INSERT INTO runs (name, machine, protocol, seed, rounds) VALUES (?, ?, ?, ?, ?)",
            (name, machine, NAME, seed, rounds),
        )
        (run,) = self._db.row("SELECT last_insert_rowid()")
        for place, case in enumerate(cases):
            self._db.execute(
                "INSERT INTO plans VALUES (?, ?, ?)",
                (run, place, self._id("cases", "key", case.key)),
            )
        return run

    def _id(self, table: str, column: str, text: str) -> int:
        self._db.execute(f"INSERT OR IGNORE INTO {table} ({column}) VALUES (?)", (text,))
        return int(self._db.row(f"SELECT id FROM {table} WHERE {column} = ?", (text,))[0])

    def _machine(self, machine: Machine) -> int:
        return self._id("machines", "description", machine.to_json())

    def _kept(self, machine: Machine, columns: str, table: str) -> list[Any]:
        """The rows of a table that belong to a machine."""
        return self._db.rows(
            f"SELECT {columns} FROM {table} JOIN machines ON machines.id = {table}.machine "
            "WHERE description = ?",
            (machine.to_json(),),
        )

    def _cases(self, run: int) -> list[Case]:
        rows = self._db.rows(
            "SELECT key FROM plans JOIN cases ON cases.id = case_id WHERE run = ? ORDER BY place",
            (run,),
        )
        return [Case.from_key(key) for (key,) in rows]

    def _run(self, run: int) -> Run:
        name, description, seed, rounds, began, took = self._db.row(
            "SELECT name, description, seed, rounds, began, took FROM runs JOIN machines "
            "ON machines.id = runs.machine WHERE runs.id = ?",
            (run,),
        )
        turns = self._db.rows("SELECT DISTINCT turn FROM samples WHERE run = ?", (run,))
        done = tuple(sorted(turn for (turn,) in turns))
        machine = Machine.from_json(description)
        cases = tuple(self._cases(run))
        return Run(run, name, machine, int(seed), int(rounds), cases, done, began, took)
