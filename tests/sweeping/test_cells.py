"""Cells of random spaces are the single counts, at any size; a mistake in a kernel is seen."""

import numpy
import pytest

from benchmarks.spaces import against_torch, campaign, differences
from costmodel import VARIANTS, ConvLayer, count
from costmodel.core.polynomial_terms import Symbol
from costmodel.sweeping import cells as cells_module
from costmodel.sweeping.cells import Counter
from costmodel.sweeping.lowering import Lowering
from costmodel.sweeping.over import facts_of, overs
from costmodel.sweeping.part import part_of
from costmodel.sweeping.program import Untraced, program
from costmodel.sweeping.traced import Guard

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14), stride=(2, 1))


def part(id, over, metrics=("params", "macs"), layer=LAYER, **hyper):
    variant = VARIANTS[id]
    return part_of(variant, facts_of(layer), hyper, overs(over, [variant], 2), metrics)


@pytest.mark.parametrize("seed", range(6))
def test_random_spaces_equal_single_counts(seed):
    """A slice of `python -m benchmarks.spaces`."""
    wrong = [line for _, _, found in campaign(300, seed) for line in found]
    assert wrong == []


@pytest.mark.slow
def test_torch_counts_the_same_at_points_of_spaces(monkeypatch):
    pytest.importorskip("torch", reason="no torch: pip install it")
    parts = [
        part("tucker2", {"r1": [3, 5], "r2": [2, 7], "out_channels": [18, 36]}),
        part("ghost", {"q": [2, 3], "stride": [1, (2, 1)]}),
    ]
    assert [against_torch(one, 6) for one in parts] == [(6, []), (4, [])]
    multiply = Lowering.value
    wrong = lambda self, value: f"({multiply(self, value)} + 1)"  # noqa: E731
    monkeypatch.setattr(Lowering, "value", wrong)
    assert all(len(against_torch(one, 6)[1]) == 6 for one in parts[:1])


@pytest.mark.parametrize("id", [v.id for v in VARIANTS.values() if 2 in v.dims])
def test_every_variant_is_traced_over_its_hyper_parameters(id):
    """Otherwise the tests above would only compare single counts with themselves."""
    variant = VARIANTS[id]
    layer = ConvLayer(**{"kernel": 3, "in_channels": 24, "out_channels": 36, "size": (17, 14)}
                      | {"padding": "same"} | dict(variant.domain))  # fmt: skip
    letters = [name for name, hyper in variant.hyper.items() if not hyper.real]
    over = {name: range(1, 7) for name in letters[:3]}
    found = part(id, {**over, "out_channels": [18, 36]}, layer=layer)
    traced = program(found, {})
    assert traced.sums
    assert traced.within_word(tuple((0, size) for size in found.shape))
    assert differences(found, 1000)[1] == []


def test_points_that_rules_cannot_follow_together_are_counted_alone(monkeypatch):
    found = part("basis", {"b": range(1, 7), "size": [9, (8, 12)]})

    def untraced(*_):
        raise Untraced("a reason")

    monkeypatch.setattr(cells_module, "program", untraced)
    assert differences(found, 1000) == (12, [])


def test_a_branch_that_falls_away_is_counted_alone():
    """Arrays cannot tell whether a stage of no channels is an error or a branch that is none."""
    found = part("fire", {"e1": range(30, 40)})
    fits = Counter(found).cells(((0, 10),)).fits
    assert fits.tolist() == [True] * 7 + [False] * 3  # e1 = n leaves no 3×3 branch, which is fine
    assert differences(found, 1000)[1] == []


@pytest.mark.parametrize("power", [3, 9, 30])
def test_large_numbers_are_python_ints(power):
    found = part("basis", {"in_channels": [10**power + 1], "b": [10**power, 7]})
    cells = Counter(found).cells(((0, 1), (0, 2)))
    layer = LAYER.replace(in_channels=10**power + 1)
    expected = [count("basis", layer, b=b).macs for b in (10**power, 7)]
    assert cells.column("macs").tolist() == expected
    assert (cells.column("macs").dtype == numpy.int64) == (power == 3)


def test_blocks_of_a_large_space_use_words_where_they_can():
    found = part("standard", {"out_channels": [6, 10**18], "in_channels": [10, 10**9]})
    small = Counter(found).cells(((0, 1), (0, 2)))
    large = Counter(found).cells(((1, 2), (0, 2)))
    assert small.column("macs").dtype == numpy.int64
    assert large.column("macs").tolist()[-1] == 15 * 10**27 * 9 * 14


@pytest.mark.parametrize("mutant", ["product", "guard", "level"])
def test_a_mistake_in_a_kernel_is_seen(monkeypatch, mutant):
    if mutant == "product":
        right = Lowering._product
        monkeypatch.setattr(Lowering, "_product", lambda *a: right(*a).replace("*", "+", 1))
    elif mutant == "guard":
        monkeypatch.setattr(Guard, "met", lambda self, value: value != value)
        monkeypatch.setattr(Lowering, "guard", lambda self, guard: (0, "0 > 1"))
    else:
        right_atom = Lowering._atom

        def other(self, atom):
            sizes = sorted(self.levels)
            return sizes[0] if isinstance(atom, Symbol) else right_atom(self, atom)

        monkeypatch.setattr(Lowering, "_atom", other)
    found = part("grouped", {"g": range(2, 7), "out_channels": [12, 30, 35]})
    assert differences(found, 1000)[1] != []
