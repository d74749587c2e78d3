"""A network as a page to send: made behind the wall once somebody wants it, whoever's it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from costmodel.core.numbers import Number
from costmodel.dashboard.state.behind import readers
from costmodel.network.network import Network
from costmodel.network.read.uploads import settled


def page_to_send(
    network: Network,
    *,
    own: bool,
    sentences: Iterable[str] = (),
    same_as: str = "",
    stated: Mapping[str, Number] | None = None,
) -> Callable[[], str]:
    """What makes the report, in another process and within bounds: it takes seconds.

    It is called when the page has long been drawn, so it asks nothing of the visitor's session.

    Args:
        own: whether the network is of a visitor's own file. The others: as of `report`.
    """
    wall, said = readers(), tuple(sentences)

    def make() -> str:
        from costmodel.documents.report.report import report

        sent = settled(network) if own else network
        return wall.call(report, sent, sentences=said, same_as=same_as, stated=stated)

    return make
