"""Machines by name: what `--machine` chooses among, and what answers when nothing is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from costmodel.errors import InputError, unknown
from costmodel.table import Column
from costmodel.timing.machine import Machine, processor

#: The machine that a time is of, in every table.
MACHINE = Column("machine", "Machine")
#: In front of the name of a machine whose times come with the project.
SHIPPED = "shipped/"


def names(machines: Sequence[Machine]) -> dict[str, Machine]:
    """Machines by a short name each: the processor, its threads, and options out of the ordinary.

    Where two have the same, the version of torch is a part of it.
    """
    short = [_name(machine) for machine in machines]
    return {
        name if short.count(name) == 1 else f"{name}_torch_{_slug(machine.torch)}": machine
        for name, machine in zip(short, machines, strict=True)
    }


def own_name(machine: Machine, among: Sequence[Machine]) -> str:
    """The name of one of these machines."""
    return next(name for name, other in names(among).items() if other == machine)


def chosen(machines: Sequence[Machine], name: str | None, where: str) -> Machine:
    """The machine of a name; without one, this processor on one thread, or the only one there is.

    Args:
        where: what the machines are those of, for a sentence.

    Raises:
        InputError: an unknown name, or none where it could be several.
    """
    known = names(machines)
    if name is not None:
        if name not in known:
            raise InputError(unknown(f"machine in {where}", name, known))
        return known[name]
    if len(machines) == 1:
        return machines[0]
    usual = [machine for machine in machines if machine == _usual(machine)]
    if len(usual) != 1:
        raise InputError(
            f"{len(machines)} machines have times in {where}; allowed are "
            f"{', '.join(f'--machine {name}' for name in known)}"
        )
    return usual[0]


def is_usual(machine: Machine) -> bool:
    """Whether it is what a call means that says nothing of a machine: this one, on one thread."""
    return machine == _usual(machine)


def _usual(machine: Machine) -> Machine:
    return Machine(processor(), torch=machine.torch)


def _name(machine: Machine) -> str:
    threads = f"{machine.threads}_thread{'s' * (machine.threads != 1)}"
    words: Iterable[str] = (
        _slug(machine.processor),
        threads if machine.device == "cpu" else machine.device,
        machine.dtype * (machine.dtype != Machine.dtype),
        "channels_last" * machine.channels_last,
        "compiled" * machine.compiled,
    )
    return "_".join(word for word in words if word)


def _slug(text: str) -> str:
    return re.sub("[^a-z0-9.]+", "_", text.lower()).strip("_")
