"""Folders of parts and Dask clusters: the same rows and bytes, also where a worker dies."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow.parquet
import pytest

import costmodel as cm
from costmodel.errors import InputError
from costmodel.sweeping import parts, rows, writing
from costmodel.sweeping.running import Cluster
from costmodel.sweeping.sweep import Sweep

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
OVER = {"b": range(1, 12), "n": (12, 36, 48)}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(rows.Source.__init__, "__defaults__", (4,))
    monkeypatch.setattr(writing, "source", rows.Source)
    monkeypatch.setattr(parts, "BLOCKS", 3)


def test_a_folder_of_parts_has_the_rows_of_a_file(tmp_path, small):
    found = cm.sweep("basis,grouped,standard", LAYER, {**OVER, "g": (1, 2, 5)})
    found.write(str(tmp_path / "whole.parquet"))
    found.write(f"{tmp_path}/cells/")
    whole = pyarrow.parquet.read_table(tmp_path / "whole.parquet").to_pylist()
    assert len(list((tmp_path / "cells").glob("part-*.parquet"))) == 5
    assert pyarrow.parquet.read_table(tmp_path / "cells").to_pylist() == whole
    found.write(f"{tmp_path}/texts/", "csv")
    texts = [p.read_text().splitlines() for p in sorted((tmp_path / "texts").glob("part-*"))]
    assert sum(len(lines) - 1 for lines in texts) == len(whole)


def test_any_store_that_fsspec_knows(small):
    import fsspec

    found = cm.sweep("basis", LAYER, OVER)
    found.write("memory://cells")
    store = fsspec.filesystem("memory")
    names = [path for path in store.ls("/cells", detail=False) if path.endswith(".parquet")]
    tables = [pyarrow.parquet.read_table(store.open(name)) for name in sorted(names)]
    assert sum(table.num_rows for table in tables) == 33
    with pytest.raises(InputError, match="not empty"):
        found.write("memory://cells")
    store.rm("/cells", recursive=True)


def test_parts_that_are_there_are_left(tmp_path, small):
    found = cm.sweep("basis", LAYER, OVER)
    found.write(f"{tmp_path}/a/")
    whole = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    (tmp_path / "a" / "part-00001.parquet").unlink()
    before = (tmp_path / "a" / "part-00000.parquet").stat().st_mtime_ns
    done = found.write(f"{tmp_path}/a/", resume=True)
    assert done.points == 9  # one part
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == whole
    assert (tmp_path / "a" / "part-00000.parquet").stat().st_mtime_ns == before
    with pytest.raises(InputError, match="not empty"):
        cm.sweep("basis", LAYER, {"b": (1, 2)}).write(f"{tmp_path}/a/", resume=True)


def test_what_cannot_be_a_folder_is_one_sentence(tmp_path):
    found = cm.sweep("basis", LAYER, OVER)
    with pytest.raises(InputError, match="allowed are parquet, csv, jsonl"):
        found.write(f"{tmp_path}/a/", "arrow")
    with pytest.raises(InputError, match="nosuch"):
        found.write("nosuch://a/")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        found.write(f"{tmp_path}/file/")


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two workers, each a process of its own that a test may kill."""
    from distributed import Client

    root = str(Path(cm.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    quiet = {"env": environment, "stderr": subprocess.PIPE, "text": True, "cwd": root}
    call = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard",
            "--host", "127.0.0.1"]  # fmt: skip
    scheduler = subprocess.Popen(call, **quiet)
    address = ""
    for line in scheduler.stderr:
        if "Scheduler at:" in line:
            address = line.split("Scheduler at:")[1].strip()
            break
    threading.Thread(target=scheduler.stderr.read, daemon=True).start()
    call = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1",
            "--no-dashboard", "--no-nanny"]  # fmt: skip
    quiet["stderr"] = subprocess.DEVNULL
    workers = [subprocess.Popen(call, **quiet) for _ in range(2)]
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_also_where_a_worker_dies(tmp_path, cluster):
    address, workers = cluster
    found = cm.sweep("basis,tucker2", LAYER, {"n": "8:512:8", "m": "8:512:8", "b": "1:64",
                                              "r1": "1:16"})  # fmt: skip
    run = Cluster(address)
    there = Sweep(found.space, run)
    assert there.front("macs", "params").rows == found.front("macs", "params").rows
    assert there.count().rows == found.count().rows
    few = {"n": (8, 512), "r1": "1:16"}
    small = cm.sweep("tucker2", LAYER, few)
    by = small.summary("n", quantiles=["0.5"])
    assert Sweep(small.space, run).summary("n", quantiles=["0.5"]).rows == by.rows
    found.write(str(tmp_path / "here.csv"))
    killed = []

    def kill(written):
        if written.points and not killed:
            killed.append(workers[0].pid)
            workers[0].send_signal(signal.SIGKILL)

    there.write(str(tmp_path / "there.csv"), progress=kill)
    assert killed
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    workers[0].wait()
