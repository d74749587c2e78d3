"""`.ci/run`, in a small repository with a Makefile of its own in place of the long real one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / ".ci" / "run"
MAKEFILE = """
check:
\t@echo checked
test:
\t@test ! -e uncommitted
\t@mkdir artifacts && echo picture > artifacts/page.png
\t@pwd > "$(RECORD)"
\t@echo '1 passed in 0.01s'
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    root = tmp_path / "a checkout"
    (root / ".ci").mkdir(parents=True)
    shutil.copy(SCRIPT, root / ".ci" / "run")
    commit(root, MAKEFILE)
    return root


def commit(root: Path, makefile: str) -> None:
    """Commit the small repository with this Makefile."""
    (root / "Makefile").write_text(makefile)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "."], [*author, "commit", "--quiet", "-m", "x"]):
        subprocess.run(["git", *command], cwd=root, check=True)


def run(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a CI service does, on a machine that has a browser."""
    tools = root.parent / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "chromium").write_text("#!/bin/sh\n")
    (tools / "chromium").chmod(0o755)
    return subprocess.run(
        ["bash", ".ci/run"],
        cwd=root,
        env={
            **os.environ,
            "CI": "true",
            "PATH": f"{tools}:{os.environ['PATH']}",
            "RECORD": str(root.parent / "where"),
            "TMPDIR": str(tools),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_it_tests_a_clean_clone_and_ends_with_the_test_runners_own_line(repository: Path) -> None:
    (repository / "uncommitted").touch()
    ran = run(repository)
    assert ran.returncode == 0, ran.stdout
    assert "checked" in ran.stdout
    assert "Note: what is not committed is not tested." in ran.stdout
    assert ran.stdout.splitlines()[-1] == "1 passed in 0.01s"
    clone = Path((repository.parent / "where").read_text().strip())
    assert clone != repository
    assert not clone.exists()
    assert (repository / "artifacts" / "page.png").read_text() == "picture\n"


@pytest.mark.parametrize("failing", ["check", "test"])
def test_it_fails_when_either_part_does(repository: Path, failing: str) -> None:
    commit(repository, MAKEFILE.replace(f"{failing}:\n", f"{failing}:\n\t@exit 5\n"))
    ran = run(repository)
    assert ran.returncode != 0
    assert ("1 passed" in ran.stdout) == (failing == "check"), "one failure does not hide the other"
    assert [path.name for path in (repository.parent / "tools").iterdir()] == ["chromium"]
