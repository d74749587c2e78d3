"""Layers of symbols: general ones for formulas, and the symbolic twin of a concrete layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from sympy import Symbol

from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, equal, is_exact, is_symbolic
from costmodel.core.variant import Variant
from costmodel.errors import VariantError
from costmodel.formulas.letters import AXES, IN_GRID, OUT_GRID, layer_letter, symbol


@dataclass(frozen=True, slots=True)
class GridLayer(ConvLayer):
    """A layer of symbols whose output grid has letters of its own.

    Formulas then hold for every stride and padding, and no floors stand in them.
    grid: the output positions per axis; empty where they follow from the input as usual.
    """

    grid: tuple[Any, ...] = ()

    @property
    def out_size(self) -> tuple[Number, ...]:
        """The letters of the output grid."""
        return self.grid or super(GridLayer, self).out_size


@lru_cache(maxsize=256)
def general_layer(variant: Variant, dims: int | None = None) -> ConvLayer:
    """The layer of symbols that a variant's formulas are about.

    Args:
        variant: its `domain` is kept, and its hyper-parameters keep their letters.
        dims: spatial axes; None is 2 where the variant has 2, else its own number.

    Returns:
        Kernel side k on every axis, m to n channels on the grid (d) h w, stride 1, "same" padding,
        batch 1, no groups, no bias.

    Raises:
        VariantError: the variant does not exist in that many dimensions.
    """
    return ConvLayer(**_facts(variant, dims, OUT_GRID))


def grid_layer(variant: Variant, dims: int | None = None) -> GridLayer:
    """The general layer with any stride: input grid D H W and output grid d h w are both letters.

    Every axis has a stride of its own (s_h, s_w), so that nothing can depend on their being equal.
    """
    facts = _facts(variant, dims, IN_GRID)
    axes = AXES[len(facts["size"])]
    facts = {"stride": tuple(_symbol(variant, f"s_{axis}") for axis in axes), **facts}
    if "size" not in variant.domain:
        facts["grid"] = tuple(_symbol(variant, letter) for letter in axes)
    return GridLayer(**facts)


def _facts(
    variant: Variant, dims: int | None, grid: Mapping[int, tuple[str, ...]]
) -> dict[str, Any]:
    """Letters for what a layer has to say, and what the variant's domain fixes.

    A size that is one number is that on each axis.
    """
    dims = dims or variant.usual_dims
    if dims not in variant.dims:
        allowed = " or ".join(f"{d}-D" for d in sorted(variant.dims))
        raise VariantError(f"{variant.id}: a {dims}-D layer is asked for; allowed are {allowed}")
    facts = {
        "kernel": _symbol(variant, "k"),
        "in_channels": _symbol(variant, "m"),
        "out_channels": _symbol(variant, "n"),
        "size": tuple(_symbol(variant, letter) for letter in grid[dims]),
        **variant.domain,
    }
    if not isinstance(facts["size"], tuple | list):
        facts["size"] = (facts["size"],) * dims
    return facts


def twin_layer(layer: ConvLayer, variant: Variant) -> tuple[GridLayer, dict[Symbol, Number]]:
    """A concrete layer with letters in place of its numbers, and what each letter stands for.

    Letters appear only where the layer needs them: one k for a square kernel, an input grid only
    along axes where it differs from the output grid, a stride, dilation, padding, group or image
    count only where there is more than one (or, of padding, where it is given as numbers).
    Fields that the variant's domain fixes stay numbers, and so does what is symbolic already.
    """
    axes = AXES[layer.dims]
    values: dict[Symbol, Number] = {}

    def letter(name: str, value: Number) -> Any:
        if not is_exact(value):
            return value
        chosen = _symbol(variant, name)
        values[chosen] = value
        return chosen

    def per_axis(name: str, numbers: Iterable[Number], plain: int | None) -> tuple[Any, ...]:
        numbers = tuple(numbers)
        if all(equal(v, numbers[0]) for v in numbers):
            names = (name,) * len(numbers)
        else:
            names = tuple(f"{name}_{axis}" for axis in axes)
        return tuple(
            value if equal(value, plain) else letter(own, value)
            for own, value in zip(names, numbers, strict=True)
        )

    outs, sizes = [], []
    out_letters, in_letters = OUT_GRID[layer.dims], IN_GRID[layer.dims]
    for axis, (size, out) in enumerate(zip(layer.size, layer.out_size, strict=True)):
        outs.append(letter(out_letters[axis], out))
        sizes.append(outs[-1] if equal(size, out) else letter(in_letters[axis], size))
    facts: dict[str, Any] = {
        "kernel": per_axis("k", layer.kernel, None),
        "in_channels": letter("m", layer.in_channels),
        "out_channels": letter("n", layer.out_channels),
        "size": tuple(sizes),
        "stride": per_axis("s", layer.stride, 1),
        "dilation": per_axis("delta", layer.dilation, 1),
        "padding": layer.padding
        if isinstance(layer.padding, str)
        else per_axis("p", layer.padding, 0),
        "groups": layer.groups if equal(layer.groups, 1) else letter("G", layer.groups),
        "batch": layer.batch if equal(layer.batch, 1) else letter("N", layer.batch),
        "bias": layer.bias,
        "transposed": layer.transposed,
        "output_padding": layer.output_padding,
    }
    fixed = {name: getattr(layer, name) for name in variant.domain}
    grid = layer.out_size if "size" in fixed else tuple(outs)
    twin = GridLayer(**{**facts, **fixed}, grid=grid)
    return twin, {letter: value for letter, value in values.items() if letter in _letters(twin)}


def exchanged(layer: ConvLayer, value_of: Callable[[Symbol], Any]) -> ConvLayer:
    """A layer with something else in place of each of its symbols, a number or another symbol."""

    def change(size: Any) -> Any:
        if isinstance(size, tuple):
            return tuple(map(change, size))
        if not is_symbolic(size):
            return size
        return size.xreplace({letter: value_of(letter) for letter in size.free_symbols})

    return replace(layer, **{f.name: change(getattr(layer, f.name)) for f in fields(layer)})


def _letters(layer: ConvLayer) -> set[Symbol]:
    """Every symbol that a layer is made of."""
    letters: dict[Symbol, Symbol] = {}
    exchanged(layer, lambda letter: letters.setdefault(letter, letter))
    return set(letters)


def _symbol(variant: Variant, letter: str) -> Symbol:
    return symbol(layer_letter(letter, variant.hyper))
