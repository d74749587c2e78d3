"""Values as people type them: `3x5`, `same`, `b=4`; for the command line, documents and pages.

Every function raises `InputError` with the text and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from costmodel.core.layer import ConvLayer
from costmodel.errors import InputError, LayerError, unknown

_MAX_DIGITS = 18
#: Layer fields by the names that documents and pages use, besides `size`.
_LAYER = {
    "k": "kernel",
    "m": "in_channels",
    "n": "out_channels",
    "stride": "stride",
    "padding": "padding",
    "dilation": "dilation",
    "groups": "groups",
    "batch": "batch",
    "output_padding": "output_padding",
}
_FLAGS = ("bias", "transposed")
#: Every name that describes a layer; other names in the same place are hyper-parameters.
LAYER_NAMES = (*_LAYER, "size", "dims", *_FLAGS)


def integer(text: str) -> int:
    """`42` as an int."""
    if not re.fullmatch(r"-?[0-9]+", text) or len(text) > _MAX_DIGITS:
        raise InputError(f"{text!r}; allowed are integers of up to {_MAX_DIGITS} digits")
    return int(text)


def sizes(text: str) -> tuple[int, ...]:
    """`3` or `3x5` or `8x56x56` as ints."""
    parts = text.lower().replace("×", "x").split("x")
    if not all(re.fullmatch(r"-?[0-9]+", part) and len(part) <= _MAX_DIGITS for part in parts):
        raise InputError(f"{text!r}; allowed are integers such as 3 or 56x56")
    return tuple(map(int, parts))


def padding(text: str) -> tuple[int, ...] | str:
    """A padding: `same`, `valid`, `1` or `1x2`."""
    if text in ("same", "valid"):
        return text
    try:
        return sizes(text)
    except InputError:
        raise InputError(
            f"{text!r}; allowed are same, valid, and integers such as 1 or 1x2"
        ) from None


def flag(text: str) -> bool:
    """`yes` or `no`."""
    if text not in ("yes", "no"):
        raise InputError(f"{text!r}; allowed are yes and no")
    return text == "yes"


def names(text: str) -> list[str]:
    """`a,b` as a list."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise InputError(f"{text!r}; allowed are names separated by commas")
    return found


def setting(text: str) -> tuple[str, int | str]:
    """`b=4` or `tucker2.r1=16` or `alpha=1/4`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InputError(f"{text!r}; allowed is NAME=VALUE, such as b=4")
    return name.strip(), hyper_value(value.strip())


def hyper_value(text: str) -> int | str:
    """An int where it is one; other texts are for hyper-parameters that are real numbers."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def axes(values: Any) -> Any:
    """One number for all axes as that number, several as they are."""
    return values[0] if isinstance(values, tuple) and len(values) == 1 else values


def grid(values: tuple[int, ...], dims: int | None = None) -> tuple[int, ...]:
    """An input size: one number is a square 2-D input, or one of `dims` equal axes."""
    if len(values) == 1:
        return values * (dims or 2)
    if dims and dims != len(values):
        raise LayerError(f"size has {len(values)} axes; allowed with {dims} dims is as many")
    return values


def layer_from(options: Mapping[str, str]) -> ConvLayer:
    """A layer from texts by name: `k`, `m`, `n`, `size`, and the rest of `LAYER_NAMES`.

    Raises `InputError` for a missing name or an unreadable value, `LayerError` for an impossible
    layer.
    """
    for name in ("m", "n", "size"):
        if name not in options:
            raise InputError(f"{name}= is missing; a layer needs m, n and size, and may set k …")
    for name in options:
        if name not in LAYER_NAMES:
            raise InputError(unknown("layer option", name, LAYER_NAMES))
    read: dict[str, Any] = {"kernel": 3}
    for name, field in _LAYER.items():
        if name in options:
            one = name in ("m", "n", "groups", "batch")
            parse = integer if one else padding if name == "padding" else sizes
            read[field] = axes(_named(name, parse, options[name]))
    for name in _FLAGS:
        if name in options:
            read[name] = _named(name, flag, options[name])
    dims = _named("dims", integer, options["dims"]) if "dims" in options else None
    return ConvLayer(size=grid(_named("size", sizes, options["size"]), dims), **read)


def _named(name: str, parse: Any, text: str) -> Any:
    try:
        return parse(text)
    except InputError as error:
        raise InputError(f"{name}={error}") from None
