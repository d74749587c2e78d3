"""The table of formulas in every format, and the rows behind it."""

from __future__ import annotations

import csv
import io
import re
import types
from fractions import Fraction
from typing import Any

import pytest
import sympy

import costmodel as cm
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError, VariantError
from costmodel.formulas.algebra import EVEN
from costmodel.formulas.letters import symbol
from costmodel.formulas.rows import rows
from costmodel.formulas.tables import FORMATS, render
from costmodel.metrics.metric import METRICS
from tests.formulas.reading import balanced, unsafe_commands
from tests.formulas.sampling import CATALOGUE

FEW = ["standard", "basis", "tucker2", "ghost", "octave"]
DOCUMENTS = ("html", "latex", "markdown", "myst", "rst", "typst")  # whose headings are words
SHOWN = [key for key, metric in METRICS.items() if metric.shown]
k, m, n, b = map(symbol, "kmnb")


def lines(format: str, notation: str = "fcnn", ids: list[str] | None = None) -> list[str]:
    return render(rows(ids or FEW), format, notation).splitlines()


def test_rows_hold_sympy_objects() -> None:
    standard, basis = rows(["standard", "basis"])
    assert basis.variant is VARIANTS["basis"]
    assert basis.formulas["params"] == b * m * (k**2 + n)
    assert basis.ratio == b / n + b / k**2
    (bound,) = basis.break_evens
    assert bound.condition == sympy.Lt(b, k**2 * n / (k**2 + n))
    assert bound.limit_condition == sympy.Lt(b, k**2)
    assert (standard.ratio, standard.break_evens) == (1, ())


def test_rows_of_every_variant_in_the_order_of_the_registry() -> None:
    assert [row.variant.id for row in rows()] == list(VARIANTS)


def test_another_metric_has_another_ratio() -> None:
    (row,) = rows(["shared_basis"], metric="params")
    assert row.ratio == b / (m * n) + b / k**2


def test_errors_name_what_is_allowed() -> None:
    with pytest.raises(VariantError, match="unknown variant 'basic'"):
        rows(["basic"])
    with pytest.raises(CostModelError, match="unknown metric 'flips'"):
        rows(["basis"], "flips")
    with pytest.raises(CostModelError, match="unknown format 'docx'"):
        render(rows(["basis"]), "docx")
    with pytest.raises(CostModelError, match="unknown notation 'html'"):
        render(rows(["basis"]), "text", "html")


def test_text() -> None:
    table = lines("text")
    assert table[0].split() == ["variant", *SHOWN, "macs_ratio", "macs_break_even", "limit"]
    basis = next(line for line in table if line.startswith("basis "))
    for part in ("(k^2 + n)·b·m·h·w", "b/n + b/k^2", "b < k^2·n/(k^2 + n)", "b < k^2 (n → ∞)"):
        assert part in basis
    octave = next(line for line in table if line.startswith("octave"))
    assert "3·alpha^2/4 - 3·alpha/2 + 1 *" in octave
    assert table[-1] == "* Holds where every rounding comes out even."
    assert "*" not in "".join(lines("text", ids=["standard", "basis"]))


@pytest.mark.parametrize("notation", ["fcnn", "mobilenet", "pytorch"])
def test_markdown_is_one_table(notation: str) -> None:
    every = [v.id for v in CATALOGUE]
    table = [line for line in lines("markdown", notation, every) if line.startswith("|")]
    assert len(table) == len(every) + 2
    assert {line.count("|") for line in table} == {len(SHOWN) + 5}
    for line in table[2:]:
        assert line.count("$") % 2 == 0
        for source in line.split("$")[1::2]:
            assert source == source.strip()
            assert balanced(source)
            assert unsafe_commands(source) == set()


@pytest.mark.parametrize("notation", ["fcnn", "mobilenet", "pytorch"])
def test_latex_is_one_table(notation: str) -> None:
    every = [v.id for v in CATALOGUE]
    source = lines("latex", notation, every)
    assert source[0] == rf"\begin{{tabular}}{{{'l' * (len(SHOWN) + 4)}}}"
    body = [line for line in source if line.endswith(r"\\")]
    assert len(body) == len(every) + 1
    assert {line.count("&") for line in body} == {len(SHOWN) + 3}
    assert all(balanced(line) and line.count("$") % 2 == 0 for line in body)


BOUND = ["letter", "cheaper", "bound", "conditions", "limit"]


def test_csv_is_python_source_in_stable_columns() -> None:
    records = list(csv.DictReader(io.StringIO(render(rows(FEW), "csv"))))
    assert list(records[0]) == ["variant", "title", *SHOWN, "macs_ratio", "metric", *BOUND]
    basis = records[1]
    assert basis["macs"] == "(k**2 + n)*b*m*h*w"
    assert basis["macs_ratio"] == "b/n + b/k**2"
    assert [basis[name] for name in BOUND] == ["b", "below", "k**2*n/(k**2 + n)", "", "k**2"]
    # a row for every letter that has a bound, and one without any
    assert [(r["variant"], r["letter"]) for r in records[:4]] == [
        ("standard", ""),
        ("basis", "b"),
        ("tucker2", "r1"),
        ("tucker2", "r2"),
    ]
    (ghost, *_) = [r for r in records if r["variant"] == "ghost"]
    assert (ghost["cheaper"], ghost["conditions"]) == ("above", f"d < k·√m; {EVEN}")
    sizes = {"k": 3, "b": 4, "m": 64, "n": 128, "h": 56, "w": 48}
    layer = cm.ConvLayer(3, 64, 128, (56, 48))
    assert eval(basis["macs"], {}, sizes) == cm.count("basis", layer, b=4).macs


def module(source: str) -> types.ModuleType:
    made = types.ModuleType("formulas")
    exec(compile(source, "formulas", "exec"), made.__dict__)
    return made


@pytest.mark.parametrize("notation", ["fcnn", "mobilenet", "pytorch"])
def test_python_is_a_module_of_exact_functions(notation: str) -> None:
    made = module(render(rows([v.id for v in CATALOGUE]), "python", notation))
    layer = cm.ConvLayer(3, 48, 96, (24, 24))
    sizes = {"k": 3, "m": 48, "n": 96, "h": 24, "w": 24}
    letters = {"k": "K D_K", "m": "C_in M", "n": "C_out N", "h": "H_out D_F", "w": "W_out D_F"}
    for letter, others in letters.items():
        sizes |= dict.fromkeys(others.split(), sizes[letter])
    seen = 0
    for variant in CATALOGUE:
        try:
            counts = cm.count(variant, layer)
        except CostModelError:
            continue
        for key in SHOWN:
            function = getattr(made, f"{variant.id}_{key}")
            names = function.__code__.co_varnames
            result = function(**{name: {**sizes, **counts.hyper}[name] for name in names})
            assert result == counts[key]
            assert isinstance(result, int)
            assert function.__doc__
            seen += 1
    assert seen >= 60
    basis_ratio = made.basis_macs_ratio
    names = basis_ratio.__code__.co_varnames
    known: dict[str, Any] = {name: Fraction({**sizes, "b": 4}[name]) for name in names}
    assert basis_ratio(**known) == Fraction(4, 96) + Fraction(4, 9)


def test_python_imports_what_it_needs_only() -> None:
    assert "import" not in render(rows(FEW), "python")
    shared = cm.Variant("shared", "m, r m i j -> r | r, n r -> n", where={"r": "gcd(m, n, 12)"})
    source = render(rows([shared]), "python")
    assert "\nimport math\n" in source
    counts = cm.count(shared, cm.ConvLayer(3, 20, 32, (5, 6)))
    assert module(source).shared_params(k=3, m=20, n=32) == counts.params


def test_titles_are_escaped() -> None:
    odd = cm.define("odd", "m, n m i j -> n", title="100 % |a_b| & *c*", register=False)
    assert r"100 % \|a_b\| &amp; \*c\*" in render(rows([odd]), "markdown")
    assert r"100 \% |a\_b| \& *c*" in render(rows([odd]), "latex")
    quoted = cm.define("quoted", "m, n m i j -> n", title='a "b" \\', register=False)
    assert "a 'b' /" in module(render(rows([quoted]), "python")).quoted_params.__doc__


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_in_every_format_under_its_own_name(metric: str) -> None:
    ids = ["standard", "basis", "grouped", "octave"]
    found = rows(ids, metric)
    label = METRICS[metric].label
    for format in FORMATS:
        text = render(found, format)
        assert not re.search(r"\b(True|False)\b", text)
        assert (label if format in DOCUMENTS else metric) in text
    (record, *_) = csv.DictReader(io.StringIO(render(found, "csv")))
    assert {metric, f"{metric}_ratio", *BOUND} <= set(record)
    assert record["metric"] == metric
    heads = render(found, "text").splitlines()[0].split()
    assert heads[-4:] == [
        list(found[0].formulas)[-1],
        f"{metric}_ratio",
        f"{metric}_break_even",
        "limit",
    ]
    assert metric in heads


@pytest.mark.parametrize("metric", [key for key in METRICS if METRICS[key].whole])
def test_the_formula_of_the_metric_counts_it(metric: str) -> None:
    sizes = {"k": 3, "b": 4, "m": 64, "n": 128, "h": 56, "w": 48}
    counted = cm.count("basis", cm.ConvLayer(3, 64, 128, (56, 48)), b=4)[metric]
    (record,) = csv.DictReader(io.StringIO(render(rows(["basis"], metric), "csv")))
    assert eval(record[metric], {}, sizes) == counted
    function = getattr(module(render(rows(["basis"], metric), "python")), f"basis_{metric}")
    assert function(**{name: sizes[name] for name in function.__code__.co_varnames}) == counted


def test_every_format_ends_with_a_line_break_and_takes_no_rows() -> None:
    for format in FORMATS:
        assert render(rows(FEW), format).endswith("\n")
        assert render([], format).endswith("\n")
