"""Machines by name: told apart, chosen, and never another one than was meant."""

from __future__ import annotations

import pytest

from costmodel.errors import InputError
from costmodel.timing import machines
from costmodel.timing.machine import Machine
from costmodel.timing.machines import chosen, is_usual, names, own_name

ONE = Machine("ACME Chip(R) 9000 @ 2.5GHz", torch="2.13.0+cpu")


def test_names_are_short_and_tell_machines_apart() -> None:
    several = [
        ONE,
        ONE.replace(threads=2),
        ONE.replace(dtype="bfloat16", channels_last=True),
        ONE.replace(compiled=True),
        ONE.replace(processor="H200", device="cuda"),
    ]
    assert list(names(several)) == [
        "acme_chip_r_9000_2.5ghz_1_thread",
        "acme_chip_r_9000_2.5ghz_2_threads",
        "acme_chip_r_9000_2.5ghz_1_thread_bfloat16_channels_last",
        "acme_chip_r_9000_2.5ghz_1_thread_compiled",
        "h200_cuda",
    ]
    twice = [ONE, ONE.replace(torch="2.14.0")]
    assert [own_name(machine, twice) for machine in twice] == [
        "acme_chip_r_9000_2.5ghz_1_thread_torch_2.13.0_cpu",
        "acme_chip_r_9000_2.5ghz_1_thread_torch_2.14.0",
    ]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "processor", lambda: ONE.processor)


def test_without_a_name_it_is_this_processor_on_one_thread(here: None) -> None:
    others = [ONE.replace(threads=2), ONE.replace(processor="another")]
    assert chosen([*others, ONE], None, "'s'") == ONE
    assert is_usual(ONE)
    assert not any(map(is_usual, others))
    assert chosen(others[:1], None, "'s'") == others[0]  # the only one, which is then said


def test_one_of_several_others_is_not_guessed(here: None) -> None:
    others = [ONE.replace(threads=2), ONE.replace(threads=4)]
    with pytest.raises(InputError, match=r"2 machines .* 's'; allowed are --machine acme"):
        chosen(others, None, "'s'")
    assert chosen(others, "acme_chip_r_9000_2.5ghz_4_threads", "'s'") == others[1]
    with pytest.raises(InputError, match=r"did you mean 'acme_chip_r_9000_2.5ghz_4_threads'"):
        chosen(others, "acme_chip_r_9000_2.5ghz_5_threads", "'s'")
