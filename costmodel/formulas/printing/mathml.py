"""Formulas as MathML, which browsers show without a script."""

from __future__ import annotations

from costmodel.errors import MissingDependencyError
from costmodel.markup import html_text


def mathml(latex: str, block: bool = False) -> str:
    """LaTeX of our printers as presentation MathML; `block` on a line of its own.

    Raises `MissingDependencyError` where latex2mathml is not installed.
    """
    try:
        from latex2mathml.converter import convert
    except ImportError:
        raise MissingDependencyError("latex2mathml", "a formula in HTML", "report") from None
    lines = latex.replace("{aligned}", "{split}")  # the name by which it knows aligned lines
    return str(convert(lines, display="block" if block else "inline"))


def cell(source: str) -> str:
    """Text with formulas between dollars, as a table has it, as HTML with MathML."""
    parts = source.split("$")
    for index, part in enumerate(parts):
        parts[index] = mathml(part) if index % 2 else html_text(part)
    return "".join(parts)
