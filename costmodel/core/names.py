"""Names: what every name of a variant is worth on a layer.

Hyper-parameters are checked against their bounds, derived sizes are worked out from them, and all
of them together are the environment in which the notation's expressions are evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, assert_never

from costmodel.core import expression
from costmodel.core.expression import Expr
from costmodel.core.hyper import route
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import (
    Number,
    as_integer,
    exact_div,
    holds,
    is_array,
    is_symbolic,
    is_whole,
    largest,
    product,
)
from costmodel.core.ranks import Rank, ranks, within_full_rank
from costmodel.core.stage_line import (
    WINDOW_LETTERS,
    Block,
    Resample,
    Sequence,
    Slice,
    StageLine,
)
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, InputError, LimitError, VariantError, shown
from costmodel.typed import read_number


def layer_names(layer: ConvLayer) -> dict[str, Number]:
    """What a layer's own names are worth: m and n are channels per group."""
    env: dict[str, Number] = {
        "m": exact_div(layer.in_channels, layer.groups),
        "n": exact_div(layer.out_channels, layer.groups),
        "j": 1,
        "l": 1,
    }
    env.update(zip(WINDOW_LETTERS[layer.dims], layer.kernel, strict=True))
    env["taps"] = product(layer.kernel)
    env.update(zip(("h", "w")[-layer.dims :], layer.out_size[-2:], strict=True))
    env.update(zip(("H", "W")[-layer.dims :], layer.size[-2:], strict=True))
    return env


class Names:
    """The names of one variant on one layer, per group of the layer.

    m, n: channels per group. letters: the window letters of the layer's axes. hyper: the values of
    the hyper-parameters, of which some are given; the default of a rank is at most its full rank.
    env: every name that an expression may use. sizes: every axis.

    Raises `VariantError`, which names the variant, for values and layers that it does not fit.
    """

    def __init__(self, variant: Variant, layer: ConvLayer, hyper: Mapping[str, Number]) -> None:
        self.variant, self.layer = variant, layer
        self.letters = WINDOW_LETTERS[layer.dims]
        self._check_domain()
        self.env = layer_names(layer)
        self.m, self.n = self.env["m"], self.env["n"]
        self.given = self._given(hyper)
        self.hyper = self._values()
        self.sizes = self._sizes()
        if self._within_full_rank(ranks(variant, layer.dims)):
            self.sizes = self._sizes()

    def _sizes(self) -> dict[str, Number]:
        """The size of every axis, the derived ones and what is left of the channels included."""
        variant = self.variant
        for name, expr in variant.derived.items():
            self.env[name] = self.size(f"derived size {name}", expr, 0)
        self.sizes = dict(self.env)
        for line in _edge(variant.sequence, 0):
            self._leftover(line, line.input_names, "m", self.m)
        for line in _edge(variant.sequence, -1):
            self._leftover(line, line.output_names, "n", self.n)
        return self.sizes

    def _within_full_rank(self, found: Mapping[str, Rank]) -> bool:
        """Take the defaults of ranks down to full rank; returns whether any was larger.

        It is the full rank beside the other defaults, so that no default moves with a value that is
        given for another rank.
        """
        free = [letter for letter in found if letter not in self.given]
        if not free:
            return False
        defaults = {name: self._default(name) for name in found}
        defaults = within_full_rank(found, defaults, self.sizes, self.evaluate)
        for name in free:
            if (low := self.variant.hyper[name].low) > 1:
                defaults[name] = largest(defaults[name], low)
        lowered = {name: defaults[name] for name in free if defaults[name] is not self.hyper[name]}
        self.hyper.update(lowered)
        self.env.update(lowered)
        return bool(lowered)

    def _default(self, letter: str) -> Number:
        """The default of a rank, also where another value is given."""
        default = self.variant.hyper[letter].default
        if letter not in self.given:
            return self.hyper[letter]
        if not isinstance(default, str):
            return default
        try:
            return expression.parse(default).evaluate(self.env)
        except CostModelError:  # which may be why another value is given
            return self.hyper[letter]

    def fail(self, sentence: str, error: type[VariantError] = VariantError) -> NoReturn:
        """Raise the sentence with the variant's name in front."""
        raise error(f"{self.variant.id}: {sentence}") from None

    def _check_domain(self) -> None:
        dims = self.variant.dims
        if self.layer.dims not in dims:
            allowed = " or ".join(f"{d}-D" for d in sorted(dims))
            self.fail(f"the layer is {self.layer.dims}-D; allowed are {allowed} layers")
        check_fields(self.variant, self.layer, self.variant.domain)

    def _given(self, hyper: Mapping[str, Number]) -> dict[str, Number]:
        try:
            meant = route([self.variant], hyper)[self.variant.id]
        except VariantError as error:
            self.fail(str(error))
        return {name: value for name, value in meant.items() if value is not None}

    def _values(self) -> dict[str, Number]:
        values: dict[str, Number] = {}
        for name, hyper in self.variant.hyper.items():
            what = f"hyper-parameter {name!r} of {self.variant.id}"
            value = self.given.get(name)
            if value is None:
                value = hyper.default
                if isinstance(value, str) and not hyper.real:
                    value = self.evaluate(expression.parse(value))
            elif isinstance(value, str) and not hyper.real:
                value = self._relative(value, what, hyper.low)
            value = (
                _real(value, what)
                if hyper.real
                else as_integer(value, what, hyper.low, VariantError)
            )
            if holds(value < hyper.low) or (hyper.high is not None and holds(value > hyper.high)):
                limit = f"to {hyper.high}" if hyper.high is not None else "up"
                self.fail(f"{name} is {value}; allowed are values from {hyper.low} {limit}")
            values[name] = self.env[name] = value
        return values

    def _relative(self, text: str, what: str, low: int) -> Number:
        """A value typed as an expression of the layer and of the values before it, as `m/4`."""
        try:
            return expression.parse(text).evaluate(self.env)
        except CostModelError as error:
            cause = str(error).partition("\n")[0]
            raise VariantError(
                f"{what} is {text!r}; allowed are integers from {low} up, and expressions of the "
                f"layer such as ceil(m/4) ({cause})"
            ) from None

    def evaluate(self, expr: Expr) -> Number:
        """The value of an expression on this layer."""
        try:
            return expr.evaluate(self.env)
        except LimitError as error:
            self.fail(f"{expr}: {error}")
        except CostModelError as error:
            self.fail(
                f"{expr} with {self._where(expr)}: {error}; allowed are values for which it is an "
                "integer"
            )

    def _where(self, expr: Expr) -> str:
        names = dict.fromkeys(name for name in expr.names() if name in self.env)
        return ", ".join(f"{name} = {shown(self.env[name])}" for name in names)

    def size(self, what: str, expr: Expr, low: int) -> Number:
        """An integer of at least `low`, where it is a number already."""
        value = self.evaluate(expr)
        if not is_whole(value) or holds(value < low):
            given = self._where(expr)
            cause = f"{expr} with {given}" if given else str(expr)
            self.fail(f"{what} is {shown(value)} ({cause}); allowed are integers from {low} up")
        return value if is_symbolic(value) else value // 1

    def _leftover(
        self, line: StageLine, names: tuple[str, ...], letter: str, total: Number
    ) -> None:
        """`g m` reads all channels, so `m` there is what is left of them: C_in / g."""
        others = [name for name in names if name != letter]
        if letter not in names or not others or any(axis.tap for axis in line.inputs):
            return
        parts = product(self.sizes[name] for name in others)
        try:
            self.sizes[letter] = exact_div(total, parts)
        except CostModelError:
            self.fail(
                f"{total} channels are not divisible by {' · '.join(others)} = {parts}; "
                "allowed are values that divide them"
            )


def check_fields(variant: Variant, layer: ConvLayer, facts: Mapping[str, Any]) -> None:
    """Refuse a layer whose fields are known not to be these, on any axis, with `VariantError`."""
    for name, value in facts.items():
        actual = getattr(layer, name)
        values = actual if isinstance(actual, tuple) else (actual,)
        if any(holds(a != value) for a in values):
            raise VariantError(
                f"{variant.id}: {name} of the layer is {actual}; allowed is {value!r}"
            )


def _edge(sequence: Sequence, index: int) -> list[StageLine]:
    """The stage lines that read the variant's input (index 0), or write its output (-1)."""
    if not sequence.items:
        return []
    item = sequence.items[index]
    match item:
        case StageLine():
            return [item]
        case Block():
            return [line for branch in item.branches for line in _edge(branch, index)]
        case Slice() | Resample():
            return []
    assert_never(item)


def _real(value: Number, what: str) -> Number:
    if is_symbolic(value):
        return value
    from fractions import Fraction  # only variants with a real hyper-parameter pay for it

    if is_array(value):
        if value.dtype.kind in "iu":
            return value.astype(object)  # exact already
        import numpy

        return numpy.vectorize(lambda cell: _real(cell, what), otypes=[object])(value)
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return Fraction(value)
    try:
        return read_number(str(value))
    except InputError as error:
        raise VariantError(f"{what} is {error}") from None
