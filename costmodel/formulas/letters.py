"""Letters: the symbols of a layer, and the order in which a product is written.

The letters are those of the source documents: k kernel side, m and n input and output channels,
d h w the output grid and D H W the input grid (depth, rows, columns), s stride, p padding, delta
dilation, G groups and N images of the layer; a variant's hyper-parameters have their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sympy import Expr, Symbol

from costmodel.core.variant import Variant

#: Output-grid and input-grid letters by number of spatial axes, in the order of `ConvLayer.size`.
OUT_GRID: dict[int, tuple[str, ...]] = {1: ("w",), 2: ("h", "w"), 3: ("d", "h", "w")}
IN_GRID: dict[int, tuple[str, ...]] = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}
#: Suffix of a letter that belongs to one axis (`k_h`), by number of spatial axes.
AXES = OUT_GRID

#: Letters that a layer's own properties have, and the word that stands in where a hyper-parameter
#: of the variant has taken the letter.
WORDS = {
    "k": "kernel",
    "s": "stride",
    "p": "padding",
    "delta": "dilation",
    "d": "depth",
    "D": "Depth",
    "G": "groups",
    "N": "batch",
}

#: Every letter of a layer; those that axes may have apart have one for each as well (`k_h`).
LAYER_LETTERS = (
    *"kmnDHWdhwspGN",
    "delta",
    *(f"{name}_{axis}" for name in ("k", "s", "p", "delta") for axis in AXES[3]),
)

# Textbook order of factors: images, kernel, (everything a variant adds), stride, channels, grid.
_BEFORE = ("N", "k", "k_d", "k_h", "k_w")
_AFTER = ("m", "n", "D", "d", "H", "h", "W", "w")
_HYPER = len(_BEFORE)
_RANKS = {
    **{name: index for index, name in enumerate(_BEFORE)},
    **{name: _HYPER + 1 + index for index, name in enumerate(_AFTER)},
}


@lru_cache(maxsize=1024)
def symbol(letter: str, real: bool = False) -> Symbol:
    """The symbol of a size: a positive integer, or with `real` a positive real number."""
    return Symbol(letter, positive=True, **({} if real else {"integer": True}))


def public(expr: Expr) -> Expr:
    """The expression in plain symbols, as anybody else would type them.

    Within the project every size is known to be a positive integer, which lets floors and roots
    simplify; an expression that leaves it must answer to `Symbol("k")` and to `subs({"k": 3})`,
    which are other symbols to SymPy.
    """
    return expr.xreplace({s: Symbol(s.name) for s in expr.free_symbols if s.is_positive})


def rank(letter: str) -> int:
    """Place of a letter in a product; letters of hyper-parameters share one, before m and n."""
    return _RANKS.get(letter, _HYPER)


def layer_letter(letter: str, taken: Iterable[str]) -> str:
    """The letter of a layer's property, or its word where a hyper-parameter has that letter.

    `k_h` becomes `kernel_h` beside a hyper-parameter k.
    """
    base, underscore, axis = letter.partition("_")
    names = set(taken)
    while base in names or letter in names:
        # a word may be taken as well; an underscore more is not pretty, but never wrong
        base = WORDS.get(base, base + "_")
        letter = base + underscore + axis
    return letter


def hyper_symbols(variant: Variant) -> dict[str, Symbol]:
    """A symbol for every hyper-parameter of a variant, by its letter."""
    return {name: symbol(name, hyper.real) for name, hyper in variant.hyper.items()}


def size_symbols(expr: Expr) -> list[Any]:
    """The free symbols of an expression in the order in which a product has them."""
    return sorted(expr.free_symbols, key=lambda s: (rank(s.name), s.name))
