"""The suite: every variant on layers that tell wrong rules apart, against every oracle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from costmodel.checks.verify.oracles import ORACLES, Oracle
from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import layer_words
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, MissingDependencyError, VariantError
from costmodel.table import Table
from costmodel.torch.modules import build

COLUMNS = ("variant", "layer", "oracle", "expected", "got", "ok", "note")

# Sizes are pairwise distinct within a layer, so that no wrong axis gives the right number, and have
# the divisors that groups, ranks and blocks need.
LAYERS: tuple[ConvLayer, ...] = (
    ConvLayer((3, 5), 12, 20, (17, 22)),
    ConvLayer((3, 5), 12, 20, (17, 22), stride=2, batch=3),
    ConvLayer((5, 3), 20, 12, (16, 23), stride=(2, 1), bias=True),
    ConvLayer((4, 3), 12, 24, (15, 18), stride=(1, 2)),
    ConvLayer((3, 7), 12, 36, (19, 26), padding=(2, 1), dilation=(2, 1), bias=True),
    ConvLayer(3, 12, 24, (14, 17), padding="valid", stride=(2, 3)),
    ConvLayer((3, 5), 24, 36, (13, 16), groups=2, batch=3),
    ConvLayer((3, 5), 24, 48, (13, 16), stride=2, groups=4, bias=True),
    ConvLayer(3, 24, 12, (13, 16), padding=1),
    ConvLayer((3, 5), 12, 20, (7, 10), stride=(2, 3), transposed=True),
    ConvLayer((4, 3), 12, 24, (7, 10), 2, (1, 0), transposed=True, output_padding=(1, 0)),
    ConvLayer(1, 12, 20, 1, bias=True),
    ConvLayer((5,), 12, 20, (31,), stride=2, batch=3),
    ConvLayer((4,), 12, 24, (30,), dilation=3, bias=True),
    ConvLayer((3, 4, 5), 12, 20, (7, 10, 13), stride=(1, 2, 1)),
    ConvLayer(3, 12, 24, (8, 9, 11), padding=1, transposed=True, stride=(1, 2, 3), bias=True),
)


def verify(
    variants: Iterable[str | Variant] | None = None,
    oracles: Iterable[str] | None = None,
    layers: Sequence[ConvLayer] = LAYERS,
) -> Table:
    """Compare every variant on every layer with every oracle.

    Args:
        variants: ids or `Variant` values; None is the whole registry.
        oracles: keys of `ORACLES`; None is all.
        layers: what to check on.

    Returns:
        A row per (variant, layer, oracle): expected, got, and whether they are equal. A layer that
        a variant refuses, or a variant without a module, is a row with an empty `ok` and the reason
        in its note: visible, and no pass.
    """
    chosen = [ORACLES[key] for key in oracles or ORACLES]
    selected = [VARIANTS.of(v) for v in variants or VARIANTS]
    rows = [
        row for variant in selected for layer in layers for row in check(variant, layer, chosen)
    ]
    return Table(COLUMNS, rows)


def check(
    variant: Variant, layer: ConvLayer, oracles: Sequence[Oracle]
) -> Iterator[dict[str, Any]]:
    """The rows of one variant on one layer."""
    base = {"variant": variant.id, "layer": layer_words(layer)}
    try:
        counts = count(variant, layer)
        module = build(variant, layer)
    except VariantError as error:
        yield {**base, "note": f"not applicable: {error}"}
        return
    for oracle in oracles:
        expected = oracle.expected(counts)
        try:
            got, note = oracle.got(module), ""
        except MissingDependencyError:
            raise
        except (CostModelError, RuntimeError) as error:
            got, note = None, str(error)  # a module that does not run is a difference, not a crash
        yield {
            **base,
            "oracle": oracle.key,
            "expected": expected,
            "got": got,
            "ok": got == expected,
            "note": note,
        }


def failures(table: Table) -> list[dict[str, Any]]:
    """The rows in which an oracle disagrees."""
    return [dict(row) for row in table.rows if row.get("ok") is False]


def unchecked(table: Table) -> list[str]:
    """Variants that no oracle has looked at."""
    checked = {row["variant"] for row in table.rows if row.get("ok") is not None}
    return [v for v in dict.fromkeys(table.column("variant")) if v not in checked]
