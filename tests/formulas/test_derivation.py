"""Derivations: formula, numbers, result; for every variant, metric and geometry."""

from __future__ import annotations

from fractions import Fraction

import pytest

import costmodel as cm
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.formulas.derivation import derivation, result_latex, result_text
from costmodel.formulas.letters import symbol
from costmodel.metrics.metric import METRICS
from costmodel.metrics.settings import Settings
from tests.formulas.reading import balanced, unsafe_commands, value_of
from tests.formulas.sampling import CATALOGUE, any_layers

LAYER = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 48))
ODD = cm.ConvLayer((3, 5), 64, 128, (57, 48), stride=(2, 1), padding=(1, 2), batch=3, bias=True)


def examples(variant: Variant) -> list[cm.Counts]:
    """A layer of every dimension, of any geometry; two in 2-D."""
    return [
        counts
        for dims in sorted(variant.dims)
        for counts in any_layers(variant, dims, 2 if dims == 2 else 1)
    ]


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_every_line_evaluates_to_the_value(variant: Variant) -> None:
    for counts in examples(variant):
        for key, metric in METRICS.items():
            found = derivation(counts, metric=key)
            assert found.value == counts[key]
            assert found.symbolic.free_symbols or found.value < 64
            assert value_of(found.substituted) == found.value, (found.text(), counts.layer)
            letters = {letter.name: number for letter, number in found.values.items()}
            formula, numbers, result = found.lines()
            assert value_of(formula, letters) == found.value
            assert numbers == found.substituted
            assert result == result_text(found.value)
            if metric.whole:
                exec(found.python(), {"Fraction": Fraction, "costmodel": cm})


def test_the_three_lines() -> None:
    found = derivation("basis", LAYER, b=4)
    assert found.lines() == (
        "(k^2 + n)·b·m·h·w",
        "(3^2 + 128)·4·64·56·48",
        "94,273,536",
    )
    assert found.text() == "(k^2 + n)·b·m·h·w = (3^2 + 128)·4·64·56·48 = 94,273,536"
    assert found.substituted == "(3^2 + 128)·4·64·56·48"
    assert found.value == 94273536
    assert found.python() == "assert (3**2 + 128)*4*64*56*48 == 94273536"


def test_latex_and_markdown() -> None:
    found = derivation("basis", LAYER, b=4)
    assert found.latex() == (
        "\\begin{aligned}\n"
        "& \\left(k^{2} + n\\right) b m h w \\\\\n"
        "={}& \\left(3^{2} + 128\\right) \\cdot 4 \\cdot 64 \\cdot 56 \\cdot 48 \\\\\n"
        "={}& 94{,}273{,}536\n"
        "\\end{aligned}"
    )
    assert found.markdown() == f"```math\n{found.latex()}\n```\n"
    assert balanced(found.latex())
    assert unsafe_commands(found.latex()) <= {"aligned"}


def test_rectangular_windows_strides_and_images() -> None:
    found = derivation("tucker2", ODD, r1=16, r2=24)
    assert found.lines()[0] == "(k_h·k_w·r1·r2·h + r1·m·H + r2·n·h)·N·w"
    assert found.value == cm.count("tucker2", ODD, r1=16, r2=24).macs
    assert found.text("pytorch").startswith("(K_h·K_w·r1·r2·H_out + r1·C_in·H_in + r2·C_out·H_out)")


def test_a_bias_is_in_the_parameters() -> None:
    assert derivation("standard", ODD, "params").lines()[0] == "k_h·k_w·m·n + n"


def test_groups_of_the_layer() -> None:
    layer = cm.ConvLayer(3, 12, 20, (9, 7), groups=4)
    assert derivation("standard", layer, "params").text() == "k^2·m·n/G = 3^2·12·20/4 = 540"


def test_counts_bring_their_layer_and_numbers() -> None:
    counts = cm.count("ghost", LAYER, q=3, d=5)
    assert derivation(counts).text() == derivation("ghost", LAYER, q=3, d=5).text()


@pytest.mark.slow
def test_where_a_branch_falls_away_there_is_no_false_equation() -> None:
    layer = cm.ConvLayer(3, 8, 12, (9, 7))
    for alpha in (0, 1):
        for key in METRICS:
            found = derivation("octave", layer, key, alpha=alpha)
            assert value_of(found.substituted) == found.value
    assert derivation("octave", layer, alpha=0).symbolic.free_symbols


def test_fractions_are_shown_as_such() -> None:
    found = derivation("octave", LAYER, "macs", alpha="1/4")
    assert "⌊(1/4)·64⌋" in found.substituted
    assert r"\frac{1}{4}" in found.latex()
    assert result_text(Fraction(7, 3000)) == "7/3,000"
    assert result_latex(Fraction(7, 3000)) == r"\frac{7}{3{,}000}"


def test_a_number_alone_is_said_once() -> None:
    one = cm.Variant("one", "m, n m i=1 j=1 -> n", domain={"in_channels": 2, "out_channels": 3})
    layer = cm.ConvLayer(1, 2, 3, (5, 4))
    found = derivation(one, layer, "params")
    assert found.text() == "6"
    assert found.latex() == "\\begin{aligned}\n& 6\n\\end{aligned}"


def test_the_conventions_of_the_counts_are_kept() -> None:
    counts = cm.count("basis", LAYER, Settings(flops_per_mac=1), b=4)
    assert derivation(counts, metric="flops").value == counts.macs
    assert derivation("basis", LAYER, "flops", b=4).text().startswith("2·(k^2 + n)·b·m·h·w = ")


def test_errors() -> None:
    with pytest.raises(CostModelError, match="a derivation without a layer"):
        derivation("basis")
    with pytest.raises(CostModelError, match="m is a symbol; allowed are layers of numbers"):
        derivation("basis", cm.ConvLayer(3, symbol("m"), 10, (9, 8)))
    with pytest.raises(CostModelError, match="unknown metric 'flips'"):
        derivation("basis", LAYER, "flips")
