"""Files of rows: the library's own numbers in every format, and the same bytes after any stop."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.ipc
import pyarrow.parquet
import pytest

import costmodel as cm
from costmodel.errors import CostModelError, InputError
from costmodel.sweeping import rows as rows_module
from costmodel.sweeping import text, writing
from costmodel.sweeping.running import Threads
from costmodel.table import Table

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
SUFFIXES = ("csv", "jsonl", "parquet", "arrow")
OVER = {"b": range(1, 6), "n": (12, 36), "r1": ("m/4", 5), "size": (9, (17, 14)), "alpha": "0,1/4"}


def swept(over=OVER, variants="basis,octave,tucker2", where=(), **options):
    return cm.sweep(variants, LAYER, over, where=where, **options)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few points, so that a small space has many of them."""
    monkeypatch.setattr(rows_module.Source.__init__, "__defaults__", (4,))
    monkeypatch.setattr(writing, "source", rows_module.Source)


def expected(found):
    """The rows by `count`, point by point."""
    result = []
    for part in found.space.parts:
        for number in range(part.points):
            counts = part.alone(part.digits(number))
            if counts is not None:
                layer = counts.layer
                size = "x".join(map(str, layer.size))
                key = counts.variant.id, layer.out_channels, size, *counts.hyper.values()
                result.append((*key, counts.params, counts.macs))
    return result


def keyed(rows):
    letters = ("b", "alpha", "r1", "r2")
    return [
        (r["variant"], r["out_channels"], r["size"], *(r[k] for k in letters if r[k] is not None),
         r["params"], r["macs"])
        for r in rows
    ]  # fmt: skip


def read(path: Path):
    match path.suffix:
        case ".parquet":
            return pyarrow.parquet.read_table(path).to_pylist()
        case ".arrow":
            return pyarrow.ipc.open_file(path).read_all().to_pylist()
        case ".jsonl":
            return [json.loads(line) for line in path.read_text().splitlines()]
    import csv

    whole = {"b", "r1", "r2", "out_channels", "params", "macs"}
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    return [
        {k: None if v == "" else int(v) if k in whole else float(v) if k == "alpha" else v
         for k, v in row.items()}
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_has_the_rows_that_single_counts_have(tmp_path, suffix, small_blocks):
    found = swept()
    written = found.write(str(tmp_path / f"cells.{suffix}"))
    assert keyed(read(tmp_path / f"cells.{suffix}")) == expected(found)
    assert (written.rows, written.points) == (len(expected(found)), found.points)
    assert os.listdir(tmp_path) == [f"cells.{suffix}"]


def test_rows_are_in_the_stated_order_and_files_fit_together(tmp_path):
    first, second = swept({"n": (12, 36)}), swept({"size": (9, 11)})
    assert first.names == second.names
    assert first.names[:1] == ("variant",)
    assert [r["variant"] for r in first] == ["basis"] * 2 + ["octave"] * 2 + ["tucker2"] * 2
    assert [r["size"] for r in second][:2] == ["9x9", "11x11"]
    assert next(iter(first))["size"] == "17x14"


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("format", text.LINES)
def test_lines_are_those_of_a_table(monkeypatch, format, compiled):
    monkeypatch.setattr(writing, "COMPILED_FROM", 0 if compiled else 10**9)
    found = swept(metrics=["params", "arithmetic_intensity"])
    out = io.BytesIO()
    found.stream(out, format)
    table = Table(found.names, list(found))
    assert out.getvalue().decode() == (table.to_csv() if format == "csv" else table.to_jsonl())


def test_numbers_beyond_a_word_are_exact_in_every_format(tmp_path):
    found = cm.sweep("standard", LAYER, {"n": (7, 10**12), "m": (3, 10**9)}, "macs")
    values = [15 * m * n * 17 * 14 for n in (7, 10**12) for m in (3, 10**9)]
    for suffix in SUFFIXES:
        found.write(str(tmp_path / f"a.{suffix}"))
        assert [int(row["macs"]) for row in read(tmp_path / f"a.{suffix}")] == values


def test_a_number_that_parquet_cannot_hold_is_one_sentence_and_no_file(tmp_path):
    found = cm.sweep("standard", LAYER, {"n": (7, 10**40)}, "macs")
    with pytest.raises(InputError, match="38 digits, csv and jsonl any"):
        found.write(str(tmp_path / "a.parquet"))
    assert os.listdir(tmp_path) == []


def test_what_does_not_fit_is_counted_and_no_row(tmp_path):
    found = swept({"g": range(1, 13)}, "grouped", where="macs<=500000")
    written = found.write(str(tmp_path / "a.csv"))
    fitting = [g for g in range(1, 13) if 24 % g == 36 % g == 0]
    rows = [g for g in fitting if cm.count("grouped", LAYER, g=g).macs <= 500000]
    assert [int(r["g"]) for r in read_csv(tmp_path / "a.csv")] == rows
    assert (written.rows, written.outside, written.misfits) == (
        len(rows), len(fitting) - len(rows), 12 - len(fitting)
    )  # fmt: skip


def read_csv(path):
    import csv

    return list(csv.DictReader(io.StringIO(path.read_text())))


class Stopped(BaseException):
    """As Ctrl+C is."""


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("after", [1, 3])
def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path, suffix, after, small_blocks):
    found, path = swept(), str(tmp_path / f"a.{suffix}")
    found.write(path)
    whole = Path(path).read_bytes()
    os.unlink(path)
    counted = []

    def stop(written):
        counted.append(written.points)
        if len(counted) > after:
            raise Stopped

    with pytest.raises(Stopped):
        found.write(path, progress=stop)
    assert not os.path.exists(path)
    again = []
    found.write(path, resume=True, progress=lambda written: again.append(written.points))
    assert again[0] == counted[-1] > 0  # what is there is not counted again
    assert Path(path).read_bytes() == whole
    assert os.listdir(tmp_path) == [f"a.{suffix}"]


def test_half_a_block_behind_the_last_whole_one_is_taken_off(tmp_path, small_blocks):
    found, path = swept(), tmp_path / "a.csv"
    found.write(str(path))
    whole = path.read_bytes()

    def stop(written):
        if written.points > 8:
            raise Stopped

    with pytest.raises(Stopped):
        found.write(str(path), progress=stop)
    (rows,) = tmp_path.glob(".*-rows")
    (journal,) = tmp_path.glob(".*-journal")
    rows.write_bytes(rows.read_bytes() + b"basis,1,")
    journal.write_bytes(journal.read_bytes() + b'{"end": 9')
    found.write(str(path), resume=True)
    assert path.read_bytes() == whole


def test_work_of_another_space_is_refused(tmp_path, small_blocks):
    def stop(written):
        raise Stopped

    with pytest.raises(Stopped):
        swept().write(str(tmp_path / "a.csv"), progress=stop)
    with pytest.raises(InputError, match="another space or format"):
        swept({"n": (5, 7)}).write(str(tmp_path / "a.csv"), resume=True)
    swept({"n": (5, 7)}).write(str(tmp_path / "a.csv"))  # begins anew
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 7


CHILD = """
import sys, costmodel as cm
from costmodel.sweeping import rows, writing
rows.Source.__init__.__defaults__ = (40,)
layer = cm.ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
found = cm.sweep("basis", layer, {"b": range(1, 200), "n": range(1, 60)}, workers=2)
found.write(sys.argv[1], resume=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_killed_at_random_moments_the_file_is_the_same(tmp_path, suffix):
    """Kill -9 while it writes, several times; then let it end."""
    root, path = Path(cm.__file__).parents[1], tmp_path / f"a.{suffix}"
    call = [sys.executable, "-c", CHILD, str(path)]
    draw, kills = random.Random(suffix), 0
    while kills < 2:
        child = subprocess.Popen(call, cwd=root)
        journal = tmp_path / f".a.{suffix}.costmodel-journal"
        size = journal.stat().st_size if journal.exists() else 0
        while child.poll() is None and not (journal.exists() and journal.stat().st_size > size):
            time.sleep(0.002)
        time.sleep(draw.random() * 0.02)
        if child.poll() is not None:
            path.unlink()  # it was faster than this process: once more from the beginning
            continue
        child.send_signal(signal.SIGKILL)
        child.wait()
        kills += 1
    subprocess.run(call, cwd=root, check=True)
    subprocess.run([*call[:-1], str(tmp_path / f"b.{suffix}")], cwd=root, check=True)
    assert path.read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_a_full_disk_is_one_sentence_and_no_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing._Work, "append", full)
    with pytest.raises(CostModelError, match="No space left on device"):
        swept().write(str(tmp_path / "a.csv"))
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_full_device_is_one_sentence():
    with pytest.raises(InputError, match="No space left on device"):
        swept().write("/dev/full", "csv")


def test_threads_give_the_same_bytes(tmp_path, small_blocks):
    one, many = (
        cm.sweep("basis", LAYER, {"b": range(1, 60), "n": (6, 12)}, workers=workers)
        for workers in (1, 5)
    )
    assert many.run == Threads(5)
    one.write(str(tmp_path / "one.csv"))
    many.write(str(tmp_path / "many.csv"))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "many.csv").read_bytes()


def test_an_unknown_suffix_or_column_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"suffix '\.xlsx'"):
        swept().write(str(tmp_path / "a.xlsx"))
    with pytest.raises(InputError, match="did you mean 'macs'"):
        swept(columns=("mac",))
    with pytest.raises(InputError, match="directory"):
        swept().write(str(tmp_path), "csv")
