"""Times of a machine as one CSV file: what another machine wrote, and what comes with the project.

A row is something that was timed in one session: a plain layer, a whole network that is shipped, or
one of the jobs that show a machine's peaks. `ms` holds one number per round, separated by blanks,
so that a file written by another tool may have a single one. What is read is checked first: size,
columns, every number and its bounds.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import LAYER_OPTIONS
from costmodel.errors import CostModelError, InputError, unknown
from costmodel.table import Table
from costmodel.timing.case import Case
from costmodel.timing.learning import Observed
from costmodel.timing.machine import BYTES, Machine
from costmodel.timing.roofline import JOBS, Peaks
from costmodel.typed import named, read_cell, read_flag, read_integer, write_flag

LAYER, NETWORK, PEAK = "layer", "network", "peak"
_MACHINE = tuple(field.name for field in fields(Machine))
_GEOMETRY = tuple(option.field for option in LAYER_OPTIONS)
COLUMNS = (*_MACHINE, "session", "what", "name", *_GEOMETRY, "ms")
#: What has to be there; the others have their usual values.
_NEEDED = ("processor", "in_channels", "out_channels", "size", "kernel", "ms")

#: Bounds of a file that is read.
MAX_BYTES, MAX_ROWS, MAX_SESSIONS, MAX_ROUNDS = 64 * 2**20, 200_000, 100, 1000
MAX_SIZE, MAX_SECONDS, MAX_TEXT, MAX_THREADS = 10**6, 1e4, 200, 10**4
_DIGITS = 6  # of a time: more would be noise


def written(found: Observed) -> Table:
    """The times of a machine as rows of `COLUMNS`."""
    machine = {name: _cell(value) for name, value in asdict(found.machine).items()}
    rows: list[dict[str, Any]] = []
    for place, session in enumerate(found.sessions, 1):
        for case, seconds in session.items():
            layer = {o.field: o.write(getattr(case.layer, o.field)) for o in LAYER_OPTIONS}
            rows.append({"session": place, "what": LAYER, **layer, "ms": _times(seconds)})
    for name, taken in found.networks.items():
        rows.append({"session": 1, "what": NETWORK, "name": name, "ms": _times([taken])})
    jobs = found.peaks.jobs(BYTES[found.machine.dtype]) if found.peaks else {}
    for name, taken in jobs.items():
        rows.append({"session": 1, "what": PEAK, "name": name, "ms": _times([taken])})
    return Table(COLUMNS, [{**machine, **row} for row in rows])


def read(text: str, where: str) -> dict[Machine, Observed]:
    """What a file holds, by machine.

    Args:
        where: what the file is called in an error.

    Raises:
        InputError: too large, a column that is missing or unknown, or a cell that is wrong; the
            sentence names the row, the cell and what is allowed.
    """
    if len(text) > MAX_BYTES:
        raise InputError(f"{where} has {len(text):,} characters; allowed are {MAX_BYTES:,}")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = reader.fieldnames or []
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise InputError(
            f"{where} has no column {missing[0]!r}; needed are {', '.join(_NEEDED)}, and allowed "
            f"{', '.join(COLUMNS)}"
        )
    for name in columns:
        if name not in COLUMNS or columns.count(name) > 1:
            raise InputError(unknown(f"or repeated column in {where}", name, COLUMNS))
    sessions: dict[Machine, dict[int, dict[Case, list[float]]]] = {}
    known: set[Case] = set()
    networks: dict[Machine, dict[str, float]] = {}
    peaks: dict[Machine, dict[str, float]] = {}
    for number, row in enumerate(_rows(reader, where), 2):
        try:
            machine, seconds = _machine(row), _seconds(row["ms"])
            what = row.get("what") or LAYER
            session = named("session", _integer(1, MAX_SESSIONS), row.get("session") or "1")
            own = sessions.setdefault(machine, {})
            if what == LAYER:
                case = Case(_layer(row))
                if case not in known:
                    case.bound  # noqa: B018  (raises where there is no such layer)
                    known.add(case)
                if case in own.setdefault(session, {}):
                    raise InputError(f"{case} stands twice in session {session}; allowed is once")
                own[session][case] = seconds
            elif what == NETWORK:
                networks.setdefault(machine, {})[_text("name", row.get("name") or "")] = seconds[0]
            elif what == PEAK:
                name = row.get("name") or ""
                if name not in JOBS:
                    raise InputError(unknown("job in name", name, JOBS))
                peaks.setdefault(machine, {})[name] = seconds[0]
            else:
                raise InputError(unknown("kind in what", what, (LAYER, NETWORK, PEAK)))
        except CostModelError as error:
            raise InputError(f"{where}, line {number}: {error}") from None
    return {
        machine: Observed(
            machine,
            [own[place] for place in sorted(own)],
            networks.get(machine, {}),
            Peaks.of_jobs(peaks.get(machine, {}), BYTES[machine.dtype]),
        )
        for machine, own in sessions.items()
    }


def _rows(reader: csv.DictReader[str], where: str) -> Iterator[dict[str, str]]:
    try:
        for number, row in enumerate(reader):
            if number >= MAX_ROWS:
                raise InputError(f"{where} has more rows than the {MAX_ROWS:,} that are allowed")
            if None in row or None in row.values():
                raise InputError(
                    f"{where}, line {reader.line_num}: more or fewer cells than columns; allowed "
                    f"are {len(reader.fieldnames or ())}"
                )
            yield {name: read_cell(cell) for name, cell in row.items()}
    except csv.Error as error:
        raise InputError(f"{where} is no CSV: {error}; allowed is RFC 4180") from None


def _machine(row: Mapping[str, str]) -> Machine:
    def flag(name: str) -> bool:
        return named(name, read_flag, row.get(name) or write_flag(False))

    device, dtype = row.get("device") or Machine.device, row.get("dtype") or Machine.dtype
    if dtype not in BYTES:
        raise InputError(unknown("dtype", dtype, BYTES))
    return Machine(
        _text("processor", row["processor"]),
        _text("device", device),
        named("threads", _integer(1, MAX_THREADS), row.get("threads") or "1"),
        _text("torch", row.get("torch") or "unknown"),
        dtype,
        flag("channels_last"),
        flag("compiled"),
    )


def _layer(row: Mapping[str, str]) -> ConvLayer:
    facts = {}
    for option in LAYER_OPTIONS:
        text = row.get(option.field)
        if text or option.field in _NEEDED:
            facts[option.field] = value = named(option.field, option.read, text or "")
            for size in value if isinstance(value, tuple) else (value,):
                if isinstance(size, int) and abs(size) > MAX_SIZE:
                    raise InputError(f"{option.field} is {size}; allowed are up to {MAX_SIZE}")
    return ConvLayer(**facts)


def _seconds(text: str) -> list[float]:
    found = []
    for word in text.split():
        try:
            value = float(word) / 1e3
        except ValueError:
            value = math.nan
        if not 0 < value <= MAX_SECONDS:
            raise InputError(
                f"ms is {word!r}; allowed are numbers above 0, up to {1e3 * MAX_SECONDS:g}"
            )
        found.append(value)
    if not 1 <= len(found) <= MAX_ROUNDS:
        raise InputError(f"ms has {len(found)} numbers; allowed are 1 to {MAX_ROUNDS}")
    return found


def _integer(low: int, high: int) -> Callable[[str], int]:
    return lambda text: read_integer(text, low, high)


def _text(name: str, text: str) -> str:
    if not text.strip() or len(text) > MAX_TEXT or not text.isprintable():
        raise InputError(
            f"{name} is {text[:MAX_TEXT]!r}; allowed are 1 to {MAX_TEXT} printable characters"
        )
    return text.strip()


def _cell(value: object) -> object:
    return write_flag(value) if isinstance(value, bool) else value


def _times(seconds: Any) -> str:
    return " ".join(f"{1e3 * value:.{_DIGITS}g}" for value in seconds)
