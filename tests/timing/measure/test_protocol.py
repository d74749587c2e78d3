"""Rounds: every case once a round, in another order each time, and what is made of them."""

from __future__ import annotations

import gc

import pytest
import torch

import costmodel as cm
from costmodel.errors import InputError
from costmodel.timing.case import Case
from costmodel.timing.machine import this_machine
from costmodel.timing.measure.protocol import order, prepared, rounds

pytestmark = pytest.mark.slow

CASES = [
    Case(cm.ConvLayer(3, 6, 10, (9, 7))),
    Case(cm.ConvLayer(3, 96, 80, (29, 31))),
    Case(cm.ConvLayer(3, 6, 10, (9, 7)), "basis", (("b", 2),)),
]


def test_orders_differ_by_round_and_repeat_by_seed() -> None:
    orders = [order(40, 7, turn) for turn in range(5)]
    assert all(sorted(found) == list(range(40)) for found in orders)
    assert len({tuple(found) for found in orders}) == 5
    assert order(40, 7, 3) == orders[3]
    assert order(40, 8, 3) != orders[3]


def test_every_case_is_timed_once_a_round() -> None:
    seen: list[tuple[int, int]] = []
    found = list(rounds(CASES, this_machine(), [4, 2], 1, lambda *at: seen.append(at)))
    assert [turn for turn, _ in found] == [4, 2]
    for turn, times in found:
        assert [place for place, _ in times] == order(len(CASES), 1, turn)
        by_place = dict(times)
        assert 0 < by_place[0] < by_place[1]  # 126 thousand times as many multiplies
    assert seen == [(done, 6) for done in range(1, 7)]


def test_torch_and_the_collector_are_left_as_they_were() -> None:
    before = torch.get_num_threads()
    with prepared(this_machine()):
        assert torch.get_num_threads() == 1
        assert torch.is_inference_mode_enabled()
        assert not gc.isenabled()
    assert torch.get_num_threads() == before
    assert gc.isenabled()


def test_what_does_not_fit_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    huge = Case(cm.ConvLayer(3, 1024, 2048, (20000, 17000)))
    monkeypatch.setattr(torch, "randn", lambda *_, **__: pytest.fail("allocated"))
    with pytest.raises(InputError, match=r"1024 → 2048 at 20000×17000 needs about .* allowed"):
        next(rounds([CASES[0], huge], this_machine(), [0], 0))


@pytest.mark.parametrize("facts", [{"dtype": "bfloat16"}, {"channels_last": True}])
def test_options_reach_the_module(facts: dict[str, object]) -> None:
    machine = this_machine(**facts)  # type: ignore[arg-type]
    ((_, times),) = rounds(CASES[:1], machine, [0], 0)
    assert times[0][1] > 0
