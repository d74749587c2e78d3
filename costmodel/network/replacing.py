"""Replacements as people type them: one rule for commands, documents and pages.

`basis` takes the place of the windowed layers; `layer1.*=basis,b=4` says which layers and values as
well, and of several of that kind the last one that pays stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from costmodel.network.change import read_replacement
from costmodel.network.columns import of_layers
from costmodel.network.network import Network


def put_typed(
    network: Network,
    typed: Sequence[str],
    *,
    where: str | None = None,
    hyper: Mapping[str, Any] | None = None,
    by: Sequence[str] = ("macs",),
    pays: bool = True,
) -> Network:
    """The network with what was typed put in place, one after the other; see `Network.replace`.

    Args:
        typed: texts as `read_replacement` reads them.
        where, hyper: which layers and values, for a text that does not say them itself.
        by: the metrics one of which has to fall (see `judged`).
        pays: False replaces where none of them falls, too.

    Raises: as `read_replacement` and `Network.replace`.
    """
    for text in typed:
        own_where, choice = read_replacement(text)
        network = network.replace(
            choice.variant,
            own_where or where,
            pays=pays,
            by=by,
            hyper={**(hyper or {}), **dict(choice.hyper)},
        )
    return network


def says_all(typed: Sequence[str]) -> bool:
    """Whether the texts say which layers and values themselves, so that nothing else may."""
    return len(typed) > 1 or any("=" in text.partition(",")[0] for text in typed)


def judged(by: Sequence[str] | None, shown: Iterable[str] | None) -> list[str]:
    """The metrics one of which has to fall: those named, else those asked for, else multiplies.

    shown: the columns that were asked for, "all" among them for every one; None for the usual ones.
    """
    asked = list(shown or ())
    return list(by or ()) or ([] if "all" in asked else of_layers(asked)) or ["macs"]
