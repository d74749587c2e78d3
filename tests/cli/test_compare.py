"""Conventions on the command line: chosen by options, stated under the table."""

from __future__ import annotations

import csv
import io

import pytest

from costmodel.cli.main import main
from costmodel.metrics.metric import METRICS

LAYER = ["compare", "-m", "12", "-n", "20", "--size", "9x7", "--variants", "standard,quantised"]
MACS = 9 * 12 * 20 * 63


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    assert main([*LAYER, *arguments]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_every_metric_is_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    (standard, _) = rows(capsys, "--metrics", "all")
    assert set(METRICS) <= set(standard)
    assert standard["macs_without_padding"] == str(12 * 20 * (27 - 2) * (21 - 2))
    assert float(standard["arithmetic_intensity"]) > 1


def test_options_choose_the_convention(capsys: pytest.CaptureFixture[str]) -> None:
    keys = "flops,bops,weight_bytes"
    (usual, quantised) = rows(capsys, "--metrics", keys)
    (other, own) = rows(capsys, "--metrics", keys, "--flops-per-mac", "1", "--weight-bits", "16")
    assert [usual["flops"], other["flops"]] == [str(2 * MACS), str(MACS)]
    assert [usual["bops"], other["bops"]] == [str(1024 * MACS), str(512 * MACS)]
    assert usual["weight_bytes"] == str(2 * int(other["weight_bytes"]))
    assert own["weight_bytes"] == quantised["weight_bytes"]  # the variant has its own


def test_the_table_states_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*LAYER, "--metrics", "flops", "--flops-per-mac", "1", "--format", "table"]) == 0
    assert "flops_per_mac = 1" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--flops-per-mac=3", "--weight-bits=0", "--bias-bits=x"])
def test_a_wrong_convention_is_one_sentence(
    capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main([*LAYER, option]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "allowed are" in captured.err


def test_rows_of_several_runs_stand_in_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    columns = "layer,stride,variant,macs,bops_ratio"
    found = [rows(capsys, "--columns", columns, *more) for more in ([], ["--stride", "2"])]
    assert [list(row) for part in found for row in part] == [columns.split(",")] * 4
    assert [row["stride"] for part in found for row in part] == ["1", "1", "2", "2"]
    assert len({row["layer"] for part in found for row in part}) == 2
    assert found[0][1]["bops_ratio"] == rows(capsys, "--metrics", "bops")[1]["bops_ratio"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--columns", "layr"], "unknown column 'layr': did you mean 'layer'?"),
        (["--columns", "macs", "--metrics", "macs"], "--metrics macs with --columns; allowed is"),
        (["--columns", "macs", "--flops-per-mac", "1"], "--flops-per-mac 1 without a metric that"),
    ],
)
def test_wrong_columns_are_one_sentence(
    capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main([*LAYER, *options]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "call",
    [["compare", "-m", "6", "-n", "10", "--size", "9x7"], ["network", "alexnet", "--compare"]],
)
def test_all_variants_may_be_said(capsys: pytest.CaptureFixture[str], call: list[str]) -> None:
    assert main(call) == 0
    usual = capsys.readouterr().out
    assert main([*call, "--variants", "all"]) == 0
    assert capsys.readouterr().out == usual


# -- ranks larger than any kernel needs ------------------------------------------------------------
ABOVE = ["compare", "-m", "12", "-n", "20", "--size", "9x7", "--variants", "tucker2,spatial_svd"]
SAID = (
    "costmodel: tucker2: r1 = 300 is above full rank 12: a larger rank costs more and expresses "
    "nothing more\n"
)


def test_a_rank_above_full_rank_is_counted_and_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*ABOVE, "--set", "tucker2.r1=300"]) == 0
    captured = capsys.readouterr()
    assert captured.err == SAID
    assert f"tucker2,{12 * 300 + 9 * 300 * 10 + 10 * 20}," in captured.out
    assert main([*ABOVE, "--set", "tucker2.r1=300"]) == 0  # in another call again
    assert capsys.readouterr().err == SAID
    assert main([*ABOVE, "--set", "tucker2.r1=300", "--quiet"]) == 0
    assert main([*ABOVE, "--set", "tucker2.r1=12", "--set", "spatial_svd.r=36"]) == 0
    assert main(ABOVE) == 0
    assert capsys.readouterr().err == ""


def test_a_replaced_network_says_it_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "resnet18", "--replace", "tucker2,r1=300,r2=2"]) == 0
    assert capsys.readouterr().err == (
        "costmodel: tucker2: r1 = 300 is above full rank 18: a larger rank costs more and "
        "expresses nothing more (in layer1.0.conv1 and 14 more)\n"
    )
