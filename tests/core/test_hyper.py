"""Hyper-parameters: which variant a value is meant for, and names that functions have as well."""

import pytest
import sympy

import costmodel as cm
from costmodel.core.hyper import Hyper, route, together
from costmodel.errors import VariantError

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22))
BASIS, SHARED, CP = (cm.VARIANTS[id] for id in ("basis", "shared_basis", "cp"))


def test_a_letter_is_for_all_that_have_it_and_a_dotted_one_for_one():
    given = {"basis.b": 5, "b": 3, "r": 7}
    assert route([BASIS, SHARED, CP], given) == {
        "basis": {"b": 5},
        "shared_basis": {"b": 3},
        "cp": {"r": 7},
    }
    assert route([], {}) == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"z": 1}, "unknown hyper-parameter 'z': allowed are b, r"),
        ({"bases.b": 1}, "unknown variant 'bases': did you mean 'basis'"),
        ({"basis.r": 1}, "unknown hyper-parameter of basis 'r': allowed are b"),
    ],
)
def test_a_name_that_nobody_has_is_refused(given, words):
    with pytest.raises(VariantError, match=words):
        route([BASIS, CP], given)


def test_a_value_is_given_once():
    assert together({"b": 3}, {"r": 4}) == {"b": 3, "r": 4}
    assert together(None, {"r": 4}) == {"r": 4}
    with pytest.raises(VariantError, match="'b' is given in hyper= and as a keyword"):
        cm.count("basis", LAYER, hyper={"b": 3}, b=3)


@pytest.mark.parametrize("name", ["b", "basis.b"])
def test_every_function_takes_hyper(name):
    hyper = {name: 3}
    counts = cm.count("basis", LAYER, b=3)
    assert cm.count("basis", LAYER, hyper=hyper).macs == counts.macs
    assert cm.compare(LAYER, ["basis"], hyper=hyper).rows[0]["macs"] == counts.macs
    assert cm.formula("basis", layer=LAYER, hyper=hyper) == counts.macs
    assert sympy.Symbol("b") not in cm.formula("basis", hyper=hyper).free_symbols
    assert cm.torch.build("basis", LAYER, hyper=hyper).hyper == {"b": 3}
    network = cm.load("alexnet")
    assert network.replace("basis", hyper=hyper) == network.replace("basis", b=3)


@pytest.mark.parametrize("name", ["layer", "variant", "settings", "metric", "hyper", "title"])
def test_a_letter_may_have_the_name_of_an_argument(name):
    stages = (f"m, {name} m i -> {name}", f"{name}, n {name} j -> n")
    mine = cm.define("mine", *stages, hyper={name: Hyper(4, "rank")}, register=False)
    plain = cm.define("plain", "m, r m i -> r", "r, n r j -> n", r=4, register=False)
    for value in (4, 6):
        counts = cm.count(plain, LAYER, r=value)
        assert cm.count(mine, LAYER, hyper={name: value}).macs == counts.macs
        (row,) = cm.compare(LAYER, [mine], hyper={f"mine.{name}": value}).rows
        assert (row["macs"], row["hyper"]) == (counts.macs, {name: value})
        assert cm.formula(mine, layer=LAYER, hyper={name: value}) == counts.macs
        assert cm.torch.build(mine, LAYER, hyper={name: value}).hyper == {name: value}
        net = cm.load("alexnet").replace(mine, pays=False, hyper={name: value})
        assert net.macs == cm.load("alexnet").replace(plain, pays=False, r=value).macs


def test_a_reserved_name_is_refused():
    with pytest.raises(VariantError, match="hyper-parameter 'm' of variant 'mine' has a reserved"):
        cm.define("mine", "m, n m i j -> n", m=7, register=False)


def test_a_value_may_follow_the_layer_and_the_values_before_it():
    given = cm.count("tucker2", LAYER, r1="m/4", r2="ceil(n/r1)").bound.hyper
    assert dict(given) == {"r1": 3, "r2": 7}
    in_letters = cm.formula("tucker2", hyper={"r1": "m/4"})
    typed = cm.formula("tucker2").subs("r1", sympy.Symbol("m") / 4)
    assert sympy.expand(in_letters - typed) == 0


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("m/7", "12 is not divisible by 7"),
        ("three", "unknown name 'three'"),
        ("r2", "unknown name 'r2'"),
        ("m/", "is missing"),
    ],
)
def test_a_value_that_is_none_says_why(text, cause):
    words = f"'r1' of tucker2 is {text!r}; allowed are integers from 1 up, and expressions"
    with pytest.raises(VariantError, match=words) as caught:
        cm.count("tucker2", LAYER, r1=text)
    assert cause in str(caught.value)
    assert "\n" not in str(caught.value)
