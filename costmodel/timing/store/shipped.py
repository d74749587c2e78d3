"""Times that come with the project: measured once, on machines that are described.

`data/timings/NAME.csv` is the file that `timings --export` writes, `NAME.npz` the model fitted to
it, `NAME.json` what was found out about both. They are examples of what `calibrate` finds, never a
statement about the reader's machine.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from costmodel.errors import InputError, unknown
from costmodel.files import data_names, data_path, read_text, write_whole
from costmodel.timing.case import Case
from costmodel.timing.kept import ENDING, changed, digest_of, digest_of_file, packed, unpacked
from costmodel.timing.learning import Learnt, Observed, learn
from costmodel.timing.model.intervals import coverage
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.store.exchange import read, written
from costmodel.timing.summary import Summary

FOLDER = "timings"


@dataclass(frozen=True)
class Evidence:
    """What was found out about a machine's times and the model of them.

    ended: when the last session was over, in seconds since 1970. unseen: seconds that a model said
    of each layer, in the order of the file, without having seen it. holds: how often intervals hold
    on unseen layers in the other session, by class, "" for all. models: rows of the models against
    each other. repeated: how far two runs of the protocol are apart. elsewhere: rows on layers
    timed by an independent loop.
    """

    ended: float = 0.0
    unseen: tuple[float, ...] = ()
    holds: dict[str, float] = field(default_factory=dict)
    models: tuple[dict[str, Any], ...] = ()
    repeated: dict[str, Any] = field(default_factory=dict)
    elsewhere: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, eq=False)
class Shipped:
    """One machine's times, with what was found out about them."""

    name: str
    observed: Observed
    evidence: Evidence

    @cached_property
    def measured(self) -> dict[Case, Summary]:
        """What all rounds of all sessions say, by layer."""
        samples: dict[Case, list[float]] = {}
        for session in self.observed.sessions:
            for case, seconds in session.items():
                samples.setdefault(case, []).extend(seconds)
        return {case: Summary.of(seconds) for case, seconds in samples.items()}

    @property
    def unseen(self) -> dict[Case, float]:
        """Seconds that a model said of each layer without having seen it."""
        return dict(zip(self.measured, self.evidence.unseen, strict=True))


def names() -> list[str]:
    """The machines that there are times of."""
    return data_names(FOLDER)


def load(name: str) -> Shipped:
    """One machine's times.

    Raises:
        InputError: an unknown name.
    """
    path = _path(name, ".csv")
    (observed,) = read(read_text(path), path).values()
    facts = json.loads(read_text(_path(name, ".json")))
    tuples = {key: tuple(value) for key, value in facts.items() if isinstance(value, list)}
    unseen = tuple(map(float, facts["unseen"].split()))
    return Shipped(name, observed, Evidence(**{**facts, **tuples, "unseen": unseen}))


def model_of(name: str) -> Predictor:
    """The model that is shipped with a machine's times; fitted anew where it is not theirs.

    Raises:
        InputError: an unknown name.
    """
    path, times = _path(name, ENDING), _path(name, ".csv")
    key = digest_of_file(times, changed(times))
    return unpacked(path, key, changed(path)) or learn(load(name).observed).predictor


def ship(name: str, observed: Observed, evidence: Evidence) -> Learnt:
    """Write a machine's times, model and evidence into the data folder; for its maintainers."""
    os.makedirs(data_path(FOLDER), exist_ok=True)
    content = written(observed).to_csv().encode()
    write_whole(data_path(FOLDER, f"{name}.csv"), content)
    (again,) = read(content.decode(), name).values()  # with the digits that the file has
    learnt = learn(again)
    write_whole(data_path(FOLDER, f"{name}{ENDING}"), packed(learnt.predictor, digest_of(content)))
    kinds = dict.fromkeys(kind for kind, _ in learnt.errors)
    facts = {
        "ended": evidence.ended,
        "holds": {
            kind: coverage([own for own in learnt.errors if kind in ("", own[0])])
            for kind in ("", *kinds)
        },
        "unseen": " ".join(f"{seconds:.5g}" for seconds in learnt.unseen.values()),
        "models": list(evidence.models),
        "repeated": evidence.repeated,
        "elsewhere": list(evidence.elsewhere),
    }
    write_whole(data_path(FOLDER, f"{name}.json"), json.dumps(facts, indent=1) + "\n")
    return learnt


def _path(name: str, ending: str) -> str:
    if name not in names():
        raise InputError(unknown("machine with shipped times", name, names()))
    return data_path(FOLDER, f"{name}{ending}")
