"""Times as a file: what is written is read again, and what is wrong is named and refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from costmodel.errors import InputError
from costmodel.timing.learning import Observed
from costmodel.timing.machine import Machine
from costmodel.timing.store import exchange
from costmodel.timing.store.exchange import COLUMNS, read, written
from tests.timing import made_up

_HEAD = "processor,in_channels,out_channels,size,kernel,ms\n"


def test_what_is_written_is_read_again() -> None:
    machine = Machine("A, B", threads=3, torch="1", dtype="bfloat16", channels_last=True)
    found = made_up.observed(90, machine)
    text = written(found).to_csv()
    assert text.splitlines()[0] == ",".join(COLUMNS)
    (again,) = read(text, "it").values()
    assert again.machine == machine
    assert again.networks == pytest.approx(found.networks)
    assert again.peaks
    assert again.peaks.rate == pytest.approx(made_up.PEAKS.rate, rel=1e-5)
    assert again.peaks.bandwidth == pytest.approx(made_up.PEAKS.bandwidth, rel=1e-5)
    for own, other in zip(again.sessions, found.sessions, strict=True):
        assert list(own) == list(other)
        for case, seconds in own.items():
            assert seconds == pytest.approx(other[case], rel=1e-5)
    assert written(again).to_csv() == text


def test_another_program_needs_six_columns() -> None:
    rows = "a phone,16,32,56x48,3,1.25\na phone,16,32,56x48,1x3,0.5\n"
    (found,) = read(_HEAD + rows, "it").values()
    assert isinstance(found, Observed)
    assert found.machine == Machine("a phone", torch="unknown")
    ((first, seconds), (second, _)) = found.sessions[0].items()
    assert (first.layer.size, first.layer.kernel, seconds) == ((56, 48), (3, 3), [0.00125])
    assert second.layer.kernel == (1, 3)
    assert found.peaks is None


GOOD = {"processor": "p", "in_channels": "8", "out_channels": "12", "size": "9x7", "kernel": "3",
        "ms": "1.5 1.25", "what": "layer", "session": "1"}  # fmt: skip


def text_of(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ms": "0"}, "line 2: ms is '0'; allowed are numbers above 0"),
        ({"ms": "1 nan"}, "ms is 'nan'"),
        ({"ms": "inf"}, "ms is 'inf'"),
        ({"ms": "-2"}, "ms is '-2'"),
        ({"ms": ""}, "ms has 0 numbers; allowed are 1 to 1000"),
        ({"ms": "1 " * 1001}, "ms has 1001 numbers"),
        ({"ms": "fast"}, "ms is 'fast'"),
        ({"kernel": "three"}, "'three'; allowed"),
        ({"kernel": ""}, "kernel=''"),
        ({"in_channels": "0"}, "0"),
        ({"out_channels": "1000001"}, "out_channels is 1000001; allowed are up to 1000000"),
        ({"size": "9x10000000"}, "size is 10000000"),
        ({"kernel": "99", "padding": "valid"}, "allowed"),
        ({"processor": " "}, "processor is ' '; allowed are 1 to 200 printable"),
        ({"processor": "a\x1b[31m"}, "printable"),
        ({"processor": "x" * 201}, "printable"),
        ({"dtype": "int3"}, "unknown dtype 'int3'"),
        ({"threads": "0"}, "threads='0'; allowed are integers from 1"),
        ({"session": "101"}, "session='101'; allowed are integers from 1 to 100"),
        ({"what": "Layer"}, "unknown kind in what 'Layer': did you mean 'layer'"),
        ({"what": "peak", "name": "speed"}, "unknown job in name 'speed'"),
        ({"compiled": "true"}, "'true'; allowed are yes and no"),
    ],
)
def test_a_wrong_cell_is_named(changes: dict[str, str], sentence: str) -> None:
    read(text_of(GOOD), "'f.csv'")
    with pytest.raises(InputError) as error:
        read(text_of({**GOOD, **changes}), "'f.csv'")
    assert sentence in str(error.value)
    assert str(error.value).startswith("'f.csv', line 2: ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no column 'processor'"),
        ("processor,ms\n", "no column 'in_channels'"),
        (_HEAD.replace("ms", "ms,colour"), "unknown or repeated column in 'f.csv' 'colour'"),
        (_HEAD.replace("ms", "ms,ms"), "repeated column"),
        (_HEAD + "p,8,12\n", "line 2: more or fewer cells"),
        (_HEAD + "p,8,12,9x7,3,1,2\n", "line 2: more or fewer cells"),
        (_HEAD + "p,8,12,9x7,3,1\np,8,12,9x7,3,2\n", "line 3: standard 3×3, 8 → 12 at 9×7 stands"),
        ("SQLite format 3\x00", "no column 'processor'"),
    ],
)
def test_a_wrong_file_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        read(text, "'f.csv'")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{**GOOD, "in_channels": str(8 + i)} for i in range(5)]
    read(text_of(*rows), "it")
    monkeypatch.setattr(exchange, "MAX_ROWS", 4)
    with pytest.raises(InputError, match="more rows than the 4 that are allowed"):
        read(text_of(*rows), "it")
    monkeypatch.setattr(exchange, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="allowed are 100"):
        read(text_of(*rows), "it")


def test_lines_of_another_system_are_the_same() -> None:
    read_lines: Callable[[str], list[Observed]] = lambda text: list(read(text, "it").values())  # noqa: E731
    assert read_lines(text_of(GOOD)) == read_lines(text_of(GOOD).replace("\r\n", "\n"))
