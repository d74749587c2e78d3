"""The environment behind `make run` and `make test`: a real one, with a pip that only notes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
import venv
from pathlib import Path

import pytest

from devkit import locks, torchbuild
from devkit.environment import Environment
from devkit.errors import SetupError

pytestmark = pytest.mark.slow

SCRIPTS = Path(torchbuild.__file__).parents[1]

# Notes its arguments in the checkout, then behaves as a file beside the note says.
FAKE_PIP = """
import os, pathlib, signal, sys, time
root = pathlib.Path(sys.prefix).parent
with (root / "pip.log").open("a") as log:
    print(*sys.argv[1:], file=log)
behave = root / "pip.behave"
match behave.read_text() if behave.exists() else "":
    case "fail":
        sys.exit(1)
    case "kill":
        os.kill(os.getppid(), signal.SIGKILL)
    case "slow":
        time.sleep(0.5)
"""


@pytest.fixture
def env(tmp_path: Path) -> Environment:
    """A checkout with locks and an environment whose pip is the one above."""
    root = tmp_path / "check out"  # a space, because folders have them
    root.mkdir()
    (root / "locks").mkdir()
    for lock in locks.TO_DEVELOP:
        (root / lock).write_text("streamlit==1\n")
    venv.create(root / ".venv", with_pip=False, symlinks=True)
    environment = Environment(root)
    add_module(environment, "pip", "__main__", FAKE_PIP)
    return environment


def add_module(environment: Environment, package: str, module: str, source: str) -> None:
    """Put a module into the environment, and an __init__ beside it that must not be imported."""
    (site,) = environment.directory.glob("lib/python*/site-packages")
    (site / package).mkdir()
    unwanted = "" if package == "pip" else "raise AssertionError('imported')"
    (site / package / "__init__.py").write_text(unwanted)
    (site / package / f"{module}.py").write_text(textwrap.dedent(source))


def installations(environment: Environment) -> list[list[str]]:
    """The requirements files of each call of pip, in order."""
    log = environment.root / "pip.log"
    calls = log.read_text().splitlines() if log.exists() else []
    return [[name for name in locks.TO_DEVELOP if f"/{name}" in call] for call in calls]


def test_a_second_start_installs_nothing(env: Environment) -> None:
    assert env.prepare(locks.APP)
    assert not env.prepare(locks.APP)
    assert installations(env) == [[locks.APP]]


def test_the_dashboard_needs_no_test_tools_and_testing_does_not_undo_it(env: Environment) -> None:
    env.prepare(locks.APP)
    assert env.prepare(locks.APP, locks.DEV)
    assert not env.prepare(locks.APP)
    assert installations(env) == [[locks.APP], [locks.APP, locks.DEV]]


def test_a_changed_requirements_file_is_installed_again(env: Environment) -> None:
    env.prepare(locks.APP)
    (env.root / locks.APP).write_text("streamlit==2\n")
    assert env.prepare(locks.APP)
    assert not env.prepare(locks.APP)


def test_a_failed_installation_is_repeated_even_after_going_back(env: Environment) -> None:
    env.prepare(locks.APP)
    before = (env.root / locks.APP).read_text()
    (env.root / locks.APP).write_text("streamlit==2\n")
    (env.root / "pip.behave").write_text("fail")
    with pytest.raises(SetupError, match="next call tries again"):
        env.prepare(locks.APP)
    (env.root / "pip.behave").unlink()
    (env.root / locks.APP).write_text(before)
    assert env.prepare(locks.APP)


def prepare_elsewhere(environment: Environment) -> subprocess.Popen[str]:
    """Prepare the environment in another process."""
    code = (
        f"import sys, pathlib; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        "from devkit.environment import Environment\n"
        f"print(Environment(pathlib.Path({str(environment.root)!r})).prepare({locks.APP!r}))"
    )
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_killed_installation_is_repeated(env: Environment) -> None:
    (env.root / "pip.behave").write_text("kill")
    killed = prepare_elsewhere(env)
    killed.communicate()
    assert killed.returncode < 0
    (env.root / "pip.behave").unlink()
    assert env.prepare(locks.APP)
    assert not env.prepare(locks.APP)


def test_of_two_starts_at_the_same_time_one_installs(env: Environment) -> None:
    (env.root / "pip.behave").write_text("slow")
    processes = [prepare_elsewhere(env) for _ in range(2)]
    told = sorted(process.communicate()[0].splitlines()[-1] for process in processes)
    assert told == ["False", "True"]
    assert len(installations(env)) == 1


def test_what_does_not_work_is_found(env: Environment) -> None:
    assert env.works()
    env.python.unlink()
    assert not env.works()
    env.python.symlink_to("/nowhere/python3")
    assert not env.works()


def test_an_environment_without_pip_does_not_work(tmp_path: Path) -> None:
    venv.create(tmp_path / ".venv", with_pip=False, symlinks=True)
    assert not Environment(tmp_path).works()


def test_a_damaged_record_counts_as_nothing_installed(env: Environment) -> None:
    env.prepare(locks.APP)
    for damage in ("", "[]", '{"requirements": []}', env.stamp.read_text()[:-20]):
        env.stamp.write_text(damage)
        assert env.prepare(locks.APP)
    assert json.loads(env.stamp.read_text())["directory"] == str(env.directory)


def test_a_moved_environment_is_made_anew(env: Environment, tmp_path: Path) -> None:
    env.prepare(locks.APP)
    moved = Environment(tmp_path / "elsewhere")
    shutil.move(env.root, moved.root)
    (moved.root / locks.APP).write_text("")  # what the real pip will be asked for
    assert not moved.works()
    assert moved.prepare(locks.APP)
    assert moved.works()
    assert FAKE_PIP not in [file.read_text() for file in moved.directory.rglob("__main__.py")]


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "thesis.tex").write_text("years of work")
    with pytest.raises(SetupError, match="not a virtual environment"):
        Environment(tmp_path).prepare(locks.APP)
    assert (tmp_path / ".venv" / "thesis.tex").read_text() == "years of work"


def test_a_python_without_ensurepip_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SetupError, match="apt install python3-venv"):
        Environment(tmp_path).prepare(locks.APP)
    assert not (tmp_path / ".venv").exists()


def test_the_source_of_torch_can_be_chosen(
    env: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = torchbuild.SOURCE_VARIABLE
    assert torchbuild.source_options({}) == []
    index = "https://example.org/cpu"
    assert torchbuild.source_options({name: index}) == ["--extra-index-url", index]
    assert torchbuild.source_options({name: str(tmp_path)}) == ["--find-links", str(tmp_path)]
    monkeypatch.setenv(name, index)
    env.prepare(*locks.TO_RUN)
    *others, torch = (env.root / "pip.log").read_text().splitlines()
    assert f"--extra-index-url {index}" in torch
    assert [call for call in others if index in call] == [], "no other package is asked for there"


def test_what_builds_comes_first_torch_last_and_all_but_torch_is_held_to_its_hash(
    env: Environment,
) -> None:
    env.prepare(*locks.TO_DEVELOP)
    assert installations(env) == [[locks.BUILD], [locks.APP, locks.ALL, locks.DEV], [locks.TORCH]]
    calls = (env.root / "pip.log").read_text().splitlines()
    assert ["--require-hashes" in call for call in calls] == [True, True, False]
    assert ["--no-build-isolation" in call for call in calls] == [False, True, False]


@pytest.mark.parametrize(
    ("version", "build"),
    [
        ("__version__ = '2.13.0+cpu'; cuda = None; hip = None", "torch 2.13.0+cpu (CPU build)"),
        ("__version__ = '2.13.0'; cuda = '13.0'; hip = None", "torch 2.13.0 (CUDA 13.0 build)"),
        ("__version__ = '2.13.0'; cuda = None; hip = '7.1'", "torch 2.13.0 (ROCm 7.1 build)"),
    ],
)
def test_the_build_of_torch_is_told_without_importing_it(
    env: Environment, version: str, build: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert torchbuild.describe(env.python) == ""
    add_module(env, "torch", "version", version)
    env.prepare(locks.APP)
    assert build in capsys.readouterr().out


def test_a_complete_environment_starts_where_nothing_can_be_written(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    env.prepare(locks.APP)
    (env.root / ".venv.lock").unlink()
    (env.root / ".venv.lock").mkdir()  # even root cannot open this for writing
    assert not env.prepare(locks.APP)
    with pytest.raises(OSError, match="directory"):
        env.prepare(locks.DEV)


@pytest.mark.parametrize(("version", "said"), [((3, 99), True), (sys.version_info[:2], False)])
def test_another_python_than_that_of_the_environment_is_said(
    env: Environment,
    version: tuple[int, int],
    said: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    env.prepare(locks.APP)
    capsys.readouterr()
    monkeypatch.setattr("devkit.environment.sys.version_info", (*version, 0, "final", 0))
    assert not env.prepare(locks.APP)
    assert ("is used as it is, not the Python 3.99" in capsys.readouterr().out) == said
