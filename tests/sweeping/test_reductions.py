"""Reductions of spaces: what the rows themselves come to, by arrays and by compiled loops."""

import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.errors import InputError
from costmodel.sweeping import reducing, summaries
from costmodel.sweeping.picking import Front, Least, Nothing
from costmodel.sweeping.reducing import Reducer
from costmodel.sweeping.reductions import reduce, row_of
from costmodel.sweeping.running import Threads

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
OVER = {"m": "8:48:4", "n": "6:54:6", "b": "1:9", "g": "1:6", "r1": "1:9:2", "size": (9, (17, 14))}
GROUPED = {name: OVER[name] for name in ("m", "n", "g", "size")}
IDS = "basis,grouped,tucker2,octave"


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(reducing, "BLOCK", 64)
    monkeypatch.setattr(summaries, "BLOCK", 64)


@pytest.fixture(scope="module")
def swept():
    return cm.sweep(IDS, LAYER, OVER, where=("params>=2000", "macs!=params"))


def beaten(one, rows, keys):
    return any(
        all(other[k] <= one[k] for k in keys) and any(other[k] < one[k] for k in keys)
        for other in rows
    )


def key(row):
    return tuple(map(str, row.values()))


@pytest.mark.parametrize("metrics", [("macs",), ("macs", "params"), ("params", "macs", "flops")])
def test_fronts_are_the_rows_that_no_row_beats(swept, metrics, small_blocks):
    swept = cm.sweep(IDS, LAYER, OVER, ("params", "macs", "flops"), where="params>=2000")
    rows = list(swept)
    least = min(row[metrics[0]] for row in rows)
    near = [row for row in rows if row[metrics[0]] <= 3 * least]
    front = [row for row in near if not beaten(row, near, metrics)]
    found = swept.front(*metrics)
    assert sorted(map(key, found.rows)) == sorted(
        key(row) for row in rows if not beaten(row, front, metrics)
    )
    assert found.names == swept.names


def test_the_least_are_the_first_of_the_sorted_rows(swept, small_blocks):
    rows = sorted(swept, key=lambda row: row["macs"])
    assert [dict(row) for row in swept.least("macs", 25).rows] == rows[:25]


def test_counts_add_up(swept, small_blocks):
    (found,) = swept.count().rows
    assert found["rows"] == len(list(swept))
    assert found["points"] == swept.points == sum(v for k, v in found.items() if k != "points")
    assert found["misfits"] > 0 < found["outside"]


@pytest.mark.parametrize("by", [(), ("variant",), ("variant", "m"), ("size", "b")])
def test_summaries_are_those_of_the_rows(swept, by, small_blocks):
    rows = list(swept)
    found = swept.summary(*by, quantiles=["0.5", "9/10", 1])
    names = [{"m": "in_channels"}.get(name, name) for name in by]
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    assert len(found) == len(groups)
    for row in found:
        own = groups[tuple(row[name] for name in by)]
        for metric in ("macs", "params"):
            values = sorted(r[metric] for r in own)
            assert row[f"{metric}_min"] == values[0]
            assert row[f"{metric}_max"] == values[-1] == row[f"{metric}_q1"]
            for text, share in (("0.5", 1 / 2), ("9/10", 9 / 10)):
                assert row[f"{metric}_q{text}"] == values[math.ceil(share * len(values)) - 1]
        assert row["rows"] == len(own)


@pytest.mark.slow
@pytest.mark.parametrize("rule", [Nothing(), Least("macs", 30), Front(("macs", "params"))])
def test_compiled_loops_find_what_arrays_find(rule, small_blocks):
    swept = cm.sweep("grouped", LAYER, GROUPED, where=("params>=2000", "macs!=params"))
    one, other = (reduce(swept.space, rule, Threads(1), compiled=way) for way in (False, True))
    assert (one.rows, one.misfits, one.outside) == (other.rows, other.misfits, other.outside)
    assert one.picked.values.tolist() == other.picked.values.tolist()
    assert one.picked.numbers.tolist() == other.picked.numbers.tolist()
    reducer = Reducer(swept.space, rule, compiled=True)
    reducer.reduced(0, 2)
    assert all(loop is not None for loop in reducer._loops.values())
    assert reducer._loops  # it was compiled


@pytest.mark.slow
def test_a_mistake_in_a_compiled_loop_would_be_seen(monkeypatch, small_blocks):
    from costmodel.sweeping import fused

    right = fused._source
    monkeypatch.setattr(fused, "_source", lambda *a: right(*a).replace("fits += 1", "fits += 2"))
    swept = cm.sweep("grouped", LAYER, GROUPED, where="params>=2000")
    one = reduce(swept.space, Least("params"), Threads(1), compiled=False)
    other = Reducer(swept.space, Least("params"), compiled=True)
    assert one.outside != other.reduced(0, len(other)).outside


def test_threads_and_runs_of_blocks_do_not_matter(swept, small_blocks):
    rule = Front(("macs", "params"))
    one, many = (reduce(swept.space, rule, Threads(count)) for count in (1, 5))
    assert one.picked.numbers.tolist() == many.picked.numbers.tolist()


def test_costs_beyond_words_have_fronts_too():
    found = cm.sweep("basis", LAYER, {"n": (10**17, 10**18 + 1), "b": (3, 10**3, 2 * 10**3)})
    rows = list(found)
    assert [row["macs"] for row in found.least("macs", 3).rows] == sorted(
        row["macs"] for row in rows
    )[:3]
    assert found.front("macs", "params").rows == [min(rows, key=lambda row: row["macs"])]


def test_rows_of_points_are_the_rows(swept):
    rows = iter(swept)
    space = swept.space
    for place, part in enumerate(space.parts[:2]):
        for number in range(part.points):
            counts = part.alone(part.digits(number))
            if counts and counts.params >= 2000:
                assert row_of(space, place, number) == next(rows)


def test_what_cannot_be_summed_up_is_one_sentence(swept):
    with pytest.raises(InputError, match="shares from 0 to 1"):
        swept.summary(quantiles=["2"])
    with pytest.raises(InputError, match="metrics that are integers"):
        cm.sweep("basis", LAYER, {"b": (1, 2)}, "arithmetic_intensity").summary(quantiles=[0.5])
    with pytest.raises(InputError, match="groups; allowed are up to"):
        cm.sweep("basis", LAYER, {"b": "1:200000"}).summary("b")
    with pytest.raises(InputError, match="top is 0"):
        swept.least("macs", 0)


RULES = {"front": ("params", "macs", "activations"), "least": ("macs", 7), "count": ()}
STOPPED = """
import os, signal, sys
import costmodel as cm
from costmodel.sweeping import reducing

reducing.BLOCK = 64
runs = 0

def stop(points):
    global runs
    runs += 1
    if runs == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

layer = cm.ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
found = cm.sweep("basis,grouped", layer, {"n": "6:540:6", "b": "1:9", "g": "1:6"}, workers=2)
found.front("params", "macs", progress=stop, kept=sys.argv[1], resume=True)
"""


class Stopped(Exception):
    """Somebody has pressed Ctrl+C."""


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("scale", [1, 10**12])
def test_a_stopped_reduction_goes_on_to_the_same_result(rule, scale, tmp_path, small_blocks):
    """The second scale has counts that machine words do not hold."""
    over = {"n": [scale * n for n in range(6, 546, 6)], "b": "1:9", "g": "1:6"}
    found = cm.sweep("basis,grouped", LAYER, over, ("params", "macs", "activations"), workers=2)
    path = str(tmp_path / "a.csv")
    seen, again = [], []

    def stop(points):
        seen.append(points)
        if len(seen) == 5:
            raise Stopped

    def reduced(**how):
        return getattr(found, rule)(*RULES[rule], **how)

    with pytest.raises(Stopped):
        reduced(progress=stop, kept=path)
    (state,) = tmp_path.iterdir()
    resumed = reduced(progress=again.append, kept=path, resume=True)
    assert again[0] > seen[-1]  # what was done is not done again
    assert again[-1] == found.points
    assert resumed.to_csv() == reduced().to_csv()
    assert not state.exists()


def test_the_state_of_another_reduction_is_none(tmp_path, small_blocks):
    found = cm.sweep("basis", LAYER, {"n": "6:540:6", "b": "1:9"})

    def stop(points):
        raise Stopped

    path = str(tmp_path / "a.csv")
    with pytest.raises(Stopped):
        found.front("params", "macs", progress=stop, kept=path)
    other = found.front("macs", "params", kept=path, resume=True)
    assert other.to_csv() == found.front("macs", "params").to_csv()
    (tmp_path / ".a.csv.costmodel-state").write_bytes(b"PK damaged")
    assert found.count(kept=path, resume=True).rows == found.count().rows


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on(tmp_path, small_blocks):
    root, path = Path(cm.__file__).parents[1], tmp_path / "a.csv"
    for runs in (3, 4):
        call = [sys.executable, "-c", STOPPED, str(path), str(runs)]
        assert subprocess.run(call, cwd=root).returncode == -signal.SIGKILL
    over = {"n": "6:540:6", "b": "1:9", "g": "1:6"}
    found = cm.sweep("basis,grouped", LAYER, over, workers=2)
    again = []
    front = found.front("params", "macs", progress=again.append, kept=str(path), resume=True)
    assert again[0] >= found.points * 7 // 64  # three runs of 64 and four more are on disk
    assert front.to_csv() == found.front("params", "macs").to_csv()
