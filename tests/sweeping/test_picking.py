"""Fronts and the least: what a quadratic comparison and somebody else's library find, ties too."""

import numpy
import pytest

from costmodel.errors import InputError
from costmodel.sweeping import picking
from costmodel.sweeping.picking import Front, Least, Points, together

NAMES = ("macs", "params", "activations", "additions")


def points(values):
    values = numpy.asarray(values)
    number = numpy.arange(len(values))
    return Points(values, number % 3, number)


def random_points(seed, count, columns, high):
    """Values on a curve that trades off, with noise, so that fronts are long and ties many."""
    draw = numpy.random.default_rng(seed)
    values = draw.integers(0, high, (count, columns))
    noise = draw.integers(0, high // 4 + 1, count)
    values[:, -1] = columns * high - values[:, :-1].sum(axis=1) + noise
    return points(values)


def unbeaten(values):
    """By comparing every point with every other one."""
    return {
        place
        for place, one in enumerate(values)
        if not any((other <= one).all() and (other < one).any() for other in values)
    }


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_fronts_are_those_of_a_quadratic_comparison(columns, seed):
    found = random_points(seed, 300, columns, [5, 12, 40][seed % 3])
    picked = Front(NAMES[:columns]).pick(found)
    assert set(picked.numbers.tolist()) == unbeaten(found.values)
    assert picked.values.tolist() == sorted(picked.values.tolist())


@pytest.mark.parametrize(("columns", "count"), [(2, 60_000), (3, 8_000), (4, 3_000)])
def test_large_fronts_are_those_of_moocore(columns, count):
    import moocore

    found = random_points(columns, count, columns, 3000)
    picked = Front(NAMES[:columns]).pick(found)
    theirs = moocore.is_nondominated(found.values.astype(float), keep_weakly=True)
    assert sorted(picked.numbers.tolist()) == numpy.flatnonzero(theirs).tolist()
    assert len(picked) > 200


def test_equal_points_are_all_on_the_front():
    found = points([[3, 1], [1, 3], [3, 1], [2, 4], [1, 3], [1, 3]])
    assert sorted(Front(NAMES[:2]).pick(found).numbers.tolist()) == [0, 1, 2, 4, 5]


def test_python_ints_of_any_size_have_a_front():
    big = 10**30
    values = numpy.array([[big, 3], [big + 1, 2], [big, 4], [big - 1, 9]], dtype=object)
    assert sorted(Front(NAMES[:2]).pick(points(values)).numbers.tolist()) == [0, 1, 3]


@pytest.mark.parametrize("rule", [Front(NAMES[:2]), Front(NAMES[:3]), Least("macs", 40)])
def test_blocks_picked_apart_are_the_whole_picked(rule):
    whole = random_points(9, 5000, len(rule.keys), 60)
    pieces = [rule.pick(whole.taken(slice(a, a + 700))) for a in range(0, 5000, 700)]
    pieces.reverse()
    joined = pieces[0]
    for piece in pieces[1:]:
        joined = rule.pick(together(joined, piece))
    assert joined.numbers.tolist() == rule.pick(whole).numbers.tolist()
    assert joined.values.tolist() == rule.pick(whole).values.tolist()


def test_the_least_of_equal_ones_come_first():
    found = points([[4], [2], [9], [2], [2], [1]])
    assert Least("macs", 3).pick(found).values[:, 0].tolist() == [1, 2, 2]
    picked = Least("macs", 3).pick(found)
    rest = sorted((part, number) for part, number in ((1 % 3, 1), (3 % 3, 3), (4 % 3, 4)))
    assert list(zip(picked.parts.tolist(), picked.numbers.tolist(), strict=True))[1:] == rest[:2]


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_a_filter_refuses_no_point_that_is_picked(columns):
    rule = Front(NAMES[:columns])
    before = rule.pick(random_points(1, 500, columns, 90))
    limit, edges = rule.filter(before)
    from costmodel.sweeping.fused import _functions

    functions = {name: function.py_func for name, function in _functions().items()}
    for seed in (2, 3):
        more = random_points(seed, 200, columns, 90)
        passing = []
        for place, value in enumerate(more.values):
            names = {f"value{i}": int(v) for i, v in enumerate(value)}
            known = {**functions, **names, "limit": limit, "edges": edges}
            if eval(rule.test, known):
                passing.append(place)
        alone = {
            place
            for place, value in enumerate(more.values)
            if not any((o <= value).all() and (o < value).any() for o in before.values)
        }
        assert alone <= set(passing)
        assert len(passing) < len(more.values)  # it refuses some


@pytest.mark.parametrize("keys", [(), ("macs", "macs"), (*NAMES, "flops")])
def test_fronts_of_no_or_too_many_metrics_are_refused(keys):
    with pytest.raises(InputError, match="1 to 4 different metrics"):
        Front(keys)


def test_a_wrong_comparison_would_be_seen(monkeypatch):
    right = picking._two
    monkeypatch.setattr(picking, "_two", lambda values: right(values) | (values[:, 0] % 2 == 0))
    found = random_points(0, 300, 2, 40)
    picked = Front(NAMES[:2]).pick(found)
    assert set(picked.numbers.tolist()) != unbeaten(found.values)
