"""Sphinx and MkDocs really build a small site with our directives in it."""

import pytest

from tests.documents.sites.building import registered, run

pytestmark = pytest.mark.slow

LAYER = "k=3x5 m=12 n=20 size=17x22"
MACS = "1,346,400"
TABLE = f"compare {LAYER} variants=standard,basis b=2 columns=variant,macs"
VALUE = f"value standard macs {LAYER}"


def sphinx(folder):
    (folder / "conf.py").write_text(
        "project = 'x'\nextensions = ['myst_parser', 'costmodel.documents.sites.sphinx']\n"
        "myst_enable_extensions = ['dollarmath']\n"
    )
    return run(["sphinx", "-q", "-W", "-b", "html", ".", "out"], folder)


def test_sphinx_in_both_of_its_languages(tmp_path):
    (tmp_path / "index.rst").write_text(
        f"Title\n=====\n\n.. costmodel:: {TABLE}\n\nIt takes :costmodel:`{VALUE}` multiplies.\n\n"
        ".. toctree::\n\n   other\n"
    )
    (tmp_path / "other.md").write_text(
        f"# Other\n\n```{{costmodel}} {TABLE}\n```\n\nAnd {{costmodel}}`{VALUE}` again.\n"
    )
    result = sphinx(tmp_path)
    assert result.returncode == 0, result.stderr
    for page in ("index.html", "other.html"):
        html = (tmp_path / "out" / page).read_text()
        assert html.count(MACS) == 2
        assert "<table" in html
        assert "basis" in html


def test_sphinx_stops_at_a_wrong_directive(tmp_path):
    (tmp_path / "index.rst").write_text("Title\n=====\n\n.. costmodel:: nonsense\n")
    result = sphinx(tmp_path)
    assert result.returncode != 0
    assert "unknown directive 'nonsense'" in result.stderr
    assert "index.rst:4" in result.stderr


@pytest.fixture
def mkdocs(tmp_path):
    search = registered(tmp_path)
    (tmp_path / "docs").mkdir()

    def build(page, plugin="costmodel"):
        (tmp_path / "docs" / "index.md").write_text(page)
        (tmp_path / "mkdocs.yml").write_text(
            f"site_name: x\nmarkdown_extensions: [tables]\nplugins:\n  - {plugin}\n"
        )
        return run(["mkdocs", "build", "-q"], tmp_path, path=[search])

    return build


def test_mkdocs_refreshes_while_building(mkdocs, tmp_path):
    page = (
        f"# Plan\n\n<!-- costmodel: {TABLE} -->\nold\n<!-- /costmodel -->\n\n"
        f"It takes <!-- costmodel: {VALUE} --><!-- /costmodel --> multiplies.\n"
    )
    result = mkdocs(page)
    assert result.returncode == 0, result.stderr
    html = (tmp_path / "site" / "index.html").read_text()
    assert html.count(MACS) == 2
    assert "<table>" in html
    assert (tmp_path / "docs" / "index.md").read_text() == page


def test_mkdocs_can_stop_at_a_stale_block(mkdocs):
    page = f"It takes <!-- costmodel: {VALUE} --><!-- /costmodel --> multiplies.\n"
    result = mkdocs(page, plugin="costmodel: {check: true}")
    assert result.returncode != 0
    assert "index.md:1: new" in result.stderr
    result = mkdocs("<!-- costmodel: nonsense -->\n<!-- /costmodel -->\n")
    assert result.returncode != 0
    assert "index.md:1: unknown directive 'nonsense'" in result.stderr
