"""Chains are told apart by their stages, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

import costmodel as cm
from costmodel.comparing.identity import chain, same_stages
from costmodel.core.bind import bind
from costmodel.errors import CostModelError

LAYER = cm.ConvLayer((3, 5), 12, 20, (9, 14))


def stages(text: str, layer: cm.ConvLayer = LAYER, **hyper: int) -> Any:
    lines = text.split(" | ")
    return chain(bind(cm.define("tried", *lines, register=False, hyper=hyper), layer))


@pytest.mark.parametrize(
    ("one", "other", "hyper"),
    [
        ("m, r m -> r | r, n r i j -> n", "m, q m -> q | q, n q i j -> n", {"r": 8, "q": 8}),
        ("m, n m i j -> n", "m u, n u m i j -> n u", {"u": 1}),  # a size of one changes nothing
        ("m, m b i j -> m b | m b, n m b -> n", "m, m i j b -> m b | m b, b m n -> n", {"b": 4}),
    ],
)
def test_names_and_axes_of_size_one_make_no_difference(
    one: str, other: str, hyper: dict[str, int]
) -> None:
    left = {name: value for name, value in hyper.items() if name in one.replace("->", "")}
    right = {name: value for name, value in hyper.items() if name in other.replace("->", "")}
    assert same_stages(stages(one, **left), stages(other, **right))
    assert same_stages(stages(other, **right), stages(one, **left))


@pytest.mark.parametrize(
    ("one", "other", "hyper"),
    [
        ("m, r m -> r | r, n r i j -> n", "m, r m i j -> r | r, n r -> n", {"r": 8}),
        ("m, m b i j -> m b | m b, n m b -> n", "m, b i j -> m b | m b, n m b -> n", {"b": 4}),
        ("m, n m i j -> n", "m, n m j -> n", {}),
        # the same costs, but the channels are shuffled between the stages
        (
            "m, g p m -> g p | g p, g p i j -> g p | g p, n g p -> n",
            "m, g p m -> g p | p g, p g i j -> p g | p g, n p g -> n",
            {"g": 4, "p": 6},
        ),
        ("m, r m -> r | r, n r i j -> n", "m, n m i j -> n", {"r": 8}),
    ],
)
def test_anything_else_does(one: str, other: str, hyper: dict[str, int]) -> None:
    def found(text: str) -> Any:
        return stages(text, **{k: v for k, v in hyper.items() if k in text.replace("->", "")})

    assert same_stages(found(one), found(one))
    assert not same_stages(found(one), found(other))


@pytest.mark.parametrize(
    "change", [{"stride": 2}, {"dilation": 2}, {"kernel": (5, 3)}, {"groups": 4}, {"batch": 2}]
)
def test_so_does_the_layer(change: dict[str, Any]) -> None:
    text = "m, m i j -> m | m, n m -> n"
    assert not same_stages(stages(text), stages(text, LAYER.replace(**change)))


def test_backwards_exchanges_input_and_output() -> None:
    turned = LAYER.replace(in_channels=20, out_channels=12)
    one, other = (
        stages("m, m i j -> m | m, n m -> n"),
        stages("m, n m -> n | n, n i j -> n", turned),
    )
    assert same_stages(one, other, backwards=True)
    assert not same_stages(one, other)
    assert not same_stages(one, one, backwards=True)


def test_a_residual_around_the_chain_is_left_out_and_no_other_branch() -> None:
    square = LAYER.replace(out_channels=12)
    assert same_stages(
        stages("{ = + m, m i j -> m | m, n m -> n }", square),
        stages("m, m i j -> m | m, n m -> n", square),
    )
    for text in (
        "{ = + m, n m -> n } | n, o n -> o",
        "{ m, n m i -> n + m, n m j -> n }",
        "{ = + n, n i j -> n }^2",
    ):
        with pytest.raises(CostModelError, match="no plain chain"):
            stages(text, square, **({"o": 12} if "o n" in text else {}))


@pytest.mark.parametrize("variant", ["octave", "topological", "winograd", "structured", "sic"])
def test_what_is_no_plain_chain_is_refused(variant: str) -> None:
    layer = cm.ConvLayer(3, 64, 64, (28, 24))
    with pytest.raises(CostModelError, match=f"{variant} is no plain chain"):
        chain(bind(cm.VARIANTS[variant], layer))
