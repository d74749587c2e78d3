"""Alphabets are data: names, places in a product, and what cannot be said in one."""

from __future__ import annotations

import re
from typing import Any

import pytest

import costmodel as cm
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError
from costmodel.formulas.alphabets import ALPHABETS, Alphabet, Name, renaming
from costmodel.formulas.derivation import derivation
from costmodel.formulas.formula import formula
from costmodel.formulas.layers import grid_layer
from costmodel.formulas.letters import symbol
from costmodel.formulas.printing.printers import latex, python, text

SEPARABLE = formula("depthwise_separable")


@pytest.mark.parametrize(
    ("key", "as_text", "as_latex", "as_python"),
    [
        (
            "fcnn",
            "(k^2 + n)·m·h·w",
            r"\left(k^{2} + n\right) m h w",
            "(k**2 + n)*m*h*w",
        ),
        (
            "mobilenet",
            "(D_K^2 + N)·M·D_F^2",
            r"\left(D_K^{2} + N\right) M D_F^{2}",
            "(D_K**2 + N)*M*D_F**2",
        ),
        (
            "pytorch",
            "(K^2 + C_out)·C_in·H_out·W_out",
            r"\left(K^{2} + C_{\mathrm{out}}\right) C_{\mathrm{in}} H_{\mathrm{out}} "
            r"W_{\mathrm{out}}",
            "(K**2 + C_out)*C_in*H_out*W_out",
        ),
    ],
)
def test_the_three_alphabets(key: str, as_text: str, as_latex: str, as_python: str) -> None:
    assert text(SEPARABLE, key) == as_text
    assert latex(SEPARABLE, key) == as_latex
    assert python(SEPARABLE, key) == as_python


def test_renaming_gives_an_expression_in_the_new_letters() -> None:
    D_K, D_F, M, N = map(symbol, ("D_K", "D_F", "M", "N"))
    letters = SEPARABLE.free_symbols
    assert renaming(letters, "mobilenet").apply(SEPARABLE) == M * D_F**2 * (D_K**2 + N)
    assert renaming(letters).apply(SEPARABLE) == SEPARABLE


def test_mobilenets_two_grids_with_a_stride() -> None:
    tucker = VARIANTS["tucker2"]
    strided = formula(tucker, "macs", grid_layer(tucker))
    shown = text(strided, "mobilenet", tucker.hyper)
    assert "D_F^2" in shown  # the input
    assert "D_G^2" in shown  # the output
    assert "D_G" not in text(formula(tucker), "mobilenet", tucker.hyper)


def test_a_hyper_parameter_keeps_its_letter() -> None:
    ghost, bottleneck = VARIANTS["ghost"], VARIANTS["spatial_bottleneck"]
    assert (
        text(formula(ghost, "params"), "mobilenet", ghost.hyper) == "((q - 1)·d^2 + D_K^2·M)·⌈N/q⌉"
    )
    shown = latex(formula(bottleneck), "pytorch", bottleneck.hyper)
    assert r"\frac{H_{\mathrm{out}}}{s}" in shown
    # not knowing the variant, letters that can be either are left alone
    assert "d^2" in text(formula(ghost, "params"), "mobilenet")


def test_the_depth_axis_is_renamed_where_it_is_one() -> None:
    video = VARIANTS["conv2plus1d"]
    assert text(formula(video), "pytorch", video.hyper).endswith("·r·D_out·H_out·W_out")
    assert text(formula(video), "mobilenet", video.hyper).endswith("·r·D_F^3")


def test_a_team_adds_its_letters_in_one_place(declared: Any) -> None:
    house = Alphabet(
        "house",
        "the letters of our house",
        {"k": Name("f"), "m": Name("Cᵢ", r"C_i", "c_i"), "n": Name("Cₒ", r"C_o", "c_o")},
    )
    declared(ALPHABETS, "house", house)
    assert text(SEPARABLE, "house") == "(f^2 + Cₒ)·Cᵢ·h·w"
    assert latex(SEPARABLE, "house") == r"\left(f^{2} + C_o\right) C_i h w"
    assert python(SEPARABLE, "house") == "(f**2 + c_o)*c_i*h*w"
    assert text(SEPARABLE, house) == text(SEPARABLE, "house")


def test_a_name_that_is_taken_is_refused() -> None:
    clash = cm.define("clash", "m, M m i j -> M | M, n M -> n", M=4, register=False)
    with pytest.raises(CostModelError, match="the mobilenet notation calls m M, which is also"):
        text(formula(clash, "params"), "mobilenet", clash.hyper)


def test_one_letter_for_two_sizes_needs_equal_sizes() -> None:
    layer = cm.ConvLayer(3, 6, 10, (9, 8))
    with pytest.raises(CostModelError, match=r"D_F would be 9 \(h\) and 8 \(w\)"):
        derivation("standard", layer).text("mobilenet")
    square = derivation("standard", cm.ConvLayer(3, 6, 10, (9, 9)))
    assert square.text("mobilenet") == "D_K^2·M·N·D_F^2 = 3^2·6·10·9^2 = 43,740"


def test_an_unknown_notation_lists_the_known_ones() -> None:
    with pytest.raises(
        CostModelError, match=r"unknown notation 'mobile'.*fcnn, mobilenet, pytorch"
    ):
        text(SEPARABLE, "mobile")


@pytest.mark.parametrize("entry", ALPHABETS.values(), ids=lambda n: n.key)
def test_the_data_is_sound(entry: Alphabet) -> None:
    assert ALPHABETS[entry.key] is entry
    assert entry.title
    for name in [*entry.names.values(), *entry.strided.values()]:
        assert (name.python or name.text).isidentifier()
        assert re.fullmatch(r"[A-Za-z_\\{}]+", name.latex or name.text)
    main = [entry.names[letter].text for letter in ("k", "m", "n", "h") if letter in entry.names]
    assert len(set(main)) == len(main)


def test_renamed_letters_keep_their_place() -> None:
    letters = [symbol(letter) for letter in "kmnhw"]
    names = renaming(letters, "pytorch")
    order = sorted(names.names, key=names.rank)
    assert order == ["K", "C_in", "C_out", "H_out", "W_out"]
