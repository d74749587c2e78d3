"""Flat trees say what scikit-learn's own say, to the last digit that they keep."""

from __future__ import annotations

import sys

import numpy
import pytest

from costmodel.errors import MissingDependencyError
from costmodel.timing.model.forest import Forest

pytestmark = pytest.mark.slow
CLOSE = {"rtol": 3e-6, "atol": 1e-7}  # leaves are kept in single precision


@pytest.fixture(scope="module")
def data() -> tuple[numpy.ndarray, numpy.ndarray]:
    rng = numpy.random.default_rng(3)
    rows = rng.normal(size=(300, 7)).astype("f4")
    rows[:, 2] = rng.integers(0, 3, size=300)  # ties
    return rows, rows[:, 0] ** 2 + rows[:, 2] * rows[:, 5] + rng.normal(size=300) / 10


def test_the_same_as_scikit_learn(data: tuple[numpy.ndarray, numpy.ndarray]) -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    rows, target = data
    forest = Forest.fit(rows, target)
    theirs = ExtraTreesRegressor(
        n_estimators=len(forest.starts), min_samples_split=4, max_features=0.8, random_state=0
    ).fit(rows, target)
    others = numpy.random.default_rng(4).normal(size=(500, 7))
    numpy.testing.assert_allclose(forest.predict(others), theirs.predict(others), **CLOSE)
    # on the thresholds themselves, where a rounded one would go the other way
    tree = theirs.estimators_[0].tree_
    inner = tree.children_left >= 0
    edges = numpy.zeros((inner.sum(), 7))
    edges[numpy.arange(len(edges)), tree.feature[inner]] = tree.threshold[inner]
    near = numpy.concatenate([edges, numpy.nextafter(edges.astype("f4"), 9, dtype="f4")])
    numpy.testing.assert_allclose(forest.predict(near), theirs.predict(near), **CLOSE)


def test_a_moved_threshold_would_be_seen(data: tuple[numpy.ndarray, numpy.ndarray]) -> None:
    forest = Forest.fit(*data)
    inner = forest.left != forest.right
    wrong = Forest(**{**forest.arrays, "value": forest.value + inner * numpy.float32(0.05)})
    others = numpy.random.default_rng(4).normal(size=(500, 7))
    assert not numpy.allclose(forest.predict(others), wrong.predict(others), rtol=1e-3)


def test_arrays_and_back(data: tuple[numpy.ndarray, numpy.ndarray]) -> None:
    forest = Forest.fit(*data)
    again = Forest.of(forest.arrays)
    assert (again.predict(data[0]) == forest.predict(data[0])).all()
    assert Forest.fit(*data).arrays["value"].tobytes() == forest.value.tobytes()
    assert forest.predict(data[0][:0]).shape == (0,)
    nodes = sum(array.nbytes for array in forest.arrays.values()) / len(forest.value)
    assert nodes < 10, "bytes of a node: a model stays small"


def test_without_scikit_learn_it_is_one_sentence(
    data: tuple[numpy.ndarray, numpy.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MissingDependencyError, match="scikit-learn"):
        Forest.fit(*data)
