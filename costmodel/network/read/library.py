"""The shipped networks: CSV files in `data/networks`, with the generators that wrote them.

Rows come from the file; the generator of the same name, where there is one, is what lets the
network be recounted at other sizes and written down as a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from costmodel.errors import CostModelError, unknown
from costmodel.files import data_names, data_path
from costmodel.metrics.lifetimes import Step
from costmodel.network.network import Network
from costmodel.network.operations import Rebuild
from costmodel.network.read.csv.reader import from_csv


def available() -> list[str]:
    """The names that `load` knows."""
    return data_names("networks")


def load(name: str) -> Network:
    """A shipped network by name.

    Raises:
        CostModelError: an unknown name; the sentence lists the known ones.

    >>> load("resnet18").params
    11689512
    """
    if name not in available():
        raise CostModelError(unknown("network", name, available()))
    network = from_csv(data_path("networks", f"{name}.csv"), name)
    rebuild = partial(_generator, name)
    return replace(network, rebuild=rebuild, steps=partial(_steps, rebuild))


def _generator(name: str) -> Rebuild | None:
    """The generator behind a file; imported only by who wants another size or a formula."""
    from costmodel.network.architectures.build import ARCHITECTURES

    return ARCHITECTURES[name].rebuild() if name in ARCHITECTURES else None


def _steps(rebuild: Callable[[], Rebuild | None]) -> Sequence[Step] | None:
    """What the operations of a file read and write, which only its generator says."""
    known = rebuild()
    return known.build(known.defaults).steps if known is not None else None
