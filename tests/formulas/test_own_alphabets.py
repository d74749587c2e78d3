"""A team's own letters: from its project's file or a file of their own, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cli.main import main
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS
from costmodel.documents.embedding import process
from costmodel.errors import InputError
from costmodel.formulas.alphabets import ALPHABETS
from costmodel.formulas.formula import formula
from costmodel.formulas.layers import twin_layer
from costmodel.formulas.letters import LAYER_LETTERS
from costmodel.formulas.own_alphabets import notation
from costmodel.formulas.printing.printers import latex, python, text

OURS = """
title = "the letters of our group"
names = { k = "f", m = "c", n = { text = "c_out", latex = "c'", python = "outs" }, h = "y", w = "x"}
strided = { h = "y_out" }
"""
PROJECT = f"[project]\nname = 'x'\n[tool.costmodel.alphabets.ours]{OURS}"
SEPARABLE = formula("depthwise_separable")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "docs" / "letters.toml").write_text(OURS.replace('"f"', '"sigma"'))
    return tmp_path


def test_letters_of_the_project_around(project: Path) -> None:
    found = notation("ours", str(project / "docs" / "deep"))
    assert found.title == "the letters of our group"
    assert text(SEPARABLE, found) == "(f^2 + c_out)·c·y·x"
    assert latex(SEPARABLE, found) == r"\left(f^{2} + c'\right) c y x"
    assert python(SEPARABLE, found) == "(f**2 + outs)*c*y*x"
    assert set(found.strided) == {"h"}


def test_letters_of_a_file(project: Path) -> None:
    found = notation("letters.toml", str(project / "docs"))
    assert (found.key, latex(SEPARABLE, found)) == (
        "letters",
        r"\left(\sigma^{2} + c'\right) c y x",
    )


def test_commands_and_documents_take_them(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project / "docs")
    words = ["formulas", "--variants", "depthwise_separable", "--notation"]
    assert main([*words, "ours"]) == 0
    assert "(f^2 + c_out)·c·y·x" in capsys.readouterr().out
    assert main([*words, "letters.toml", "--format", "latex"]) == 0
    assert r"$\left(\sigma^{2} + c'\right) c y x$" in capsys.readouterr().out
    assert main([*words, "theirs"]) == 2
    said = capsys.readouterr().err
    assert "unknown notation 'theirs': allowed are fcnn, mobilenet, pytorch, ours, those of" in said
    monkeypatch.chdir("/")  # a document's letters are those of where it stands
    page = str(project / "docs" / "deep" / "plan.md")
    for directive, wanted in (
        ("formula depthwise_separable macs notation=ours", r"\left(f^{2} + c'\right) c y x"),
        ("formula basis params notation=../letters.toml", r"\left(\sigma^{2} + c'\right) b c"),
        ("breakeven basis b notation=ours", r"b < \frac{f^{2} c'}{f^{2} + c'}"),
        ("breakeven bottleneck r notation=ours", "c'"),
        ("solve basis b notation=ours in=text", "f^2·c_out"),
        ("solve basis b at_most=macs=50% notation=ours", "c'"),
    ):
        (block,) = process(f"<!-- costmodel: {directive} --><!-- /costmodel -->", page).blocks
        assert wanted in process(f"<!-- costmodel: {directive} --><!-- /costmodel -->", page).text
        assert block[0].directive == directive


def test_every_letter_of_a_layer_may_be_named() -> None:
    layers = (
        ConvLayer((3, 5, 7), 12, 20, (17, 22, 29), (2, 3, 1), (1, 0, 2), (2, 1, 3), 4, 6),
        ConvLayer(3, 12, 20, (17, 22), 2, "valid", 2, 2, 3),
        ConvLayer(4, 5, 6, (23,), 2, 1, 3),
    )
    letters = {s.name for la in layers for s in twin_layer(la, VARIANTS["standard"])[1]}
    assert {"k_d", "s_h", "delta_w", "p_d", "G", "N"} <= letters
    assert letters <= set(LAYER_LETTERS)
    assert {name for alphabet in ALPHABETS.values() for name in alphabet.names} <= set(
        LAYER_LETTERS
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("names = 3", "names is '3'; allowed is a table of letters"),
        ("title = 'x'", "has no names; allowed are some"),
        ("titel = 'x'", "unknown key 'titel': did you mean 'title'?"),
        ("names = { kk = 'a' }", "names: unknown letter 'kk': did you mean 'k'?"),
        ("names = { k = 3 }", "names.k: text is '3'; allowed is a letter"),
        ("names = { k = '3x' }", "text is '3x'; allowed is a letter"),
        ("names = { k = { latex = 'x' } }", "names.k has no text"),
        ("names = { k = { text = 'x', tex = 'y' } }", "unknown spelling 'tex'"),
        ("names = { k = { text = 'x', latex = '$y' } }", "latex is '$y'; allowed is LaTeX"),
        ("names = { k = { text = 'x', python = 'a b' } }", "python is 'a b'; allowed is a name"),
        ("title = 3\nnames = { k = 'a' }", "title is '3'; allowed is a text"),
        ("names = {", "is not TOML"),
    ],
)
def test_what_is_no_alphabet_is_refused(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "letters.toml").write_text(content)
    with pytest.raises(InputError) as caught:
        notation("letters.toml", str(tmp_path))
    assert words in str(caught.value)
    assert "letters.toml" in str(caught.value)


def test_a_project_takes_no_name_of_ours_and_may_have_none(tmp_path: Path) -> None:
    table = "[tool.costmodel.alphabets.{}]\nnames = {{ k = 'f' }}\n"
    (tmp_path / "pyproject.toml").write_text(table.format("fcnn") + table.format("ours"))
    with pytest.raises(InputError, match="notation 'fcnn' is costmodel's own"):
        notation("ours", str(tmp_path))
    assert notation("fcnn", str(tmp_path)) is ALPHABETS["fcnn"]
    (tmp_path / "pyproject.toml").write_text("[tool.costmodel]\nalphabets = 3\n")
    with pytest.raises(InputError, match="alphabets is '3'; allowed is a table"):
        notation("ours", str(tmp_path))
    (tmp_path / "pyproject.toml").write_text("[tool]\n")
    with pytest.raises(InputError, match="unknown notation 'ours'"):
        notation("ours", str(tmp_path))
    with pytest.raises(InputError, match="cannot read"):
        notation("missing.toml", str(tmp_path))
