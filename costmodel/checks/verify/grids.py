"""Grids of layers for certificates: enough distinct values of every letter at once.

A polynomial of degree d in each of its letters is known everywhere once it is known on a grid with
d + 1 distinct values per letter. Here the letters are the sizes of a layer (kernel, channels, input
and output grid) and a variant's hyper-parameters, and every point of the grid is a layer that the
variant fits.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import Symbol

from costmodel.checks.verify.interpolation import SizeClass
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.hyper import Hyper
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.formulas.layers import GridLayer
from costmodel.formulas.letters import (
    AXES,
    IN_GRID,
    OUT_GRID,
    hyper_symbols,
    layer_letter,
    symbol,
)

_ATTEMPTS = 600
_PATIENCE = 100  # attempts with the same candidates before one more is let in
_CHANNELS = (24, 12, 48, 36, 16, 8)
_HYPER = (2, 3, 1, 4, 6, 8, 12)
_KERNELS = ((3, 2, 5, 4), (5, 4, 3, 2), (2, 3, 4, 5))  # by axis, so that sides differ


class NoGridError(CostModelError):
    """No grid of layers was found on which every point fits the variant."""


@dataclass(frozen=True)
class Setting:
    """A kind of layer that a certificate is about.

    key: its name in rows. fields: of the layer of symbols. sizes: candidates for input positions
    per axis; outs: for output positions, none where these follow from the input. square: whether
    all sides of the kernel are one letter.
    """

    key: str
    fields: Mapping[str, Any]
    sizes: tuple[int, ...]
    outs: tuple[int, ...] = ()
    square: bool = False


#: Every setting by key.
SETTINGS: dict[str, Setting] = {
    setting.key: setting
    for setting in (
        Setting("stride 1", {}, (7, 9, 10, 12, 13)),
        Setting("stride 1, square kernel", {}, (7, 9, 10, 12, 13), square=True),
        Setting("any stride", {}, (11, 13, 14, 16, 17), (5, 6, 7, 8, 9)),
        Setting("transposed", {"transposed": True}, (4, 5, 6, 7), (9, 10, 11, 12, 13)),
    )
}


class Lettered:
    """A variant on a layer of symbols, and what each symbol stands for.

    Attributes:
        layer: the layer of symbols, every kernel side a letter of its own.
        hyper: the symbols of the variant's hyper-parameters by name.
        letters: every symbol, in the order layer, hyper-parameters.

    Raises:
        VariantError: the variant is not made for layers of this setting.
    """

    def __init__(self, variant: Variant, setting: Setting) -> None:
        self.variant, self.setting = variant, setting
        self.dims = variant.usual_dims
        domain = variant.domain
        for name, value in setting.fields.items():
            if domain.get(name, value) != value:
                raise VariantError(f"{variant.id}: {name} is {value}; allowed is {domain[name]!r}")
        if domain.get("transposed") and not setting.fields.get("transposed"):
            raise VariantError(f"{variant.id}: a layer that is not transposed; allowed are others")
        if setting.outs and "size" in domain:
            raise VariantError(f"{variant.id}: the size is fixed; allowed is no other grid")
        self._roles: dict[Symbol, tuple[str, int]] = {}
        axes, ins, outs = AXES[self.dims], IN_GRID[self.dims], OUT_GRID[self.dims]
        kernel = ("k",) * self.dims if setting.square else tuple(f"k_{axis}" for axis in axes)
        fields: dict[str, Any] = {
            "kernel": tuple(self._letter(name, "kernel", i) for i, name in enumerate(kernel)),
            "in_channels": self._letter("m", "in_channels"),
            "out_channels": self._letter("n", "out_channels"),
        }
        grid: tuple[Symbol, ...] = ()
        if setting.outs:
            fields["size"] = tuple(self._letter(s, "size", i) for i, s in enumerate(ins))
            fields["stride"] = tuple(self._free(f"s_{a}") for a in axes)
            grid = tuple(self._letter(s, "out", i) for i, s in enumerate(outs))
        else:
            fields["size"] = tuple(self._letter(s, "size", i) for i, s in enumerate(outs))
        fixed = {k: (v,) * self.dims if k == "size" else v for k, v in domain.items()}
        self._roles = {s: role for s, role in self._roles.items() if role[0] not in fixed}
        self.layer = GridLayer(**{**fields, **setting.fields, **fixed}, grid=grid)
        self.hyper = hyper_symbols(variant)
        self.letters: tuple[Symbol, ...] = (*self._roles, *self.hyper.values())

    def _free(self, name: str) -> Symbol:
        return symbol(layer_letter(name, self.variant.hyper))

    def _letter(self, name: str, field: str, axis: int = 0) -> Symbol:
        letter = self._free(name)
        self._roles[letter] = (field, axis)
        return letter

    # -- numbers in the place of letters ---------------------------------------------------------
    def bound(self, values: Mapping[Symbol, Number]) -> BoundVariant:
        """The variant on the layer that has these sizes.

        Raises `CostModelError` where no layer has them, or the variant does not fit it.
        """
        numbers: dict[str, dict[int, Number]] = {}
        for letter, (field, axis) in self._roles.items():
            numbers.setdefault(field, {})[axis] = values[letter]
        fields: dict[str, Any] = {
            name: tuple(axes.values()) if name in ("kernel", "size") else axes[0]
            for name, axes in numbers.items()
            if name != "out"
        }
        fields = {"kernel": 1, "size": (1,) * self.dims, **self.variant.domain, **fields}
        fields |= self.setting.fields
        if isinstance(fields["size"], int):
            fields["size"] = (fields["size"],) * self.dims
        if self.setting.square and isinstance(fields["kernel"], tuple):
            fields["kernel"] = fields["kernel"] * self.dims
        if "out" in numbers:
            kernel = fields["kernel"] if isinstance(fields["kernel"], tuple) else (1,) * self.dims
            fields |= self._moves(kernel, fields["size"], tuple(numbers["out"].values()))
        hyper = {name: values[letter] for name, letter in self.hyper.items()}
        return bind(self.variant, ConvLayer(**fields), hyper)

    def _moves(
        self, kernel: Sequence[int], size: Sequence[int], out: Sequence[int]
    ) -> dict[str, Any]:
        find = _transposed_move if self.setting.fields.get("transposed") else _move
        moves = [find(*axis) for axis in zip(kernel, size, out, strict=True)]
        names = ("stride", "padding", "output_padding")
        return dict(zip(names, zip(*moves, strict=True), strict=True))

    def candidates(self, letter: Symbol, size_class: SizeClass) -> tuple[int, ...]:
        """Values of t worth trying for a letter, the preferred ones first."""
        field, axis = self._roles.get(letter, ("hyper", 0))
        if field == "hyper":
            hyper = next(self.variant.hyper[n] for n, s in self.hyper.items() if s == letter)
            sizes = [v for v in _HYPER if v >= hyper.low and v <= (hyper.high or v)]
        elif field == "kernel":
            sizes = list(_KERNELS[axis])
        elif field in ("size", "out"):
            known = self.setting.sizes if field == "size" else self.setting.outs
            sizes = list(known[axis:] + known[:axis])  # the sides of a grid differ
        else:
            sizes = list(_CHANNELS)
        step, rest = size_class.steps.get(letter, (1, 0))
        return tuple(dict.fromkeys(max(1, (size - rest) // step) for size in sizes))


def _move(kernel: int, size: int, out: int) -> tuple[int, int, int]:
    """Stride, padding and output padding with which a window leads from one size to another."""
    for stride in (2, 3, 1, 4, 5):
        for padding in range(2 * kernel + 2 * size):
            if size + 2 * padding >= kernel and (size + 2 * padding - kernel) // stride + 1 == out:
                return stride, padding, 0
    raise CostModelError(f"no stride leads from {size} to {out} positions; allowed are others")


def _transposed_move(kernel: int, size: int, out: int) -> tuple[int, int, int]:
    for stride in (2, 3, 1, 4, 5):
        for extra in range(stride):
            rest = (size - 1) * stride + kernel + extra - out
            if rest >= 0 and rest % 2 == 0:
                return stride, rest // 2, extra
    raise CostModelError(f"no stride leads from {size} to {out} positions; allowed are others")


def default_value(hyper: Hyper) -> Number:
    """The default of a hyper-parameter as a number, without a layer to work it out from."""
    if hyper.real:
        return Fraction(str(hyper.default))
    return hyper.default if isinstance(hyper.default, int) else max(hyper.low, 2)


@dataclass(frozen=True)
class LayerGrid:
    """The points of a certificate on one class of sizes.

    values: of t, per letter. Iterating gives every combination as (t by letter, bound variant).
    """

    lettered: Lettered
    size_class: SizeClass
    values: Mapping[Symbol, tuple[int, ...]]

    def __len__(self) -> int:
        length = 1
        for values in self.values.values():
            length *= len(values)
        return length

    def __iter__(self) -> Iterator[tuple[dict[Symbol, int], BoundVariant]]:
        for point in itertools.product(*self.values.values()):
            at = dict(zip(self.values, point, strict=True))
            yield at, self.bound(at)

    def bound(self, at: Mapping[Symbol, int]) -> BoundVariant:
        """The variant on the layer at one point."""
        sizes = {letter: self.size_class.size(letter, t) for letter, t in at.items()}
        return self.lettered.bound({**sizes, **self.size_class.held})

    def beyond(self, count: int) -> Iterator[tuple[dict[Symbol, int], BoundVariant]]:
        """Further points, up to `count`, with any values: not needed for the proof.

        They are where a count whose degree is higher than assumed would give itself away.
        """
        draw = random.Random(f"{self.lettered.variant.id} {self.size_class}")
        for _ in range(200 * count):
            at = {
                letter: draw.choice(self.lettered.candidates(letter, self.size_class))
                + draw.choice((0, 0, 1))
                for letter in self.values
            }
            try:
                bound = self.bound(at)
            except CostModelError:
                continue
            yield at, bound
            count -= 1
            if not count:
                return


def layer_grid(
    lettered: Lettered, size_class: SizeClass, degrees: Mapping[Symbol, int]
) -> LayerGrid:
    """A grid with degree + 1 distinct values of every letter, on which every point fits.

    The preferred values are tried first, then others, further and further from them; the grid that
    is found does not change from run to run.

    Raises `NoGridError` where none is found.
    """
    letters = [letter for letter in lettered.letters if letter not in size_class.held]
    draw = random.Random(lettered.variant.id)
    why = ""
    for attempt in range(_ATTEMPTS):
        values = {}
        for letter in letters:
            need = degrees.get(letter, 0) + 1
            candidates = lettered.candidates(letter, size_class)
            candidates += tuple(range(max(candidates) + 1, max(candidates) + 1 + need))
            nearest = candidates[: need + (attempt + _PATIENCE - 1) // _PATIENCE]
            values[letter] = tuple(draw.sample(nearest, need)) if attempt else nearest
        grid = LayerGrid(lettered, size_class, values)
        try:
            for _ in grid:
                pass
        except CostModelError as error:
            why = str(error)
            continue
        return grid
    raise NoGridError(
        f"{_ATTEMPTS} grids of {lettered.setting.key} layers were tried, none of which fits; "
        f"of the last one {why}"
    )
