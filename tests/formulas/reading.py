"""Reading a printed formula back: an evaluator of the text form that is independent of SymPy."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from costmodel.core.taps import nearest_extent
from costmodel.metrics.padding import inside


def value_of(source: str, values: Mapping[str, Any] | None = None) -> Any:
    """What a line of text is worth: `(k^2 + n)·b/⌈n/q⌉` with exact numbers for the letters."""
    python = source
    for sign, call in (
        ("·", "*"),
        ("^", "**"),
        ("⌈", "ceil("),
        ("⌉", ")"),
        ("⌊", "floor("),
        ("⌋", ")"),
        ("√", "sqrt"),
    ):
        python = python.replace(sign, call)
    python = re.sub(r"sqrt([A-Za-z]\w*)", r"sqrt(\1)", python)
    python = re.sub(r"(?<![\w.])(\d+)", r"Fraction(\1)", python)
    names: dict[str, Any] = {
        "Fraction": Fraction,
        "ceil": math.ceil,
        "floor": math.floor,
        "sqrt": math.sqrt,
        "max": max,
        "min": min,
        "gcd": lambda *v: math.gcd(*map(int, v)),
        "taps_inside": lambda *v: inside(*map(int, v)),
        "taps_extent": lambda *v: nearest_extent(*map(int, v)),
    }
    return eval(python, names, {k: Fraction(v) for k, v in (values or {}).items()})


#: Commands that GitHub, KaTeX 0.16 and later and MathJax 3 and later all know.
SAFE_LATEX = {
    "frac", "left", "right", "lfloor", "rfloor", "lceil", "rceil", "cdot", "sqrt", "max", "min",
    "gcd", "mathrm", "text", "alpha", "begin", "end", "sum", "in", "sim", "pm", "to", "infty",
    "quad",
}  # fmt: skip


def unsafe_commands(latex: str) -> set[str]:
    """The commands in LaTeX source that are not known everywhere."""
    return set(re.findall(r"\\([A-Za-z]+)", latex)) - SAFE_LATEX


def balanced(latex: str) -> bool:
    """Whether braces and \\left … \\right pair up."""
    depth = 0
    for sign in re.sub(r"\\[{}]", "", latex):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0 and latex.count(r"\left") == latex.count(r"\right")
