"""The project's own documentation builds as a site, with the reference made from docstrings."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import costmodel as cm

pytestmark = pytest.mark.slow

ROOT = Path(cm.__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; --strict turns a broken link or an unknown name into a failure."""
    folder = tmp_path_factory.mktemp("site")
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return folder


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    page = (site / "reference" / "index.html").read_text(encoding="utf-8")
    registries = {"METRICS", "VARIANTS"}  # values, described where their entries are
    for name in set(cm.__all__) - registries:
        assert re.search(rf'id="costmodel\.([a-z_]+\.)*{name}"', page), name
    assert "window size, an int or one value per spatial axis" in page  # of a docstring


def test_every_page_is_linked_from_the_navigation_or_the_catalogue(site: Path) -> None:
    start = (site / "index.html").read_text(encoding="utf-8")
    catalogue = (site / "variants" / "index.html").read_text(encoding="utf-8")
    for page in site.glob("*/index.html"):
        assert f'href="{page.parent.name}/' in start, page
    for variant in cm.VARIANTS.values():
        if variant.family != "custom":
            assert f"{variant.id}/" in catalogue
