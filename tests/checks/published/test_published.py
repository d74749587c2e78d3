"""Published figures: read as data, computed by the engine, judged by their printed digits."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.checks.published import figures
from costmodel.checks.published.computations import compute
from costmodel.checks.published.figures import (
    EXACT,
    MISPRINT,
    NOT,
    ROUNDED,
    VERDICTS,
    Figure,
    sources,
)
from costmodel.checks.published.tables import check, regressions, verdict
from costmodel.documents.pages.published import PATH, published_page
from costmodel.errors import InputError

ROOT = Path(cm.__file__).parent.parent
FIGURE = Figure("t", "row", "macs", "569", "1000000", "", "", ROUNDED, "", "")


@pytest.fixture(scope="module")
def table() -> cm.Table:
    return check()


def test_every_figure_is_as_it_was_recorded(table: cm.Table) -> None:
    assert regressions(table) == []
    assert table.column("verdict") == table.column("recorded")
    assert len(table) > 100
    assert set(table.column("verdict")) == set(VERDICTS)


def test_every_table_has_a_citation_and_every_doubt_a_reason(table: cm.Table) -> None:
    for source in sources().values():
        assert len(source.citation) > 40
        assert source.convention
        assert figures.figures(source.table)
    for row in table.rows:
        assert bool(row["reason"]) == (row["verdict"] in (MISPRINT, NOT)), row


@pytest.mark.parametrize(
    ("published", "place", "computed", "expected"),
    [
        ("569", "", 568_740_352, ROUNDED),
        ("569", "", 569_500_000, ROUNDED),  # the tie itself
        ("569", "", 569_500_001, NOT),
        ("29.6", "", 29_578_752, ROUNDED),
        ("29.60", "", 29_578_752, NOT),  # a digit more was printed
        ("15300", "100", 15_346_630_656, ROUNDED),
        ("15300", "", 15_346_630_656, NOT),
    ],
)
def test_rounding_goes_by_the_printed_digits(
    published: str, place: str, computed: int, expected: str
) -> None:
    figure = replace(FIGURE, published=published, place=place)
    assert verdict(figure, Fraction(computed)) == expected


def test_exact_is_without_any_rounding() -> None:
    figure = replace(FIGURE, published="1248424", unit="")
    assert verdict(figure, Fraction(1248424)) == EXACT
    assert verdict(figure, Fraction(1248425)) == NOT
    assert verdict(FIGURE, Fraction(569_000_000)) == ROUNDED  # millions were printed


def test_a_misprint_is_one_only_while_its_correction_holds() -> None:
    figure = replace(FIGURE, published="1.19", unit="%", instead="1.91")
    assert verdict(figure, Fraction(1906, 1000)) == MISPRINT
    assert verdict(figure, Fraction(1890, 1000)) == NOT


def test_googlenets_first_layer_is_printed_as_a_separable_one(table: cm.Table) -> None:
    found = {(r["table"], r["row"], r["quantity"]): r for r in table.rows}
    layer = cm.ConvLayer(7, 3, 64, (224, 224), stride=2, padding=3)
    first = cm.count("basis", layer, b=8)
    assert first.params == 8 * 3 * (7 * 7 + 64)
    for quantity, value in (("parameters", first.params), ("ops", first.macs)):
        row = found["googlenet-1", "convolution 7x7/2", quantity]
        assert (row["computed"], row["verdict"]) == (value, ROUNDED)
    net = cm.load("googlenet")
    total = found["googlenet", "GoogLeNet", "multiply-adds"]
    assert total["computed"] == net.macs - net["conv1"].macs + first.macs


def test_known_misprints_and_their_numbers(table: cm.Table) -> None:
    found = {(r["table"], r["row"], r["quantity"]): r for r in table.rows}
    row = found["mobilenet-2", "Conv 3x3", "mult-adds"]
    assert (row["published"], row["verdict"]) == ("1.19", MISPRINT)
    net = cm.load("mobilenet")
    assert row["computed"] == pytest.approx(100 * net["conv1"].macs / net.macs)
    assert found["mobilenet-7", "1.0 MobileNet-160", "mult-adds"]["computed"] == 290_675_200
    without = found["mobilenet-4", "Conv MobileNet", "mult-adds"]["computed"]
    assert without == cm.load("mobilenet_conv").macs - 1_024_000  # its linear layer


@pytest.mark.parametrize(
    ("how", "value"),
    [
        ("layer standard macs k=3 m=6 n=10 size=9x7", 9 * 6 * 10 * 63),
        ("layer basis params k=3 m=6 n=10 size=9x7 b=2", (9 + 10) * 2 * 6),
        ("ratio grouped macs k=3 m=6 n=10 size=9x7 g=2", 50),
        ("per_output standard k=3 m=6 n=10 size=9x7", 54),
        ("maps share=1/4 n=8 size=12x10", Fraction(100 * 13, 16)),
        ("network vgg16 macs only=convolutions", 15_346_630_656),
        ("network mobilenet params classes=120 but=convolutions", 1024 * 120 + 120),
        ("percent_of 137 mobilenet macs", Fraction(13_700, 568_740_352)),
        ("times_less 4 mobilenet macs", 142_185_088),
        ("share vgg16 params only=linear", Fraction(100 * 123_642_856, 138_357_544)),
        ("network squeezenet params only=layer:fire2.*", 96 * 16 + 16 * 64 * 10 + 16 + 128),
        (
            "layer standard macs k=3 m=6 n=10 size=9x7 - layer linear macs k=1 m=4 n=5 size=1x1",
            54 * 630 - 20,
        ),
        ("layer linear macs k=1 m=4 n=5 size=1x1 + layer linear macs k=1 m=7 n=3 size=1x1", 41),
    ],
)
def test_computations(how: str, value: int | Fraction) -> None:
    assert compute(how) == value


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("guess mobilenet", "unknown computation 'guess'"),
        ("network mobilenet macs only=pointwize", "did you mean 'pointwise'"),
        ("maps share=1/3 n=8 size=12x10", "allowed are whole ones"),
        ("network vgg16 macs only=layer:conv9_*", "only=layer:conv9_.* is no layer of vgg16"),
        ("network vgg16 macs -", "unknown computation ''"),
    ],
)
def test_wrong_computations(how: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compute(how)


def test_no_torch_on_this_path() -> None:
    code = (
        "import sys; from costmodel.checks.published.tables import check; check();"
        "assert not {'torch', 'sympy', 'pandas', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_the_committed_page_is_fresh() -> None:
    assert (ROOT / PATH).read_bytes() == published_page()[PATH]
