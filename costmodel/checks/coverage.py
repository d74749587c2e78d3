"""Which kept certificates are about a variant on a layer: read, not run, so nothing is imported.

A certificate proves a formula on one kind of layers, of all sizes. On a layer of that kind the
counter's number is the formula's, by the proof; on any other layer nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from costmodel.checks.evidence import PROVED, certificates
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.errors import CostModelError

#: Which layers there are certificates for at most, for whoever shows some.
CONDITIONS = "two axes, one image, one group, no bias, dilation 1; of fvcore also stride 1, k×k"


def _kept_grid(layer: ConvLayer) -> bool:
    return set(layer.stride) == {1} and layer.out_size == layer.size and not layer.transposed


def _square(layer: ConvLayer) -> bool:
    return len(set(layer.kernel)) == 1


#: Whether a layer is of a kind that certificates name in their column `layers`.
_KINDS: dict[str, Callable[[ConvLayer], bool]] = {
    "any stride": lambda layer: not layer.transposed,
    "stride 1": _kept_grid,
    "stride 1, square kernel": lambda layer: _kept_grid(layer) and _square(layer),
    "transposed": lambda layer: bool(layer.transposed),
}


def proved_by(bound: BoundVariant, metric: str) -> dict[str, str]:
    """The outside counters whose count of a variant on a layer is proved, with their versions.

    Args:
        bound: with every size a number.
        metric: a metric's key.

    Returns:
        Versions by the counter's key; empty where no kept certificate is about such a layer.
    """
    layer = bound.layer
    if bound.variant.family == "custom" or not _plain(bound):
        return {}
    return {
        oracle: version
        for oracle, version, kind, held in _kept().get((bound.variant.id, metric), ())
        if _KINDS[kind](layer) and all(str(bound.hyper[name]) == at for name, at in held.items())
    }


def _plain(bound: BoundVariant) -> bool:
    layer = bound.layer
    return (
        (layer.batch, layer.groups, bool(layer.bias)) == (1, 1, False)
        and set(layer.dilation) == {1}
        and layer.dims == bound.variant.usual_dims
    )


@lru_cache(maxsize=1)
def _kept() -> Mapping[tuple[str, str], list[tuple[str, str, str, dict[str, str]]]]:
    """(counter, version, kind of layer, values held) of every proof, by variant and metric."""
    found: dict[tuple[str, str], list[tuple[str, str, str, dict[str, str]]]] = {}
    try:
        rows = certificates().rows
    except (OSError, CostModelError):
        return found  # an installation without the data folder
    for row in rows:
        if row["result"] == PROVED:
            proof = (row["oracle"], row["version"], row["layers"], _held(row["classes"]))
            found.setdefault((row["variant"], row["metric"]), []).append(proof)
    return found


def _held(classes: str) -> dict[str, str]:
    """The values at which a certificate holds letters: `q=2: n mod 2` has q = 2."""
    words = classes.replace(";", " ").replace(":", " ").replace(",", " ").split()
    return dict(word.split("=", 1) for word in words if "=" in word)
