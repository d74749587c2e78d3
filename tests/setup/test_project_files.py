"""Requirements, package metadata and container files that have to agree with each other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devkit import locks

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins(name: str) -> dict[str, str]:
    """Package → exact version, from a requirements file."""
    found: dict[str, str] = {}
    for line in (ROOT / name).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            requirement = Requirement(line)
            (only,) = requirement.specifier
            assert only.operator == "==", line
            assert "*" not in only.version, line
            found[canonicalize_name(requirement.name)] = only.version
    return found


APP_PINS = pins("requirements.txt")
DEV_PINS = pins("requirements-dev.txt")


def needs(*requirements: str) -> list[Requirement]:
    """Requirements of others than ourselves."""
    parsed = [Requirement(line) for line in requirements]
    return [requirement for requirement in parsed if requirement.name != PROJECT["name"]]


def test_the_pins_are_what_the_package_asks_for() -> None:
    # other counters are pinned for those who compare counters, which is a developer's task
    users = [extra for extra in EXTRAS if extra not in ("all", "dev", "referee")]
    lines = [*PROJECT["dependencies"], *(line for extra in users for line in EXTRAS[extra])]
    for wanted, pinned in (
        (needs(*lines), APP_PINS),
        (needs(*EXTRAS["dev"], *EXTRAS["referee"]), DEV_PINS),
    ):
        assert {canonicalize_name(requirement.name) for requirement in wanted} == set(pinned)
        for requirement in wanted:
            assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])


def test_all_means_every_extra_but_those_for_developers() -> None:
    (everything,) = EXTRAS["all"]
    assert Requirement(everything).extras == set(EXTRAS) - {"all", "dev"}


def test_torch_is_pinned_without_a_build_so_that_pip_may_take_a_small_one() -> None:
    assert APP_PINS["torch"] == "2.13.0"


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    """Instructions of the Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line]


def arguments(dockerfile: list[str], instruction: str) -> list[str]:
    """What follows an instruction, once for each time that it is used."""
    return [line.split(maxsplit=1)[1] for line in dockerfile if line.startswith(f"{instruction} ")]


def test_the_container_copies_what_exists_and_is_not_ignored(dockerfile: list[str]) -> None:
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    sources = [
        source
        for copy in arguments(dockerfile, "COPY")
        if not copy.startswith("--from")
        for source in copy.split()[:-1]
    ]
    assert sorted(sources) == sorted(allowed)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_container_does_not_run_as_root_nor_in_the_root_folder(dockerfile: list[str]) -> None:
    final = dockerfile[max(at for at, line in enumerate(dockerfile) if line.startswith("FROM")) :]
    assert arguments(final, "USER") == ["costmodel"]
    assert arguments(final, "WORKDIR") == ["/app"]
    assert "--uid 1000 costmodel" in arguments(final, "RUN")[0]
    after_user = final[final.index("USER costmodel") :]
    assert not [line for line in after_user if line.startswith(("RUN", "COPY", "USER root"))]


def test_the_container_starts_without_a_shell_and_reports_its_health(dockerfile: list[str]) -> None:
    (start,) = arguments(dockerfile, "ENTRYPOINT")
    assert json.loads(start)[:4] == ["python", "-m", "costmodel.dashboard.served.start", "app.py"]
    assert "--server.address=0.0.0.0" in json.loads(start)
    (health,) = arguments(dockerfile, "HEALTHCHECK")
    program, _, code = json.loads(health.split("CMD", 1)[1])
    assert program == "python"  # slim images have no curl
    assert "127.0.0.1:8501/_stcore/health" in code


@pytest.mark.parametrize("with_torch", [False, True])
def test_the_container_installs_the_locks_and_torch_only_on_request(
    dockerfile: list[str], tmp_path: Path, with_torch: bool
) -> None:
    (install,) = [run for run in arguments(dockerfile, "RUN") if "install" in run]
    # The line is run as it stands, by a shell, with a pip that prints what it was given.
    (tmp_path / "pip").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "pip").chmod(0o755)
    calls = subprocess.check_output(
        ["sh", "-c", install.replace("/opt/costmodel/bin/pip", str(tmp_path / "pip"))],
        env={**os.environ, "WITH_TORCH": f"{with_torch:d}", "TORCH_INDEX": "https://example.org"},
        text=True,
    ).splitlines()
    hashed = [call.split("--requirement ")[1:] for call in calls if "--require-hashes" in call]
    used = [[lock.strip() for lock in call] for call in hashed]
    assert used == [[locks.BUILD], [locks.APP, locks.ALL] if with_torch else [locks.APP]]
    rest = [call for call in calls if "--require-hashes" not in call]
    assert [call for call in rest if locks.TORCH in call] == rest[:-1]
    assert ["https://example.org" in call for call in rest[:-1]] == [True] * with_torch
    assert rest[-1].endswith("--no-deps --no-build-isolation .")


def test_actions_are_named_by_their_commit() -> None:
    used = re.findall(r"uses: (.*)", (ROOT / ".github/workflows/ci.yml").read_text())
    assert used
    assert [name for name in used if not re.fullmatch(r"\S+@[0-9a-f]{40} # v[\d.]+", name)] == []


def test_the_hook_installs_what_figures_need() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    (listed,) = re.findall(r"additional_dependencies: (\[.*?\])", text)
    assert json.loads(listed) == EXTRAS["docs"]
    (pattern,) = re.findall(r"^  files: (.*)$", text, re.MULTILINE)
    names = ["a.md", "b.markdown", "c.tex", "d.typ", "e.html", "f.htm"]
    assert [name for name in [*names, "g.py", "md"] if re.search(pattern, name)] == names


def test_the_revision_in_the_documentation_is_a_tag_or_says_that_it_is_none() -> None:
    page = (ROOT / "docs" / "documents.md").read_text()
    (revision,) = re.findall(r"^  rev: (\S+)$", page, re.MULTILINE)
    tags = subprocess.check_output(["git", "tag", "--list"], cwd=ROOT, text=True).split()
    assert revision in tags or (revision == "COMMIT" and "are placeholders" in page)


def test_nothing_names_a_project_of_ours_on_the_package_index() -> None:
    assert PROJECT["name"] == "conv-costmodel"
    places = [
        *(ROOT / "costmodel").rglob("*.py"),
        *(ROOT / "scripts").rglob("*.py"),
        *(ROOT / "docs").rglob("*.md"),
        *ROOT.glob("*.md"),
    ]
    told = re.compile(r"pip install [^\n`]*\bcostmodel\b(?!/)")
    assert told.search("pip install 'costmodel[app]'")
    assert [path for path in places if told.search(path.read_text(encoding="utf-8"))] == []
