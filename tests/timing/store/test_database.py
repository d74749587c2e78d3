"""The store: nothing that was finished is lost, and nothing that is not ours is touched."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.errors import InputError
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.roofline import Peaks
from costmodel.timing.store.database import Store
from costmodel.timing.store.file import VERSION, default_path
from costmodel.timing.summary import Summary

pytestmark = pytest.mark.slow

ROOT = Path(cm.__file__).parent.parent
MACHINE = Machine("a processor", torch="0")
CASES = [Case(cm.ConvLayer(3, 6, 10, (9, side))) for side in (5, 7, 8)]


def test_rounds_come_back(store: Store) -> None:
    run = store.begin("one", MACHINE, CASES, rounds=3)
    assert run.missing == [0, 1, 2]
    store.keep(run, 1, [(0, 0.5), (2, 0.25), (1, 1.0)])
    again = store.begin("one", MACHINE, CASES, rounds=3)
    assert again.missing == [0, 2]
    assert again.cases == tuple(CASES)
    assert store.samples(again) == [[0.5], [1.0], [0.25]]
    store.keep(again, 0, [(0, 0.75)])
    assert store.measured(MACHINE)[CASES[0]] == Summary(2, 0.5, 0.625, 0.125, 0.6875)
    assert store.measured(MACHINE.replace(threads=2)) == {}
    assert store.machines() == [MACHINE]


def test_more_rounds_can_be_asked_for(store: Store) -> None:
    store.keep(store.begin("one", MACHINE, CASES, 1), 0, [(0, 1.0)])
    assert store.begin("one", MACHINE, CASES, 1).missing == []
    assert store.begin("one", MACHINE, CASES, 3).missing == [1, 2]


def test_other_cases_under_the_same_name_are_refused(store: Store) -> None:
    store.begin("one", MACHINE, CASES, 2)
    with pytest.raises(InputError, match="begun with other cases"):
        store.begin("one", MACHINE, CASES[:2], 2)
    assert store.begin("one", MACHINE.replace(threads=2), CASES[:2], 2).missing == [0, 1]


def test_peaks_and_unseen_are_kept(store: Store) -> None:
    assert store.peaks(MACHINE) is None
    for peaks in (Peaks(1e9, 2e9, 1e-6), Peaks(3e9, 2e9, 2e-6)):
        store.keep_peaks(MACHINE, peaks)
    assert store.peaks(MACHINE) == Peaks(3e9, 2e9, 2e-6)
    store.keep_unseen(MACHINE, {CASES[0]: 0.5, CASES[1]: 2.0})
    store.keep_unseen(MACHINE, {CASES[1]: 3.0})
    assert store.unseen(MACHINE) == {CASES[1]: 3.0}


def test_a_round_is_kept_whole_or_not_at_all(store: Store) -> None:
    run = store.begin("one", MACHINE, CASES, 2)
    with pytest.raises(InputError):
        store.keep(run, 0, [(0, 1.0), (1, 1.0), (1, 2.0)])  # the same place twice
    assert store.samples(run) == [[], [], []]
    store.keep(run, 0, [(0, 1.0)])


_MEASURE = """
import sys, time
import costmodel as cm
from costmodel.timing.measure.protocol import rounds
from costmodel.timing.case import Case
from costmodel.timing.machine import this_machine
from costmodel.timing.store.database import Store
cases = [Case(cm.ConvLayer(3, 6, 10, (9, side))) for side in range(4, 44)]
with Store(sys.argv[1]) as store:
    run = store.begin("killed", this_machine(), cases, 500)
    for turn, times in rounds(cases, run.machine, run.missing, run.seed):
        store.keep(run, turn, times)
        print(turn, flush=True)
"""


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    path = str(tmp_path / "times.sqlite")
    process = subprocess.Popen(
        [sys.executable, "-c", _MEASURE, path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout
    for _ in range(3):
        last = int(process.stdout.readline())
    time.sleep(0.05)  # into the middle of the next round
    process.send_signal(signal.SIGKILL)
    process.wait()
    with Store(path) as store:
        (run,) = store.runs()
        assert set(range(last + 1)) <= set(run.done)
        assert run.missing[0] == len(run.done)
        samples = store.samples(run)
        assert {len(found) for found in samples} == {len(run.done)}  # no round is torn
        again = store.begin("killed", run.machine, run.cases, 500)
        store.keep(again, again.missing[0], [(place, 1.0) for place in range(40)])
        assert len(store.samples(again)[0]) == len(run.done) + 1


def test_a_full_disk_is_one_sentence_and_loses_nothing(store: Store) -> None:
    run = store.begin("one", MACHINE, CASES, 10_000)
    store.keep(run, 0, [(place, 1.0) for place in range(3)])
    pages = store._db.row("PRAGMA page_count")[0]
    store._db.execute(f"PRAGMA max_page_count = {pages + 1}")  # SQLite's own "disk is full"
    turn, message = 0, ""
    while not message:
        turn += 1
        try:
            store.keep(run, turn, [(place, float(turn)) for place in range(3)])
        except InputError as error:
            message = str(error)
    assert "cannot be used: database or disk is full; allowed" in message
    store._db.execute("PRAGMA max_page_count = 1000000")
    kept = store.samples(run)
    assert len(kept[0]) == turn == len(kept[2])
    store.keep(run, turn, [(0, 5.0)])


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"not a database, but somebody's notes" * 100)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"notes.txt' cannot be used: file is not a database"):
        Store(str(path))
    assert path.read_bytes() == before


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "other.sqlite")
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(InputError, match="is no store of times"):
        Store(path)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]


def test_another_version_is_refused(store: Store) -> None:
    store._db.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(InputError, match=f"{VERSION + 1}; allowed are versions up to {VERSION}"):
        Store(store.path)


def test_a_damaged_store_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "times.sqlite"
    with Store(str(path)) as store:
        run = store.begin("one", MACHINE, CASES, 50)
        for turn in range(50):
            store.keep(run, turn, [(place, 1.0) for place in range(3)])
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    path.write_bytes(bytes(damaged))
    with pytest.raises(InputError, match="cannot be used"), Store(str(path)) as store:
        store.runs()


def test_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == str(tmp_path / "costmodel" / "timings.sqlite")
    with pytest.raises(InputError, match="costmodel calibrate"):
        Store(create=False)
    with Store() as store:
        assert os.path.exists(store.path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be used"):
        Store(str(tmp_path / "file" / "times.sqlite"))


def test_a_store_of_the_first_version_is_brought_up(store: Store) -> None:
    run = store.begin("calibration", MACHINE, CASES, 2)
    store.keep(run, 0, [(place, 1.0 + place) for place in range(3)])
    for column in ("began", "took"):
        store._db.execute(f"ALTER TABLE runs DROP COLUMN {column}")
    store._db.execute("PRAGMA user_version = 1")
    with Store(store.path) as again:
        (found,) = again.runs()
        assert again.samples(found) == [[1.0], [2.0], [3.0]]
        assert (found.began, found.took) == (None, 0.0)
        again.keep(found, 1, [(0, 0.5)], took=2.5)
        assert again.runs()[0].took == 2.5
        assert again.runs()[0].began


def test_the_least_time_of_a_case_by_its_meaning(store: Store) -> None:
    layer = CASES[0].layer
    typed = Case(layer, "basis", (("b", 4),))
    others = [Case(layer, "basis", (("b", 3),)), Case(layer.replace(groups=2), "basis"), *CASES]
    run = store.begin("one", MACHINE, [typed, *others], 2)
    for turn in range(2):
        store.keep(run, turn, [(place, 2.0 + place - turn) for place in range(len(run.cases))])
    assert store.least(MACHINE, typed) == 1.0
    by_default = Case(layer, "basis")
    assert dict(by_default.bound.hyper)["b"] != 3
    wanted = 1.0 if dict(by_default.bound.hyper)["b"] == 4 else None
    assert store.least(MACHINE, by_default) == wanted
    assert store.least(MACHINE, CASES[1]) == 5.0
    assert store.least(MACHINE.replace(threads=2), typed) is None


def test_a_digest_is_of_all_that_a_model_is_made_of(store: Store) -> None:
    seen = [store.digest(MACHINE, "cal")]
    run = store.begin("calibration", MACHINE, CASES, 2)
    seen.append(store.digest(MACHINE, "cal"))
    store.keep(run, 0, [(0, 1.0), (1, 2.0), (2, 3.0)])
    seen.append(store.digest(MACHINE, "cal"))
    store.keep_peaks(MACHINE, Peaks(1e9, 2e9, 1e-6))
    seen.append(store.digest(MACHINE, "cal"))
    store.keep_networks(MACHINE, {"alexnet": 0.5})
    seen.append(store.digest(MACHINE, "cal"))
    assert len(set(seen)) == len(seen)
    store.keep(store.begin("other", MACHINE, CASES, 1), 0, [(0, 1.0)])
    assert store.digest(MACHINE, "cal") == seen[-1]


def test_fractions_come_back(store: Store) -> None:
    case = Case(CASES[0].layer.replace(in_channels=8, out_channels=12), "octave").complete
    assert any(isinstance(value, Fraction) for _, value in case.hyper)
    store.begin("one", MACHINE, [case], 1)
    assert store.runs()[0].cases == (case,)
