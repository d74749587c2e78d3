"""Directives: what a block can ask for. A registry; one entry each, and nothing is executed.

A directive is a line of words and `name=value` options: `compare k=3 m=64 n=128 size=56x56 b=4`.
Values with spaces stand in double quotes. Options that describe no layer and are not the
directive's own are hyper-parameters. `layer stem: k=7 m=3 …` gives a layer a name in the rest of
the document; `@stem` then stands for its options, and what is given beside it counts instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from costmodel.core.layer_text import EXAMPLE, LAYER_NAMES, layer_words, read_layer
from costmodel.errors import InputError, unknown
from costmodel.registry import Registry

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_DEFINITION = re.compile(r"layer(?=\s|$)")
_WORD = re.compile(r'\s*((?:[^\s"=]+=)?(?:"[^"]*"|[^\s"]+))')


@dataclass(frozen=True)
class Target:
    """Where the text will stand.

    syntax: "markdown", "latex", "rst", "typst" or "html". inline: within a line. path: of the
    document. files: what a directive wants to stand beside it, by path; filled by directives.
    layers: the options of layers by the names that the document has given them so far.
    """

    syntax: str
    inline: bool
    path: str
    files: dict[str, bytes] = field(default_factory=dict)
    layers: dict[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A parsed directive: its words in order, and its options by name."""

    words: tuple[str, ...]
    options: Mapping[str, str]


Renderer = Callable[[Request, Target], str]


@dataclass(frozen=True)
class Directive:
    """One kind of block.

    name: its first word. summary: one sentence. words: the names of the words that follow.
    options: its own options with their meaning. hyper: whether further options are
    hyper-parameters. layer: whether options describe a layer. example: a directive that works.
    render: what makes the text. tied: the last word is letters, which an equals sign may tie
    (`r1=r2`).
    """

    name: str
    summary: str
    example: str
    render: Renderer
    words: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    layer: bool = False
    hyper: bool = False
    tied: bool = False


#: Every directive by name.
DIRECTIVES = Registry[Directive](
    "directive",
    package="costmodel.documents.directives",
    order=lambda d: d.name,
    unknown_error=InputError,
)


def directive(
    name: str, summary: str, example: str, **facts: Any
) -> Callable[[Renderer], Renderer]:
    """Register a function as a directive; `facts` are further fields of `Directive`."""

    def register(function: Renderer) -> Renderer:
        DIRECTIVES.add(name, Directive(name, summary, example, function, **facts))
        return function

    return register


def is_definition(text: str) -> bool:
    """Whether a text names a layer, instead of asking for something."""
    return _DEFINITION.match(text) is not None


def define(text: str, layers: dict[str, Mapping[str, str]]) -> None:
    """Take the layer that a definition names into those of a document.

    Raises `InputError` for what is no definition or a name that is taken, and whatever the layer
    says of a value.
    """
    words, options = split(text)
    names = [word for word in words[1:] if not word.startswith("@")]
    name = names[0].removesuffix(":") if len(names) == 1 else ""
    if not (_NAME.fullmatch(name) and names[0].endswith(":")):
        raise InputError(f"{text!r}; allowed is 'layer NAME: {layer_words(EXAMPLE)}'")
    if name in layers:
        raise InputError(f"layer {name!r} is defined twice; allowed is once in a document")
    found = {**_named(words, layers), **options}
    read_layer(found)
    layers[name] = found


def _named(words: list[str], layers: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """The options of the layer whose name stands among some words; none without one."""
    names = [word.removeprefix("@") for word in words if word.startswith("@")]
    if len(names) > 1:
        raise InputError(f"{', '.join(f'@{name}' for name in names)}; allowed is one layer")
    for name in names:
        if name not in layers:
            known = [f"@{other}" for other in layers]
            raise InputError(unknown("layer", f"@{name}", known) + ", defined above their use")
        return layers[name]
    return {}


def render(text: str, target: Target) -> str:
    """The text that a directive stands for.

    Raises `InputError` for an unknown directive, word or option, and whatever the library says of
    a value.
    """
    words, options = split(text)
    if not words:
        raise InputError(f"an empty directive; allowed are {', '.join(DIRECTIVES)}")
    kind = DIRECTIVES[words[0]]
    layer = _named(words, target.layers)
    words = [word for word in words if not word.startswith("@")]
    if kind.tied and options and len(words) == len(kind.words):
        name, value = next(iter(options.items()))
        words, options = [*words, f"{name}={value}"], {k: options[k] for k in [*options][1:]}
    if len(words) - 1 != len(kind.words):
        wanted = " ".join(word.upper() for word in kind.words) or "no words, only options"
        raise InputError(
            f"{' '.join(words)!r} has {len(words) - 1} words after the directive; allowed is "
            f"'{kind.name} {wanted}', for example '{kind.example}'"
        )
    if layer and not kind.layer:
        raise InputError(f"a layer with {kind.name}, which is about none; allowed is none")
    known = [*kind.options, *(LAYER_NAMES if kind.layer else ())]
    for name in options:
        if name not in known and not kind.hyper:
            raise InputError(unknown(f"option of {kind.name}", name, known))
    return kind.render(Request(tuple(words[1:]), {**layer, **options}), target)


def split(text: str) -> tuple[list[str], dict[str, str]]:
    """Words and options of a directive; quotes keep a value together.

    Names of layers are words that may stand among the options.
    """
    words: list[str] = []
    options: dict[str, str] = {}
    position = 0
    for sign in text:
        if not (sign.isprintable() or sign.isspace()):
            raise InputError(f"{sign!r} in a directive; allowed are printable signs and spaces")
    while text[position:].strip():
        match = _WORD.match(text, position)
        if not match:
            raise InputError(f"an unclosed quote in {text!r}; allowed are pairs of them")
        position = match.end()
        word = match[1]
        name, equals, value = word.partition("=")
        if not equals or word.startswith('"'):
            if options and not word.startswith("@"):
                raise InputError(f"{word!r} after the options; allowed are name=value pairs")
            words.append(word.strip('"'))
        elif name in options:
            raise InputError(f"option {name!r} is given twice; allowed is once")
        else:
            options[name] = value.strip('"')
    return words, options
