"""A polynomial as a compiled function: microseconds for a count at other sizes.

The function is made from source that is written here: integers, checked names, `+ * //`
and the rules of the calls in it, so nothing that a user typed is ever run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from costmodel.core.numbers import Number, plain
from costmodel.core.polynomial import Polynomial
from costmodel.core.polynomial_terms import Atom, Call
from costmodel.core.polynomial_text import source
from costmodel.errors import CostModelError


def compiled(value: Number, names: Sequence[str]) -> Callable[..., int]:
    """A function of the named sizes, in that order or by keyword, that returns the exact count.

    A floor that occurs several times is computed once.
    """
    for name in names:
        if not name.isidentifier() or not name.isascii() or name.startswith("_"):
            raise CostModelError(f"size {name!r}; allowed are letters and digits")
    lines = [f"def count({', '.join(names)}):"]
    rules: dict[str, Callable[..., Number]] = {}
    if isinstance(value, Polynomial):
        missing = value.free_symbols.difference(names)
        if missing:
            raise CostModelError(
                f"the formula depends on {', '.join(sorted(missing))}; allowed is a function of "
                "every symbol in it"
            )
        known: dict[Atom, str] = {}
        for index, atom in enumerate(a for a in value.atoms() if not a.letter):
            lines.append(f"    _{index} = {atom.source(known)}")
            known[atom] = f"_{index}"
            if isinstance(atom, Call):
                rules[atom.name] = atom.rule
        result = source(value.terms, known)
        if not value.integer:
            result = f"_plain({result})"
    else:
        result = source({(): value}, {})
    text = "\n".join([*lines, f"    return {result}"]) + "\n"
    space: dict[str, Any] = {"__builtins__": {}, "Fraction": Fraction, "_plain": plain, **rules}
    exec(compile(text, "<formula>", "exec"), space)
    function: Callable[..., int] = space["count"]
    function.__doc__ = text
    return function
