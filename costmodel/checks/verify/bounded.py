"""One variant checked within bounds: for a server that others wait for."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from costmodel.checks.verify.prepare import prepare
from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.table import Table

#: What a check may cost, in weights and in multiplies: it holds tensors of that size.
MAX_PARAMS = 2_000_000
MAX_MACS = 400_000_000
#: How many modules it may build: a repeated block has each of its own as often as it stands.
MAX_MODULES = 1000


def checked(variant: Variant, layer: ConvLayer) -> tuple[Table, str]:
    """The checks of a variant on a layer and on small ones of all shapes; and its module.

    Raises `CostModelError` where the layer is too large to be built here; `MissingDependencyError`
    without torch or fvcore.
    """
    for package in ("torch", "fvcore"):
        if find_spec(package) is None:
            raise MissingDependencyError(package, "checking", "torch")
    ready()
    from costmodel.checks.verify.suite import LAYERS, verify
    from costmodel.torch.modules import build

    layers = [one for one in (layer, *LAYERS) if _fits(variant, one)]
    if layer not in layers:
        raise CostModelError(
            f"{variant.id} on this layer is too large to be built here; allowed are "
            f"{MAX_PARAMS:,} weights, {MAX_MACS:,} multiplies and {MAX_MODULES:,} modules"
        )
    return verify([variant], layers=layers), str(build(variant, layer))


def ready() -> None:
    """Import what a check needs, where it is installed: a few seconds."""
    if find_spec("torch") is not None and find_spec("fvcore") is not None:
        prepare()
        import_module("costmodel.torch.modules")


def affordable(bound: BoundVariant) -> bool:
    """Whether the module of a variant on a layer may be built here."""
    counts, modules = Counts(bound), bound.program.steps
    return bool(counts.params <= MAX_PARAMS and counts.macs <= MAX_MACS and modules <= MAX_MODULES)


def _fits(variant: Variant, layer: ConvLayer) -> bool:
    """Whether a check stays within the bounds; a layer that does not fit costs nothing."""
    try:
        return affordable(bind(variant, layer))
    except CostModelError:
        return True
