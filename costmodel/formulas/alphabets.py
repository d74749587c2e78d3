"""Alphabets: the letters of a house, as data. A team adds its own with one entry here.

An entry maps the project's letters (those of the source documents, see `letters`) to names: as
text, as LaTeX and as a Python name. Letters that it leaves out stay as they are, hyper-parameters
among them. Two letters may share a name (a square grid), as long as they stand for the same size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sympy import Expr, Symbol

from costmodel.core.numbers import Number
from costmodel.errors import CostModelError
from costmodel.formulas.letters import rank, symbol
from costmodel.registry import Registry


@dataclass(frozen=True)
class Name:
    """One size's name: as text, in LaTeX (None: as SymPy writes the text), in Python source."""

    text: str
    latex: str | None = None
    python: str | None = None


@dataclass(frozen=True)
class Alphabet:
    """A set of names for the sizes of a layer.

    key: what `--notation` takes. title: one line about it. names: by the project's letters.
    strided: names that take precedence in formulas that speak of an input grid as well.
    """

    key: str
    title: str
    names: Mapping[str, Name]
    strided: Mapping[str, Name] = field(default_factory=dict)


def _same(letters: str) -> dict[str, Name]:
    return {letter: Name(letter) for letter in letters.split()}


def _roman(stem: str, index: str) -> Name:
    return Name(f"{stem}_{index}", rf"{stem}_{{\mathrm{{{index}}}}}")


#: Every alphabet by key; in the words of users it is a notation.
ALPHABETS: Registry[Alphabet] = Registry("notation")
for _alphabet in (
    Alphabet(
        "fcnn",
        "k, m, n, h, w of Wang, Liu, Foroosh 2016 (arXiv:1608.04337); this project's own",
        _same("k m n d h w D H W s"),
    ),
    Alphabet(
        "mobilenet",
        "D_K, M, N, D_F of Howard et al. 2017 (arXiv:1704.04861); square maps, and with a stride "
        "D_F for the input and D_G for the output",
        {
            "k": Name("D_K", "D_K"),
            "m": Name("M"),
            "n": Name("N"),
            **dict.fromkeys("dhwDHW", Name("D_F", "D_F")),
            "N": Name("B"),
        },
        strided=dict.fromkeys("dhw", Name("D_G", "D_G")),
    ),
    Alphabet(
        "pytorch",
        "K, C_in, C_out, H_out, W_out, as in the documentation of torch.nn.Conv2d",
        {
            "k": Name("K"),
            **{f"k_{axis}": Name(f"K_{axis}") for axis in "dhw"},
            "m": _roman("C", "in"),
            "n": _roman("C", "out"),
            **{axis: _roman(axis.upper(), "out") for axis in "dhw"},
            **{axis: _roman(axis, "in") for axis in "DHW"},
            "s": Name("stride", r"\mathrm{stride}"),
            "p": Name("padding", r"\mathrm{padding}"),
            "delta": Name("dilation", r"\mathrm{dilation}"),
            "G": Name("groups", r"\mathrm{groups}"),
        },
    ),
):
    ALPHABETS.add(_alphabet.key, _alphabet)

DEFAULT = "fcnn"
# Letters of the layer that hyper-parameters of the catalogue have as well.
_EITHER = ("d", "s", "p")
_INPUT_GRID = frozenset("DHW")


@dataclass(frozen=True)
class Renaming:
    """What an alphabet does to one set of letters.

    symbols: the new symbol of every letter that changes. names: the `Name` by the new letter.
    ranks: the place of a new letter in a product, that of the letter it stands for.
    """

    symbols: Mapping[Symbol, Symbol]
    names: Mapping[str, Name]
    ranks: Mapping[str, int]

    def apply(self, expr: Expr) -> Expr:
        """The expression in the new letters."""
        return expr.xreplace(dict(self.symbols)) if self.symbols else expr

    def values(self, values: Mapping[Symbol, Number]) -> dict[Symbol, Number]:
        """Numbers by the new letters.

        Raises `CostModelError` where two letters that have become one stand for different numbers.
        """
        renamed: dict[Symbol, Number] = {}
        origin: dict[Symbol, Symbol] = {}
        for old, value in values.items():
            new = self.symbols.get(old, old)
            if new in renamed and renamed[new] != value:
                raise CostModelError(
                    f"{new} would be {renamed[new]} ({origin[new]}) and {value} ({old}); allowed "
                    "are equal sizes in a notation that has one letter for both"
                )
            renamed[new], origin[new] = value, old
        return renamed

    def rank(self, letter: str) -> int:
        """Place of a letter, new or old, in a product."""
        return self.ranks.get(letter, rank(letter))


def renaming(
    symbols: Iterable[Symbol], alphabet: str | Alphabet = DEFAULT, own: Iterable[str] | None = None
) -> Renaming:
    """How an alphabet renames these symbols.

    own: letters that are hyper-parameters and so keep their names; None where that is not known,
    and letters that can be either keep theirs.

    Raises `CostModelError` where a new name is that of another, unrelated letter.
    """
    chosen = ALPHABETS.of(alphabet)
    given = sorted(symbols, key=lambda s: s.name)
    names = dict(chosen.names)
    if any(s.name in _INPUT_GRID for s in given):
        names |= chosen.strided
    for letter in _EITHER if own is None else own:
        names.pop(letter, None)
    changed: dict[Symbol, Symbol] = {}
    known: dict[str, Name] = {}
    ranks: dict[str, int] = {}
    kept = {s.name for s in given if s.name not in names}
    for old in given:
        name = names.get(old.name)
        if name is None:
            continue
        if name.text in kept:
            raise CostModelError(
                f"the {chosen.key} notation calls {old.name} {name.text}, which is also another "
                "letter of this formula; allowed are notations whose names are free"
            )
        known[name.text] = name
        ranks[name.text] = min(rank(old.name), ranks.get(name.text, rank(old.name)))
        if name.text != old.name:
            changed[old] = symbol(name.text)
    return Renaming(changed, known, ranks)
