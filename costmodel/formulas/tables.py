"""The table of formulas as text, LaTeX, Markdown, CSV, JSON, or a Python module."""

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
from costmodel.formulas.printing import printers
from costmodel.formulas.rows import FormulaRow
from costmodel.formulas.solution import LetterSolution, written
from costmodel.metrics.metric import METRICS
from costmodel.table import Table

_MARK = "*"
#: Columns of the formats for programs, which have a row for every bound.
_BOUND = ("letter", "cheaper", "bound", "conditions", "limit")


def render(
    rows: Sequence[FormulaRow], format: str = "text", alphabet: str | Alphabet = DEFAULT
) -> str:
    """The rows as one text, which ends with a line break.

    Args:
        rows: what `rows` gave.
        format: "text", "latex", "markdown", "csv" and "json" (formulas as Python source), or
            "python" (a module with a function for every formula, exact for ints).
        alphabet: the letters to write in.

    Raises:
        CostModelError: an unknown format or notation, or a notation that has not enough letters.
    """
    if format not in FORMATS:
        raise CostModelError(unknown("format", format, FORMATS))
    return FORMATS[format](rows, ALPHABETS.of(alphabet))


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


_TEXT = _Cells(printers.text, "{}", " ({} → ∞)", "; ", " " + _MARK)
_LATEX = _Cells(printers.latex, "${}$", r" \quad ({} \to \infty)", ", ", r"\,*", True)
_MARKDOWN = _Cells(printers.latex, "${}$", r" \quad ({} \to \infty)", "; ", r" \*", True)


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


def _note(cells: Sequence[dict[str, str]], mark: str) -> str:
    """The sentence below a table in which something is marked."""
    marked = mark and any(cell.endswith(mark) for row in cells for cell in row.values())
    return f"Holds {EVEN}." if marked else ""


def _text(rows: Sequence[FormulaRow], alphabet: Alphabet) -> str:
    cells = [_TEXT.row(row, alphabet) for row in rows]
    table = Table(
        ("variant", *_names(rows)),
        [{"variant": row.variant.id, **cell} for row, cell in zip(rows, cells, strict=True)],
    )
    note = _note(cells, _TEXT.mark)
    return table.to_text() + (f"\n{_MARK} {note}\n" if note else "")


def _markdown(rows: Sequence[FormulaRow], alphabet: Alphabet) -> str:
    cells = [_MARKDOWN.row(row, alphabet) for row in rows]
    lines = [
        "| " + " | ".join(["variant", *_heads(rows)]) + " |",
        "|---" * (1 + len(_names(rows))) + "|",
    ]
    for row, cell in zip(rows, cells, strict=True):
        title = _escaped(row.variant.title, "\\`*_[]|<>")
        lines.append("| " + " | ".join([title, *(cell[n] for n in _names(rows))]) + " |")
    note = _note(cells, _MARKDOWN.mark)
    return "\n".join([*lines, *(["", rf"\* {note}"] if note else [])]) + "\n"


def _latex(rows: Sequence[FormulaRow], alphabet: Alphabet) -> str:
    cells = [_LATEX.row(row, alphabet) for row in rows]
    lines = [
        rf"\begin{{tabular}}{{{'l' * (1 + len(_names(rows)))}}}",
        r"\hline",
        " & ".join(["variant", *_heads(rows)]) + r" \\",
        r"\hline",
    ]
    for row, cell in zip(rows, cells, strict=True):
        title = _escaped(row.variant.title, "&%$#_{}")
        lines.append(" & ".join([title, *(cell[n] for n in _names(rows))]) + r" \\")
    note = _note(cells, _LATEX.mark)
    lines += [r"\hline", r"\end{tabular}", *([rf"\par *\,{note}"] if note else [])]
    return "\n".join(lines) + "\n"


def _escaped(text: str, special: str) -> str:
    return "".join("\\" + sign if sign in special else sign for sign in text.replace("\n", " "))


def _sources(rows: Sequence[FormulaRow], alphabet: Alphabet) -> Table:
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
    return Table(("variant", "title", *formulas, "metric", *_BOUND), records)


def _real(expr: Expr, alphabet: Alphabet, own: Iterable[str]) -> str:
    return printers.python(expr, alphabet, own, integer=False)


def _python(rows: Sequence[FormulaRow], alphabet: Alphabet) -> str:
    """A module: `basis_macs(k, b, m, n, h, w)` for every formula, ratio and bound."""
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


#: Renderers by the name that `--format` takes.
FORMATS: dict[str, Callable[[Sequence[FormulaRow], Alphabet], str]] = {
    "text": _text,
    "latex": _latex,
    "markdown": _markdown,
    "python": _python,
    "csv": lambda rows, alphabet: _sources(rows, alphabet).to_csv(),
    "json": lambda rows, alphabet: _sources(rows, alphabet).to_json(),
}
