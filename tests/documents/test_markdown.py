"""What a visitor typed is read as it was typed, never as Markdown, HTML, mathematics or an icon."""

import pytest

from costmodel.documents.markdown import literal, sentence

_SPECIAL = "\\`*_{}[]<>#|$~:&"


@pytest.mark.parametrize("sign", _SPECIAL)
def test_a_sign_with_a_meaning_is_escaped(sign):
    assert literal(f"a{sign}b") == f"a\\{sign}b"


def test_lines_become_one():
    assert literal("a\n\n# b") == r"a \# b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no layer is selected; allowed are 3", "No layer is selected; allowed are 3."),
        ("kernel=3 is unknown", "kernel=3 is unknown."),
        ("x.csv has no rows", "x.csv has no rows."),
        ("Kernel is 0", "Kernel is 0."),
        ("", "."),
    ],
)
def test_sentences(text, shown):
    assert sentence(text) == shown
