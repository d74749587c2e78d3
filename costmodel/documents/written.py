"""What directives give, in the language of the document: tables, formulas, images, sentences."""

from __future__ import annotations

import re
from collections.abc import Callable

from costmodel.documents.request import Target
from costmodel.errors import InputError
from costmodel.markup import html_text, latex_text, typst_text
from costmodel.table import Tabular

_TABLES: dict[str, Callable[[Tabular], str]] = {
    "markdown": Tabular.to_markdown,
    "latex": Tabular.to_latex,
    "myst": Tabular.to_markdown,
    "rst": Tabular.to_rst,
    "typst": Tabular.to_typst,
    "html": Tabular.to_html,
}
_PLAIN = re.compile(r'[][\\<>`"]')  # what could end an image's text early


def table(content: Tabular, target: Target) -> str:
    """A table as a block of its own."""
    if target.inline:
        raise InputError("a table within a line; allowed is a block of its own lines")
    return _TABLES[target.syntax](content)


def formula(latex: str, target: Target) -> str:
    """A formula where it will stand: within a line, or as a block of its own."""
    from costmodel.formulas.printing import typst
    from costmodel.formulas.printing.mathml import mathml
    from costmodel.formulas.printing.printers import fence

    match target.syntax:
        case "typst":
            inside = typst.from_latex(latex)
            return f"${inside}$" if target.inline else f"$ {inside} $"
        case "html":
            return mathml(latex, block=not target.inline)
        case "myst":  # the role and the directive need no extension of MyST
            return f"{{math}}`{latex}`" if target.inline else f"```{{math}}\n{latex}\n```"
        case "rst" if target.inline:
            return f":math:`{latex}`"
        case "rst":
            lines = "".join(f"   {line}\n" for line in latex.strip().split("\n"))
            return f".. math::\n\n{lines}"
        case _ if target.inline:
            return f"${latex}$"
        case "latex":
            return f"\\[\n{latex}\n\\]"
    return fence(latex)


def image(name: str, alt: str, target: Target) -> str:
    """A figure's file, which stands beside the document, with its text for who cannot see it."""
    alt = _PLAIN.sub("", alt)
    match target.syntax:
        case "latex":
            return f"\\includegraphics[width=\\linewidth]{{{name}}}"
        case "rst":
            return f".. image:: {name}\n   :alt: {alt}"
        case "typst":
            return f'#image("{name}", alt: {typst_text(alt)})'
        case "html":
            return f'<img src="{name}" alt="{html_text(alt)}">'
    return f"![{alt}]({name})"


def sentence(text: str, target: Target) -> str:
    """A text of ours that stands in a paragraph."""
    match target.syntax:
        case "latex":
            return latex_text(text)
        case "typst":
            return f"#{typst_text(text)}"
        case "html":
            return html_text(text)
    return text
