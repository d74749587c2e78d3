"""Tables and plain text in the languages of documents: Markdown, reST, LaTeX, Typst, HTML.

Cells of a table are in the language already; the functions named `…_text` bring a text there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Rows = Iterable[Iterable[str]]

# `:` and `@` too: docutils makes a link of whatever looks like an address, javascript: included
_RST = re.compile(r"([\\*`|_<>\[\]:@])")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\n": " ",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    # signs that pdfTeX's usual fonts lack
    **{
        sign: rf"\ensuremath{{{command}}}"
        for sign, command in {
            "√": r"\surd",
            "≤": r"\le",
            "≥": r"\ge",
            "≠": r"\ne",
            "≈": r"\approx",
            "−": "-",
            "×": r"\times",
            "⌈": r"\lceil",
            "⌉": r"\rceil",
            "⌊": r"\lfloor",
            "⌋": r"\rfloor",
            "·": r"\cdot",
            "→": r"\to",
            "∞": r"\infty",
        }.items()
    },
}
_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
_CELL = "padding:0.2em 0.8em 0.2em 0"
_RULE = "border-bottom:1px solid"


def markdown_table(columns: Sequence[str], rows: Rows, right: Sequence[bool] = ()) -> str:
    """A GitHub table of cells that are Markdown already: only the bars in them are escaped.

    right: which columns are right-aligned; empty is none.
    """
    rule = "|".join("---:" if aligned else "---" for aligned in right or [False] * len(columns))
    head, *lines = (
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n"
        for row in (columns, *rows)
    )
    return f"{head}|{rule}|\n{''.join(lines)}"


def markdown_text(text: str) -> str:
    """A text in which no sign is Markdown or HTML."""
    text = text.replace("&", "&amp;")
    for sign in "\\`*[]$~":
        text = text.replace(sign, "\\" + sign)
    text = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)  # within a word it is a letter
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ").replace("\r", " ")


def rst_table(columns: Sequence[str], rows: Rows, right: Sequence[bool] = ()) -> str:
    """A `list-table`, which has no sides to align."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (columns, *rows):
        for index, cell in enumerate(row):
            lines.append(f"   {'*' if index == 0 else ' '} - {cell}".rstrip())
    return "\n".join(lines) + "\n"


def rst_text(text: str) -> str:
    """A text in which no sign is reStructuredText."""
    return _RST.sub(r"\\\1", text.replace("\n", " "))


def latex_table(columns: Sequence[str], rows: Rows, right: Sequence[bool] = ()) -> str:
    r"""A `tabular` with the rules of booktabs: the document has `\usepackage{booktabs}`."""
    layout = "".join("r" if aligned else "l" for aligned in right or [False] * len(columns))
    head, *lines = (" & ".join(row) + r" \\" for row in (columns, *rows))
    parts = [rf"\begin{{tabular}}{{{layout}}}", r"\toprule", head, r"\midrule", *lines]
    return "\n".join([*parts, r"\bottomrule", r"\end{tabular}"]) + "\n"


def latex_text(text: str) -> str:
    """A text in which no sign is LaTeX."""
    return "".join(_LATEX.get(sign, sign) for sign in text)


def typst_table(columns: Sequence[str], rows: Rows, right: Sequence[bool] = ()) -> str:
    """A table with a rule above, below, and under its header; cells are content or strings."""
    sides = ", ".join("right" if aligned else "left" for aligned in right or [False] * len(columns))
    lines = [
        "#table(",
        f"  columns: {len(columns)},",
        f"  align: ({sides},),",
        "  stroke: none,",
        "  table.hline(),",
        f"  table.header({', '.join(columns)}),",
        "  table.hline(stroke: 0.5pt),",
        *(f"  {', '.join(row)}," for row in rows),
        "  table.hline(),",
        ")",
    ]
    return "\n".join(lines) + "\n"


def typst_text(text: str) -> str:
    """A text as a string of Typst, in which nothing is markup; a paragraph wants `#` before it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", " ").replace("\r", " ") + '"'


def html_table(columns: Sequence[str], rows: Rows, right: Sequence[bool] = ()) -> str:
    """A table that looks the same on every page and in every mail: its style stands in it."""
    sides = ["right" if aligned else "left" for aligned in right or [False] * len(columns)]

    def line(tag: str, cells: Iterable[str], more: str = "") -> str:
        styled = (
            f'<{tag} style="{_CELL};text-align:{side}{more}">{cell}</{tag.partition(" ")[0]}>'
            for cell, side in zip(cells, sides, strict=True)
        )
        return f"<tr>{''.join(styled)}</tr>\n"

    body = "".join(line("td", row) for row in rows)
    head = line('th scope="col"', columns, f";{_RULE}")
    return f'<table style="{_STYLE}">\n<thead>\n{head}</thead>\n<tbody>\n{body}</tbody>\n</table>\n'


def html_text(text: str) -> str:
    """A text in which no sign is HTML."""
    from html import escape

    return escape(text).replace("\n", " ")
