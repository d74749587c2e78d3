"""Networks in time: what was before stands beside what is, predicted and measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy
import pytest

import costmodel as cm
from costmodel.errors import InputError
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.timing import networks
from costmodel.timing.case import Case
from costmodel.timing.cold import Cold
from costmodel.timing.comparison import Timed
from costmodel.timing.convolution import Convolution, convolutions
from costmodel.timing.learning import learn
from costmodel.timing.machine import Machine, this_machine
from costmodel.timing.model.intervals import Intervals
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.networks import measured, network_with_time, predicted
from costmodel.timing.opened import Opened
from tests.timing import made_up

pytestmark = pytest.mark.slow

NET = Network(
    "three",
    (
        NetOp.conv("a", cm.ConvLayer(3, 12, 20, (17, 14))),
        NetOp.conv("b", cm.ConvLayer(5, 20, 24, (17, 14)), times=3),
        NetOp.linear("c", 24, 10),
    ),
)
AFTER = NET.replace("basis", "b", b=2)


@pytest.fixture(scope="module")
def timed() -> Timed:
    return Timed(Opened(learn(made_up.observed()).predictor, "made_up"))


@pytest.mark.parametrize("net", [NET, AFTER], ids=["as it is", "replaced"])
def test_the_short_form_says_what_the_table_says(timed: Timed, net: Network) -> None:
    rows = {row["layer"]: row for row in network_with_time(net.to_table(), net, timed).rows}
    found = predicted(net, timed.predictor)
    for name, said in {**found.layers, "total": found.whole}.items():
        cells = [rows[name][key] for key in ("predicted_ms", "low_ms", "high_ms")]
        assert cells == pytest.approx([1e3 * said.seconds, 1e3 * said.low, 1e3 * said.high])
    assert set(found.layers) == {op.name for op in net.ops}
    if net.replaced:
        assert found.before is not None
        assert 1e3 * found.before.seconds == pytest.approx(rows["total"]["before_ms"])
        assert found.faster == rows["total"]["faster"]
    else:
        assert found.before is None


def test_before_is_what_the_network_took_as_it_was(timed: Timed) -> None:
    was = network_with_time(NET.to_table(), NET, timed)
    now = network_with_time(AFTER.to_table(), AFTER, timed)
    old, new = ({row["layer"]: row for row in table.rows} for table in (was, now))
    assert list(old) == list(new)
    for name in ("b", "total"):
        for key in ("low_ms", "high_ms"):
            assert new[name][f"before_{key}"] == old[name][key]
        assert new[name]["before_ms"] == old[name]["predicted_ms"]
        speedup = old[name]["predicted_ms"] / new[name]["predicted_ms"]
        assert new[name]["time_speedup"] == pytest.approx(speedup)
        assert (new[name]["faster"] > 0.5) == (speedup > 1)
    for name in ("a", "c"):
        assert new[name]["predicted_ms"] == old[name]["predicted_ms"]
        assert "before_ms" not in new[name]
    assert "before_ms" not in was.names
    (said,) = [note for note in now.notes if note.startswith("predicted ")]
    assert f"instead of {old['total']['predicted_ms']:.3g} ms" in said


def some_layers(count: int, seed: int) -> list[Convolution]:
    rng = numpy.random.default_rng(seed)
    layers = [
        cm.ConvLayer(3, *map(int, rng.integers(8, 64, 2)), tuple(map(int, rng.integers(9, 30, 2))))
        for _ in range(count)
    ]
    return [conv for layer in layers for conv in convolutions(cm.count("standard", layer).bound)]


def test_a_chance_is_how_often_it_comes_true() -> None:
    """Errors are drawn; of all pairs with a chance near p, the first is faster in p of them."""
    rng = numpy.random.default_rng(3)
    drawn = rng.normal(0.1, 0.3, 500).tolist()

    class Plain:
        def predict(self, wanted: Sequence[Convolution]) -> list[float]:
            return [conv.macs * 1e-9 for conv in wanted]

    predictor: Any = Predictor(made_up.MACHINE, Plain(), Intervals([("dense", drawn)]))  # type: ignore[arg-type]
    said, true = [], []
    for seed in range(120):
        first, second = some_layers(2, seed), some_layers(2, seed + 1000)
        said.append(predictor.chance(first, second))
        took = [
            sum(c.macs * numpy.exp(rng.normal(0.1, 0.3, 400)) for c in side)
            for side in (first, second)
        ]
        true.append(float((took[0] < took[1]).mean()))
    said_, true_ = numpy.array(said), numpy.array(true)
    assert numpy.abs(said_ - true_).max() < 0.1
    assert numpy.abs(said_ - true_).mean() < 0.02
    assert ((said_ > 0.1) & (said_ < 0.9)).sum() > 20  # there is something to be wrong about


def test_what_both_run_says_nothing_about_which_is_faster(timed: Timed) -> None:
    first, second, common = some_layers(2, 1), some_layers(2, 2), some_layers(7, 3)
    chance = timed.predictor.chance
    assert chance([*first, *common], [*second, *common]) == chance(first, second)
    assert chance(common, common) == 0.5
    assert chance(first, second) + chance(second, first) == pytest.approx(1, abs=0.06)


def test_cold_caches_count_in_a_network(timed: Timed) -> None:
    """Two layers that take as long alone, of which one has more to fetch."""
    layers = [cm.ConvLayer(1, 512, 512, (2, 3)), cm.ConvLayer(3, 8, 14, (50, 60))]
    parts = [convolutions(cm.count("standard", layer).bound) for layer in layers]
    model, intervals = timed.predictor.model, timed.predictor.intervals
    slow = Predictor(made_up.MACHINE, model, intervals, Cold(1.0, 2**40))
    assert slow.chance(parts[1], parts[0], cold=True) == 1.0
    assert slow.chance(parts[0], parts[1], cold=True) == 0.0
    assert slow.chance(*parts) == Predictor(made_up.MACHINE, model, intervals).chance(*parts)


def test_before_and_after_are_visited_in_the_same_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def rounds(
        cases: Sequence[Case], machine: Machine, turns: Sequence[int], seed: int
    ) -> Iterator[tuple[int, list[tuple[int, float]]]]:
        asked.append(list(cases))
        for turn in turns:
            yield turn, [(at, 7.0 + at + (turn != 1)) for at in range(len(cases))]

    def least(sequences: Sequence[Sequence[Case]], machine: Machine, turns: int) -> list[float]:
        asked.append([list(map(str, sequence)) for sequence in sequences])
        return [5.0, 3.0]

    monkeypatch.setattr(networks, "rounds", rounds)
    monkeypatch.setattr(networks, "least", least)
    found = measured(AFTER, made_up.MACHINE, 4)
    assert [case.variant for case in asked[0]] == ["standard", "basis"]
    assert [len(sequence) for sequence in asked[1]] == [5, 5]  # b runs three times
    assert found.layers == {"b": (3 * 7.0, 3 * 8.0)}
    assert found.whole == (5.0, 3.0)


def test_measured_beside_predicted(timed: Timed) -> None:
    found = measured(AFTER, this_machine(), 2)
    table = network_with_time(AFTER.to_table(), AFTER, timed, found)
    rows = {row["layer"]: row for row in table.rows}
    for name, (before, after) in {**found.layers, "total": found.whole}.items():
        assert 0 < before < math.inf
        assert 0 < after < math.inf
        assert rows[name]["measured_ms"] == 1e3 * after
        assert rows[name]["measured_before_ms"] == 1e3 * before
        assert rows[name]["time_speedup"] == before / after
    assert any("; measured " in note for note in table.notes)


def test_a_network_in_which_nothing_was_replaced_is_refused() -> None:
    with pytest.raises(InputError, match="nothing was replaced in three; allowed is a what-if"):
        measured(NET, this_machine(), 1)
