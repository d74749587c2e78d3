"""Models recover the laws that they can express, and are compared honestly."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

import numpy
import pytest

from costmodel.timing.convolution import Convolution
from costmodel.timing.model.baselines import ConstantRate, Linear, PerClass, Roofline
from costmodel.timing.model.features import NAMES, matrix
from costmodel.timing.model.intervals import (
    Errors,
    Intervals,
    Prediction,
    conformal,
    coverage,
    in_units,
)
from costmodel.timing.model.trees import Trees, boosting
from costmodel.timing.model.validation import (
    CANDIDATES,
    compare_models,
    folds,
    held_out,
    neighbourhood,
)
from tests.timing.made_up import law

pytestmark = pytest.mark.slow

Layers = list[Convolution]


def errors(model: object, layers: Layers, seconds: list[float]) -> float:
    said = model.predict(layers)  # type: ignore[attr-defined]
    return float(numpy.median(numpy.abs(said / numpy.array(seconds) - 1)))


def test_a_constant_rate_is_recovered(layers: Layers) -> None:
    seconds = [conv.macs / 7e9 for conv in layers]
    model = ConstantRate().fit(layers, seconds)
    assert 1 / model.seconds_per_mac == pytest.approx(7e9)
    assert errors(model, layers, seconds) < 1e-9


def test_a_roofline_is_recovered(layers: Layers) -> None:
    seconds = [3e-6 + max(c.macs / 40e9, c.values / 2e9) for c in layers]
    model = Roofline().fit(layers, seconds)
    assert model.rate == pytest.approx(40e9, rel=0.02)
    assert model.bandwidth == pytest.approx(2e9, rel=0.02)
    assert model.call == pytest.approx(3e-6, rel=0.1)


def test_five_numbers_are_recovered_in_spite_of_outliers(layers: Layers) -> None:
    truth = (2e-6, 1 / 30e9, 5e-11, 9e-11, 3e-10)
    rows = [(1, c.macs, c.inputs, c.outputs, c.weights) for c in layers]
    seconds = [sum(a * b for a, b in zip(truth, row, strict=True)) for row in rows]
    seconds[::40] = [value * 3 for value in seconds[::40]]
    model = Linear().fit(layers, seconds)
    assert model.coefficients == pytest.approx(truth, rel=0.02)


def test_a_model_per_class_tells_classes_apart(layers: Layers) -> None:
    seconds = [law(conv) for conv in layers]
    assert errors(PerClass(Linear).fit(layers, seconds), layers, seconds) < errors(
        Linear().fit(layers, seconds), layers, seconds
    )


def test_a_class_with_few_layers_goes_with_the_others(layers: Layers) -> None:
    few = [c for c in layers if c.kind != "vector"][:80]
    model = PerClass(Linear).fit(few, [law(c) for c in few])
    vectors = [c for c in layers if c.kind == "vector"]
    assert "vector" not in model.models
    assert (model.predict(vectors) > 0).all()


@pytest.mark.parametrize("make", [Trees, lambda: Trees(boosting)])
def test_trees_learn_what_a_line_cannot(make: Callable[[], Trees], layers: Layers) -> None:
    seconds = [law(conv) for conv in layers]  # half as fast where channels are odd ones
    train, test = layers[:320], layers[320:]
    trees = make().fit(train, seconds[:320])
    line = PerClass(Linear).fit(train, seconds[:320])
    assert errors(trees, test, seconds[320:]) < 0.7 * errors(line, test, seconds[320:])


def test_features_have_names_and_are_finite(layers: Layers) -> None:
    rows = matrix(layers)
    assert rows.shape == (len(layers), len(NAMES))
    assert numpy.isfinite(rows).all()
    assert matrix([]).shape == (0, len(NAMES))


def test_near_duplicates_are_never_on_both_sides(layers: Layers) -> None:
    near = [replace(c, in_channels=c.in_channels + c.groups) for c in layers]
    together = [*layers, *near]
    seen: list[int] = []
    for fold in folds(together):
        train = {neighbourhood(together[i]) for i in fold.train}
        assert not train & {neighbourhood(together[i]) for i in fold.test}
        assert not set(fold.train) & set(fold.test)
        seen += fold.test
    assert sorted(seen) == list(range(len(together)))
    same = sum(neighbourhood(a) == neighbourhood(b) for a, b in zip(layers, near, strict=True))
    assert same > len(layers) / 2  # so that the rule has something to keep together


def test_the_table_of_models(layers: Layers) -> None:
    table = compare_models(layers, [law(c) for c in layers], CANDIDATES[:4])
    rows = {row["model"]: row for row in table.rows}
    assert list(rows) == [
        "MACs × constant",
        "one roofline",
        "roofline per class",
        "linear per class",
    ]
    worst, best = rows["MACs × constant"], rows["linear per class"]
    assert best["median_error"] < worst["median_error"]
    assert best["within_10"] > worst["within_10"]
    assert {row["layers"] for row in rows.values()} == {len(layers)}


def test_conformal_quantiles() -> None:
    values = [float(v) for v in range(1, 100)]  # 1 to 99
    assert conformal(values, 0.9) == (5.0, 95.0)
    assert conformal([1.0, 2.0], 0.9) == (1.0, 2.0)  # too few: the extremes


def test_samples_of_one_layer_count_once() -> None:
    values = sorted(float(v) for v in range(1, 100) for _ in range(3))  # three samples of each
    assert conformal(values, 0.9, layers=99) == (5.0, 95.0)
    few = [float(v) for v in range(30)]
    assert conformal(few, 0.9, layers=10) == (0.0, 29.0)  # ten are too few for 90 %


def noisy(layers: Layers) -> list[Errors]:
    rng = random.Random(4)
    return [(conv.kind, [rng.gauss(0, 0.2)]) for conv in layers]


def test_stated_intervals_hold_as_often_as_they_say(layers: Layers) -> None:
    errors = noisy(layers)
    assert 0.86 < coverage(errors, 0.9) < 0.95
    assert 0.45 < coverage(errors, 0.5) < 0.57
    made = Intervals(errors)
    narrow, wide = made.around("dense", 1.0, 0.5), made.around("dense", 1.0, 0.9)
    assert wide.low < narrow.low < 1 < narrow.high < wide.high
    rng = random.Random(5)
    fresh = [math.exp(rng.gauss(0, 0.2)) for _ in range(2000)]
    assert 0.85 < sum(wide.low <= value <= wide.high for value in fresh) / len(fresh) < 0.97


def test_a_class_with_few_layers_has_the_errors_of_all() -> None:
    made = Intervals([("dense", [0.1])] * 30 + [("vector", [2.0])] * 3)
    assert made.around("vector", 1.0).low == pytest.approx(math.exp(0.1))
    assert made.around("dense", 1.0).high == pytest.approx(math.exp(0.1))
    assert made.around("vector", 1.0, 0.99).high == pytest.approx(math.exp(2.0))


def test_a_sum_is_known_better_than_its_parts(layers: Layers) -> None:
    made = Intervals(noisy(layers))
    many = dict.fromkeys(layers[:100], (1.0, 1))
    one = {layers[0]: (1.0, 100)}  # the same layer errs the same way every time
    together, alone = made.of_sum(many), made.of_sum(one)
    assert together.seconds == alone.seconds == 100
    assert together.high - together.low < (alone.high - alone.low) / 3


def test_times_in_words() -> None:
    assert in_units(1.5) == "1.50 s"
    assert in_units(0.00256) == "2.56 ms"
    assert in_units(25e-6) == "25.0 µs"
    assert str(Prediction(2e-3, 1e-3, 4e-3)) == "2.00 ms [1.00 ms – 4.00 ms]"


def test_ensembles_learn_on_one_thread(layers: Layers) -> None:
    # two OpenMP threads on a shared machine wait for each other most of the time
    import sklearn.ensemble  # noqa: F401  # loads the OpenMP library that is looked at
    from threadpoolctl import threadpool_info, threadpool_limits

    seen: list[int] = []

    class Looking:
        def __init__(self, rows: object, target: object) -> None:
            found = [pool for pool in threadpool_info() if pool["user_api"] == "openmp"]
            assert found
            seen.extend(pool["num_threads"] for pool in found)

    with threadpool_limits(2, user_api="openmp"):
        Trees(Looking).fit(layers, [law(conv) for conv in layers])
    assert seen
    assert set(seen) == {1}


def test_layers_without_a_time_are_predicted_and_not_learnt_from(layers: Layers) -> None:
    seconds = [law(conv) for conv in layers]
    some = [math.nan if i % 3 == 0 else t for i, t in enumerate(seconds)]
    wild = [t * 100 if i % 3 == 0 else t for i, t in enumerate(seconds)]
    said = held_out(lambda: PerClass(Linear), layers, some)
    assert numpy.isfinite(said).all()
    assert numpy.median(numpy.abs(said / seconds - 1)) < 0.5
    assert not numpy.allclose(said, held_out(lambda: PerClass(Linear), layers, wild))
