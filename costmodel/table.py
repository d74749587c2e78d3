"""Table: rows of exact numbers, and the one place where they become text.

The same table feeds the command line, documents, notebooks and the dashboard. Cells stay ints,
floats, fractions, strings, mappings (hyper-parameters) or None until a renderer makes them text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from costmodel.errors import InputError, MissingDependencyError, printable
from costmodel.markup import (
    html_table,
    html_text,
    latex_table,
    latex_text,
    markdown_table,
    markdown_text,
    rst_table,
    rst_text,
    typst_table,
    typst_text,
)
from costmodel.typed import write_cell, write_pairs

if TYPE_CHECKING:
    import pandas

_MAX_INT64 = 2**63 - 1


@dataclass(frozen=True)
class Column:
    """What a column holds.

    key: its name in files. label: for people; the key unless given. unit: "" for a plain count or
    text, "×" for a ratio. convention: what its numbers count, without a full stop.
    """

    key: str
    label: str = ""
    unit: str = ""
    convention: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.key)

    @property
    def note(self) -> str:
        """The convention with the column's name in front, for below a table."""
        return f"{self.key}: {self.convention}"


class Tabular:
    """What has columns and rows, stored or worked out: looked at and rendered in one way."""

    if TYPE_CHECKING:  # a `Table` has these as fields, others as properties

        @property
        def columns(self) -> tuple[Column, ...]:
            """What the columns hold, in order."""

        @property
        def rows(self) -> Sequence[Mapping[str, Any]]:
            """One mapping per row, by the columns' keys; a missing cell is None."""

        @property
        def notes(self) -> tuple[str, ...]:
            """Sentences that belong under the table: conventions, what is not counted."""

        @property
        def skipped(self) -> tuple[tuple[str, str], ...]:
            """(name, reason) of what was left out."""

    def to_table(self) -> Table:
        """The columns and rows alone."""
        return Table(self.columns, self.rows, self.notes, self.skipped)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' keys, in order."""
        return tuple(column.key for column in self.columns)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.rows)

    def column(self, name: str) -> list[Any]:
        """The cells of one column, from the first row to the last."""
        if name not in self.names:
            from costmodel.errors import unknown

            raise InputError(unknown("column", name, self.names))
        return [row.get(name) for row in self.rows]

    def select(self, columns: Sequence[str]) -> Table:
        """The same rows with some columns only, in the given order."""
        for name in columns:
            self.column(name)
        known = {column.key: column for column in self.columns}
        return Table([known[name] for name in columns], self.rows, self.notes, self.skipped)

    def _cells(self) -> Iterator[list[Any]]:
        names = self.names
        for row in self.rows:
            yield [row.get(name) for name in names]

    # -- for programs --------------------------------------------------------------------------
    def to_csv(self) -> str:
        """RFC 4180 with a header row, lines ended by LF: exact integers, no units or separators.

        A text that a spreadsheet would run as a formula has an apostrophe in front
        (`typed.write_cell`), which our readers take away again.
        """
        import csv

        lines: list[str] = []
        # what stands in a line's end is quoted: a carriage return alone ends lines elsewhere
        out = SimpleNamespace(write=lambda line: lines.append(f"{line[:-2]}\n"))
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.names)
        for cells in self._cells():
            writer.writerow([_cell(cell) for cell in cells])
        return "".join(lines)

    def to_json(self) -> str:
        """A JSON array of row objects; integers keep every digit.

        JSON itself has no limit, but readers with double-precision numbers round integers above
        2^53; `jsonl` and `csv` have the same digits as text.
        """
        import json

        rows = [dict(zip(self.names, map(_json, cells), strict=True)) for cells in self._cells()]
        return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"

    def to_jsonl(self) -> str:
        """One JSON object per line, for pipes."""
        import json

        return "".join(
            json.dumps(dict(zip(self.names, map(_json, cells), strict=True)), ensure_ascii=False)
            + "\n"
            for cells in self._cells()
        )

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas frame; integers above int64 stay exact Python ints (an object column)."""
        try:
            import pandas
        except ImportError:
            raise MissingDependencyError("pandas", "a data frame", "app") from None
        return pandas.DataFrame(
            {
                name: pandas.Series(cells, dtype=_dtype(cells))
                for name, cells in ((n, [_json(c) for c in self.column(n)]) for n in self.names)
            }
        )

    def to_parquet(self) -> bytes:
        """Parquet; an integer above 2^63 − 1 is refused, not rounded."""
        for name in self.names:
            for cell in self.column(name):
                if isinstance(cell, int) and abs(cell) > _MAX_INT64:
                    raise InputError(
                        f"column {name!r} holds {cell}; Parquet allows integers up to "
                        f"{_MAX_INT64}, csv and json any"
                    )
        frame = self.to_dataframe()
        try:
            return bytes(frame.to_parquet(index=False))
        except ImportError:
            raise MissingDependencyError("pyarrow", "Parquet output", "app") from None

    # -- for people ----------------------------------------------------------------------------
    def to_text(self) -> str:
        """Aligned columns with digits grouped by three."""
        grid = [list(self.names), *([_line(cell) for cell in row] for row in self._cells())]
        widths = [max(len(row[index]) for row in grid) for index in range(len(self.names))]
        right = [self.is_numeric(name) for name in self.names]
        lines = []
        for row in grid:
            cells = (
                cell.rjust(width) if number else cell.ljust(width)
                for cell, width, number in zip(row, widths, right, strict=True)
            )
            lines.append("  ".join(cells).rstrip())
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(lines) + "\n" + "".join(f"{printable(note)}\n" for note in self.notes)

    def to_markdown(self) -> str:
        """A GitHub table: numbers right-aligned, digits grouped by three, text escaped."""
        return markdown_table(*self._written(markdown_text))

    def to_rst(self) -> str:
        """A `list-table` of reStructuredText; digits grouped, text escaped."""
        return rst_table(*self._written(rst_text))

    def to_latex(self) -> str:
        """A `tabular` for booktabs; digits grouped, text escaped."""
        return latex_table(*self._written(latex_text, "{,}"))

    def to_typst(self) -> str:
        """A table of Typst; digits grouped, text as strings."""
        return typst_table(*self._written(typst_text))

    def to_html(self) -> str:
        """A table of HTML that needs no other file; digits grouped, text escaped."""
        return html_table(*self._written(html_text))

    def _written(
        self, text: Callable[[str], str], separator: str = ""
    ) -> tuple[list[str], list[list[str]], list[bool]]:
        """Names, cells, and which columns are numbers; text and cells in a document's language.

        separator: between the groups of a number's digits; "" is a comma, as in any text.
        """

        def written(cell: Any) -> str:
            if separator and _is_number(cell):
                return pretty(cell).replace(",", separator)
            return text(pretty(cell))

        right = [self.is_numeric(name) for name in self.names]
        return list(map(text, self.names)), [[*map(written, row)] for row in self._cells()], right

    def is_numeric(self, name: str) -> bool:
        """Whether a column holds numbers alone, missing cells aside."""
        cells = [cell for cell in self.column(name) if cell is not None]
        return bool(cells) and all(map(_is_number, cells))

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


@dataclass(frozen=True, init=False)
class Table(Tabular):
    """Rows with named columns, as they are given; a plain name is a column without more to say."""

    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    notes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

    def __init__(
        self,
        columns: Iterable[Column | str],
        rows: Sequence[Mapping[str, Any]],
        notes: tuple[str, ...] = (),
        skipped: tuple[tuple[str, str], ...] = (),
    ) -> None:
        known = tuple(Column(c) if isinstance(c, str) else c for c in columns)
        facts = {"columns": known, "rows": rows, "notes": notes, "skipped": skipped}
        for name, value in facts.items():
            object.__setattr__(self, name, value)


#: Renderers by the name that `--format` takes.
FORMATS: dict[str, Callable[[Tabular], str | bytes]] = {
    "csv": Tabular.to_csv,
    "json": Tabular.to_json,
    "jsonl": Tabular.to_jsonl,
    "markdown": Tabular.to_markdown,
    "latex": Tabular.to_latex,
    "rst": Tabular.to_rst,
    "typst": Tabular.to_typst,
    "html": Tabular.to_html,
    "table": Tabular.to_text,
    "parquet": Tabular.to_parquet,
}


def plain(cell: Any) -> str:
    """A cell for programs: exact integers, floats that read back as the same value, "" for None."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if _is_fraction(cell):
        return repr(float(cell))
    if isinstance(cell, Mapping):
        return write_pairs(cell, ";")
    return repr(cell) if isinstance(cell, float) else str(cell)


def _cell(cell: Any) -> str:
    """A cell of a CSV: only numbers are certain not to be somebody's text."""
    return plain(cell) if _is_number(cell) else write_cell(plain(cell))


def pretty(cell: Any) -> str:
    """A cell for people: digits of integers grouped by three, four significant digits of ratios."""
    if isinstance(cell, bool) or cell is None:
        return plain(cell)
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float) or _is_fraction(cell):
        return f"{float(cell):.4g}"
    return plain(cell)


def _line(cell: Any) -> str:
    """The same for a terminal: on one line, and nothing in it that steers one."""
    return printable(pretty(cell)).replace("\n", "\\n")


def _is_fraction(cell: Any) -> bool:
    return not isinstance(cell, int | float) and hasattr(cell, "denominator")


def _is_number(cell: Any) -> bool:
    return not isinstance(cell, bool) and (isinstance(cell, int | float) or _is_fraction(cell))


def _json(cell: Any) -> Any:
    if isinstance(cell, Mapping):
        return write_pairs(cell, ";")
    return float(cell) if _is_fraction(cell) else cell


def _dtype(cells: Sequence[Any]) -> str | None:
    """An exact pandas type: Int64 keeps missing cells integers, object keeps big ones exact."""
    known = [cell for cell in cells if cell is not None]
    if known and all(isinstance(cell, int) and not isinstance(cell, bool) for cell in known):
        return "Int64" if all(abs(cell) <= _MAX_INT64 for cell in known) else "object"
    return None
