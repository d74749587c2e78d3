"""`scripts/dev.py` and the Makefile before it: which Python, which command, which exit code."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devkit import commands, locks
from devkit.environment import Environment

pytestmark = pytest.mark.slow

ROOT = commands.ROOT
DEV = ROOT / "scripts" / "dev.py"
# As if this interpreter were an old one, which a machine that runs these tests need not have.
PRETEND = (
    "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); "
    f"sys.argv = [{str(DEV)!r}, 'help']; runpy.run_path({str(DEV)!r}, run_name='__main__')"
)


def run_as_old_python(path: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as Python 3.9 would, with the commands in one folder to be found."""
    return subprocess.run(
        [sys.executable, "-c", PRETEND],
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_gets_one_sentence(tmp_path: Path) -> None:
    refused = run_as_old_python(tmp_path)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("costmodel needs Python 3.11 or newer, and python3 is 3.9:")
    assert refused.stderr.count("\n") == 1


def test_an_old_python_hands_over_to_a_newer_one_beside_it(tmp_path: Path) -> None:
    broken = tmp_path / "python3.11"
    broken.write_text("#!/bin/sh\necho this version is not active; exit 127\n")
    broken.chmod(0o755)
    assert run_as_old_python(tmp_path).returncode == 2
    (tmp_path / "python3.12").symlink_to(sys.executable)
    handed_over = run_as_old_python(tmp_path)
    assert handed_over.returncode == 0, handed_over.stderr
    assert handed_over.stdout.startswith("Usage: make COMMAND")


def test_every_old_python_can_read_the_script(tmp_path: Path) -> None:
    tree = ast.parse(DEV.read_text(encoding="utf-8"), feature_version=(3, 4))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign)]
    assert not [
        node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module != "os"
    ], "imports of ours, and from __future__, come after the check"
    # Where there are old ones, they say it themselves.
    for name in ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.10"):
        command = shutil.which(name)
        if command and subprocess.call([command, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            told = subprocess.run(
                [command, DEV, "help"],
                env={**os.environ, "PATH": str(tmp_path)},
                capture_output=True,
                check=False,
            )
            assert b"costmodel needs Python 3.11 or newer" in told.stderr


def test_make_lists_every_target_with_what_it_does() -> None:
    listed = subprocess.check_output(["make", f"PYTHON={sys.executable}"], cwd=ROOT, text=True)
    (targets,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets.split() == list(commands.COMMANDS)
    for name, command in commands.COMMANDS.items():
        assert command.__doc__ is not None
        assert re.search(rf"^  {name} +{re.escape(command.__doc__)}$", listed, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rnu"], "dev.py: unknown command 'rnu': choose from run, test, quick, check,"),
        (["check", "tests"], "dev.py: check takes no arguments, got 'tests'."),
    ],
)
def test_a_wrong_call_is_one_sentence(arguments: list[str], sentence: str) -> None:
    refused = subprocess.run(
        [sys.executable, DEV, *arguments], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith(sentence)
    assert refused.stderr.count("\n") == 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines that would have been started, while nothing is installed."""
    lines: list[list[str]] = []
    monkeypatch.setattr(
        Environment, "prepare", lambda self, *names: lines.append(["install", *names])
    )
    monkeypatch.setattr(os, "execv", lambda _, command: lines.append(command[1:]))
    monkeypatch.setattr(os, "chdir", lambda folder: None)

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        lines.append(command[1:])
        return subprocess.CompletedProcess(command, 5 if "mypy" in command else 0)

    monkeypatch.setattr(subprocess, "run", run)
    return lines


def test_run_installs_only_what_the_dashboard_needs(started: list[list[str]]) -> None:
    commands.main(["run", "--server.port", "8600"])
    server = ["-m", "costmodel.dashboard.served.start", "app.py", "--server.port", "8600"]
    assert started == [["install", *locks.TO_RUN], server]


def test_test_passes_its_arguments_on_after_its_own(started: list[list[str]]) -> None:
    assert commands.main(["test", "-k", "a or b", "-n0"]) == 0
    assert started[0] == ["install", *locks.TO_DEVELOP]
    assert started[1][:3] == ["-m", "pytest", "--numprocesses"]
    assert started[1][-3:] == ["-k", "a or b", "-n0"]


def test_tests_keep_their_bytecode_and_compute_on_one_thread_each(
    started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, str]] = []
    run = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda command, **how: told.append(how["env"]) or run(command, **how)
    )
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")  # what somebody has set stands
    commands.main(["test"])
    assert "PYTHONDONTWRITEBYTECODE" not in told[0]
    assert (told[0]["OMP_NUM_THREADS"], told[0]["MKL_NUM_THREADS"]) == ("3", "1")
    assert told[0]["PATH"] == os.environ["PATH"]


def test_check_runs_all_its_tools_and_fails_when_one_does(started: list[list[str]]) -> None:
    assert commands.main(["check"]) == 5
    tools = [line[0] if line[0] != "-m" else line[1] for line in started[1:]]
    assert tools == ["ruff", "ruff", "mypy", "scripts/pages.py", "costmodel"]


def test_the_generated_parts_of_all_documents_are_refreshed_and_checked(
    started: list[list[str]],
) -> None:
    commands.main(["docs"])
    (embed,) = [line for line in started if line[:3] == ["-m", "costmodel", "embed"]]
    assert ["scripts/pages.py"] in started
    assert started[-1][:3] == ["-m", "mkdocs", "build"]
    assert {"README.md", "CONTRIBUTING.md", "docs/tutorial.md"} <= set(embed)
    documents = embed[3:]
    commands.main(["check"])
    assert ["scripts/pages.py", "--check"] in started
    assert started[-1] == ["-m", "costmodel", "embed", "--check", *documents]
