"""Formulas as MathML, which browsers show without a script."""

from __future__ import annotations

from costmodel.errors import MissingDependencyError


def mathml(latex: str, block: bool = False) -> str:
    """LaTeX of our printers as presentation MathML; `block` on a line of its own.

    Raises `MissingDependencyError` where latex2mathml is not installed.
    """
    try:
        from latex2mathml.converter import convert
    except ImportError:
        raise MissingDependencyError("latex2mathml", "a report", "report") from None
    return str(convert(latex, display="block" if block else "inline"))
