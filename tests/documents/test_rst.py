"""reStructuredText: what somebody else has written is text, and never a link."""

from __future__ import annotations

from html import unescape

import pytest

from costmodel.table import Table

core = pytest.importorskip("docutils.core", reason="no docutils: pip install '.[docs]'")
NAMES = [
    "javascript:alert(1)",
    "https://example.org/x",
    "data:text/html,x",
    "a@example.org",
    "|x| `y`_ *z* \\",
    "x_ __y__ [1]_",
]


def html(source: str) -> str:
    return unescape(core.publish_parts(source, writer="html5")["body"])


def test_the_danger_is_there() -> None:
    assert 'href="javascript:alert' in html(f"{NAMES[0]}\n")


def test_a_cell_is_text() -> None:
    page = html(Table(["layer"], [{"layer": name} for name in NAMES]).to_rst())
    assert "href" not in page
    assert "system-message" not in page
    for name in NAMES:
        assert f"<p>{name}</p>" in page
