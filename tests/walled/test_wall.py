"""The wall: answers come back, what goes beyond the bounds ends, and nothing is left behind."""

from __future__ import annotations

import glob
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from costmodel.core.limits import Extent
from costmodel.errors import (
    CostModelError,
    InputError,
    MissingDependencyError,
    NotationError,
)
from costmodel.walled import keeper
from costmodel.walled.bounds import Bounds
from costmodel.walled.child import run_command
from costmodel.walled.wall import Broken, Wall
from tests.walled.processes import eventually, gone

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
MEBI = 1 << 20


@pytest.fixture(scope="module", autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for temporary files in which nobody else leaves any."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("temporary")
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        yield folder


@pytest.fixture(scope="module")
def wall(temporary: Path) -> Iterator[Wall]:
    """A wall with time enough on the busiest machine."""
    made = Wall(["math"], Bounds(seconds=120, memory=200 * MEBI, answer=5 * MEBI), at_once=2)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def hasty(temporary: Path) -> Iterator[Wall]:
    """A wall at which what takes for ever is ended soon."""
    made = Wall(["math"], Bounds(seconds=1.5, memory=200 * MEBI))
    yield made
    made.stop()


# -- what is called; a module of the tests is imported by the other process ------------------------
def refuse(kind: str) -> None:
    raise {
        "input": InputError("a sentence"),
        "notation": NotationError("a cause", "m, n\nm -> n", 7, ("m", "n")),
        "missing": MissingDependencyError("onnx", "reading", "onnx"),
    }[kind]


def deep(times: int) -> int:
    return 0 if not times else 1 + deep(times - 1)


def leave_a_file() -> str:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(b"x")
    return file.name


def asleep_with_a_child(path: str) -> None:
    words = [sys.executable, "-c", "import time; time.sleep(277)"]
    process = subprocess.Popen(words)
    Path(path).write_text(f"{os.getpid()} {process.pid}", encoding="ascii")
    leave_a_file()
    time.sleep(266)


def spinning(bits: int) -> int:
    return len(str(bytes(3))) + (3**bits % 7)  # one long operation that holds the lock


# -- tests -----------------------------------------------------------------------------------------
def folders() -> set[str]:
    return set(glob.glob(os.path.join(tempfile.gettempdir(), f"{keeper.PREFIX}*")))


def test_an_answer_is_that_of_the_function(wall: Wall) -> None:
    assert wall.call(math.factorial, 30) == math.factorial(30)
    assert wall.call(Extent(3, 4).times, Extent(5, 7)) == Extent(8, 28)
    assert wall.call(os.getpid) != wall.call(os.getpid) != os.getpid()


@pytest.mark.parametrize("kind", ["input", "notation", "missing"])
def test_errors_come_back_as_they_were(wall: Wall, kind: str) -> None:
    with pytest.raises(CostModelError) as there:
        wall.call(refuse, kind)
    with pytest.raises(CostModelError) as here:
        refuse(kind)
    assert type(there.value) is type(here.value)
    assert str(there.value) == str(here.value)
    assert vars(there.value) == vars(here.value)


@pytest.mark.slow
@pytest.mark.parametrize("call", [(time.sleep, 250), (spinning, 10**9)])
def test_what_takes_too_long_is_ended_with_one_sentence(hasty: Wall, call: tuple) -> None:
    with pytest.raises(CostModelError, match=f"more than 1.5 s; {hasty.bounds.words}") as error:
        hasty.call(*call)
    assert "\n" not in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "said"),
    [
        ((bytes, 300 * MEBI), "this takes more memory than it may use"),
        ((bytes, 20 * MEBI), "this gives 20,971,.* bytes; allowed are 5,242,880"),
        ((os.abort,), "this takes more than it may use"),
        ((deep, 10**5), "nested too deep"),
    ],
)
def test_beyond_the_bounds_is_one_sentence(wall: Wall, call: tuple, said: str) -> None:
    with pytest.raises(CostModelError, match=said) as error:
        wall.call(*call)
    assert "\n" not in str(error.value)
    assert wall.call(math.factorial, 5) == 120  # and the next one is served


def test_what_is_none_of_ours_is_told_with_its_traceback(wall: Wall) -> None:
    with pytest.raises(Broken, match=r"(?s)Traceback.*ValueError: .*'x'"):
        wall.call(int, "x")


def test_files_of_a_call_are_gone_with_it(wall: Wall) -> None:
    path = wall.call(leave_a_file)
    assert keeper.PREFIX in path
    assert eventually(lambda: not os.path.exists(path))
    assert eventually(lambda: not folders())


def test_whoever_leaves_ends_the_call_and_all_that_it_started(wall: Wall, tmp_path: Path) -> None:
    path = tmp_path / "pids"

    class LeftError(Exception):
        pass

    def leave(seconds: float) -> None:
        if path.exists() and path.read_text(encoding="ascii"):
            raise LeftError

    with pytest.raises(LeftError):
        wall.watched(leave, asleep_with_a_child, str(path))
    pids = [int(word) for word in path.read_text(encoding="ascii").split()]
    assert len(pids) == 2
    assert eventually(lambda: all(map(gone, pids)))
    assert eventually(lambda: not folders())


SERVER = """
import sys
from costmodel.walled.bounds import Bounds
from costmodel.walled.wall import Wall
from tests.walled.test_wall import asleep_with_a_child
Wall([], Bounds(300)).call(asleep_with_a_child, sys.argv[1])
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_is_killed_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    path = tmp_path / "pids"
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(path)])
    try:
        assert eventually(lambda: path.exists() and bool(path.read_text()))
    finally:
        server.send_signal(number)
        server.wait()
    pids = [int(word) for word in path.read_text(encoding="ascii").split()]
    assert eventually(lambda: all(map(gone, pids)))
    assert eventually(lambda: not folders())


def test_a_keeper_that_was_ended_is_started_again(wall: Wall) -> None:
    process = wall._process
    assert process is not None
    process.kill()
    process.wait()
    assert wall.call(math.factorial, 6) == 720


def test_a_command_ends_with_its_exit_code(wall: Wall) -> None:
    words = [
        sys.executable,
        "-c",
        "import sys; print('out'); print('err', file=sys.stderr); exit(3)",
    ]
    assert wall.call(run_command, words) == (3, "out\n", "err\n")
