"""define(): a variant of the user's own, from stage lines; everything else follows from them."""

from __future__ import annotations

from collections.abc import Mapping

from costmodel.core.bind import ChainError, bind
from costmodel.core.hyper import Hyper, together
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import VariantError

# Channel counts that every plausible hyper-parameter divides, one pair distinct and one equal: a
# declaration whose stages do not fit together fails on both.
_TRIALS = ((720720, 1441440), (720720, 720720))
_SIDES, _GRID = (3, 5, 7), (32, 48, 64)


def define(
    id: str,
    *stages: str,
    where: Mapping[str, str] | None = None,
    title: str = "",
    summary: str = "",
    reference: str = "",
    register: bool = True,
    hyper: Mapping[str, int | str | Hyper] | None = None,
    **letters: int | str | Hyper,
) -> Variant:
    """Declare a variant of one's own.

    Args:
        id: its name; not one of the catalogue's.
        stages: stage lines, in order (one text with `|` between them is the same).
        where: derived axis sizes, such as {"p": "r/g"}.
        title: its name in running text.
        summary: one sentence about it.
        reference: where it was published.
        register: whether `VARIANTS` should know it (again: an earlier one of that id is replaced).
        hyper, letters: each other axis by name, in a mapping or as a keyword: a default (an int, or
            an expression such as "ceil(n/4)"), or a `Hyper` with bounds and a meaning.

    Returns:
        The variant: `cm.count`, `cm.compare`, formulas, modules and checks take it.

    Raises:
        NotationError: a malformed line, with a caret under the place.
        VariantError: stages that do not fit together, or an id that is taken.

    >>> import costmodel as cm
    >>> mine = cm.define("mine", "m, r m i -> r", "r, n r j -> n", r=16, register=False)
    >>> cm.count(mine, cm.ConvLayer(3, 64, 128, (56, 56))).params
    9216
    """
    if not id.isidentifier():
        raise VariantError(f"variant id {id!r} is no name; allowed are letters, digits and '_'")
    if not stages:
        raise VariantError(f"variant {id!r} has no stages; allowed are one or more stage lines")
    for stage in stages:
        if not isinstance(stage, str):
            raise VariantError(
                f"stage {stage!r} of {id!r} is no text; allowed are lines such as 'm, n m i j -> n'"
            )
    parameters = {
        name: value if isinstance(value, Hyper) else letter(name, value)
        for name, value in together(hyper, letters).items()
    }
    variant = Variant(
        id,
        " | ".join(stages),
        title=title or id,
        summary=summary,
        reference=reference,
        hyper=parameters,
        where=dict(where or {}),
    )
    check_chain(variant)
    return VARIANTS.add(id, variant) if register else variant


def letter(name: str, default: int | str) -> Hyper:
    """What is declared of a letter of which nothing but a default is said."""
    return Hyper(default, f"size of axis {name}")


def check_chain(variant: Variant, layer: ConvLayer | None = None) -> None:
    """Refuse stages that cannot follow one another, already at the definition.

    layer: the one that they are meant for; without it, they have to follow on some layer.
    """
    dims = variant.usual_dims
    trials = [ConvLayer(_SIDES[:dims], *channels, _GRID[:dims]) for channels in _TRIALS]
    failures = []
    for trial in [layer] if layer else trials:
        try:
            bind(variant, trial)
        except ChainError as error:
            failures.append(error)
        except VariantError:
            pass  # a hyper-parameter that does not fit this trial layer says nothing of the chain
    if len(failures) == (1 if layer else len(trials)):
        raise failures[0]
