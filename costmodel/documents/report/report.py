"""report(): one page of HTML of a layer, a network or a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from costmodel.comparing.compare import compare
from costmodel.core.hyper import route, together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import InputError
from costmodel.network.network import Network
from costmodel.planning.plan import Plan


def report(
    what: ConvLayer | Network | Plan,
    variants: Iterable[str | Variant] | None = None,
    *,
    sentences: Iterable[str] = (),
    made_by: str = "",
    same_as: str = "",
    stated: Mapping[str, Number] | None = None,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> str:
    """One page of HTML that opens from disk without a network, with sliders that count.

    Args:
        what: a layer of numbers, a network (also after `replace`), or a plan.
        variants: ids or `Variant` values for a layer; None is every variant that fits.
        sentences: what else is to be said of a network before its numbers.
        made_by: the command that makes the page, for its foot; "" for none.
        same_as: of a network, the command that prints the same numbers, without `--at`; "" for
            none. The page adds the sizes that were moved.
        stated: the sizes that this command has to be told even where they are not moved.
        hyper, letters: hyper-parameters for a layer, as for `compare`.

    Returns:
        The text of the page, the same at every run.

    Raises:
        InputError: something else than a layer, a network or a plan.
        CostModelError: whatever `compare` refuses.
        MissingDependencyError: Plotly or latex2mathml is not installed.
    """
    if isinstance(what, ConvLayer):
        return _of_layer(what, variants, together(hyper, letters), made_by)
    if variants is not None or hyper or letters:
        raise InputError("variants and letters without a layer; allowed are they with a ConvLayer")
    # formulas need SymPy, which only who calls this has to have
    from costmodel.documents.report.network import network_report

    if isinstance(what, Plan):
        sentences = (what.decision, what.proof, *sentences)
        return network_report(what.network, sentences, made_by, same_as, stated)
    if isinstance(what, Network):
        return network_report(what, sentences, made_by, same_as, stated)
    raise InputError(f"a report of {what!r}; allowed are a ConvLayer, a Network and a Plan")


def _of_layer(
    layer: ConvLayer,
    variants: Iterable[str | Variant] | None,
    given: Mapping[str, Any],
    made_by: str,
) -> str:
    # its formulas need SymPy, which only who asks for a report has to have
    from costmodel.documents.report.layer import layer_report

    chosen = None if variants is None else [VARIANTS.of(v) for v in variants]
    meant = list(VARIANTS.values()) if chosen is None else chosen
    comparison = compare(layer, chosen, hyper=given)
    ids = None if chosen is None else [variant.id for variant in chosen]
    return layer_report(comparison, route(meant, given), ids, made_by)
