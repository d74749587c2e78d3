"""reStructuredText forms of what directives give, for Sphinx."""

from __future__ import annotations

import re

from costmodel.table import Tabular, pretty

# `:` and `@` too: docutils makes a link of whatever looks like an address, javascript: included
_SPECIAL = re.compile(r"([\\*`|_<>\[\]:@])")


def table(content: Tabular) -> str:
    """A `list-table`; text is escaped, numbers are grouped."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    grid = [list(content.names)]
    grid += [[pretty(row.get(name)) for name in content.names] for row in content.rows]
    for row in grid:
        for index, cell in enumerate(row):
            lines.append(f"   {'*' if index == 0 else ' '} - {escape(cell)}".rstrip())
    return "\n".join(lines) + "\n"


def math(latex: str) -> str:
    """A displayed formula."""
    return ".. math::\n\n" + "".join(f"   {line}\n" for line in latex.strip().split("\n"))


def escape(text: str) -> str:
    """Text in which no sign is markup."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
