"""What a request's options mean: a layer, hyper-parameters, columns, a notation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import LAYER_NAMES, read_layer
from costmodel.documents.request import Request
from costmodel.errors import InputError
from costmodel.typed import read_integer, read_names, read_value

if TYPE_CHECKING:
    from costmodel.sweeping.grid import Grid


def layer(request: Request) -> ConvLayer:
    """The layer that the options describe."""
    texts = {name: text for name, text in request.options.items() if name in LAYER_NAMES}
    return read_layer(texts)


def hyper(request: Request, own: Collection[str]) -> dict[str, Any]:
    """The hyper-parameters: options that are neither the directive's own nor the layer's."""
    return {
        name: read_value(value)
        for name, value in request.options.items()
        if name not in own and name not in LAYER_NAMES
    }


def names(request: Request, option: str) -> list[str] | None:
    """A list of names, None where the option is not given."""
    return read_names(request.options[option]) if option in request.options else None


def required(request: Request, option: str) -> str:
    """An option that the directive cannot do without."""
    if option not in request.options:
        raise InputError(f"{option}= is missing; a sweep needs over and variants")
    return request.options[option]


def swept(request: Request, what: str, own: Collection[str], metrics: Sequence[str]) -> Grid:
    """The sweep that the options describe; what: it is for, as errors call it."""
    from costmodel.sweeping.grid import on_grid

    for name in ("over", "values", "variants"):
        if name not in request.options:
            raise InputError(f"{name}= is missing; a {what} needs over, values and variants")
    values = [read_integer(value) for value in names(request, "values") or []]
    over = {request.options["over"]: values}
    variants = names(request, "variants") or []
    return on_grid(variants, layer(request), over, metrics, hyper=hyper(request, own))


def refuse(request: Request, names: Iterable[str], why: str) -> None:
    """Raise `InputError` for options that are given and would have no effect.

    why: the rest of the sentence: "no replace=; allowed is …".
    """
    for name in names:
        if name in request.options:
            raise InputError(f"{name}={request.options[name]} with {why}")


def choice(request: Request, option: str, allowed: Collection[str], default: str) -> str:
    """One of several words."""
    value = request.options.get(option, default)
    if value not in allowed:
        raise InputError(f"{option}={value!r}; allowed are {', '.join(allowed)}")
    return value
