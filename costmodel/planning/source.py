"""What is planned, as one text: a network, and its trained weights where they are known.

Whatever describes a network (`network.read.sources`), and every file of weights
(`factors.read.sources`), whose layers are then a network of their own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.errors import InputError
from costmodel.factors.read.sources import ENDINGS, open_weights
from costmodel.factors.read.stored import Weights
from costmodel.network.network import Network
from costmodel.network.read.sources import open_network


def open_planned(
    source: str,
    inputs: Sequence[tuple[int, ...]] = (),
    sizes: Mapping[str, Any] | None = None,
    weights: str | None = None,
) -> tuple[Network, Weights | None]:
    """A network, and its weights where there are any.

    Args:
        source, inputs, sizes: as for `open_network`.
        weights: a file of weights by the names of the network's layers, for a source without any.

    Raises:
        CostModelError: a source that cannot be read, or weights for one that has its own.
    """
    ending = os.path.splitext(source)[1].lower()
    of_its_own = ending in ENDINGS or (ending != ".csv" and ":" in source)
    if weights is not None:
        if of_its_own:
            raise InputError(
                f"weights from {weights!r} for {source!r}, which has its own; allowed are a "
                "shipped network and a .csv of layers"
            )
        return open_network(source, inputs, sizes), open_weights(weights)
    if not of_its_own:
        return open_network(source, inputs, sizes), None
    found = open_weights(source, inputs, sizes)
    if ending in ENDINGS and ending != ".onnx":
        ops = tuple(layer.operation for layer in found.layers)
        return Network(found.name, ops, source=source, notes=found.notes), found
    return open_network(source, inputs, sizes), found
