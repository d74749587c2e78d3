"""Machines are described, told apart, and refused where they are none."""

from __future__ import annotations

import pytest
import torch

from costmodel.errors import InputError
from costmodel.timing.machine import Machine, this_machine


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"device": "tpu"}, "unknown device 'tpu'"),
        ({"dtype": "float8"}, "unknown dtype 'float8'"),
        ({"threads": 0}, "threads is 0; allowed are 1 to"),
        ({"threads": 4096}, "threads is 4096"),
    ],
)
def test_wrong_machines(facts: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        this_machine(**facts)  # type: ignore[arg-type]


def test_no_gpu_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="no such device"):
        this_machine("cuda")


def test_machines_are_told_apart_by_every_option() -> None:
    machine = this_machine()
    assert Machine.from_json(machine.to_json()) == machine
    assert machine.torch == torch.__version__
    for facts in ({"threads": 2}, {"dtype": "bfloat16"}, {"channels_last": True}):
        assert machine.replace(**facts).to_json() != machine.to_json()
    assert "channels last" in str(machine.replace(channels_last=True))
