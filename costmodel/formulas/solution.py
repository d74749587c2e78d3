"""Solution in letters: on which side of which bound a variant is within its budget, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sympy import And, Expr, Ge, Gt, Le, Lt, Or, Symbol, false, true
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from costmodel.formulas.algebra import EVEN
from costmodel.formulas.alphabets import DEFAULT, Alphabet
from costmodel.formulas.cases import Case
from costmodel.formulas.letters import public
from costmodel.formulas.printing import printers
from costmodel.metrics.metric import METRICS
from costmodel.table import Column, Table

#: How relations are written, as text and as LaTeX.
_SIGNS = {
    "<": ("<", "<"),
    "<=": ("≤", r"\le"),
    ">": (">", ">"),
    ">=": ("≥", r"\ge"),
    "==": ("=", "="),
    "!=": ("≠", r"\ne"),
}


@dataclass(frozen=True)
class LetterSolution:
    """Where a variant is within a budget, of the values that fit.

    variant: its id; own: its letters. letter: what is solved for; tied: it and the letters tied to
    it, in words. metric: key of what has a budget. wanted: the budget in words. strict: whether it
    has to cost less, not just as much. cases: sides of bounds with their conditions, which exclude
    each other; where none of them holds, no value is within it. roundings: what has to be an
    integer for the bounds to be exact, as SymPy conditions. limit: where the main bound goes as the
    letter `limit_in` grows without end; None where it grows as well or does not depend on channels.
    """

    variant: str
    own: tuple[str, ...]
    letter: Symbol
    tied: str
    metric: str
    wanted: str
    strict: bool
    cases: tuple[Case, ...]
    roundings: tuple[Boolean, ...] = ()
    limit: Expr | None = None
    limit_in: Symbol | None = None

    # -- the main case -----------------------------------------------------------------------------
    @property
    def main(self) -> Case | None:
        """The first case that has a bound, else the first; None where no value is ever within."""
        with_bound = (case for case in self.cases if case.bounds)
        return next(with_bound, self.cases[0] if self.cases else None)

    @property
    def cheaper(self) -> str:
        """On which side of its bound it is within the budget: "below", "above" or another."""
        return "never" if self.main is None else self.main.cheaper

    @property
    def bounds(self) -> tuple[Expr, ...]:
        """The main bounds, exact: the smaller one first."""
        return () if self.main is None else self.main.bounds

    @property
    def bound(self) -> Expr | None:
        """The main bound, the larger one of two; None where there is none."""
        return self.bounds[-1] if self.bounds else None

    @property
    def relation(self) -> str:
        """How the letter stands to the bound: "<" or ">", "≤" or "≥" where that is enough."""
        sign = ">" if self.cheaper in ("above", "outside") else "<"
        return sign if self.strict else {"<": "≤", ">": "≥"}[sign]

    @property
    def when(self) -> Boolean:
        """What has to be true of the other sizes for the main bound; SymPy's true for nothing."""
        return true if self.main is None else self.main.when

    @property
    def conditions(self) -> Boolean:
        """All that has to be true for the main bound to be exact: `when`, and even roundings."""
        return And(self.when, *self.roundings)

    @property
    def always(self) -> bool:
        """Whether every value is within the budget, whatever the sizes."""
        return any(case.cheaper == "always" and case.when == true for case in self.cases)

    @property
    def never(self) -> bool:
        """Whether no value is, whatever the sizes."""
        return not self.cases

    @property
    def note(self) -> str:
        """What was assumed of roundings, "" for nothing."""
        return EVEN if self.roundings else ""

    @property
    def condition(self) -> Boolean:
        """The main inequality as a SymPy relation: `b < k**2*n/(k**2 + n)`."""
        return self.inequality(self.main) if self.main else false

    @property
    def limit_condition(self) -> Expr | None:
        """The same with the limit for the bound; None where there is none."""
        if self.limit is None or self.main is None:
            return None
        return self.inequality(replace(self.main, bounds=(self.limit,)))

    def inequality(self, case: Case) -> Boolean:
        """What a case says of the letter; SymPy's true where it is always within the budget."""
        if not case.bounds:
            return true
        upper, lower = (Lt, Gt) if self.strict else (Le, Ge)
        low, high = case.bounds[0], case.bounds[-1]
        match case.cheaper:
            case "below":
                return upper(self.letter, high, evaluate=False)
            case "above":
                return lower(self.letter, high, evaluate=False)
            case "between":
                return And(
                    lower(self.letter, low, evaluate=False),
                    upper(self.letter, high, evaluate=False),
                )

        return Or(upper(self.letter, low, evaluate=False), lower(self.letter, high, evaluate=False))

    # -- for people --------------------------------------------------------------------------------
    def to_text(self, alphabet: str | Alphabet = DEFAULT) -> str:
        """One sentence: `MACs below the standard convolution's if q > 1, where d < k·√m; …`."""
        parts = [self._case(case, alphabet) for case in self.cases] or ["never"]
        if self.cases and not any(case.when == true for case in self.cases):
            parts.append("never otherwise")
        said = f"{self.wanted}: {'; '.join(parts)}"
        return f"{said} ({EVEN})" if self.roundings else said

    def to_latex(self, alphabet: str | Alphabet = DEFAULT) -> str:
        """The inequalities as a formula; more than one as `cases`."""
        if not self.cases:
            return rf"{printers.latex(self.letter, alphabet, self.own)} \in \varnothing"

        def relations(condition: Boolean) -> str:
            return self._relations(condition, True, alphabet)

        if len(self.cases) == 1 and self.when == true:
            return relations(self.condition)
        lines = []
        for case in self.cases:
            what = relations(self.inequality(case)) if case.bounds else r"\text{always}"
            lines.append(rf"{what} & \text{{if }} {relations(case.when)}")
        return r"\begin{cases} " + r" \\ ".join(lines) + r" \end{cases}"

    def to_table(self) -> Table:
        """A row for each case."""
        columns = ("variant", "letter", "metric", "cheaper", "bound", "conditions")
        rows = [
            {
                "variant": self.variant,
                "letter": self.tied,
                "metric": self.metric,
                "cheaper": case.cheaper,
                "bound": ", ".join(
                    printers.python(bound, own=self.own, integer=False) for bound in case.bounds
                ),
                "conditions": self.said(case),
            }
            for case in self.cases
        ] or [
            {
                "variant": self.variant,
                "letter": self.tied,
                "metric": self.metric,
                "cheaper": "never",
            }
        ]
        return Table(
            [Column(name) for name in columns],
            rows,
            (f"{self.to_text()}.", f"{METRICS[self.metric].column().note}."),
        )

    def said(self, case: Case) -> str:
        """The conditions of a case in words, "" for none."""
        when = "" if case.when == true else self._relations(case.when, False)
        return "; ".join(part for part in (when, self.note) if part)

    def _case(self, case: Case, alphabet: str | Alphabet) -> str:
        what = "always"
        if case.bounds:
            what = self._relations(self.inequality(case), False, alphabet)
        if case.when == true:
            return what
        return f"{what}, if {self._relations(case.when, False, alphabet)}"

    def _relations(
        self, condition: Boolean, latex: bool, alphabet: str | Alphabet = DEFAULT
    ) -> str:
        printer = printers.latex if latex else printers.text
        return written(condition, lambda expr: printer(expr, alphabet, self.own), latex)

    def __str__(self) -> str:
        return f"{self.to_text()}."


def written(condition: Boolean, write: Callable[[Expr], str], latex: bool = False) -> str:
    """A condition, or several joined by "and" or "or"; `write` prints each side."""
    if isinstance(condition, Relational):
        sign = _SIGNS[condition.rel_op][latex]
        return f" {sign} ".join(map(write, condition.args))
    joint = " or " if isinstance(condition, Or) else " and "
    parts = sorted(condition.args, key=lambda part: (not isinstance(part, Relational), str(part)))
    joint = rf" \text{{{joint}}} " if latex else joint
    return joint.join(written(part, write, latex) for part in parts)


def in_plain_symbols(solution: LetterSolution) -> LetterSolution:
    """The solution as it leaves the library; see `letters.public`."""

    def plain(parts: Iterable[Expr]) -> tuple[Expr, ...]:
        return tuple(part if part in (True, False) else public(part) for part in parts)

    return replace(
        solution,
        letter=public(solution.letter),
        cases=tuple(
            Case(plain([case.when])[0], case.cheaper, plain(case.bounds)) for case in solution.cases
        ),
        roundings=plain(solution.roundings),
        limit=None if solution.limit is None else public(solution.limit),
        limit_in=None if solution.limit_in is None else public(solution.limit_in),
    )
