"""The Formulas page: what it shows is what the library renders, in every notation and format."""

import shlex

import pytest

from costmodel import VARIANTS
from costmodel.cli.main import main
from costmodel.documents.embedding import process
from costmodel.formulas.alphabets import ALPHABETS
from costmodel.formulas.claims import check_claims
from costmodel.formulas.einsum import POSITIONS, einsum_formula
from costmodel.formulas.rows import rows
from costmodel.formulas.tables import FORMATS, render
from costmodel.metrics.metric import costs

COMMON = [id for id, variant in VARIANTS.items() if variant.common]


@pytest.fixture
def opened(page):
    return page("formulas")


def table(ids=None, metric="macs", format="markdown", notation="fcnn"):
    return render(rows(ids or COMMON, metric), format, notation).strip() + "\n"


def markdowns(opened):
    return [f"{element.value.strip()}\n" for element in opened.app.markdown]


def codes(opened):
    return [element.value for element in opened.app.code]


def test_the_table_is_the_library_s(opened):
    assert table() in markdowns(opened)
    assert r"$\frac{b}{n} + \frac{b}{k^{2}}$" in table()


@pytest.mark.parametrize("notation", list(ALPHABETS))
def test_every_notation(opened, notation):
    opened.set("notation", notation)
    assert table(notation=notation) in markdowns(opened)
    assert opened.query["notation"] == notation


@pytest.mark.parametrize("metric", costs())
def test_every_metric(opened, metric):
    opened.set("metric", metric)
    assert table(metric=metric) in markdowns(opened)


@pytest.mark.parametrize("format", list(FORMATS))
def test_every_format_can_be_taken_away(opened, format):
    opened.set("format", format)
    assert table(format=format) in [f"{code.strip()}\n" for code in codes(opened)]


def test_the_command_shown_prints_the_same(opened, capsys):
    opened.set("format", "latex").set("notation", "pytorch")
    (command,) = [code for code in codes(opened) if code.startswith("python")]
    assert main(shlex.split(command)[3:]) == 0
    assert capsys.readouterr().out == table(format="latex", notation="pytorch")


def test_the_block_shown_embeds_the_same(opened):
    opened.set("notation", "mobilenet")
    (block,) = [code for code in codes(opened) if code.startswith("<!--")]
    embedded = process(f"Text\n\n{block}\n", "paper.md").text
    assert table(notation="mobilenet").strip() in embedded


def test_one_variant_in_full(opened):
    opened.set("look", "tucker2")
    variant = VARIANTS["tucker2"]
    for line in variant.lines:
        assert line.text in codes(opened)
        sums = einsum_formula(line, "latex")
        assert any(sums in element.value for element in opened.app.latex)
    text = opened.text()
    assert POSITIONS in text
    assert variant.reference in text
    assert text.count(":material/check: equal") == len(check_claims(variant))


@pytest.mark.parametrize("id", list(VARIANTS))
def test_every_variant_has_its_formulas(page, id):
    opened = page("formulas", variants=id, look=id)
    assert table([id]) in markdowns(opened)
    assert not opened.notices


def test_no_variant_is_a_hint(opened):
    opened.set("families", [])
    assert "choose a family" in opened.app.info[0].value


def test_the_link_restores_the_view(page, opened):
    opened.set("notation", "pytorch").set("metric", "params").set("look", "cp")
    again = page("formulas", **opened.query)
    assert markdowns(again) == markdowns(opened)
    assert not again.notices
