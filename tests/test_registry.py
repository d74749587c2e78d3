"""Registries: keys that are taken or unknown, entries as they are, and the order."""

from __future__ import annotations

import pytest

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.registry import Registry


@pytest.fixture
def numbers() -> Registry[int]:
    registry: Registry[int] = Registry("number", order=lambda value: value)
    for key, value in {"three": 3, "one": 1}.items():
        registry.add(key, value)
    return registry


def test_entries_stand_in_the_order_of_their_values(numbers: Registry[int]) -> None:
    assert list(numbers.items()) == [("one", 1), ("three", 3)]


def test_an_entry_or_its_key(numbers: Registry[int]) -> None:
    assert numbers.of("three") == 3
    assert numbers.of(7) == 7  # an entry need not be registered
    with pytest.raises(CostModelError, match="unknown number 'thre': did you mean 'three'"):
        numbers.of("thre")


def test_a_key_is_taken_once_until_it_is_forgotten(numbers: Registry[int]) -> None:
    with pytest.raises(CostModelError, match="number 'one' is declared twice"):
        numbers.add("one", 2)
    numbers.remove("one")
    assert numbers.add("one", 2) == 2


def test_a_wrong_case_is_near(numbers: Registry[int]) -> None:
    with pytest.raises(CostModelError, match="did you mean 'three'"):
        numbers["THREE"]
    with pytest.raises(CostModelError, match="unknown metric 'FLOPs': did you mean 'flops'"):
        METRICS["FLOPs"]


def test_it_says_what_it_holds_and_completes_its_keys(numbers: Registry[int]) -> None:
    assert repr(numbers) == "<2 of number: one, three>"
    assert numbers._ipython_key_completions_() == ["one", "three"]
    assert repr(VARIANTS).startswith(f"<{len(VARIANTS)} of variant: standard, ")
    counts = count("standard", ConvLayer(3, 6, 10, (9, 8)))
    assert set(METRICS) <= set(dir(counts)) & set(dir(counts.stages[0]))
