"""The functions of a page refuse and count what the rules do, for every variant."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.polynomial_terms import Sum, Symbol
from costmodel.core.variant import VARIANTS
from costmodel.documents.report.programs import Program, needs, program
from costmodel.documents.report.sliders import Slider, hyper_sliders, most_of, moved, sliders
from costmodel.errors import CostModelError
from costmodel.sweeping.traced import Guard

LAYERS = {
    "plain": ConvLayer(3, 24, 40, (17, 14)),
    "strided": ConvLayer((3, 5), 12, 20, (19, 23), stride=2, dilation=2, batch=3, bias=True),
    "grouped": ConvLayer(3, 16, 32, (13, 11), groups=4, padding=2),
    "line": ConvLayer(3, 6, 10, (31,), stride=3, padding="valid"),
    "transposed": ConvLayer(4, 6, 9, (5, 7), stride=2, padding=1, transposed=True),
    "volume": ConvLayer(3, 6, 10, (7, 8, 9)),
}


def letter(variant, name) -> Slider:
    """A slider of one of a variant's integers."""
    own = variant.hyper[name]
    return Slider(name, "", own.low, own.low, own.low, most=most_of(own))


def any_real(variant) -> bool:
    return any(hyper.real for hyper in variant.hyper.values())


G = [letter(VARIANTS["grouped"], "g")]


def worth(value: object, sizes: dict[str, int]) -> int:
    if not isinstance(value, Sum):
        return value
    known = {}
    for atom in value.atoms():
        known[atom] = sizes[atom.name] if isinstance(atom, Symbol) else _or_nothing(atom, known)
    return value.value(known)


def _or_nothing(atom, known):
    try:
        return atom.value(known)
    except CostModelError:  # divided by 0: a page takes 0, and a guard leaves the point out
        return 0


def outcome(found: Program, sizes: dict[str, int]) -> tuple[str, dict[str, int]]:
    """What a page shows: "fits" with the counts, "misfit" or "doubt"."""
    for guard in sorted(found.guards, key=lambda guard: guard.open):
        if guard.met(worth(guard.value, sizes)):
            return "doubt" if guard.open else "misfit", {}
    return "fits", {key: worth(value, sizes) for key, value in found.metrics.items()}


def expected(variant, layer, own, sizes, hyper) -> dict[str, int] | None:
    try:
        counts = count(variant, moved(layer, own, sizes), hyper=hyper)
    except CostModelError:
        return None
    return {"params": counts.params, "macs": counts.macs}


@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
@pytest.mark.parametrize("name", LAYERS)
def test_every_variant_counts_as_count_does(name):
    layer, fitted = LAYERS[name], 0
    own = sliders(layer)
    generator = random.Random(name)
    for variant in VARIANTS.values():
        letters = [letter(variant, name) for name, own in variant.hyper.items() if not own.real]
        for moving in ([], letters):
            try:
                found = program(variant, layer, own, ("params", "macs"), {}, moving)
            except CostModelError as error:
                if "900 bits" in str(error):
                    continue  # sizes of 64 bits each: more letters than a number may have
                assert expected(variant, layer, own, {s.name: s.value for s in own}, {}) is None
                continue
            for _ in range(4):
                sizes = {s.name: generator.randint(s.low, s.high) for s in own}
                hyper = {
                    one.name: generator.randint(one.low, variant.hyper[one.name].high or 9)
                    for one in moving
                }
                kind, counted = outcome(found, sizes | {f"own_{k}": v for k, v in hyper.items()})
                wanted = expected(variant, layer, own, sizes, hyper)
                if kind != "doubt":
                    assert (kind == "fits") is (wanted is not None), (variant.id, sizes, hyper)
                    assert counted == (wanted or {}), (variant.id, sizes, hyper)
                    fitted += kind == "fits"
    assert fitted > 20


@pytest.mark.parametrize("value", [None, Fraction(2, 7)])
@pytest.mark.parametrize("id", [v.id for v in VARIANTS.values() if any_real(v)])
def test_a_real_letter_counts_in_exact_parts(id, value):
    variant, layer, fitted = VARIANTS[id], LAYERS["plain"], 0
    own = sliders(layer)
    name = next(name for name, hyper in variant.hyper.items() if hyper.real)
    given = {} if value is None else {name: value}
    (one,) = [each for each in hyper_sliders(layer, variant, given) if each.parts]
    assert Fraction(one.value, one.parts) == count(variant, layer, hyper=given).hyper[name]
    assert one.parts >= 100
    found = program(variant, layer, own, ("params", "macs"), {}, [one])
    generator = random.Random(id)
    for step in [one.low, one.high, *(generator.randint(one.low, one.high) for _ in range(40))]:
        sizes = {s.name: generator.randint(s.low, s.high) for s in own}
        kind, counted = outcome(found, sizes | {f"own_{name}": step})
        wanted = expected(variant, layer, own, sizes, {name: Fraction(step, one.parts)})
        if kind != "doubt":
            assert (kind == "fits") is (wanted is not None)
            assert counted == (wanted or {}), (sizes, step)
            fitted += kind == "fits"
    assert fitted > 20


def test_a_guard_left_out_is_noticed():
    layer = LAYERS["plain"]
    own = sliders(layer)
    found = program(VARIANTS["grouped"], layer, own, ("macs",), {}, G)
    sizes = {slider.name: slider.value for slider in own} | {"own_g": 7}
    assert outcome(found, sizes)[0] == "misfit"
    blind = Program(found.sliders, found.letters, (), found.metrics, found.hyper)
    assert outcome(blind, sizes)[0] == "fits"


def test_what_a_size_has_to_be_is_said():
    m, g = (Sum({((Symbol(name), 1),): 1}) for name in ("m", "own_g"))
    found = program(VARIANTS["grouped"], LAYERS["plain"], sliders(LAYERS["plain"]), (), {}, G)
    assert "m divisible by g" in {needs(guard) for guard in found.guards}
    assert needs(Guard("<", Sum({**m.terms, **{k: -c for k, c in g.terms.items()}}))) == "m ≥ g"
    assert needs(Guard("!=", Sum({**m.terms, (): -1}))) == "m = 1"


def test_axes_that_differ_have_sliders_of_their_own():
    names = [slider.name for slider in sliders(LAYERS["strided"])]
    assert names == ["k_h", "k_w", "m", "n", "H", "W", "s", "delta", "N"]
    layer = moved(
        LAYERS["strided"], sliders(LAYERS["strided"]), dict(zip(names, range(2, 11), strict=True))
    )
    assert (layer.kernel, layer.size, layer.stride, layer.batch) == ((2, 3), (6, 7), (8, 8), 10)


def test_the_letters_follow_the_layer_until_they_are_moved():
    layer = LAYERS["plain"]
    own = sliders(layer)
    followed = program(VARIANTS["tucker2"], layer, own, ("macs",), {"r1": "m/4"})
    sizes = {slider.name: slider.value for slider in own} | {"m": 64}
    assert worth(followed.hyper["r1"], sizes) == 16
