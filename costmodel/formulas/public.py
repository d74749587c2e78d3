"""The library's own answers: formulas in plain symbols, as anybody else would type them.

Inside, sizes are positive integers, which lets floors and roots simplify; `Symbol("k")` and
`subs({"k": 3})` mean other symbols to SymPy, so whatever leaves the library is without assumptions.
Each function imports what it needs when it is called: the names are there without SymPy too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from costmodel.core.bind import bind
from costmodel.core.full_rank import full_rank_of
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant

if TYPE_CHECKING:
    from sympy import Expr


def formula(
    variant: Variant | str,
    metric: str = "macs",
    layer: ConvLayer | None = None,
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Expr:
    """A metric of a variant as a SymPy expression.

    Args:
        variant: a `Variant`, or the id of a registered one.
        metric: the key of any metric in `METRICS`.
        layer: a layer with symbols in it; None is the general one: kernel side k on every axis,
            m to n channels, "same" padding at stride 1 on the output grid (d) h w, one image, no
            bias.
        hyper, letters: values or expressions by letter; the others are symbols of their letters.

    Returns:
        An exact expression, floors and ceilings kept, common factors drawn out.

    Raises:
        VariantError: an unknown variant or hyper-parameter, or a layer that it does not fit.
        CostModelError: an unknown metric.

    >>> import costmodel as cm
    >>> cm.formula("basis", "macs")
    b*h*m*w*(k**2 + n)
    """
    from costmodel.formulas import formula as exact
    from costmodel.formulas.letters import public

    return public(exact.formula(variant, metric, layer, hyper=together(hyper, letters)))


def ratio(variant: Variant | str, metric: str = "macs", layer: ConvLayer | None = None) -> Expr:
    """A metric of a variant divided by the standard layer's; the arguments are those of `formula`.

    Raises `CostModelError` where the standard layer has none of what is counted.

    >>> import costmodel as cm
    >>> cm.ratio("basis", "macs")
    b/n + b/k**2
    """
    from costmodel.formulas import formula as exact
    from costmodel.formulas.letters import public

    return public(exact.ratio(variant, metric, layer))


def full_rank(
    variant: Variant | str,
    letter: str,
    layer: ConvLayer | None = None,
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Number:
    """The value of a rank above which nothing more can be expressed.

    Derived from the stages: the rank of the unfolding of the kernel that the bond cuts, where it
    lies between two factors; enough for every kernel, but not always the least, where it lies
    between three or more (CP). Ranks beside it bound it as well, by the sizes that they have.

    Args:
        variant: a `Variant`, or the id of a registered one.
        letter: a hyper-parameter that is a rank.
        layer: a layer of numbers or symbols; None is the general one of `formula`.
        hyper, letters: the other values by letter; those not given are the layer's defaults, and
            without a layer symbols of their letters.

    Returns:
        An int on a layer of ints, else a SymPy expression.

    Raises:
        VariantError: an unknown variant or letter, or a letter that is no rank.

    >>> import costmodel as cm
    >>> cm.full_rank("spatial_svd", "r", cm.ConvLayer(3, 64, 64, (56, 56)))
    192
    >>> sorted(map(str, cm.full_rank("basis", "b").args))  # the smaller of the two
    ['k**2', 'n']
    """
    chosen, given = VARIANTS.of(variant), together(hyper, letters)
    if layer is not None:
        return full_rank_of(bind(chosen, layer, given), letter)

    from costmodel.formulas import ranks
    from costmodel.formulas.letters import public

    return public(ranks.full_rank(chosen, letter, given))
