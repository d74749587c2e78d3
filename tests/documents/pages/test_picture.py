"""The picture at the beginning of the README: the ratios that `compare --time` has."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.core.layer_text import EXAMPLE, layer_options, write_layer
from costmodel.documents.pages.picture import PATH, picture, points
from costmodel.timing.machines import SHIPPED
from costmodel.timing.store.shipped import names

ROOT = Path(cm.__file__).parent.parent


def test_its_points_are_the_ratios_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    shown, machine = points()
    ids = [point.variant.id for point in shown]
    assert len(ids) >= 8
    words = ["compare", *layer_options(write_layer(EXAMPLE)), "--variants", ",".join(ids)]
    assert main([*words, "--time", "--machine", SHIPPED + names()[0]]) == 0
    rows = {row["variant"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    for point in shown:
        row = rows[point.variant.id]
        assert point.macs == pytest.approx(float(row["macs_ratio"]), abs=6e-4)
        assert point.time == pytest.approx(1 / float(row["time_speedup"]), abs=6e-4)
    assert "thread" in machine


def test_it_is_the_same_at_every_run_and_stands_in_the_readme() -> None:
    (content,) = picture().values()
    assert picture() == {PATH: content}
    text = content.decode()
    for point in points()[0]:
        assert point.variant.title in text
    assert f"]({PATH})" in (ROOT / "README.md").read_text(encoding="utf-8")
