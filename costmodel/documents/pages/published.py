"""The page of the documentation with every published figure beside the computed one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from costmodel.checks.published.figures import VERDICTS, Source, sources
from costmodel.checks.published.tables import check
from costmodel.table import Table

PATH = "docs/published.md"
_COLUMNS = ("row", "quantity", "published", "unit", "computed", "verdict", "otherwise", "reason")
_INTRODUCTION = """# Published tables, recomputed

What papers and projects printed, beside what the formulas of this project say of the same networks
and layers.
`costmodel published` computes all of it again and exits with 1 if a figure that was met no longer
is; the figures are data in `data/published/`, each with the computation that it is compared with.
All rows of a column are counted alike, unless the paper itself says otherwise.

- **exact**: the same integer or fraction.
- **within rounding**: not further off than half of the last printed digit.
- **truncated**: what is computed lies above the printed figure by less than one of its last digit.
- **misprint**: the same text shows which figure is meant, and that one is within rounding.
- **differs**: none of these; the reason says what is known, and *otherwise* is a count by another
  convention that meets the figure. Whether that is the cause only the authors know.

Not taken in are figures that count nothing (speeds, accuracies), the transforms of Winograd and FFT
convolutions, and networks that no generator here builds.
"""


def published_page() -> dict[str, bytes]:
    """The page by its path from the root of the project."""
    table = check()
    counts = Counter(table.column("verdict"))
    total = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
    parts = [_INTRODUCTION.rstrip(), f"Of {sum(counts.values())} figures: {total}."]
    for source in sources().values():
        rows = [row for row in table.rows if row["table"] == source.table]
        parts += _section(source, Table(_COLUMNS, rows))
    return {PATH: ("\n\n".join(parts) + "\n").encode()}


def _section(source: Source, table: Table) -> Iterator[str]:
    yield f"## `{source.table}`"
    yield f"{source.citation}. {source.convention[0].upper()}{source.convention[1:]}."
    yield table.to_markdown().rstrip()
