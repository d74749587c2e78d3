"""Derivations: formula = numbers substituted = result, for any concrete layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sympy import Expr, Integer, Rational, Symbol, sympify

from costmodel.comparing.count import Counts, count
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.formulas.algebra import factored
from costmodel.formulas.alphabets import DEFAULT, Alphabet
from costmodel.formulas.layers import twin_layer
from costmodel.formulas.letters import hyper_symbols, size_symbols
from costmodel.formulas.printing import printers
from costmodel.metrics.metric import METRICS, Metric


@dataclass(frozen=True)
class Derivation:
    """One number and where it comes from.

    metric: what is counted. symbolic: its formula on this layer, in letters. values: what each
    letter stands for. value: the exact result. own: the letters of the variant's own.
    """

    metric: Metric
    symbolic: Expr
    values: Mapping[Symbol, Number]
    value: Number
    own: tuple[str, ...] = ()

    @property
    def substituted(self) -> str:
        """The formula with the numbers in it, as text: `(3^2 + 128)·4·64·56·56`."""
        return printers.text(self.symbolic, values=self.values)

    def lines(self, alphabet: str | Alphabet = DEFAULT) -> tuple[str, str, str]:
        """Formula, numbers substituted, and result, as text."""
        return (
            printers.text(self.symbolic, alphabet, self.own),
            printers.text(self.symbolic, alphabet, self.own, self.values),
            result_text(self.value),
        )

    def text(self, alphabet: str | Alphabet = DEFAULT) -> str:
        """On one line: `(k^2 + n)·b·m·h·w = (3^2 + 128)·4·64·56·56 = 109,985,792`."""
        return " = ".join(dict.fromkeys(self.lines(alphabet)))

    def latex(self, alphabet: str | Alphabet = DEFAULT) -> str:
        """Three lines of an `aligned` block, without dollars."""
        lines = (
            printers.latex(self.symbolic, alphabet, self.own),
            printers.latex(self.symbolic, alphabet, self.own, self.values),
            result_latex(self.value),
        )
        first, *rest = dict.fromkeys(lines)
        body = " \\\\\n".join([f"& {first}", *(f"={{}}& {line}" for line in rest)])
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def markdown(self, alphabet: str | Alphabet = DEFAULT) -> str:
        """The same as a block of Markdown math."""
        return printers.fence(self.latex(alphabet))

    def python(self, alphabet: str | Alphabet = DEFAULT) -> str:
        """An assertion in Python source: `assert (3**2 + 128)*4*64*56*56 == 109985792`."""
        integer = self.metric.whole
        source = printers.python(self.symbolic, alphabet, self.own, self.values, integer)
        return f"assert {source} == {self.value}"


def derivation(
    counts: Counts | Variant | str,
    layer: ConvLayer | None = None,
    metric: str = "macs",
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Derivation:
    """How a count comes about: its formula on the layer, the numbers, the result.

    Args:
        counts: what `count` gave; or a variant, with its `layer` and `hyper`.
        layer: any layer of numbers; rectangular windows, strides, groups and images included. A
            letter stands for what is the same (k for a square kernel), else every axis has its own
            (k_h, k_w); h and w are the output grid, H and W the input grid where that differs.
        metric: the key of any metric.
        hyper, letters: values by letter; those not given take their defaults.

    Raises:
        CostModelError: sizes that are not numbers, or whatever `count` refuses.

    >>> from costmodel import ConvLayer
    >>> print(derivation("basis", ConvLayer(3, 64, 128, (56, 48)), b=4).text())
    (k^2 + n)·b·m·h·w = (3^2 + 128)·4·64·56·48 = 94,273,536
    """
    if not isinstance(counts, Counts):
        if layer is None:
            raise CostModelError("a derivation without a layer; allowed are counts, or a layer too")
        counts = count(counts, layer, hyper=hyper, **letters)
    own = hyper_symbols(counts.variant)
    twin, values = twin_layer(counts.layer, counts.variant)
    values |= {own[name]: number for name, number in counts.hyper.items()}
    formula = factored(sympify(count(counts.variant, twin, counts.settings, hyper=own)[metric]))
    value = counts[metric]
    if not formula.free_symbols - values.keys() and evaluated(formula, values) != value:
        # at the edge of a hyper-parameter, where a branch falls away, what joins it does as well:
        # the letters do not know, and a false equation is worse than a number alone
        formula = sympify(value)
    used = {}
    for letter in size_symbols(formula):
        if letter not in values:
            raise CostModelError(f"{letter} is a symbol; allowed are layers of numbers")
        used[letter] = values[letter]
    return Derivation(METRICS[metric], formula, used, value, tuple(counts.variant.hyper))


def evaluated(expr: Expr, values: Mapping[Symbol, Number]) -> Number:
    """An expression at numbers, exactly: an int, or a `Fraction`."""
    number = expr.xreplace({letter: Rational(value) for letter, value in values.items()})
    if isinstance(number, Integer):
        return int(number)
    if isinstance(number, Rational):
        return Fraction(int(number.p), int(number.q))
    return number


def result_text(value: Number) -> str:
    """A result for people: digits grouped by three, a fraction as one."""
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Fraction):
        return f"{value.numerator:,}/{value.denominator:,}"
    return str(value)


def result_latex(value: Number) -> str:
    """The same in LaTeX."""
    if isinstance(value, Fraction):
        above, below = (f"{part:,}".replace(",", "{,}") for part in value.as_integer_ratio())
        return rf"\frac{{{above}}}{{{below}}}"
    return result_text(value).replace(",", "{,}")
