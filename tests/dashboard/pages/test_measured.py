"""The Measured page: what is stored, and a measurement with bounds, progress and a stop."""

import sys

import pytest

from costmodel import ConvLayer, count
from costmodel.core.variant import VARIANTS
from costmodel.dashboard.sections import measuring
from costmodel.errors import CostModelError
from costmodel.plots import measured_words
from costmodel.timing import overview
from costmodel.timing.background import Measurement
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.rates import rates
from costmodel.timing.report import table
from costmodel.timing.roofline import Peaks, points
from costmodel.timing.store import shipped
from costmodel.timing.store.database import Store

pytestmark = pytest.mark.slow

LAYER = ConvLayer(kernel=3, in_channels=12, out_channels=20, size=(17, 14))
CASES = [Case(LAYER), Case(LAYER.replace(kernel=1)), Case(LAYER, "basis", (("b", 2),))]
MACHINE = Machine("a processor", torch="2.13.0")
SMALL = {"m": "12", "n": "20", "size": "17x14", "variants": "standard,basis"}


@pytest.fixture
def no_store(monkeypatch):
    monkeypatch.setattr(overview, "stores", list)
    monkeypatch.setattr(shipped, "names", list)


@pytest.fixture
def store(monkeypatch, tmp_path):
    path = str(tmp_path / "timings.sqlite")
    with Store(path) as store:
        run = store.begin("calibration", MACHINE, CASES, 2)
        for turn in range(2):
            store.keep(run, turn, [(place, 1e-3 * (place + 1 + turn)) for place in range(3)])
        store.keep_peaks(MACHINE, Peaks(5e9, 2e9, 1e-5))
        store.keep_unseen(MACHINE, {CASES[0]: 2e-3, CASES[1]: 1.5e-3})
    monkeypatch.setattr(overview, "stores", lambda: [path])
    return path


def titles(opened):
    return [header.value.replace("\\", "") for header in opened.app.header]


def said(opened):
    return " ".join(caption.value for caption in opened.app.caption).replace("\\", "")


def trace(opened, key, name):
    return next(t for t in opened.chart(key)["data"] if t.get("name") == name)


# -- what is stored --------------------------------------------------------------------------------


def test_without_times_the_page_says_how_to_get_some(page, no_store):
    opened = page("measured")
    assert any("costmodel calibrate" in info.value for info in opened.app.info)
    assert opened.has("measure")
    assert not opened.errors
    assert not opened.notices


def test_the_page_opens_with_the_rates_of_the_classes(page, store):
    opened = page("measured")
    with Store(store) as kept:
        expected = rates(table(kept))
    assert list(opened.frame()["class"]) == expected.column("class") == ["dense", "pointwise"]
    assert opened.chart("chart-rates")["data"][0]["x"] == expected.column("gmacs_per_s")
    assert titles(opened) == [measured_words.apart(expected)]
    assert f"Times of 2 layers, measured on {MACHINE}" in said(opened)


def test_stored_times_over_multiplies(page, store):
    opened = page("measured", times="times")
    with Store(store) as kept:
        expected = table(kept)
    assert list(opened.frame()["min_ms"]) == expected.column("min_ms")
    assert list(opened.frame()["macs"]) == expected.column("macs")
    assert trace(opened, "chart-times", "several stages")["y"] == [3.0]
    assert opened.query["machine"] == str(MACHINE)
    assert not opened.has("families"), "what is stored does not depend on a choice"
    assert titles(opened) == [measured_words.spread(expected.rows)]
    assert f"Times of 3 layers, measured on {MACHINE}" in said(opened)


def test_the_roofline(page, store):
    opened = page("measured", times="roofline")
    with Store(store) as kept:
        expected = points(kept.measured(MACHINE), kept.peaks(MACHINE))
    assert list(opened.frame()["intensity"]) == expected.column("intensity")
    line = trace(opened, "chart-roofline", "a large product, a large copy")
    assert line["y"][-1] == 5.0
    assert titles(opened) == [measured_words.reached(expected)]
    assert f"Times of 2 layers, measured on {MACHINE}" in said(opened)


def test_what_lies_above_the_line_is_said(page, store):
    with Store(store) as kept:
        kept.keep_peaks(MACHINE, Peaks(1e8, 2e9, 1e-5))  # a library needs fewer products than that
        shares = points(kept.measured(MACHINE), kept.peaks(MACHINE)).column("share")
    above = [share for share in shares if share > 1]
    assert above
    opened = page("measured", times="roofline")
    text = said(opened)
    assert f"{len(above)} of {len(shares)} layers lie above it, up to {max(above):.3g}" in text
    assert "at best" not in text


def test_everything_chosen_is_measured(page, no_store):
    opened = page("measured", times="measure", **{**SMALL, "variants": ""})
    text = " ".join(text.value for text in opened.app.markdown)
    common = [v.id for v in VARIANTS.values() if v.common and not v.algorithm_of]
    assert len(common) > 8
    assert all(f"`{id}`" in text for id in common)


def test_measured_against_predicted(page, store):
    opened = page("measured", times="predicted")
    assert list(opened.frame()["predicted_ms"]) == [2.0, 1.5]
    assert list(opened.frame()["measured_ms"]) == [1.0, 2.0]
    assert titles(opened) == [measured_words.missed([1e-3, 2e-3], [2e-3, 1.5e-3])]
    assert f"Times of 2 layers, measured on {MACHINE}" in said(opened)


def test_shipped_times_are_shown_where_nothing_was_measured(page, monkeypatch):
    monkeypatch.setattr(overview, "stores", list)
    kept = shipped.load(shipped.names()[0])
    for view in ("times", "roofline", "predicted"):
        opened = page("measured", times=view)
        assert opened.query["machine"].startswith(kept.observed.machine.processor)
        assert "shipped" in opened.query["machine"]
        assert len(opened.frame()) == len(kept.measured)
        assert not opened.errors


def test_a_machine_without_peaks_says_what_to_do(page, monkeypatch, tmp_path):
    path = str(tmp_path / "timings.sqlite")
    with Store(path) as store:
        run = store.begin("x", MACHINE, CASES[:1], 1)
        store.keep(run, 0, [(0, 1e-3)])
    monkeypatch.setattr(overview, "stores", lambda: [path])
    for view in ("roofline", "predicted"):
        opened = page("measured", times=view)
        assert "costmodel calibrate" in opened.app.info[0].value
        assert not opened.errors


def test_a_file_that_is_no_store_is_left_out(page, monkeypatch, tmp_path):
    path = tmp_path / "timings.sqlite"
    path.write_text("no database at all, whatever its name is")
    monkeypatch.setattr(overview, "stores", lambda: [str(path)])
    opened = page("measured")
    assert opened.has("times"), "shipped times are there still"
    assert not opened.errors


# -- a measurement ---------------------------------------------------------------------------------


def finished(opened):
    present = opened.app.session_state["_measurement"]
    present.wait(60)
    assert not present.running
    return present


def test_a_measurement_from_the_page(page, no_store):
    pytest.importorskip("torch", reason="no torch: pip install torch")
    opened = page("measured", times="measure", **SMALL, **{"basis.b": "2"})
    opened.widget("measure").click()
    opened.run()
    assert not opened.errors
    present = finished(opened)
    assert not present.error
    assert not measuring.slot().locked(), "the next one may measure"
    opened.run()
    frame = opened.frame()
    assert list(frame["variant"]) == ["standard", "basis"]
    assert list(frame["macs"]) == [
        count("standard", LAYER).macs,
        count("basis", LAYER, b=2).macs,
    ]
    assert (frame["min_ms"] > 0).all()
    time_bar = trace(opened, "chart-measured", "measured time")
    assert time_bar["x"][0] == 1
    assert titles(opened) == [measured_words.kept(present.table.rows)]
    assert f"Measured on {present.table.rows[0]['processor']}" in said(opened)
    assert present.table.column("rounds") == [measuring.ROUNDS] * 2


@pytest.fixture
def sleeping(monkeypatch):
    """A measurement that never ends by itself, and is no load."""
    original = Measurement.__init__

    def instead(self, command, limit, ended):
        original(self, [sys.executable, "-c", "import time; time.sleep(60)"], limit, ended)

    monkeypatch.setattr(Measurement, "__init__", instead)


def test_it_can_be_stopped(page, no_store, sleeping):
    opened = page("measured", times="measure", **SMALL)
    opened.widget("measure").click()
    opened.run()
    assert opened.widget("measure").disabled
    assert measuring.slot().locked()
    opened.widget("stop").click()
    opened.run()
    present = finished(opened)
    assert present.stopped
    assert not measuring.slot().locked()
    opened.run()
    assert "Stopped" in " ".join(info.value for info in opened.app.info)
    assert not opened.errors


def test_one_at_a_time(page, no_store, sleeping):
    first, second = (page("measured", times="measure", **SMALL) for _ in range(2))
    first.widget("measure").click()
    first.run()
    try:
        second.widget("measure").click()
        second.run()
        assert "somebody else measures" in " ".join(second.errors).lower()
        assert "_measurement" not in second.app.session_state
    finally:
        first.app.session_state["_measurement"].stop()


def test_it_is_ended_when_it_takes_too_long(monkeypatch, page, no_store, sleeping):
    monkeypatch.setattr(measuring, "LIMIT", 0.2)
    opened = page("measured", times="measure", **SMALL)
    opened.widget("measure").click()
    opened.run()
    assert "more than 0.2 seconds" in finished(opened).error
    opened.run()
    assert "allowed are smaller layers" in " ".join(opened.errors)
    assert not measuring.slot().locked()


def test_what_the_command_refuses_is_said(monkeypatch, page, no_store):
    words = [sys.executable, "-c", "import sys; sys.exit('costmodel: error: no such thing')"]
    original = Measurement.__init__
    monkeypatch.setattr(
        Measurement, "__init__", lambda self, command, *rest: original(self, words, *rest)
    )
    opened = page("measured", times="measure", **SMALL)
    opened.widget("measure").click()
    opened.run()
    finished(opened)
    opened.run()
    assert opened.errors == ["No such thing."]


@pytest.mark.parametrize(
    ("layer", "ids", "said"),
    [
        (LAYER, [], "0 variants"),
        (LAYER, ["basis"] * 49, "49 variants"),
        (LAYER.replace(size=(9999, 9998)), ["standard"], "multiplies"),
        (LAYER.replace(size=(899, 898)), ["standard"] * 12, "20,925,267,840 multiplies together"),
        (LAYER.replace(in_channels=4096, out_channels=4096, size=(1, 2)), ["standard"], "param"),
    ],
)
def test_what_is_too_large_is_refused_before_it_starts(layer, ids, said):
    with pytest.raises(CostModelError, match=said):
        measuring.check([count(id, layer) for id in ids])
