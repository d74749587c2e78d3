"""A layer as people type it: what can be said of one, read from texts by name and written as them.

The same names stand in documents (`k=3 m=64`), in links and in the command line's options; the
defaults are those of `ConvLayer`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, NamedTuple

from costmodel.core.layer import ConvLayer
from costmodel.errors import InputError, LayerError, unknown
from costmodel.typed import (
    named,
    read_axes,
    read_flag,
    read_integer,
    read_padding,
    read_sizes,
    write_axes,
    write_flag,
    write_padding,
    write_pairs,
    write_sizes,
)

_DEFAULTS = {field.name: field.default for field in fields(ConvLayer)}
#: The window where none is typed; the library itself has no default.
KERNEL = 3
#: The layer of examples: in documents, on the command line, and the first one of a page.
EXAMPLE = ConvLayer(KERNEL, in_channels=64, out_channels=128, size=(56, 56))


class LayerOption(NamedTuple):
    """One thing to say of a layer.

    name: in documents and links; a letter is a short option of commands too. field: of `ConvLayer`.
    read, write: its value from and to text. meaning: a few words for a command's help.
    """

    name: str
    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    meaning: str

    @property
    def default(self) -> Any:
        """The value where nothing is said; None where it has to be."""
        value = KERNEL if self.field == "kernel" else _DEFAULTS[self.field]
        return None if value is MISSING else value

    @property
    def is_flag(self) -> bool:
        """Whether it is only on or off: a command's option without a value."""
        return self.read is read_flag

    @property
    def flags(self) -> tuple[str, ...]:
        """The command line's spellings: `-k`, `--kernel`; `--size`."""
        short = (f"-{self.name}",) if len(self.name) == 1 else ()
        return (*short, f"--{self.field.replace('_', '-')}")


LAYER_OPTIONS = (
    LayerOption("k", "kernel", read_axes, write_axes, "window, 3 or 3x5"),
    LayerOption("m", "in_channels", read_integer, str, "input channels"),
    LayerOption("n", "out_channels", read_integer, str, "output channels"),
    LayerOption("size", "size", read_sizes, write_sizes, "INPUT size, 56x56 (or 8x56x56 in 3-D)"),
    LayerOption("stride", "stride", read_axes, write_axes, "2 or 2x1"),
    LayerOption("padding", "padding", read_padding, write_padding, "same, valid, 1 or 1x2"),
    LayerOption("dilation", "dilation", read_axes, write_axes, "2 or 2x1"),
    LayerOption("groups", "groups", read_integer, str, "groups of the layer itself"),
    LayerOption("batch", "batch", read_integer, str, "images per call"),
    LayerOption("bias", "bias", read_flag, write_flag, "one bias per output channel"),
    LayerOption("transposed", "transposed", read_flag, write_flag, "a transposed convolution"),
    LayerOption("output_padding", "output_padding", read_axes, write_axes, "transposed only"),
)
#: Says how many axes a size of one number has; no field of a layer, whose size has them all.
DIMS = "dims"
#: Every name that describes a layer; other names in the same place are hyper-parameters.
LAYER_NAMES = (*(option.name for option in LAYER_OPTIONS), DIMS)
#: The texts by name that need not be said: the defaults of `ConvLayer` itself.
USUAL = {
    option.name: option.write(option.default)
    for option in LAYER_OPTIONS
    if _DEFAULTS[option.field] is not MISSING
}


def read_layer(texts: Mapping[str, str]) -> ConvLayer:
    """A layer from texts by name: `m`, `n`, `size`, and whatever else of `LAYER_NAMES`.

    Raises `InputError` for a missing name or an unreadable value, `LayerError` for an impossible
    layer.
    """
    for name in ("m", "n", "size"):
        if name not in texts:
            raise InputError(f"{name}= is missing; a layer needs m, n and size, and may set k …")
    for name in texts:
        if name not in LAYER_NAMES:
            raise InputError(unknown("layer option", name, LAYER_NAMES))
    facts = {
        option.field: named(option.name, option.read, texts[option.name])
        for option in LAYER_OPTIONS
        if option.name in texts
    }
    dims = named(DIMS, read_integer, texts[DIMS]) if DIMS in texts else None
    return ConvLayer(**{"kernel": KERNEL, **facts, "size": input_size(facts["size"], dims)})


def write_layer(layer: ConvLayer) -> dict[str, str]:
    """Every text of a layer by name, flags last; `read_layer` reads the same layer from them."""
    options = sorted(LAYER_OPTIONS, key=lambda option: option.is_flag)
    texts = {option.name: option.write(getattr(layer, option.field)) for option in options}
    return texts | ({DIMS: "1"} if layer.dims == 1 else {})


def stated(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of a layer without those that say what is assumed anyway."""
    return {name: text for name, text in texts.items() if USUAL.get(name) != text}


def layer_words(layer: ConvLayer) -> str:
    """A layer in the words of documents: `k=3x5 m=12 n=20 size=17x22 stride=2`."""
    return write_pairs(stated(write_layer(layer)), " ")


def layer_facts(layer: ConvLayer) -> dict[str, int | str]:
    """Each fact of a layer by the field's name, for a table: numbers as they are, else as typed."""
    values = {option: getattr(layer, option.field) for option in LAYER_OPTIONS}
    return {o.field: v if type(v) is int else o.write(v) for o, v in values.items()}


def layer_options(texts: Mapping[str, str]) -> list[str]:
    """A layer as the options of a command: `-k 3x5 -m 12 -n 20 --size 17x22 --stride 2`."""
    # one number is a square: the command is told both
    said = stated({**texts, "size": write_sizes(read_layer(texts).size)})
    words: list[str] = []
    for option in LAYER_OPTIONS:
        if option.name in said:
            words += option.flags[:1] if option.is_flag else (option.flags[0], said[option.name])
    return words + ([f"--{DIMS}", texts[DIMS]] if DIMS in texts else [])


def input_size(sizes: tuple[int, ...], dims: int | None = None) -> tuple[int, ...]:
    """The size of an input: one number is a square 2-D input, or one of `dims` equal axes."""
    if len(sizes) == 1:
        return sizes * (dims or 2)
    if dims and dims != len(sizes):
        raise LayerError(f"size has {len(sizes)} axes; allowed with {dims} dims is as many")
    return sizes
