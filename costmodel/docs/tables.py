"""Directives that give tables: a comparison, a network, a sweep."""

from __future__ import annotations

from costmodel.docs import options
from costmodel.docs.directives import Request, Target, directive
from costmodel.errors import InputError
from costmodel.reports import compare
from costmodel.table import Table

_COMPARE = {
    "variants": "ids separated by commas; all that fit the layer if not given",
    "metrics": "metric keys separated by commas, or all",
    "columns": "the columns to show, separated by commas",
}


def rendered(table: Table, request: Request, target: Target) -> str:
    """A table in the document's language, with the columns that were asked for."""
    if target.inline:
        raise InputError("a table within a line; allowed is a block of its own lines")
    columns = options.names(request, "columns")
    if columns:
        table = table.select(columns)
    return table.to_latex() if target.syntax == "latex" else table.to_markdown()


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
        **options.hyper(request, _COMPARE),
    )
    return rendered(table, request, target)
