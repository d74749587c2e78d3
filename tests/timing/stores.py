"""Layers to learn from, and a store with a small calibration of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from costmodel.timing.convolution import Convolution, of_layer
from costmodel.timing.machine import this_machine
from costmodel.timing.measure.design import design
from costmodel.timing.model import forest
from costmodel.timing.store.database import Store

TREES = forest.TREES  # before any test


@pytest.fixture(scope="session", autouse=True)
def whole_forest() -> Iterator[int]:
    """Models of a few trees, which are fitted in a moment; the number that is in use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forest, "TREES", 6)
        yield TREES


@pytest.fixture(scope="session")
def layers() -> list[Convolution]:
    return list(dict.fromkeys(of_layer(case.layer) for case in design(420, seed=5)))


@pytest.fixture(scope="session")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a store with a real, small calibration of this machine."""
    from costmodel.timing.calibration import calibrate

    path = tmp_path_factory.mktemp("times") / "times.sqlite"
    with Store(str(path)) as store:
        calibrate(store, this_machine(), budget=5, seed=2)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(str(tmp_path / "times.sqlite")) as made:
        yield made
