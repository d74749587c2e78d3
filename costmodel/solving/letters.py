"""What is asked for: one letter of a variant, letters tied to it, and the values of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from costmodel.core import expression
from costmodel.core.expression import Expr
from costmodel.core.hyper import Hyper, route
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import VariantError, unknown
from costmodel.typed import write_pairs


@dataclass(frozen=True)
class Asked:
    """One letter to solve for.

    letter: its name. tied: what further letters are worth, `r1` → `r2` or `m/4`, as expressions of
    the layer and of the letter. given: the values of others, numbers or such expressions.
    """

    variant: Variant
    letter: str
    tied: Mapping[str, Expr]
    given: Mapping[str, Number]

    @property
    def declared(self) -> Hyper:
        """The letter's declaration."""
        return self.variant.hyper[self.letter]

    @cached_property
    def text(self) -> str:
        """`b`, `r1 = r2`, or `r2 with r1 = m/4`."""
        others = [f"{name} = {expr}" for name, expr in self.tied.items() if name not in self._same]
        return self._same_text + (f" with {' and '.join(others)}" if others else "")

    @property
    def _same(self) -> list[str]:
        """The letters that are the same, in order of declaration."""
        tied = {name for name, expr in self.tied.items() if expr.text == self.letter}
        return [name for name in self.variant.hyper if name in {self.letter, *tied}]

    @property
    def _same_text(self) -> str:
        return " = ".join(self._same)

    def at(self, values: object) -> str:
        """`r1 = r2 = 8 to 64 with r2 = …`: the letters with what they are worth."""
        rest = self.text.removeprefix(self._same_text)
        given = f" with {write_pairs(self.given, ', ')}" if self.given and not rest else ""
        if self.given and rest:
            given = f" and {write_pairs(self.given, ', ')}"
        return f"{self._same_text} = {values}{rest}{given}"

    def values(self, x: Number, names: Mapping[str, Number]) -> dict[str, Number]:
        """Every letter's value where the asked one is worth x, on a layer with these names.

        Raises `CostModelError` where a value is no integer.
        """
        env = {**names, self.letter: x}
        tied = {name: expr.evaluate(env) for name, expr in self.tied.items()}
        return {**evaluated(self.variant, self.given, {**env, **tied}), **tied, self.letter: x}


def evaluated(
    variant: Variant, given: Mapping[str, Number], names: Mapping[str, Number]
) -> dict[str, Number]:
    """Given values with numbers for texts such as "n/4"; real numbers keep their texts."""
    return {
        name: expression.parse(value).evaluate(names)
        if isinstance(value, str) and not variant.hyper[name].real
        else value
        for name, value in given.items()
    }


def read_letters(
    variant: Variant, letters: str | Sequence[str], given: Mapping[str, Number]
) -> Asked:
    """What is asked for, as it is typed.

    Args:
        letters: `b`; `r1=r2` or a sequence of letters for those that are to be the same; further
            letters with their values in terms of the layer or of the first: `r2,r1=m/4`.
        given: other letters' values by name.

    Raises:
        VariantError: a letter that the variant has not, or none or several to solve for.
    """
    entries = letters.split(",") if isinstance(letters, str) else list(letters)
    entries = [entry.strip() for entry in entries if entry.strip()]
    plain = [entry for entry in entries if "=" not in entry]
    tied: dict[str, Expr] = {}
    for entry in entries:
        if "=" in entry:
            *names, right = (part.strip() for part in entry.split("="))
            for name in names:
                _check_letter(variant, name)
                tied[name] = expression.parse(right)
    inner = [n for expr in tied.values() for n in expr.names() if n in variant.hyper]
    free = [name for name in dict.fromkeys([*inner, *plain]) if name not in tied]
    for name in free:
        _check_letter(variant, name)
    first, *same = free or [""]
    if not first or (same and tied):
        raise VariantError(
            f"{variant.id}: {','.join(entries)!r} leaves {' and '.join(free) or 'no letter'} to "
            f"solve for; allowed is one of {', '.join(variant.hyper)}, or several tied as r1=r2"
        )
    tied |= {name: expression.parse(first) for name in same}
    fixed = route([variant], given)[variant.id]
    for name in (first, *tied):
        if name in fixed:
            raise VariantError(
                f"{variant.id}: {name} is asked for and given as {fixed[name]}; allowed is one"
            )
    return Asked(variant, first, tied, fixed)


def _check_letter(variant: Variant, name: str) -> None:
    if name not in variant.hyper:
        raise VariantError(unknown(f"letter of {variant.id}", name, variant.hyper))
