"""docs/notation.md is executed: every example costs what is written below it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sympy

import costmodel as cm
from costmodel.core.expression import parse as expression
from costmodel.core.hyper import Hyper
from costmodel.core.notation import parse
from costmodel.core.stage_line import OPTIONS
from costmodel.core.variant import Variant
from costmodel.errors import NotationError

TEXT = (Path(cm.__file__).parent.parent / "docs" / "notation.md").read_text(encoding="utf-8")


def examples() -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """(stages, derived sizes, formulas by metric) of every example."""
    found: list[tuple[str, dict[str, str], dict[str, str]]] = []
    for block in re.findall(r"```stages\n(.*?)```", TEXT, re.DOTALL):
        for line in block.splitlines():
            if not line.startswith("    "):
                found.append((line, {}, {}))
                continue
            key, value = line.strip().split(maxsplit=1)
            if key == "where":
                name, _, size = value.partition(" = ")
                found[-1][1][name] = size
            else:
                found[-1][2][key] = value
    return found


def names_in(stages: str, where: dict[str, str], formulas: dict[str, str]) -> set[str]:
    """The hyper-parameters of an example: every name that nothing else explains."""
    used = {
        name for text in (*where.values(), *formulas.values()) for name in expression(text).names()
    }
    for line in parse(stages).stages():
        used |= {*line.input_names, *line.weight_names, *line.output_names}
    for expr, _ in parse(stages).expressions():
        used |= set(expr.names())
    return used - {"k", "m", "n", "i", "j", "l", "x", "h", "w", "H", "W", *where}


@pytest.mark.parametrize(("stages", "where", "formulas"), examples())
def test_it_costs_what_is_written(
    stages: str, where: dict[str, str], formulas: dict[str, str]
) -> None:
    assert set(formulas) == {"params", "macs"}
    hyper = names_in(stages, where, formulas)
    env: dict[str, Any] = {
        name: sympy.Symbol(name, integer=True, positive=True) for name in (*"kmnhw", *hyper)
    }
    mine = Variant("mine", stages, hyper={name: Hyper(1, "a size") for name in hyper}, where=where)
    layer = cm.ConvLayer(env["k"], env["m"], env["n"], (env["h"], env["w"]))
    counts = cm.count(mine, layer, **{name: env[name] for name in hyper})
    for metric, formula in formulas.items():
        written = expression(formula).evaluate(env)
        assert sympy.simplify(counts[metric] - written) == 0
        assert sympy.simplify(counts[metric] - written - env["m"]) != 0


def test_every_option_and_symbol_is_explained() -> None:
    assert len(examples()) >= 18
    shown = " ".join(stages for stages, _, _ in examples())
    for option in OPTIONS:
        assert f"@ {option}=" in shown or f" {option}=" in shown
    for symbol in ("&", "+", "=", "^", ":", "/2", "*2", "~", "(i j)="):
        assert symbol in shown


def test_the_error_shown_is_the_error_given() -> None:
    shown = re.search(r"    (output axis .*?)\n\n", TEXT, re.DOTALL)
    assert shown
    with pytest.raises(NotationError) as caught:
        parse("m, n m i j -> q")
    expected = [line.removeprefix("    ") for line in shown[1].splitlines()]
    assert str(caught.value).splitlines() == expected
