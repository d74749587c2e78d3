"""The table of formulas: for people in each language of documents, and for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, true

from costmodel.errors import CostModelError, unknown
from costmodel.formulas.algebra import EVEN, Shown, display
from costmodel.formulas.alphabets import ALPHABETS, DEFAULT, Alphabet
from costmodel.formulas.letters import size_symbols
from costmodel.formulas.printing import mathml, printers, typst
from costmodel.formulas.rows import FormulaRow
from costmodel.formulas.solution import LetterSolution, written
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
from costmodel.metrics.metric import METRICS
from costmodel.table import Table

VARIANT = "variant"
_MARK = "*"
Renderer = Callable[[Sequence[FormulaRow], Alphabet, Sequence[str] | None], str]
#: Columns of the formats for programs, which have a row for every bound.
_BOUND = ("letter", "cheaper", "bound", "conditions", "limit")


def render(
    rows: Sequence[FormulaRow],
    format: str = "text",
    alphabet: str | Alphabet = DEFAULT,
    columns: Sequence[str] | None = None,
) -> str:
    """The rows as one text, which ends with a line break.

    Args:
        rows: what `rows` gave.
        format: a key of `FORMATS`: for people, "csv" and "json" (formulas as Python source), or
            "python" (a module with a function for every formula, exact for ints).
        alphabet: the letters to write in.
        columns: the names of the columns to show, in this order; None is all. A module has none.

    Raises:
        CostModelError: an unknown format, notation or column, or a notation that has not enough
            letters.
    """
    if format not in FORMATS:
        raise CostModelError(unknown("format", format, FORMATS))
    return FORMATS[format](rows, ALPHABETS.of(alphabet), columns)


@dataclass(frozen=True)
class _Cells:
    """How one format writes what stands in a cell.

    one: an expression. inline: what surrounds a formula. to: the sign of a limit. joint: between
    several entries of a cell. mark: of what holds only where roundings come out even.
    """

    one: Callable[..., str]
    inline: str
    to: str
    joint: str
    mark: str
    latex: bool = False

    def row(self, row: FormulaRow, alphabet: Alphabet) -> dict[str, str]:
        own = row.variant.hyper

        def write(shown: Shown) -> str:
            source = self.inline.format(self.one(shown.expr, alphabet, own))
            return source + self.mark if shown.note else source

        def condition(even: LetterSolution, bound: Expr, after: str = "") -> str:
            sides = self.one(even.letter, alphabet, own), self.one(bound, alphabet, own)
            source = self.inline.format(f" {even.relation} ".join(sides) + after)
            if even.when != true:
                when = written(even.when, lambda e: self.one(e, alphabet, own), self.latex)
                source += f" if {self.inline.format(when)}"
            return source + self.mark if even.note else source

        return {
            **{name: write(display(expr)) for name, expr in row.formulas.items()},
            _ratio(row.metric): "" if row.ratio is None else write(display(row.ratio, plain=True)),
            _break_even(row.metric): self.joint.join(
                condition(b, b.bound) for b in row.break_evens
            ),
            "limit": self.joint.join(
                condition(b, b.limit, self.to.format(self.one(b.limit_in, alphabet, own)))
                for b in row.break_evens
                if b.limit is not None
            ),
        }


@dataclass(frozen=True)
class _Grid:
    """A table for people: its names and headings, its cells as one language has them, its note."""

    names: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str


def _grid(
    rows: Sequence[FormulaRow],
    alphabet: Alphabet,
    columns: Sequence[str] | None,
    cells: _Cells,
    title: Callable[[FormulaRow], str],
) -> _Grid:
    """The columns asked for; title: how a variant is called."""
    made = [{VARIANT: title(row), **cells.row(row, alphabet)} for row in rows]
    heads = dict(zip([VARIANT, *_names(rows)], ["variant", *_heads(rows)], strict=True))
    names = Table(list(heads), []).select(columns).names if columns else tuple(heads)
    shown = [[row[name] for name in names] for row in made]
    marked = cells.mark and any(cell.endswith(cells.mark) for row in shown for cell in row)
    return _Grid(names, [heads[n] for n in names], shown, f"Holds {EVEN}." if marked else "")


_TEXT = _Cells(printers.text, "{}", " ({} → ∞)", "; ", " " + _MARK)
_LIMIT = r" \quad ({} \to \infty)"
_LATEX = _Cells(printers.latex, "${}$", _LIMIT, ", ", r"\,*", True)
_MARKDOWN = _Cells(printers.latex, "${}$", _LIMIT, "; ", r" \*", True)
_MYST = _Cells(printers.latex, "{{math}}`{}`", _LIMIT, "; ", r" \*", True)
_TYPST = _Cells(printers.latex, "${}$", _LIMIT, "; ", r" \*", True)
_HTML = _Cells(printers.latex, "${}$", _LIMIT, "; ", " *", True)
_RST = _Cells(printers.latex, ":math:`{}`", _LIMIT, "; ", r" \*", True)


def _ratio(metric: str) -> str:
    """The name of what is a metric's ratio."""
    return f"{metric}_ratio"


def _break_even(metric: str) -> str:
    """The name of what is a metric's break-even."""
    return f"{metric}_break_even"


def _names(rows: Sequence[FormulaRow]) -> list[str]:
    if not rows:
        return []
    return [*rows[0].formulas, _ratio(rows[0].metric), _break_even(rows[0].metric), "limit"]


def _heads(rows: Sequence[FormulaRow]) -> list[str]:
    if not rows:
        return []
    compared = METRICS[rows[0].metric].label
    labels = [METRICS[name].label for name in rows[0].formulas]
    return [*labels, f"ratio of {compared}", f"fewer {compared} if", "limit"]


def _text(rows: Sequence[FormulaRow], alphabet: Alphabet, columns: Sequence[str] | None) -> str:
    grid = _grid(rows, alphabet, columns, _TEXT, lambda row: row.variant.id)
    table = Table(grid.names, [dict(zip(grid.names, row, strict=True)) for row in grid.rows])
    return table.to_text() + (f"\n{_MARK} {grid.note}\n" if grid.note else "")


def _document(
    cells: _Cells,
    table: Callable[..., str],
    text: Callable[[str], str],
    *,
    head: Callable[[str], str] = str,
    cell: Callable[[str], str] = str,
    note: str = "\n\\* {}\n",
) -> Renderer:
    """The table in a language of documents.

    table, text: of the language, see `markup`. head, cell: a heading, and the formulas that `cells`
    has written, as the table takes them. note: what stands below, with a place for its sentence.
    """

    def written(
        rows: Sequence[FormulaRow], alphabet: Alphabet, columns: Sequence[str] | None
    ) -> str:
        grid = _grid(rows, alphabet, columns, cells, lambda row: text(row.variant.title))
        made = [
            [
                each if name == VARIANT else cell(each)
                for name, each in zip(grid.names, row, strict=True)
            ]
            for row in grid.rows
        ]
        return table([*map(head, grid.heads)], made) + (note.format(grid.note) if grid.note else "")

    return written


def _csv(rows: Sequence[FormulaRow], alphabet: Alphabet, columns: Sequence[str] | None) -> str:
    return _sources(rows, alphabet, columns).to_csv()


def _json(rows: Sequence[FormulaRow], alphabet: Alphabet, columns: Sequence[str] | None) -> str:
    return _sources(rows, alphabet, columns).to_json()


def _sources(
    rows: Sequence[FormulaRow], alphabet: Alphabet, columns: Sequence[str] | None
) -> Table:
    """The formulas as Python source, for programs: a row for every bound, or one without any."""
    records: list[dict[str, Any]] = []
    for row in rows:
        own = row.variant.hyper
        record: dict[str, Any] = {
            "variant": row.variant.id,
            "title": row.variant.title,
            **{
                name: printers.python(expr, alphabet, own, integer=METRICS[name].whole)
                for name, expr in row.formulas.items()
            },
            _ratio(row.metric): None if row.ratio is None else _real(row.ratio, alphabet, own),
            "metric": row.metric,
        }
        records += [
            {
                **record,
                "letter": printers.python(even.letter, alphabet, own),
                "cheaper": even.cheaper,
                "bound": _real(even.bound, alphabet, own),
                "conditions": even.said(even.main) if even.main else "",
                "limit": "" if even.limit is None else _real(even.limit, alphabet, own),
            }
            for even in row.break_evens
        ] or [record]
    formulas = [*rows[0].formulas, _ratio(rows[0].metric)] if rows else []
    table = Table((VARIANT, "title", *formulas, "metric", *_BOUND), records)
    return table.select(columns) if columns else table


def _real(expr: Expr, alphabet: Alphabet, own: Iterable[str]) -> str:
    return printers.python(expr, alphabet, own, integer=False)


def _python(rows: Sequence[FormulaRow], alphabet: Alphabet, columns: Sequence[str] | None) -> str:
    """A module: `basis_macs(k, b, m, n, h, w)` for every formula, ratio and bound."""
    if columns:
        raise CostModelError(f"columns {', '.join(columns)} of a module; allowed is none of them")
    parts = []
    for row in rows:
        title = row.variant.title.replace("\\", "/").replace('"', "'")
        for name, expr in row.formulas.items():
            what = f"{METRICS[name].label} of the {title}."
            parts.append(_function(row, name, expr, what, alphabet, METRICS[name].whole))
        label = METRICS[row.metric].label
        if row.ratio is not None:
            what = f"{label} of the {title} divided by those of the standard layer."
            parts.append(_function(row, _ratio(row.metric), row.ratio, what, alphabet, False))
        for even in row.break_evens:
            name = f"{_break_even(row.metric)}_{even.letter}"
            what = f"{label} are fewer than the standard layer's if {even.letter} "
            what += f"{even.relation} this{', ' + even.note if even.note else ''}."
            parts.append(_function(row, name, even.bound, what, alphabet, False))
    head = '"""Cost formulas of convolution layers: counts are exact ints for int arguments."""\n'
    body = "\n\n".join(parts)
    modules = sorted(set(re.findall(r"\b(math|costmodel(?:\.\w+)+)\.\w+\(", body)))
    needs = "".join(f"\nimport {module}" for module in modules) + ("\n" if modules else "")
    return f"{head}{needs}\n\n{body}" if parts else head


def _function(
    row: FormulaRow, name: str, expr: Expr, what: str, alphabet: Alphabet, integer: bool
) -> str:
    own = row.variant.hyper
    names: dict[str, None] = {}
    for letter in size_symbols(expr):
        names[printers.python(letter, alphabet, own)] = None
    for argument in names:
        if not argument.isidentifier():
            raise CostModelError(
                f"{argument!r} of the {alphabet.key} notation is no name in Python; allowed are "
                "letters and digits"
            )
    source = printers.python(expr, alphabet, own, integer=integer)
    return (
        f'def {row.variant.id}_{name}({", ".join(names)}):\n    """{what}"""\n    return {source}\n'
    )


#: Renderers by the name that `--format` takes, and those of documents.
FORMATS: dict[str, Renderer] = {
    "text": _text,
    "html": _document(
        _HTML, html_table, html_text, head=html_text, cell=mathml.cell, note="<p>* {}</p>\n"
    ),
    "latex": _document(_LATEX, latex_table, latex_text, note="\\par *\\,{}\n"),
    "markdown": _document(_MARKDOWN, markdown_table, markdown_text),
    "myst": _document(_MYST, markdown_table, markdown_text),
    "rst": _document(_RST, rst_table, rst_text),
    "typst": _document(_TYPST, typst_table, typst_text, head=typst_text, cell=typst.cell),
    "python": _python,
    "csv": _csv,
    "json": _json,
}
