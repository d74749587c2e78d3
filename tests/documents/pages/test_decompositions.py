"""Every identity of the page: in letters, with weights, and against a fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.core.stage import BoundStage
from costmodel.core.stage_axes import GROUPS
from costmodel.core.variant import Variant
from costmodel.documents.pages.decompositions import (
    IDENTITIES,
    PATH,
    Identity,
    Part,
    decomposition_page,
)
from costmodel.errors import CostModelError
from costmodel.formulas.algebra import is_zero
from costmodel.formulas.layers import general_layer, grid_layer
from costmodel.torch.lowering import StageModule

ROOT = Path(cm.__file__).parent.parent
LAYER = cm.ConvLayer((3, 5), 12, 20, (9, 14))
LETTERS = {"r": 8, "e": 2, "t": 3, "r1": 4, "r2": 6, "r3": 10}
NAMED = pytest.mark.parametrize("identity", IDENTITIES, ids=lambda identity: identity.title)


def ids(parts: tuple[Part, ...]) -> set[str]:
    return {p.variant.id if isinstance(p.variant, Variant) else p.variant for p in parts}


def test_the_known_meetings_are_there() -> None:
    pairs = [(ids(identity.one), ids(identity.other)) for identity in IDENTITIES]
    for one, other in (
        ("cp_whole", "inverted_residual"),
        ("cp_whole", "depthwise_separable"),
        ("tucker2", "bottleneck"),
        ("basis", "depthwise_separable"),
        ("decoupled", "basis"),
    ):
        assert ({one}, {other}) in pairs


@NAMED
def test_it_costs_the_same_in_letters(identity: Identity) -> None:
    """Also where strided, unless it is read backwards: then a stride tells the sides apart."""
    standard = cm.VARIANTS.baseline
    for layer, same in ((general_layer(standard), True), (grid_layer(standard), False)):
        one, other = identity.sides(layer)
        assert identity.holds(layer) == (same or not identity.backwards)
        for cost in ("weights", "macs"):
            left, right = (sum(getattr(stage, cost) for stage in side) for side in (one, other))
            equal = is_zero(left - right)
            assert equal if cost == "weights" else equal == identity.holds(layer)


@NAMED
def test_it_computes_the_same_with_the_same_weights(identity: Identity) -> None:
    torch.manual_seed(3)
    one, other = identity.sides(LAYER, LETTERS)
    left, right = (
        nn.Sequential(*(StageModule(stage) for stage in side)).double() for side in (one, other)
    )
    turned = reversed(list(right)) if identity.backwards else list(right)
    for ours, theirs in zip(left, turned, strict=True):
        carry(ours, theirs, identity.backwards)
    x = torch.randn(2, LAYER.in_channels, *LAYER.size, dtype=torch.float64, requires_grad=True)
    y = left(x)
    if identity.backwards:
        given = torch.randn_like(y)
        (wanted,) = torch.autograd.grad(y, x, given)
        assert torch.allclose(right(given), wanted)
    else:
        assert torch.allclose(right(x), y)


@NAMED
def test_another_value_of_any_letter_is_no_identity(identity: Identity) -> None:
    for place, part in enumerate(identity.one):
        for name, text in part.values.items():
            wrong = replace(part, values={**part.values, name: f"2*{text}"})
            parts = (*identity.one[:place], wrong, *identity.one[place + 1 :])
            broken = replace(identity, one=parts)
            assert not broken.holds(general_layer(cm.VARIANTS.baseline)), name


def test_the_page_refuses_what_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    false = Identity("false", "", (Part("basis", {"b": "2"}),), (Part("depthwise_separable"),))
    monkeypatch.setattr("costmodel.documents.pages.decompositions.IDENTITIES", (false,))
    with pytest.raises(CostModelError, match="identity 'false' does not hold"):
        decomposition_page()


def test_the_committed_page_is_what_is_generated() -> None:
    assert (ROOT / PATH).read_bytes() == decomposition_page()[PATH]


def carry(one: Any, other: Any, backwards: bool) -> None:
    """Give the weights of one stage's module to another's, axis by axis.

    Backwards its output is their input, and the window is met from the other end.
    """
    places = [axes(one.stage, False), axes(other.stage, backwards)]
    names = [
        [name for name in module.weight_axes if name != GROUPS and module.axis_sizes[name] > 1]
        for module in (one, other)
    ]
    weight = one.conv.weight.detach()
    taps = weight.shape[2:]
    weight = weight.reshape(*(one.axis_sizes[name] for name in names[0]), *taps)
    have = [places[0][name] for name in names[0]]
    order = [have.index(places[1][name]) for name in names[1]]
    weight = weight.permute(*order, *range(len(order), weight.dim()))
    if backwards:
        weight = weight.flip([-2, -1])
    other.conv.weight.data = weight.reshape(other.conv.weight.shape).clone()


def axes(stage: BoundStage, backwards: bool) -> dict[str, int]:
    ends = [stage.line.input_names, stage.line.output_names]
    met = dict.fromkeys(name for names in (ends[::-1] if backwards else ends) for name in names)
    return {name: i for i, name in enumerate(n for n in met if stage.sizes[n] != 1)}
