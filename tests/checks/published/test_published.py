"""Published figures: read as data, computed by the engine, judged by their printed digits."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.checks.published.computations import compute
from costmodel.checks.published.figures import (
    DIFFERS,
    EXACT,
    MET,
    MISPRINT,
    ROUNDED,
    TRUNCATED,
    VERDICTS,
    Figure,
    figures,
    sources,
)
from costmodel.checks.published.tables import check, regressions, verdict
from costmodel.documents.pages.published import PATH, published_page
from costmodel.errors import InputError

ROOT = Path(cm.__file__).parent.parent
FIGURE = Figure("t", "row", "macs", "569", "1000000", "", "", ROUNDED, "", "", "")
ALL = [figure for table in sources() for figure in figures(table)]


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
        assert figures(source.table)
    for row in table.rows:
        assert row["reason"] or row["verdict"] in MET, row


def test_a_column_is_counted_alike_or_the_row_says_why() -> None:
    """One unit per column, and of networks the same parts and metric; see mobilenet-8's VGG-16."""
    columns: dict[tuple[str, str], list[Figure]] = {}
    for figure in ALL:
        columns.setdefault((figure.table, figure.quantity), []).append(figure)
    for column, rows in columns.items():
        assert len({figure.unit for figure in rows}) == 1, column
        counted = {figure.row: figure.how.split(" + ")[0].split() for figure in rows}
        if len({words[1] for words in counted.values() if words[0] == "network"}) < 2:
            continue  # parts of one network are what the rows are
        ways = {
            row: (words[2], *(word for word in words if word.startswith(("only=", "but="))))
            for row, words in counted.items()
        }
        usual = max(ways.values(), key=list(ways.values()).count)
        for figure in rows:
            assert ways[figure.row] == usual or figure.reason, figure


def test_an_explanation_by_another_convention_meets_its_figure_and_is_no_verdict() -> None:
    explained = [figure for figure in ALL if figure.otherwise]
    assert len(explained) > 5
    for figure in explained:
        assert figure.rounds(compute(figure.otherwise)), figure
        assert verdict(figure, compute(figure.how)) in (DIFFERS, TRUNCATED), figure


def test_every_misprint_is_shown_by_the_arithmetic_of_its_own_text() -> None:
    """The text's other figures fit the corrected one, and do not fit the printed one."""
    shares = [f for f in figures("mobilenet-2") if f.quantity == "mult-adds"]
    (wrong,) = (figure for figure in shares if figure.instead)
    rest = sum(figure.exactly(figure.published) for figure in shares if figure is not wrong)
    slack = len(shares) * wrong.last_digit(wrong.published) / 2
    assert abs(rest + wrong.exactly(wrong.instead) - 100) <= slack
    assert abs(rest + wrong.exactly(wrong.published) - 100) > slack

    count, share, times = figures("efficient-layers")
    for text, fits in ((count.instead, True), (count.published, False)):
        value = int(count.exactly(text))
        assert share.rounds(compute(f"percent_of {value} alexnet macs")) == fits
        assert times.rounds(compute(f"times_less {value} googlenet macs")) == fits
    assert [figure for figure in ALL if figure.verdict == MISPRINT] == [wrong, count]


def test_the_factors_of_the_workshops_abstract_stand_as_printed() -> None:
    """Networks and factors as in doi:10.1109/ICCVW.2017.71; none is reached from 470 million."""
    printed = {"VGG-16": "42", "ResNet-34": "7.32", "ResNet-50": "4.38", "ResNet-101": "5.85"}
    assert {figure.row: figure.published for figure in figures("factorized")} == printed
    assert {figure.verdict for figure in figures("factorized")} == {DIFFERS}


@pytest.mark.parametrize(
    ("published", "place", "computed", "expected"),
    [
        ("569", "", 568_740_352, ROUNDED),
        ("569", "", 569_500_000, ROUNDED),  # the tie itself
        ("569", "", 569_500_001, TRUNCATED),
        ("29.6", "", 29_578_752, ROUNDED),
        ("569", "", 569_999_999, TRUNCATED),
        ("569", "", 570_000_000, DIFFERS),
        ("569", "", 568_499_999, DIFFERS),  # rounded up is not truncated
        ("29.60", "", 29_578_752, DIFFERS),  # a digit more was printed
        ("15300", "100", 15_346_630_656, ROUNDED),
        ("15300", "", 15_346_630_656, DIFFERS),
        ("15300", "100", 15_360_000_000, TRUNCATED),
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
    assert verdict(figure, Fraction(1248425)) == DIFFERS
    assert verdict(FIGURE, Fraction(569_000_000)) == ROUNDED  # millions were printed


def test_a_misprint_is_one_only_while_its_correction_holds() -> None:
    figure = replace(FIGURE, published="1.19", unit="%", instead="1.91")
    assert verdict(figure, Fraction(1906, 1000)) == MISPRINT
    assert verdict(figure, Fraction(1890, 1000)) == DIFFERS


def test_googlenets_first_layer_is_the_described_one_and_a_separable_one_meets_it(
    table: cm.Table,
) -> None:
    found = {(r["table"], r["row"], r["quantity"]): r for r in table.rows}
    net = cm.load("googlenet")
    separable = cm.count("basis", cm.ConvLayer(7, 3, 64, (224, 224), stride=2, padding=3), b=8)
    row = found["googlenet-1", "convolution 7x7/2", "ops"]
    assert (row["computed"], row["verdict"]) == (net["conv1"].macs, DIFFERS)
    assert row["otherwise"] == separable.macs
    total = found["googlenet", "GoogLeNet", "multiply-adds"]
    assert (total["computed"], total["verdict"]) == (net.macs, TRUNCATED)
    assert total["otherwise"] == net.macs - net["conv1"].macs + separable.macs


def test_known_misprints_and_their_numbers(table: cm.Table) -> None:
    found = {(r["table"], r["row"], r["quantity"]): r for r in table.rows}
    row = found["mobilenet-2", "Conv 3x3", "mult-adds"]
    assert (row["published"], row["verdict"]) == ("1.19", MISPRINT)
    net = cm.load("mobilenet")
    assert row["computed"] == pytest.approx(100 * net["conv1"].macs / net.macs)
    assert found["mobilenet-7", "1.0 MobileNet-160", "mult-adds"]["computed"] == 290_675_200
    row = found["mobilenet-4", "Conv MobileNet", "mult-adds"]
    assert row["computed"] == cm.load("mobilenet_conv").macs
    assert row["otherwise"] == row["computed"] - 1_024_000  # its linear layer


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
        ("times 0.75 mobilenet macs", 426_555_264),
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


@pytest.mark.slow
def test_no_torch_on_this_path() -> None:
    code = (
        "import sys; from costmodel.checks.published.tables import check; check();"
        "assert not {'torch', 'sympy', 'pandas', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


@pytest.mark.slow
def test_the_committed_page_is_fresh() -> None:
    assert (ROOT / PATH).read_bytes() == published_page()[PATH]
