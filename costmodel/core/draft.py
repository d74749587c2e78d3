"""Drafts: stage lines as somebody types them, before they are a variant.

`define` wants every letter named with a size; while one is still typing, the letters are found in
the text. Nothing that is typed is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Mapping

from costmodel.core import expression, notation
from costmodel.core.define import check_chain, letter
from costmodel.core.layer import ConvLayer
from costmodel.core.stage_line import RESERVED
from costmodel.core.variant import Variant
from costmodel.errors import InputError, NotationError

#: The id of a draft: it is never registered.
DRAFT = "mine"
_TITLE = "your design"
_OPENS, _CLOSES = "|&+{,>^=", "|&+}@,"


def one_line(text: str) -> str:
    """Typed lines as one text of the same length: a line break separates stages as `|` does.

    Where a line ends or the next one begins with a sign that goes on, it is only a space. Offsets
    stay, so that an error points into what was typed.
    """
    signs = list(text)
    for at, sign in enumerate(text):
        if sign in "\r\n":
            before, after = text[:at].rstrip(), text[at:].lstrip()
            goes_on = not before or not after or before[-1] in _OPENS or after[0] in _CLOSES
            again = before != text[:at].rstrip(" \t")  # a line break just before did it already
            signs[at] = " " if goes_on or again else "|"
    return "".join(signs)


def sizes(text: str) -> dict[str, str]:
    """Derived sizes as typed, `c = ceil(n/q); p = r/g`, as expressions by name."""
    expressions: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, formula = (word.strip() for word in part.partition("="))
        if not equals or not name.isidentifier() or not formula:
            raise InputError(
                f"derived size {part.strip()!r}; allowed is NAME = EXPRESSION, as in c = ceil(n/q)"
            )
        if name in expressions:
            raise InputError(f"derived size {name!r} is given twice; allowed is once")
        expressions[name] = formula
    return expressions


def letters(stages: str, where: Mapping[str, str] | None = None) -> list[str]:
    """The names that still need a size: neither reserved nor derived, in reading order.

    Raises `NotationError` where the stages cannot be read.
    """
    derived = dict(where or {})
    sequence = notation.parse(one_line(stages))
    names: list[str] = []
    for line in sequence.stages():
        names += [*line.input_names, *line.weight_names, *line.output_names]
    for expr, _ in sequence.expressions():
        names += expr.names()
    for formula in derived.values():
        names += expression.parse(formula).names()
    skip = {*RESERVED, *derived}
    return [name for name in dict.fromkeys(names) if name not in skip]


def draft(
    stages: str,
    where: Mapping[str, str],
    values: Mapping[str, int],
    layer: ConvLayer | None = None,
) -> Variant:
    r"""The variant that is being typed; nobody else sees it.

    Args:
        stages: one stage a line, or separated by `|`.
        where: derived sizes by name.
        values: a size for each of `letters`.
        layer: the one that it is designed for, whose sizes an error then names.

    Raises:
        NotationError: what cannot be read, pointing into `stages` as they were typed.
        VariantError: stages that do not fit together.

    >>> draft("m, r m i -> r\nr, n r j -> n", {}, {"r": 16}).stages
    'm, r m i -> r|r, n r j -> n'
    """
    try:
        hyper = {name: letter(name, value) for name, value in values.items()}
        variant = Variant(DRAFT, one_line(stages), title=_TITLE, hyper=hyper, where=dict(where))
        check_chain(variant, layer)
        return variant
    except NotationError as error:
        raise pointing(error, stages) from None


def pointing(error: NotationError, typed: str) -> NotationError:
    """The same error with its caret under the line as it was typed."""
    if error.text != one_line(typed):
        return error  # it is about an expression of its own
    return NotationError(error.cause, typed, min(error.position, len(typed)), error.valid)
