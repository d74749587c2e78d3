"""A store that is damaged, somebody else's, or used by several at once."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.errors import CostModelError, InputError
from costmodel.timing import overview
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.roofline import Peaks
from costmodel.timing.store.database import Store
from costmodel.timing.store.guard import positive

ROOT = Path(cm.__file__).parent.parent
MACHINE = Machine("a processor", torch="0")
CASES = [Case(cm.ConvLayer(3, 6, 10, (9, side))) for side in (5, 7, 8)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "times.sqlite"
    with Store(str(found)) as store:
        run = store.begin("one", MACHINE, CASES, 4)
        for turn in range(4):
            store.keep(run, turn, [(place, 0.5 + place + turn / 8) for place in range(3)])
        store.keep_peaks(MACHINE, Peaks(1e9, 2e9, 1e-6))
        store.keep_unseen(MACHINE, {CASES[0]: 0.25})
        store.keep_networks(MACHINE, {"a": 0.5})
    with sqlite3.connect(found) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    return found


def everything(path: Path) -> None:
    """Whatever is read from a store, by the pages and by the commands."""
    with Store(str(path), create=False) as store:
        for run in store.runs():
            store.summaries(run)
        for machine in store.machines():
            store.measured(machine), store.peaks(machine), store.networks(machine)
            store.unseen(machine), store.digest(machine, ""), store.least(machine, CASES[0])
    for machine in overview.machines_in(str(path)):
        overview.stored(str(path), machine)


VALUES = [
    ("samples", "seconds", value)
    for value in ("'abc'", "x'ff00'", "-1.0", "0", "9e999", "'nan'", "1e-400")
]
VALUES += [("samples", "place", value) for value in ("99", "-1", "'x'")]
VALUES += [("cases", "key", value) for value in ("''", "'{'", "'[1, 2]'", "x'ff'", "'null'")]
VALUES += [("machines", "description", f"'{text}'") for text in ("", "{", "{}", "[]", "7", "null")]
VALUES += [("runs", "rounds", value) for value in ("'x'", "x'00'")]
VALUES += [("cold", "networks", f"'{text}'") for text in ("", "7", "[[1]]", '[["a",0,"x"]]')]
VALUES += [("peaks", "rate", "'fast'"), ("unseen", "seconds", "'soon'")]


@pytest.mark.parametrize(("table", "column", "value"), VALUES)
def test_a_value_that_cannot_be_is_one_sentence(
    path: Path, table: str, column: str, value: str
) -> None:
    everything(path)
    db = sqlite3.connect(path)
    with db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute(f"UPDATE OR REPLACE {table} SET {column} = {value}")
    db.close()
    with pytest.raises(InputError, match=r"allowed (is|are)"):
        everything(path)


def test_bytes_that_are_wrong_are_one_sentence_or_none(path: Path) -> None:
    rng, whole, refused = random.Random(18), path.read_bytes(), 0
    for _ in range(120):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 30)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(bytes(data[: rng.choice([len(data), rng.randrange(len(data))])]))
        try:
            everything(path)
        except CostModelError:
            refused += 1
    assert refused > 40


def test_times_are_above_zero() -> None:
    assert positive(3) == 3.0
    for value in (0, -1.0, True, "1", None, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"is (not above 0|no number)"):
            positive(value)


_CREATE = """
import sys, time
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.store.database import Store
import costmodel as cm
while time.time() < float(sys.argv[2]):
    pass
with Store(sys.argv[1]) as store:
    run = store.begin("shared", Machine("a", torch="0"), [Case(cm.ConvLayer(3, 6, 10, 9))], 3)
    for turn in range(3):
        store.keep(run, turn, [(0, 1.0)])
"""


@pytest.mark.slow
def test_many_make_one_store_and_share_a_run(tmp_path: Path) -> None:
    import time

    start = str(time.time() + 3)
    words = [sys.executable, "-c", _CREATE, str(tmp_path / "times.sqlite"), start]
    several = [subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(8)]
    said = [process.communicate()[1].decode() for process in several]
    assert [process.returncode for process in several] == [0] * 8, said
    with Store(str(tmp_path / "times.sqlite"), create=False) as store:
        (run,) = store.runs()
        assert store.samples(run) == [[1.0, 1.0, 1.0]]


def test_reading_writes_nothing(path: Path) -> None:
    before = path.read_bytes()
    with Store(str(path), create=False) as store, pytest.raises(InputError, match="readonly"):
        store.begin("two", MACHINE, CASES, 1)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def runs_as_another(path: Path) -> int:
    """How many runs another user finds; in a child that gives root's rights away, 99 for none."""
    child = os.fork()
    if not child:
        try:
            os.setegid(23456)
            os.seteuid(12345)
            with Store(str(path), create=False) as store:
                os._exit(len(store.runs()))
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root becomes others")
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_another_users_store_can_be_read(path: Path, journal: str) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA journal_mode = {journal}")
    db.close()
    for folder in path.parents[: list(path.parents).index(Path(tempfile.gettempdir()))]:
        folder.chmod(0o755)
    path.chmod(0o600)
    assert runs_as_another(path) == 99
    path.chmod(0o644)
    assert runs_as_another(path) == 1


def test_rounds_are_not_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    layer = ["-m", "12", "-n", "20", "--size", "7x9"]
    assert main(["measure", *layer, "--rounds", "100000000"]) == 2
    assert "allowed are integers from 1 to 10,000" in capsys.readouterr().err
