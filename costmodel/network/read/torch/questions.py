"""Questions: what one forward asks about its sizes, and the guards that the answers are."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from costmodel.core.polynomial import Polynomial
from costmodel.network.guards import Guard

#: The relations that a number can be asked for.
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


class Questions:
    """What one forward has asked about its sizes.

    Attributes:
        guards: the answers, in the order of the questions, each once.
        refused: the first question that no guard can say, "" for none.
    """

    def __init__(self) -> None:
        self.guards: dict[Guard, None] = {}
        self.refused = ""

    def ask(self, difference: Any, sign: Any, relation: str) -> bool:
        """Whether a difference stands in a relation to 0; the answer is kept as a guard.

        sign: a number with the sign of the difference at the sizes of this forward.
        """
        truth = RELATIONS[relation](sign, 0)
        if not isinstance(difference, Polynomial):
            return truth
        whole = difference * math.lcm(*(c.denominator for c in difference.terms.values()))
        if not whole.integer:
            self.refuse(f"whether {difference} {relation} 0")
        elif relation in ("==", "!="):
            self._keep(whole, "==" if truth is (relation == "==") else "!=")
        elif truth is (relation[0] == ">"):  # the answer is a lower bound
            self._keep(whole - (relation in (">", "<=")), ">=")
        else:
            self._keep(-whole - (relation in (">=", "<")), ">=")
        return truth

    def refuse(self, question: str) -> None:
        """Note a question that no guard can say."""
        self.refused = self.refused or question

    def undo(self, count: int) -> None:
        """Forget all guards but the first so many: the questions had no consequence."""
        for guard in list(self.guards)[count:]:
            del self.guards[guard]

    def _keep(self, value: Polynomial, relation: str) -> None:
        guard = Guard(value, relation)
        if not guard.certain:
            self.guards[guard] = None
