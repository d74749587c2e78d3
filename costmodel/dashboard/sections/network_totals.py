"""A network's totals, before and after, with the time that it is predicted to take."""

from __future__ import annotations

import streamlit as st

from costmodel.core.readable import exact, percent, ratio_in_words, si
from costmodel.dashboard import parts
from costmodel.documents.markdown import literal
from costmodel.errors import CostModelError
from costmodel.network import columns
from costmodel.network.network import Network
from costmodel.plots.layout import name_of
from costmodel.timing.model.intervals import Prediction
from costmodel.timing.networks import TIMED, Predicted, predicted
from costmodel.timing.opened import Opened, open_any

_TOTALS = ("params", "macs")
_WIDTH = 330


def times_of(network: Network) -> tuple[Predicted, Opened] | None:
    """What a network takes on this machine or a shipped one; None where no time is known."""
    try:
        opened = open_any()
        return predicted(network, opened.predictor), opened
    except CostModelError:
        return None


def totals_section(
    network: Network, replaced: Network | None, times: tuple[Predicted, Opened] | None
) -> None:
    """Draw the totals in full, what a replacement makes of them, and what it has left alone."""
    with st.container(horizontal=True, key="network-totals"):
        for key in _TOTALS:
            before = columns.total(network, key) or 0
            after = columns.total(replaced, key) or 0 if replaced else before
            st.metric(
                columns.column(key).label,
                exact(after),
                f"{ratio_in_words(after / before)} than before" if replaced and before else None,
                delta_color="off",
                delta_arrow="off",
                help=f"{si(after)}; {columns.column(key).convention}",
                width=_WIDTH,
            )
        if times is not None:
            _time(*times)
    if times is not None:
        st.caption(literal(times[1].note))
    if replaced and replaced.replacement:
        count = f"{len(replaced.replaced)} of {len(replaced.changes)} selected layers"
        names = " and ".join(name_of(variant) for variant in replaced.replacement.variants)
        st.markdown(f"**{names}** in place of {count}.")
        parts.left_out([change.said for change in replaced.left_alone], "left as they are")


def milliseconds(said: Prediction) -> str:
    """A predicted time with its interval: `28.1 ms (25.5 to 31.3)`."""
    middle, low, high = (f"{1e3 * value:.3g}" for value in (said.seconds, said.low, said.high))
    return f"{middle} ms ({low} to {high})"


def _time(found: Predicted, opened: Opened) -> None:
    """Multiplies say how much there is to do, this how long it is thought to take."""
    delta = None
    if found.before is not None and found.before.seconds:
        ratio = ratio_in_words(found.whole.seconds / found.before.seconds)
        sure = f"faster with probability {percent(found.faster)}"
        delta = f"{ratio.replace('fewer', 'less')} than before; {sure}"
    st.metric(
        "Predicted time",
        milliseconds(found.whole),
        delta,
        delta_color="off",
        delta_arrow="off",
        help=f"{opened.note} The interval holds the time in {found.whole.level:.0%} of networks "
        f"like those measured. It is of {TIMED}.",
        width=_WIDTH + 110,
    )
