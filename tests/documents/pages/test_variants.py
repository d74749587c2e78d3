"""A page per variant, generated, complete and fresh."""

from pathlib import Path

import pytest

import costmodel as cm
from costmodel.documents.pages.variants import FOLDER, example, page, variant_pages

ROOT = Path(cm.__file__).parent.parent


@pytest.mark.slow
def test_the_committed_pages_are_what_is_generated():
    wanted = variant_pages()
    folder = ROOT / FOLDER
    assert {str(p.relative_to(ROOT)) for p in folder.iterdir()} == set(wanted)
    stale = [path for path, content in wanted.items() if (ROOT / path).read_bytes() != content]
    assert stale == []


@pytest.mark.parametrize("variant", list(cm.VARIANTS))
def test_a_page_has_stages_formulas_an_example_and_a_source(variant):
    files: dict = {}
    text = page(cm.VARIANTS[variant], files)
    declared = cm.VARIANTS[variant]
    for part in (declared.title[1:], declared.stages, declared.summary, declared.reference):
        assert part in text
    counts = example(declared)
    assert f"{counts.macs:,}".replace(",", "{,}") in text
    for letter in declared.hyper:
        assert f"| `{letter}` |" in text
    assert bool(files) == (not declared.baseline)
