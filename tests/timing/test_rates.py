"""Rates by class: their quantiles, the fastest first."""

from __future__ import annotations

import random

import numpy
import pytest

from costmodel.table import Table
from costmodel.timing.rates import rates

COLUMNS = ("class", "gmacs_per_s")


def test_quantiles_by_class() -> None:
    rng = random.Random(3)
    rows = [(kind, rng.lognormvariate(mean, 1)) for kind, mean in
            (("depthwise", 1.0), ("dense", 3.0), ("", 9.0)) for _ in range(57)]  # fmt: skip
    rng.shuffle(rows)
    found = rates(Table(COLUMNS, [dict(zip(COLUMNS, row, strict=True)) for row in rows]))
    assert found.column("class") == ["dense", "depthwise"]
    for row in found:
        own = [rate for kind, rate in rows if kind == row["class"]]
        said = [row[f"{name}gmacs_per_s"] for name in ("slow_", "", "fast_")]
        assert said == pytest.approx(list(numpy.quantile(own, [0.1, 0.5, 0.9])))
        assert row["layers"] == 57


def test_one_layer_and_none() -> None:
    (row,) = rates(Table(COLUMNS, [{"class": "dense", "gmacs_per_s": 2.5}]))
    assert row["slow_gmacs_per_s"] == row["gmacs_per_s"] == row["fast_gmacs_per_s"] == 2.5
    assert rates(Table(COLUMNS, [{"class": "", "gmacs_per_s": 2.5}])).rows == []
