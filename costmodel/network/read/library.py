"""The networks that are known by name: CSV files in `data/networks`, and generators.

Rows of a shipped one come from its file; the generator of the same name, where there is one, is
what lets the network be recounted at other sizes and written down as a formula. Further ones
(other depths and widths of a family) have a generator only.
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
    """The names of the shipped networks."""
    return data_names("networks")


def generated() -> list[str]:
    """The names of the further networks that `load` knows."""
    from costmodel.network.architectures.build import ARCHITECTURES

    return sorted(name for name in ARCHITECTURES if not ARCHITECTURES[name].shipped)


def known(name: str) -> bool:
    """Whether `load` knows a name."""
    return name in available() or name in generated()


def unknown_network(name: str) -> str:
    """One sentence for a name that `load` does not know."""
    said = unknown("network", name, available(), generated())
    return f"{said}, and further sizes of these families"


def load(name: str) -> Network:
    """A network by name, a shipped one or one that its generator builds.

    Raises:
        CostModelError: an unknown name; the sentence lists the shipped ones.

    >>> load("resnet18").params
    11689512
    >>> load("resnet200").params
    64673832
    """
    if name not in available():
        return _built(name)
    network = from_csv(data_path("networks", f"{name}.csv"), name)
    rebuild = partial(_generator, name)
    return replace(network, rebuild=rebuild, steps=partial(_steps, rebuild))


def _built(name: str) -> Network:
    from costmodel.network.architectures.build import ARCHITECTURES

    if name not in ARCHITECTURES:
        raise CostModelError(unknown_network(name))
    return ARCHITECTURES[name].network()


def _generator(name: str) -> Rebuild | None:
    """The generator behind a file; imported only by who wants another size or a formula."""
    from costmodel.network.architectures.build import ARCHITECTURES

    return ARCHITECTURES[name].rebuild() if name in ARCHITECTURES else None


def _steps(rebuild: Callable[[], Rebuild | None]) -> Sequence[Step] | None:
    """What the operations of a file read and write, which only its generator says."""
    known = rebuild()
    return known.build(known.defaults).steps if known is not None else None
