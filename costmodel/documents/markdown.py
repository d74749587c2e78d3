"""Texts that somebody else has written, shown as they are: errors, names, whatever was typed."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"[\\`*_{}\[\]<>#|$~&]|:(?=\w)")  # what Markdown and Streamlit read


def literal(text: str) -> str:
    """A text as it is, whatever it holds: no Markdown, no HTML, no mathematics, no icons."""
    return _SIGNS.sub(r"\\\g<0>", " ".join(text.split()))


def sentence(text: str) -> str:
    """An error's words as a sentence; a name or a condition at its start stays as it was typed."""
    first = text[:1].upper() if re.match(r"[a-z]+[ ,]", text) else text[:1]
    return literal(f"{first}{text[1:]}.")
