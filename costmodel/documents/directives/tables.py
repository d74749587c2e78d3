"""Directives that give tables: a comparison, a network, a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from costmodel.comparing.compare import compare
from costmodel.documents import networks, options, written
from costmodel.documents.request import Request, Target, directive
from costmodel.errors import InputError
from costmodel.network.views import VIEWS
from costmodel.table import Table, Tabular
from costmodel.typed import named, read_integer, read_pair, read_pairs

_COMPARE = {
    "variants": "ids separated by commas; all that fit the layer if not given",
    "metrics": "metric keys separated by commas, or all",
    "columns": "the columns to show, separated by commas",
}


def rendered(table: Tabular, request: Request, target: Target) -> str:
    """A table in the document's language, with the columns that were asked for."""
    columns = options.names(request, "columns")
    return written.table(table.select(columns) if columns else table, target)


@directive(
    "compare",
    "the comparison of variants on one layer, as a table",
    "compare k=3 m=64 n=128 size=56x56 b=4 columns=variant,macs,macs_ratio",
    options=_COMPARE,
    layer=True,
    hyper=True,
)
def _compare(request: Request, target: Target) -> str:
    table = compare(
        options.layer(request),
        options.names(request, "variants"),
        request.options.get("metrics"),
        hyper=options.hyper(request, _COMPARE),
    )
    return rendered(table, request, target)


_NETWORK = {
    "view": f"{', '.join(VIEWS)} or compare (totals with each variant in place)",
    "metrics": "metrics to count besides parameters and multiplies, or all",
    "columns": "the columns to show, separated by commas",
    "variants": "ids separated by commas, for view=compare",
    **networks.OPTIONS,
}


@directive(
    "network",
    "a network's layers and totals, as it is or with variants in place of layers, as a table",
    "network resnet18 view=stages columns=stage,params,macs",
    words=("name",),
    options=_NETWORK,
    hyper=True,
)
def _network(request: Request, target: Target) -> str:
    view = options.choice(request, "view", (*VIEWS, "compare"), "layers")
    hyper = options.hyper(request, _NETWORK)
    metrics = options.names(request, "metrics")
    if view == "compare":
        return rendered(_every_variant(request, target, hyper), request, target)
    if "variants" in request.options:
        raise InputError("variants= without view=compare; allowed is view=compare")
    network = networks.asked(request.words[0], request, target, metrics, hyper)
    table = VIEWS[view].table(network, "all" if metrics == ["all"] else metrics)
    return rendered(table, request, target)


def _every_variant(request: Request, target: Target, hyper: Mapping[str, Any]) -> Table:
    """The totals with each variant in turn."""
    from costmodel.network.what_if import compare as what_if

    for name in ("metrics", "replace", "by", "costlier", "plan"):
        if name in request.options:
            raise InputError(f"{name}= with view=compare; allowed is one of them")
    where = request.options.get("where")
    sizes = replace(request, options={k: v for k, v in request.options.items() if k == "at"})
    network = networks.asked(request.words[0], sizes, target, None, {})
    return what_if(network, options.names(request, "variants"), where, hyper=hyper)


_SWEEP = {
    "over": 'what varies, the last one fastest: "b=1:9 n=64,128 size=14,28x20"; or one name alone',
    "values": "the values of that one name",
    "variants": "ids separated by commas",
    "metrics": "metric keys separated by commas [macs]",
    "where": "a condition such as macs<=2e8",
    "front": "instead of all rows, those that no other one beats in these metrics",
    "columns": "the columns to show [the variant, what varies, the metrics]",
}
_MOST = 10_000  # rows of a table in a document


@directive(
    "sweep",
    "metrics over several values of a size or of a hyper-parameter, as a table",
    "sweep over=basis.b values=1,2,4,8 variants=standard,basis k=3 m=64 n=128 size=56x56",
    options=_SWEEP,
    layer=True,
    hyper=True,
)
def _sweep(request: Request, target: Target) -> str:
    metrics = options.names(request, "metrics") or ["macs"]
    if "=" not in request.options.get("over", "") and not {"where", "front"} & {*request.options}:
        return rendered(
            options.swept(request, "sweep", _SWEEP, metrics).to_table(), request, target
        )
    from costmodel.sweeping.sweep import sweep

    over = dict(map(read_pair, options.required(request, "over").split()))
    if "values" in request.options:
        raise InputError("values= with over=NAME=VALUES; allowed is one of them")
    found = sweep(
        options.required(request, "variants"),
        options.layer(request),
        over,
        metrics,
        where=[request.options["where"]] if "where" in request.options else (),
        hyper=options.hyper(request, _SWEEP),
    )
    front = options.names(request, "front")
    table = found.front(*front) if front else found.to_table(_MOST + 1)
    if len(table) > _MOST:
        raise InputError(f"more than {_MOST:,} rows; allowed in a document are so many, or front=")
    if "columns" not in request.options:
        table = table.select(found.telling)
    return rendered(table, request, target)


_PLAN = {
    "at_most": "budgets, separated by commas: macs=50%,params=10M",
    "at_least": "floors, likewise",
    "minimize": "changed (layers), ms, or a metric [changed]",
    "variants": "ids separated by commas; all if not given",
    "where": "which layers may be replaced; all with weights if not given",
    "keep": "which layers stay",
    "multiple_of": "the channels between stages are multiples of it [1]",
    "columns": "the columns to show, separated by commas",
}
_BUDGETS = ("at_most", "at_least")
_PLANNED = ("layer", "variant", "hyper", "params_before", "params", "macs_before", "macs", "reason")


@directive(
    "plan",
    "the best plan for a network within budgets, as a table whose last row has the proof",
    "plan alexnet at_most=macs=50% variants=basis,tucker2,channel_svd",
    words=("network",),
    options=_PLAN,
)
def _plan(request: Request, target: Target) -> str:
    from costmodel.planning.planner import plan

    found = plan(
        networks.opened(request.words[0], target),
        *(read_pairs(request.options[k]) if k in request.options else {} for k in _BUDGETS),
        minimize=request.options.get("minimize"),
        variants=options.names(request, "variants"),
        where=request.options.get("where"),
        keep=request.options.get("keep"),
        multiple_of=named("multiple_of", read_integer, request.options.get("multiple_of", "1")),
    )
    columns = options.names(request, "columns") or _PLANNED
    return rendered(found.select(columns), replace(request, options={}), target)
