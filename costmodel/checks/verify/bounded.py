"""One variant checked within bounds, and one at a time: for a server that others wait for."""

from __future__ import annotations

import threading
from importlib.util import find_spec

from costmodel.checks.verify.prepare import prepare
from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.table import Table

#: What a check may cost, in weights and in multiplies: it holds tensors of that size.
MAX_PARAMS = 2_000_000
MAX_MACS = 400_000_000
#: How many modules it may build: a repeated block has each of its own as often as it stands.
MAX_MODULES = 1000
_SECONDS = 20.0  # to wait for somebody else's check
_LOCK = threading.Lock()  # checks of different visitors would only slow each other down


def checked(variant: Variant, layer: ConvLayer) -> tuple[Table, str]:
    """The checks of a variant on a layer and on small ones of all shapes; and its module.

    Raises `CostModelError` where the layer is too large to be built here, or somebody else's check
    takes too long; `MissingDependencyError` without torch or fvcore.
    """
    for package in ("torch", "fvcore"):
        if find_spec(package) is None:
            raise MissingDependencyError(package, "checking", "torch")
    if not _LOCK.acquire(timeout=_SECONDS):
        raise CostModelError("somebody else's check is still running; allowed is one at a time")
    try:
        return _checked(variant, layer)
    finally:
        _LOCK.release()


def _checked(variant: Variant, layer: ConvLayer) -> tuple[Table, str]:
    prepare()
    from costmodel.checks.verify.suite import LAYERS, verify
    from costmodel.torch.modules import build

    layers = [one for one in (layer, *LAYERS) if affordable(variant, one)]
    if layer not in layers:
        raise CostModelError(
            f"{variant.id} on this layer is too large to be built here; allowed are "
            f"{MAX_PARAMS:,} weights, {MAX_MACS:,} multiplies and {MAX_MODULES:,} modules"
        )
    return verify([variant], layers=layers), str(build(variant, layer))


def affordable(variant: Variant, layer: ConvLayer) -> bool:
    """Whether a check stays within the bounds; a layer that does not fit costs nothing."""
    try:
        counts = count(variant, layer)
    except CostModelError:
        return True
    modules = counts.bound.program.steps
    return bool(counts.params <= MAX_PARAMS and counts.macs <= MAX_MACS and modules <= MAX_MODULES)
