"""What is printed for a page counts what the polynomial is worth; read here as Python."""

from __future__ import annotations

import math
import random
import re

import pytest

from costmodel.core.numbers import common_divisor, largest, smallest
from costmodel.core.polynomial import symbol
from costmodel.errors import CostModelError
from costmodel.formulas.printing.javascript import JavaScript

H, W, N = map(symbol, "HWN")
FUNCTIONS = {"min": "least", "max": "greatest", "gcd": "commonDivisor"}
MEANT = {
    "floorDiv": lambda a, b: a // b,
    "least": min,
    "greatest": max,
    "commonDivisor": math.gcd,
}


def as_python(source: str) -> str:
    """BigInt arithmetic has Python's signs; only the letter behind a number differs."""
    return re.sub(r"\b(\d+)n\b", r"\1", source)


def worth(value: object, functions: dict[str, str] = FUNCTIONS, **sizes: int) -> int:
    script = JavaScript(functions=functions)
    result = script.value(value)
    space: dict[str, object] = {**MEANT, **sizes}
    for line in script.lines:
        name, text = re.fullmatch(r"const (\w+) = (.*);", line).groups()
        space[name] = eval(as_python(text), space)
    return eval(as_python(result), space)


EXPRESSIONS = [
    0,
    -7,
    H - H,
    3 * H * W - 2 * ((H + 1) // 2) ** 2 + 5,
    N * (-H * W - 4 * ((H - 9) // 7)),
    -(H**3) + W,
    H * (H + 1) / 2 + ((W - 3) // 4) * 6,
    N * smallest(3, H - W) + largest(H, 2 * W) * common_divisor(H, 12),
    ((H - 1) // 2 + (W + 2) // 3 - 40) // 5,
]


@pytest.mark.parametrize("value", EXPRESSIONS, ids=str)
def test_it_counts_what_the_polynomial_does(value):
    generator = random.Random(str(value))
    for _ in range(20):
        sizes = {"N": generator.randint(1, 5)} | {s: generator.randint(1, 400) for s in "HW"}
        known = value.subs(**sizes) if hasattr(value, "subs") else value
        assert worth(value, **sizes) == known, sizes


def test_the_oracle_can_fail():
    value = (H + 1) // 2
    assert worth(value, H=4, W=1, N=1) == 2 != worth((H + 2) // 2, H=4, W=1, N=1)


def test_a_floor_that_stands_twice_is_worked_out_once():
    script = JavaScript()
    script.value(((H + 1) // 2) * ((W + 1) // 2))
    script.value(((H + 1) // 2) ** 2 * 5)
    assert script.lines == [
        "const v0 = floorDiv(H + 1n, 2n);",
        "const v1 = floorDiv(W + 1n, 2n);",
    ]


def test_no_expression_begins_with_a_minus_before_a_power():
    # -H**2n is no JavaScript
    assert JavaScript().value(-(H**2)) == "0n - H**2n"
    assert JavaScript().value(-(H**2) * N + W * N) in ("N*(0n - H**2n + W)", "N*(W - H**2n)")


def test_sizes_may_have_other_names_in_the_script():
    assert JavaScript({"H": 'at["H"]'}).value(2 * H) == '2n*at["H"]'


def test_what_the_page_has_no_function_for_is_refused():
    with pytest.raises(CostModelError, match=r"min\(.*\) has no exact form in JavaScript"):
        JavaScript().value(smallest(3, H))
    with pytest.raises(CostModelError, match="no exact form"):
        JavaScript(functions=FUNCTIONS).value(H / (W + 1))
