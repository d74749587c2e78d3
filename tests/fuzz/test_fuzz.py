"""A slice of the fuzz campaign, and every input that once was a failure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import _fuzz
from benchmarks._fuzz import BOUNDS, CASES, campaign, judged, keep
from benchmarks._fuzz_areas import AREAS, Area
from costmodel.walled.bounds import Bounds
from costmodel.walled.wall import CAN_FORK, Broken, Wall

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork"),
]
onnx = pytest.importorskip("onnx", reason="no onnx: pip install onnx")
# Of the slice, so many that some of each are no nonsense; `make fuzz` takes all there is time for.
INPUTS = {**dict.fromkeys(AREAS, 60), "notation": 1000}
# A busy machine is no failure, and what has no bound reaches any: `make fuzz` looks at the seconds.
PATIENT = Bounds(60, BOUNDS.memory, niceness=0)


@pytest.fixture(scope="module")
def wall() -> Iterator[Wall]:
    made = Wall(["benchmarks._fuzz:warm"], PATIENT)
    yield made
    made.stop()


@pytest.mark.parametrize("case", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_what_once_failed(case: Path, wall: Wall) -> None:
    kept = json.loads(case.read_text(encoding="utf-8"))
    assert judged(wall, kept["area"], kept["value"]) == ""


def test_a_slice_of_the_campaign() -> None:
    for area, tally, failures in campaign(math.inf, 7, most=INPUTS, bounds=PATIENT):
        assert [(f.area, f.seed, f.what[-300:]) for f in failures] == []
        assert tally["done"] > 0, f"{area}: nothing but nonsense tests nothing"


def broken(value: object) -> None:
    raise RuntimeError(f"a mistake with {value}")


def test_a_failure_is_found_among_others_and_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    area = Area(lambda rng: rng.randrange(100), lambda value: value % 9 or broken(value))
    monkeypatch.setitem(AREAS, "made up", area)
    monkeypatch.setattr(_fuzz, "CASES", tmp_path)
    monkeypatch.setattr(_fuzz, "Wall", Here)
    ((name, tally, failures),) = campaign(math.inf, 5, ["made up"], {"made up": 40})
    assert name == "made up"
    assert tally["done"] > 0
    assert failures
    assert all(failure.value % 9 == 0 for failure in failures)
    assert "a mistake with" in failures[0].what
    kept = json.loads(keep(failures[0]).read_text(encoding="utf-8"))
    assert kept == {"area": "made up", "value": failures[0].value}


class Here(Wall):
    """A wall whose calls are made in this process, which knows the area that is made up."""

    def watched(self, tick: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except RuntimeError as error:
            raise Broken(str(error)) from None
