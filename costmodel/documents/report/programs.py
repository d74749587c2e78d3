"""Programs: what a variant costs at any sizes, as functions in JavaScript that the rules gave.

The rules of the notation are run once on sizes that stand for every value (`sweeping.traced`), and
what they computed and checked is printed. So a page refuses a layer exactly where the command does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.polynomial_terms import Sum
from costmodel.core.variant import Variant
from costmodel.documents.report.sliders import TYPED, Slider, moved
from costmodel.errors import CostModelError
from costmodel.formulas.printing.javascript import JavaScript
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.sweeping.bounds import DIVIDED, DIVISOR, EQUAL, GREATEST, LEAST, Bounds, Range
from costmodel.sweeping.traced import Guard, Trace, Traced

#: What calls of traced numbers are called in a report's script.
FUNCTIONS = {
    DIVIDED: "floorDiv",
    LEAST: "least",
    GREATEST: "greatest",
    DIVISOR: "commonDivisor",
    EQUAL: "same",
}
_OWN = "own_"
_COMPARED = {"<": "<", "<=": "<=", "==": "===", "!=": "!=="}
_NEEDED = {"<": "≥", "<=": ">", "==": "≠", "!=": "="}
_SAID = {"**": "^", "*": "·", _OWN: ""}
_LONGEST = 60  # characters of a condition that is still read
_DIVIDED = re.compile(rf"{DIVIDED}\(([^(),]+), ([^(),]+)\)")


@dataclass(frozen=True)
class Program:
    """Guards, metrics by key and hyper-parameters by letter, along the sliders.

    letters: the variant's own that are moved; the others follow from the layer or are fixed.
    """

    sliders: tuple[Slider, ...]
    letters: tuple[str, ...]
    guards: tuple[Guard, ...]
    metrics: Mapping[str, Number]
    hyper: Mapping[str, Number]

    def javascript(self) -> str:
        """A function of the sliders' values and the variant's own letters.

        It returns what does not fit (`misfit`) or cannot be told (`doubt`) as a sentence, else
        `metrics` and `hyper`.
        """
        script = JavaScript(functions=FUNCTIONS)
        body: list[str] = []

        def stated(value: Number) -> str:
            text = script.value(value)
            body.extend(script.lines)
            script.lines.clear()
            return text

        for guard in sorted(self.guards, key=lambda guard: guard.open):
            kind = "doubt" if guard.open else "misfit"
            condition = f"{stated(guard.value)} {_COMPARED[guard.relation]} 0n"
            words = json.dumps(needs(guard), ensure_ascii=False)
            body.append(f"if ({condition}) return {{{kind}: {words}}};")
        fields = {
            name: ", ".join(f'"{key}": {stated(value)}' for key, value in values.items())
            for name, values in (("metrics", self.metrics), ("hyper", self.hyper))
        }
        taken = ", ".join(slider.name for slider in self.sliders)
        own = ", ".join(f"{letter}: {_OWN}{letter}" for letter in self.letters)
        body.append(f"return {{metrics: {{{fields['metrics']}}}, hyper: {{{fields['hyper']}}}}};")
        return f"({{{taken}}}, {{{own}}}) => {{\n    " + "\n    ".join(body) + "\n  }"


def program(
    variant: Variant,
    layer: ConvLayer,
    sliders: Sequence[Slider],
    metrics: Sequence[str],
    hyper: Mapping[str, Number],
    letters: Sequence[Slider] = (),
    settings: Settings = DEFAULTS,
) -> Program:
    """Run the rules of a variant along the sliders of a layer.

    Args:
        hyper: what is given, values or expressions of the layer; the others are defaults.
        letters: sliders of the variant's own, which are moved as well, each from its least value
            up; a real letter's takes the number of its parts.

    Raises:
        CostModelError: the variant fits no such layer, or its rules cannot be followed.
    """
    declared = variant.hyper
    trace = Trace(
        Bounds(
            {slider.name: Range(slider.low, TYPED) for slider in sliders}
            | {
                f"{_OWN}{one.name}": Range(declared[one.name].low * (one.parts or 1), one.most)
                for one in letters
            }
        )
    )
    at = moved(layer, sliders, {slider.name: trace.number(slider.name) for slider in sliders})
    own = {
        one.name: trace.number(f"{_OWN}{one.name}") * Fraction(1, one.parts or 1) for one in letters
    }
    counts = Counts(bind(variant, at, {**hyper, **own}), settings)
    counted = {key: _sum(counts[key]) for key in metrics}
    values = {name: _sum(value) for name, value in counts.hyper.items() if not declared[name].real}
    names = tuple(one.name for one in letters)
    return Program(tuple(sliders), names, tuple(trace.guards), counted, values)


def needs(guard: Guard) -> str:
    """What a size has to be for a guard not to be met: `n divisible by g`, `d1 ≥ c1`."""
    value = guard.value
    for atom in value.atoms():
        if guard.relation == "!=" and getattr(atom, "name", "") == DIVIDED:
            above, below = (Sum(part.terms) for part in atom.inner)
            return f"{_said(above)} divisible by {_said(below)}"
    left = Sum({m: c for m, c in value.terms.items() if c > 0})
    right = Sum({m: -c for m, c in value.terms.items() if c < 0})
    text = f"{_said(left)} {_NEEDED[guard.relation]} {_said(right)}"
    return text if len(text) <= _LONGEST else "other sizes"


def _said(value: Sum) -> str:
    text = str(value) if value.terms else "0"
    for sign, shown in _SAID.items():
        text = text.replace(sign, shown)
    return _DIVIDED.sub(r"⌊(\1)/(\2)⌋", text)


def _sum(value: Number) -> Number:
    if isinstance(value, Traced):
        return Sum(value.terms)
    if not isinstance(value, int):
        raise CostModelError(f"{value} is no integer; allowed are counts")
    return value


def outputs(layer: ConvLayer, sliders: Sequence[Slider]) -> str:
    """A function in JavaScript of the sliders' values that gives the layer's output positions."""
    trace = Trace(Bounds({slider.name: Range(slider.low, TYPED) for slider in sliders}))
    at = moved(layer, sliders, {slider.name: trace.number(slider.name) for slider in sliders})
    script = JavaScript(functions=FUNCTIONS)
    sizes = ", ".join(script.value(_sum(size)) for size in at.out_size)
    taken = ", ".join(slider.name for slider in sliders)
    return f"({{{taken}}}) => {{ {' '.join(script.lines)} return [{sizes}]; }}"
