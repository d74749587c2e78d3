"""The conformance suite: its exact numbers by brute force, its sizes, its table and its page."""

import subprocess
import sys
from math import prod
from pathlib import Path

import pytest
import torch

import costmodel as cm
from costmodel.checks.referee.cases import BUILDERS, CASES
from costmodel.checks.referee.conformance import RIGHT, changed, conformance_table, results, verdict
from costmodel.checks.referee.report import COLUMNS, OWN, recorded_model
from costmodel.checks.referee.suite import FORMS, rows
from costmodel.checks.referee.tool import TOOLS
from costmodel.documents.pages.referee import PATH, referee_page
from costmodel.table import Table

ROOT = Path(cm.__file__).parent.parent


def brute_force(row) -> int:
    """The sum of a convolution of ones over ones; the padding is ones as well."""
    batch = max(row.batch, 1)
    if row.form == "linear":
        x = torch.ones(batch, *row.size, row.in_channels, dtype=torch.float64)
        weight = torch.ones(row.out_channels, row.in_channels, dtype=torch.float64)
        return row.runs * int((x @ weight.T).sum())
    x = torch.ones(batch, row.in_channels, *row.size, dtype=torch.float64)
    sides, groups = len(row.size), row.groups
    if row.transposed:  # every input meets every tap, also those that land outside
        weight = torch.ones(
            row.in_channels, row.out_channels // groups, *row.kernel, dtype=torch.float64
        )
        run = getattr(torch.nn.functional, f"conv_transpose{sides}d")
        out = run(x, weight, stride=row.stride, dilation=row.dilation, groups=groups)
        return row.runs * int(out.sum())
    if row.padding == "same":
        total = [d * (k - 1) for d, k in zip(row.dilation, row.kernel, strict=True)]
        pads = [(t // 2, t - t // 2) for t in total]
    else:
        pads = [(p, p) for p in row.padding]
    widths = [side for pair in reversed(pads) for side in pair]
    x = torch.nn.functional.pad(x, widths, value=1.0)
    weight = torch.ones(row.out_channels, row.in_channels // groups, *row.kernel, dtype=x.dtype)
    run = getattr(torch.nn.functional, f"conv{sides}d")
    out = run(x, weight, stride=row.stride, dilation=row.dilation, groups=groups)
    return row.runs * int(out.sum())


@pytest.mark.parametrize("case", rows())
def test_the_exact_numbers_are_those_of_brute_force(case):
    assert rows()[case].macs == brute_force(rows()[case])


@pytest.mark.slow
@pytest.mark.parametrize("case", rows())
def test_our_own_row_has_no_wrong_cell(case):
    found = CASES[case].opened()
    assert cm.from_torch(found.model, found.inputs.shapes).macs == rows()[case].macs
    assert recorded_model(case).macs == rows()[case].macs


@pytest.mark.parametrize("case", rows())
def test_sizes_are_pairwise_distinct(case):
    row = rows()[case]
    depthwise = row.groups == row.in_channels == row.out_channels
    sizes = [*row.size, row.in_channels, *([] if depthwise else [row.out_channels])]
    assert len(set(sizes)) == len(sizes)
    if row.kernel != (1, 1) and len(row.kernel) == 2:
        assert row.kernel[0] != row.kernel[1]


def test_every_form_is_built_and_used():
    assert set(FORMS) == set(BUILDERS) == {row.form for row in rows().values()}


def test_the_kept_results_are_complete():
    kept = results()
    assert {(row["case"], row["tool"]) for row in kept} == {
        (case, tool) for case in rows() for tool in (OWN, *TOOLS)
    }
    assert len(kept) == len(rows()) * (len(TOOLS) + 1)
    assert all(row["macs"] == rows()[row["case"]].macs for row in kept)
    assert all(row["verdict"] == RIGHT for row in kept if row["tool"] == OWN)
    assert all((row["number"] is None) == bool(row["error"]) for row in kept)
    assert not any("unexplained" in (row["causes"] or "") for row in kept)


def test_the_table_is_read_without_torch():
    code = (
        "import sys; from costmodel.checks.referee.conformance import conformance_table; "
        "table = conformance_table(); "
        "from costmodel.documents.pages.referee import referee_page; referee_page(); "
        "assert not {'torch', 'numpy', 'sympy', 'pandas', 'fvcore'} & set(sys.modules); "
        "print(len(table))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(run.stdout) == len(rows())


def test_the_table_has_a_column_per_counter():
    table = conformance_table()
    assert table.names == ("case", "macs", OWN, *TOOLS)
    assert table.column(OWN) == table.column("macs") == [row.macs for row in rows().values()]
    by_case = {row["case"]: row for row in table}
    assert by_case["padding_same"]["fvcore"] == 0
    assert by_case["transposed2d"]["thop"] > by_case["transposed2d"]["macs"]
    assert by_case["scripted"]["fvcore"] is None
    assert prod(by_case["conv2d"][tool] > 0 for tool in TOOLS)


def test_a_flop_counter_is_right_at_two_per_mac():
    assert verdict("torch", 15, 30) == verdict("fvcore", 15, 15) == RIGHT
    assert verdict("torch", 15, 15) != RIGHT != verdict("fvcore", 15, 30)
    assert verdict("fvcore", 15, None) != RIGHT


def test_changed_finds_another_number_of_the_same_version_only():
    row = next(r for r in results() if r["tool"] == "fvcore" and r["case"] == "conv2d")
    same, other = dict(row), {**row, "number": row["number"] + 1}
    newer = {**other, "version": "9"}
    ours = {**next(r for r in results() if r["tool"] == OWN), "number": 1, "verdict": "wrong"}
    assert changed(Table(COLUMNS, [same, newer])) == []
    assert [s.partition(":")[0] for s in changed(Table(COLUMNS, [other, ours]))] == [
        "conv2d",
        ours["case"],
    ]


def test_the_page_is_fresh():
    assert (ROOT / PATH).read_bytes() == referee_page()[PATH]
