"""The inverse question as the library answers it: on a layer of numbers, or in letters.

On a layer the answer is an exact set of values and needs no SymPy; in letters it is a bound with
the conditions under which it holds, in plain symbols as anybody else would type them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, is_symbolic
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.solving.budget import Budget, Other, cheaper_than
from costmodel.solving.letters import read_letters
from costmodel.solving.solution import Solution
from costmodel.solving.solve import break_even_on_layer, budgets_of, solve_on_layer

if TYPE_CHECKING:
    from costmodel.formulas.solution import LetterSolution


def solve(
    variant: Variant | str,
    letters: str | Sequence[str],
    *,
    at_most: Mapping[str, object] | None = None,
    same_as: Other | None = None,
    metric: str = "macs",
    layer: ConvLayer | None = None,
    multiple_of: int = 1,
    settings: Settings = DEFAULTS,
    hyper: Mapping[str, Number] | None = None,
    **values: Number,
) -> Solution | LetterSolution:
    """Which values of a letter keep a variant within a budget.

    Args:
        variant: a `Variant`, or the id of a registered one.
        letters: a hyper-parameter, `b`; several that are to be the same, `("r1", "r2")` or
            `r1=r2`; or one with others in terms of it or of the layer, `r2,r1=m/4`.
        at_most: budgets by metric: an amount (`10_000`, `"10M"`), or a share of what the standard
            layer costs (`"30%"`). All have to be met.
        same_as: instead, what another variant costs: its id, or `("basis", {"b": 4})`.
        metric: the key of the metric that `same_as` is about.
        layer: sizes as numbers, for the exact set of values; with symbols in it, or None for the
            general layer of `formula`, for bounds in letters.
        multiple_of: only multiples of it are values, for hardware that wants 8 or 16.
        settings: conventions of FLOPs and bytes.
        hyper, values: the other hyper-parameters, `r2=30` or `r2="n/4"`; those not given take their
            defaults.

    Returns:
        On a layer of numbers the exact set of values, found by algebra and checked by counting at
        its edges: `.values`, `.smallest`, `.largest`, `.always`, `.cheaper`, and the exact `.bound`
        between integers. In letters the `.bound` and the `.conditions` under which it holds, by
        `.cases` where signs depend on the sizes.

    Raises:
        VariantError: an unknown variant or letter, or a layer that no value fits.
        InputError: no budget, or one that cannot be read.
        CostModelError: an unknown metric, one that does not depend on the letter, or a budget that
            no value meets, with the least that can be reached.

    >>> import costmodel as cm
    >>> layer = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> found = cm.solve("basis", "b", at_most={"macs": "50%"}, layer=layer)
    >>> found.largest, found.bound
    (4, 576/137)
    """
    budgets = budgets_of(at_most, same_as, metric)
    given = together(hyper, values)
    if layer is None or _has_symbols(layer):
        if multiple_of != 1 or len(budgets) > 1:
            what = "several budgets" if len(budgets) > 1 else f"multiples of {multiple_of}"
            raise CostModelError(f"{what} in letters; allowed are they on a layer of numbers")
        return _in_letters(variant, letters, budgets[0], layer, settings, given)
    return solve_on_layer(
        variant,
        letters,
        layer,
        budgets,
        multiple_of=multiple_of,
        settings=settings,
        hyper=given,
    )


def break_even(
    variant: Variant | str,
    letters: str | Sequence[str],
    metric: str = "macs",
    layer: ConvLayer | None = None,
    than: Other | None = None,
    *,
    settings: Settings = DEFAULTS,
    hyper: Mapping[str, Number] | None = None,
    **values: Number,
) -> Solution | LetterSolution:
    """Where a variant is cheaper than another one; as a rule than the standard layer.

    Args:
        variant, letters, metric, settings, hyper, values: those of `solve`; without a layer of
            numbers the letter may be one of the layer too (k, m, n, …).
        layer: sizes as numbers, for the exact set of values; with symbols in it, or None for the
            general layer of `formula`, for a bound in letters.
        than: the other variant: its id, or `("cp", {"r": 16})`; None is the standard layer.

    Returns:
        What `solve` returns. In letters the `.condition` is the inequality, and `.limit` where the
        bound goes for ever more channels.

    Raises:
        CostModelError: the cost does not depend on the letter; in letters also: it has no closed
            form there.

    >>> import costmodel as cm
    >>> cm.break_even("basis", "b").condition
    b < k**2*n/(k**2 + n)
    >>> layer = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> cm.break_even("basis", "b", layer=layer).bound
    1152/137
    """
    given = together(hyper, values)
    if layer is not None and not _has_symbols(layer):
        return break_even_on_layer(
            variant, letters, layer, metric, than, settings=settings, hyper=given
        )
    return _in_letters(variant, letters, cheaper_than(metric, than), layer, settings, given)


def _in_letters(
    variant: Variant | str,
    letters: str | Sequence[str],
    budget: Budget,
    layer: ConvLayer | None,
    settings: Settings,
    given: Mapping[str, Number],
) -> LetterSolution:
    from costmodel.formulas import break_even as solving
    from costmodel.formulas.layers import exchanged
    from costmodel.formulas.letters import symbol
    from costmodel.formulas.solution import in_plain_symbols

    if layer is not None:  # roots are told apart by their signs, so sizes must be known to have one
        layer = exchanged(layer, lambda s: symbol(s.name) if s.is_positive is None else s)
    chosen = VARIANTS.of(variant)
    of_layer = isinstance(letters, str) and letters.isidentifier() and letters not in chosen.hyper
    if of_layer and not given and budget == cheaper_than(budget.metric.key):
        return in_plain_symbols(solving.break_even(chosen, str(letters), budget.metric.key, layer))
    asked = read_letters(chosen, letters, given)
    return in_plain_symbols(solving.in_letters(asked, budget, layer, settings))


def _has_symbols(layer: ConvLayer) -> bool:
    """Whether a size of a layer is not known yet."""
    facts = (getattr(layer, field.name) for field in fields(layer))
    sizes = (size for fact in facts for size in (fact if isinstance(fact, tuple) else (fact,)))
    return any(map(is_symbolic, sizes))
