"""The fitted model as a small file: read in milliseconds, by NumPy alone, and never when stale.

It lies beside what it was fitted to, a store or shipped times, and carries a digest of that: where
the times have changed since, the model is fitted anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import zipfile
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from costmodel.errors import InputError
from costmodel.files import write_whole
from costmodel.timing.cold import Cold
from costmodel.timing.learning import Learnt, Observed, learn
from costmodel.timing.machine import Machine
from costmodel.timing.machines import names
from costmodel.timing.model.features import NAMES
from costmodel.timing.model.intervals import Intervals
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.model.trees import Trees
from costmodel.timing.roofline import Peaks
from costmodel.timing.sessions import CALIBRATION, machines, sessions
from costmodel.timing.store.database import Store

ENDING = ".npz"
_FORMAT = 1
_FACTS = "facts"


@dataclass(frozen=True)
class Found:
    """A model, and whether it had to be fitted anew."""

    predictor: Predictor
    refitted: bool


def observed(store: Store, machine: Machine) -> Observed:
    """What a store has of a machine's calibration."""
    runs = sessions(store, machine)
    found = [
        {
            case: seconds
            for case, seconds in zip(run.cases, store.samples(run), strict=True)
            if seconds
        }
        for run in runs
    ]
    return Observed(machine, found, store.networks(machine), store.peaks(machine))


def relearnt(store: Store, machine: Machine) -> Learnt:
    """Fit a model to a calibration, and keep it beside the store if that can be written."""
    key = _key(store, machine)
    learnt = learn(observed(store, machine))
    with contextlib.suppress(InputError):  # a folder that cannot be written: fitted every time
        write_whole(_path(store, machine), packed(learnt.predictor, key))
    return learnt


def model_of(store: Store, machine: Machine) -> Found:
    """The model of a calibrated machine, kept or fitted anew."""
    path, key = _path(store, machine), _digest(store.path, machine, _state(store.path))
    kept = unpacked(path, key, changed(path))
    return Found(kept, False) if kept else Found(relearnt(store, machine).predictor, True)


def packed(predictor: Predictor, key: str) -> bytes:
    """A model as the content of a file, which is the same for the same model."""
    import numpy

    cold, peaks = predictor.cold, predictor.peaks
    facts = {
        "format": _FORMAT,
        "features": NAMES,
        "key": key,
        "machine": predictor.machine.to_json(),
        "cold": asdict(cold) if cold else None,
        "peaks": asdict(peaks) if peaks else None,
    }
    text = numpy.frombuffer(json.dumps(facts).encode(), dtype="u1")
    out = io.BytesIO()
    arrays: dict[str, Any] = {**predictor.model.arrays, **predictor.intervals.arrays, _FACTS: text}
    numpy.savez(out, **arrays)
    return out.getvalue()


@lru_cache(maxsize=8)
def unpacked(path: str, key: str, changed: float) -> Predictor | None:
    """The model in a file; None where there is none, or one of other times or another format.

    Args:
        key: of what it has to be fitted to. changed: the file's time, so that one is read once.
    """
    import numpy

    try:
        with open(path, "rb") as opened, numpy.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(arrays.pop(_FACTS).tobytes())
        if (facts["format"], facts["features"], facts["key"]) != (_FORMAT, list(NAMES), key):
            return None
        cold, peaks = facts["cold"], facts["peaks"]
        return Predictor(
            Machine.from_json(facts["machine"]),
            Trees.of(arrays),
            Intervals.of(arrays),
            Cold(**{**cold, "networks": tuple(map(tuple, cold["networks"]))}) if cold else None,
            Peaks(**peaks) if peaks else None,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        return None  # not there, damaged, or of another version


def digest_of(content: bytes) -> str:
    """The key of a model that is fitted to the content of a file."""
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=8)
def digest_of_file(path: str, changed: float) -> str:
    """The same of a file's content, read once for each time at which it was written."""
    with open(path, "rb") as file:
        return digest_of(file.read())


@lru_cache(maxsize=8)
def _digest(path: str, machine: Machine, state: object) -> str:
    """The key of a model of a store's times, worked out once for each state of its files."""
    with Store(path, create=False) as store:
        return _key(store, machine)


def _state(path: str) -> tuple[tuple[int, int], ...]:
    """What is another one whenever a store was written to: the times and sizes of its files."""
    found = (os.stat(name) for name in (path, f"{path}-wal") if os.path.exists(name))
    # an empty one is made by whoever opens the store
    return tuple((facts.st_mtime_ns, facts.st_size) for facts in found if facts.st_size)


def _key(store: Store, machine: Machine) -> str:
    return store.digest(machine, CALIBRATION)


def _path(store: Store, machine: Machine) -> str:
    """The file beside the store, by the machine's name."""
    name = next(n for n, other in names(machines(store)).items() if other == machine)
    return f"{store.path}.{name}{ENDING}"


def changed(path: str) -> float:
    """When a file was written last; 0 where there is none."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
