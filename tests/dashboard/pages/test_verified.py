"""The Verified page: what is kept as evidence, counted by the page, and what happens without it."""

import csv
from collections import Counter

import pytest

from costmodel.checks import evidence
from costmodel.checks.evidence import available
from costmodel.checks.published.figures import VERDICTS
from costmodel.checks.published.tables import check
from costmodel.dashboard import parts
from costmodel.documents.markdown import literal
from costmodel.files import data_path
from costmodel.table import Table


@pytest.fixture
def kept():
    with open(data_path("certificates.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.parametrize("key", list(available()))
def test_every_kind_of_evidence(page, monkeypatch, key):
    taken = []
    original = parts.csv_button
    monkeypatch.setattr(
        parts, "csv_button", lambda table, name: (taken.append(table), original(table, name))
    )
    opened = page("verified", evidence=key)
    one = available()[key]
    assert not opened.errors
    assert not [notice for notice in opened.notices if "link" in notice]
    table = one.table()
    good, sentence = one.summary(table)
    assert good
    boxes = [box.value for box in opened.app.success]
    titles = [header.value for header in opened.app.header]
    # once: above what has no figure, else as the figure's title
    figured = key != "certificates"
    assert [literal(sentence)] * (not figured) == boxes
    assert titles[:1] == [literal(sentence.removesuffix("."))] * figured
    below = {"counters": "exact sums", "published": "Counted exactly", "certificates": "covers"}
    assert any(below[key] in caption.value for caption in opened.app.caption)
    assert one.proves in opened.text()
    assert len(opened.frame()) == len(taken[-1]) == len(table)
    assert opened.query["evidence"] == key
    assert one.command in [code.value for code in opened.app.code]


def test_certificates_are_counted(kept):
    good, sentence = evidence.available()["certificates"].summary(evidence.certificates())
    proved = [row for row in kept if row["result"] == "proved"]
    assert good
    assert sentence.startswith(f"{len(proved)} of {len(proved)} formulas proved against fvcore")
    assert f"on {sum(int(row['points']) for row in proved):,} layers" in sentence
    assert evidence.certificates().column("points") == [
        int(row["points"]) if row["points"] else None for row in kept
    ]


def test_a_refuted_formula_is_no_success():
    row = {"variant": "x", "metric": "macs", "oracle": "torch", "version": "1", "points": 4}
    table = Table(
        ("variant", "metric", "points", "oracle", "version", "result"),
        [{**row, "result": "proved"}, {**row, "result": "differs at k=3"}],
    )
    good, sentence = evidence.available()["certificates"].summary(table)
    assert not good
    assert sentence.startswith("1 of 2 formulas proved")


def test_only_what_was_not_proved(page, kept):
    opened = page("verified", evidence="certificates")
    opened.set("exceptions", True)
    shown = list(opened.frame()["result"])
    assert shown == [row["result"] for row in kept if row["result"] != "proved"]
    assert opened.query["exceptions"] == "yes"


def test_counters_are_judged_case_by_case(page):
    with open(data_path("referee", "results.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    units = {"torch": 2, "calflops": 2}  # counters of FLOPs
    right = Counter(
        row["tool"]
        for row in rows
        if row["number"] and int(row["number"]) == int(row["macs"]) * units.get(row["tool"], 1)
    )
    opened = page("verified", evidence="counters")
    bars = opened.chart("chart-counters")["data"][0]
    assert {tool: count for tool, count in zip(bars["y"], bars["x"], strict=True) if count} == right


def test_an_installation_without_data_says_what_to_do(page, monkeypatch, tmp_path):
    monkeypatch.setattr(evidence, "data_path", lambda *parts: str(tmp_path.joinpath(*parts)))
    opened = page("verified")
    assert "python -m costmodel verify" in opened.app.info[0].value
    assert not opened.errors


def test_a_file_with_nothing_but_a_header_is_no_evidence(monkeypatch, tmp_path):
    (tmp_path / "certificates.csv").write_text("variant,metric\n")
    monkeypatch.setattr(evidence, "data_path", lambda *parts: str(tmp_path.joinpath(*parts)))
    assert not evidence.available()


def test_what_the_counters_come_to(monkeypatch):
    found = evidence.verdicts()
    table = evidence.available()["counters"].table()
    good, sentence = evidence.available()["counters"].summary(table)
    others = {tool: count["right"] for tool, count in found.items() if tool != "costmodel"}
    short = sorted(right for right in others.values() if right < len(table))
    assert good
    assert sentence.startswith(f"costmodel is right in {len(table)} of {len(table)} cases")
    assert f"{len(short)} other counters in {short[0]} to {short[-1]}." in sentence
    for tool, right in others.items():
        assert (f" {tool} " in sentence) == (right == len(table))
    found["costmodel"]["right"] -= 1
    monkeypatch.setattr(evidence, "verdicts", lambda: dict(found))
    assert not evidence.available()["counters"].summary(table)[0]


def test_what_does_not_come_out_is_a_warning_and_no_title(page, monkeypatch):
    found = evidence.verdicts()
    found["costmodel"]["right"] -= 1
    monkeypatch.setattr(evidence, "verdicts", lambda: {k: Counter(v) for k, v in found.items()})
    opened = page("verified", evidence="counters")
    (warning,) = opened.notices
    assert warning.startswith("costmodel is right in 40 of 41 cases")
    assert [header.value for header in opened.app.header] == ["Case by case"]


@pytest.mark.slow
def test_published_figures_are_tallied(page):
    table = check()
    opened = page("verified", evidence="published")
    bars = opened.chart("chart-published")["data"]
    for trace in bars:
        assert sum(trace["x"]) == table.column("verdict").count(trace["name"])
    assert not [*opened.app.success, *opened.app.warning]
    title = opened.app.header[0].value
    assert title.startswith(f"{len(table)} published figures recomputed")


def test_a_figure_that_no_longer_comes_out_is_no_success():
    table = check(["mobilenet-5", "vgg-2"])
    rows = [{**row, "recorded": row["verdict"]} for row in table]
    summary = available()["published"].summary
    assert summary(Table(table.columns, rows))[0]
    rows[0]["verdict"] = VERDICTS[-1]
    good, sentence = summary(Table(table.columns, rows))
    assert not good
    assert "1 come out otherwise than before" in sentence
