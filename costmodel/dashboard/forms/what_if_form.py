"""What a visitor puts in place of a network's layers: one choice at hand, and those made before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import streamlit as st

from costmodel.core.variant import VARIANTS
from costmodel.dashboard import parts
from costmodel.dashboard.forms import selection
from costmodel.dashboard.forms.accepted import accepted
from costmodel.dashboard.forms.hyper_form import decimal
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import literal
from costmodel.errors import CostModelError
from costmodel.fields import Choice, Field, Flag, Text, Texts
from costmodel.network import columns, replacing
from costmodel.network.change import Choice as Placed
from costmodel.network.change import read_replacement
from costmodel.network.network import Network
from costmodel.network.replace import fits, put
from costmodel.plots.layout import name_of

_NONE = ""
_ALSO = "input also"


class Asked(NamedTuple):
    """One replacement: where ("" for the windowed layers) and what is put there."""

    where: str
    choice: Placed

    def __str__(self) -> str:
        return "=".join(filter(None, (self.where, str(self.choice))))

    @property
    def words(self) -> str:
        """The same for people, with the variant's name."""
        values = str(self.choice).partition(",")[2].replace(",", ", ")
        what = f"{name_of(self.choice.variant)}{f' ({values})' if values else ''}"
        return f"{self.where or 'windowed layers'} → {what}"


def fields() -> list[Field]:
    """The state of the form."""
    return [
        Choice("replace", _NONE, "Put in place", options=(_NONE, *_variants())),
        Text("where", "", "Which layers", most=200),
        Flag("pays", True, "Only where it saves MACs"),
        Texts("also", (), "Replaced before"),
        *selection.hyper_fields(),
    ]


def _variants() -> Iterable[str]:
    return (id for id in VARIANTS if id != VARIANTS.baseline.id)


def choose_replacement(state: State, network: Network) -> Network | None:
    """Draw the choice of what to put in place; the network with it, None for nothing.

    What is refused is said at its input: of the choice at hand the last one that was not refused is
    shown, one that was made before is left out.
    """
    _choice(state, network)
    before = _put_before(state, network)
    now = asked(state)
    if now is None:
        return before

    def make(meant: tuple[Asked, bool]) -> Network:
        one, pays = meant
        return _put(state, before or network, one, pays)

    meant = (now, bool(state["pays"]))
    found = accepted("replacement", network.name, meant, make)
    if found is None:
        return before
    result, shown = found
    if shown != meant:
        st.caption(f"Still shown: {literal(shown[0].words)}.")
    return result


def put_texts(state: State, network: Network, texts: Iterable[str]) -> Network:
    """A network with replacements in place that stand in a text, judged as all others are.

    Raises:
        CostModelError: one that means nothing here.
    """
    for text in texts:
        network = _put(state, network, Asked(*read_replacement(text)), state["pays"])
    return network


def _put(state: State, network: Network, one: Asked, pays: bool) -> Network:
    return put(
        network,
        one.choice.variant,
        one.where or None,
        pays=pays,
        by=judged(state),
        hyper=dict(one.choice.hyper),
    )


def asked(state: State) -> Asked | None:
    """The replacement at hand, None for none."""
    if not state["replace"]:
        return None
    return Asked(state["where"].strip(), Placed.of(VARIANTS[state["replace"]], settings(state)))


def replacements(state: State) -> list[str]:
    """Every replacement as its text, in the order in which they are made."""
    now = asked(state)
    return list(dict.fromkeys([*state["also"], *([str(now)] if now else [])]))


def put_also(state: State, text: str) -> None:
    """Make one more replacement, after the one at hand; call it in a callback."""
    state.put("also", tuple(dict.fromkeys([*replacements(state), text])))
    state.put("replace", _NONE)
    state.put("where", "")


def judged(state: State) -> list[str]:
    """The metric in which a replacement has to pay: the cost shown, or multiplies."""
    return replacing.judged(None, [state["cost"]])


def settings(state: State) -> dict[str, Any]:
    """The hyper-parameters that were set for the variant put in place, by letter."""
    id = state["replace"]
    if not id:
        return {}
    named = {letter: state[f"{id}.{letter}"] for letter in VARIANTS[id].hyper}
    return {letter: value for letter, value in named.items() if value is not None}


# -- the inputs ------------------------------------------------------------------------------------


def _choice(state: State, network: Network) -> None:
    """The choice at hand: a variant that fits somewhere, where, and its values."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="network-what-if"):
        parts.choice(
            state,
            "replace",
            "Put in place of layers",
            offered(network, state["where"].strip(), state["replace"]),
            lambda id: name_of(VARIANTS[id]) if id else "nothing",
            width=240,
        )
        if not state["replace"]:
            return
        st.text_input(
            "Which layers",
            state["where"],
            key="where",
            max_chars=200,
            placeholder="windows larger than 1, not depthwise",
            help="`layer3.*`, `kernel=3`, `kind=linear`, `share=2%`; with commas, all of them hold",
            width=300,
        )
        variant = VARIANTS[state["replace"]]
        for letter, hyper in variant.hyper.items():
            name = f"{variant.id}.{letter}"
            if hyper.real:
                decimal(state, name, letter, "each layer's own")
            else:
                parts.number_or_nothing(state, name, "each layer's own", 180)
        (judge,) = judged(state)
        st.toggle(
            f"Only where it saves {columns.column(judge).label}",
            state["pays"],
            key="pays",
            help="Otherwise wherever the variant fits",
        )
        st.button(
            "Keep, and put more in place",
            icon=":material/add:",
            on_click=lambda: put_also(state, str(asked(state))),
            help="It goes into a list, from which it can be taken again",
        )


def offered(network: Network, where: str, present: str) -> list[str]:
    """The variants that fit one of the layers meant, and the one that is chosen, fit or not."""
    try:
        fitting = [id for id in _variants() if fits(network, id, where or None)]
    except CostModelError:  # what was typed means nothing, which is said where it is put in place
        fitting = [id for id in _variants() if fits(network, id)]
    chosen = {present} - {_NONE}
    return [_NONE, *(id for id in VARIANTS if id in {*fitting, *chosen})]


def _put_before(state: State, network: Network) -> Network | None:
    """The network with what was put in place before, which is listed; None for nothing."""
    made: dict[str, Asked] = {}
    result, refused = network, []
    for text in state["also"]:
        try:
            one = Asked(*read_replacement(text))
            result = _put(state, result, one, state["pays"])
            made[text] = one
        except CostModelError as error:
            refused.append(error)
    if len(made) != len(state["also"]):
        state.put("also", tuple(made))
    if made:
        _listed(state, made)
    if refused:
        parts.refuse(refused[0])
    if refused[1:]:
        st.caption(f"The same of {len(refused) - 1} more replacements, which are taken out too.")
    return result if made else None


def _listed(state: State, made: dict[str, Asked]) -> None:
    """What was put in place, one tag each; a tag that is taken away takes its replacement back."""
    state.shows(_ALSO, list(made))

    def changed() -> None:
        state.put("also", tuple(st.session_state[_ALSO]))

    st.multiselect(
        "In place, in this order",
        list(made),
        list(made),
        key=_ALSO,
        on_change=changed,
        format_func=lambda text: made[text].words,
        help="Take one away to undo it; where two are of the same layer, the later one that pays "
        "stays",
    )
