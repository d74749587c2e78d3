"""What outside counters say of variants on one layer, here and now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from costmodel.checks.verify.bounded import affordable
from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, MissingDependencyError

#: The counters, by the keys of their oracles.
COUNTERS = ("fvcore", "torch")


def counted(
    variants: Sequence[tuple[Variant, Mapping[str, Any]]], layer: ConvLayer
) -> dict[str, dict[str, int | str]]:
    """The multiplies of each variant's module by every counter.

    Args:
        variants: with their hyper-parameters.
        layer: what each stands in for; modules that are too large are left out.

    Returns:
        By the variant's id and the counter's key: multiplies, or a sentence on why there are none.

    Raises:
        MissingDependencyError: without torch or fvcore.
    """
    for package in ("torch", "fvcore"):
        if find_spec(package) is None:
            raise MissingDependencyError(package, "counting", "torch")
    from costmodel.checks.verify.oracles import ORACLES
    from costmodel.torch.modules import VariantModule

    found: dict[str, dict[str, int | str]] = {}
    for variant, hyper in variants:
        own = found[variant.id] = {}
        for key in COUNTERS:
            try:
                own[key] = ORACLES[key].got(VariantModule(_within(variant, layer, hyper)))
            except CostModelError as error:
                own[key] = str(error)
    return found


def _within(variant: Variant, layer: ConvLayer, hyper: Mapping[str, Any]) -> Any:
    """The bound variant, where its module is small enough to be built here."""
    if variant.algorithm_of:
        raise CostModelError(
            f"{variant.id}: an algorithm of {variant.algorithm_of} is no module that a counter "
            "could run"
        )
    bound = bind(variant, layer, hyper)
    if not affordable(bound):
        raise CostModelError(f"{variant.id} on this layer is too large to be built here")
    return bound
