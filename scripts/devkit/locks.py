"""The locks: every package that is installed, with the hashes of its files, in layers.

`requirements.txt` and `requirements-dev.txt` say what is wanted; uv resolves that once for every
Python and system, and what it finds is laid down in `locks/`. Each layer holds what it adds to the
ones before it, so no version stands twice.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import SetupError

#: What builds the packages that come as sources, ours in the container too.
BUILD = "locks/build.txt"
#: The extra `app`: the dashboard in a container.
APP = "locks/app.txt"
#: All of `requirements.txt`.
ALL = "locks/all.txt"
#: What `requirements-dev.txt` adds.
DEV = "locks/dev.txt"
#: The one line without a hash.
TORCH = "locks/torch.txt"
#: What `make run` installs, and what everything else does.
TO_RUN = (BUILD, APP, ALL, TORCH)
TO_DEVELOP = (BUILD, APP, ALL, DEV, TORCH)

_OLDEST = "3.11"
_MADE = "# Made by `make lock`; do not edit.\n"
_WHY_NO_HASH = """\
# Without a hash: a machine may have torch's build for CPUs or one with CUDA libraries, from an
# index or a folder of its own (COSTMODEL_TORCH_INDEX), and each of these files has another hash.
# What the build for CPUs needs is in the other locks. On Linux the default index has the one with
# CUDA, whose libraries come along and are in no lock.
"""


@dataclass(frozen=True)
class Locked:
    """One entry: the line `name==version ; marker`, its hashes, and which packages ask for it."""

    line: str
    hashes: tuple[str, ...]
    via: frozenset[str]

    @property
    def name(self) -> str:
        """The package's name, in lower case with dashes."""
        return self.line.partition("==")[0]

    def __str__(self) -> str:
        """The entry as pip reads it."""
        why = f"\n    # via {', '.join(sorted(self.via))}" if self.via else ""
        return " \\\n    ".join([self.line, *(f"--hash={each}" for each in self.hashes)]) + why


def renew(root: Path, uv: Sequence[str], options: Sequence[str] = ()) -> None:
    """Write the locks anew; versions stay as they are where they still fit.

    Args:
        root: the checkout.
        uv: the command uv.
        options: more options of `uv pip compile`, as `--upgrade`.

    Raises:
        SetupError: where uv finds no versions that go together.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    before = [(root / lock) for lock in TO_DEVELOP if (root / lock).exists()]
    draft = root / "locks" / "draft.txt"
    draft.parent.mkdir(exist_ok=True)
    try:
        # uv keeps to the versions that it finds in the file it writes
        draft.write_text("".join(lock.read_text(encoding="utf-8") for lock in before))
        both = ["requirements.txt", "requirements-dev.txt"]
        _compile(root, uv, [*both, *options, "--output-file", str(draft)])
        everything = read(draft.read_text(encoding="utf-8"))
        same = ["--constraint", str(draft)]
        build = "\n".join([*project["build-system"]["requires"], "setuptools"])
        layers = {
            BUILD: _compile(root, uv, ["-", *same], build),
            APP: _compile(root, uv, ["pyproject.toml", "--extra", "app", *same]),
            ALL: _compile(root, uv, ["requirements.txt", *same]),
            DEV: _compile(root, uv, [*both, *same]),
        }
    finally:
        draft.unlink(missing_ok=True)
    below: set[str] = set()
    for lock, text in layers.items():
        added = [entry for entry in without_cuda(read(text)) if entry.line not in below]
        below |= {entry.line for entry in added}
        (root / lock).write_text(_MADE + "".join(f"{entry}\n" for entry in added))
    (torch,) = [entry.line for entry in everything if entry.name == "torch"]
    (root / TORCH).write_text(f"{_MADE}{_WHY_NO_HASH}{torch}\n")


def read(text: str) -> list[Locked]:
    """The entries of a lock."""
    found = []
    for block in re.split(r"^(?=\w)", text, flags=re.MULTILINE):
        line = block.partition("\n")[0].removesuffix("\\").strip()
        if not re.match(r"\w", line):
            continue
        hashes = tuple(re.findall(r"--hash=(\S+)", block))
        asking = re.search(r"# via (.*)", block)
        # files ask too, and those are told by their option or by a space: only packages count
        via = re.findall(r"(?:^|, )([\w.-]+)(?=,|$)", asking[1]) if asking else ()
        found.append(Locked(line, hashes, frozenset(via)))
    return found


def without_cuda(entries: Sequence[Locked]) -> list[Locked]:
    """The entries without torch, and without what only its builds for Linux ask for."""
    linux = [entry for entry in entries if "sys_platform == 'linux'" in entry.line and entry.via]
    left = {"torch"}
    while more := {entry.name for entry in linux if entry.via <= left} - left:
        left |= more
    return [entry for entry in entries if entry.name not in left]


def _compile(root: Path, uv: Sequence[str], arguments: Sequence[str], given: str = "") -> str:
    """What `uv pip compile` prints, for every system and each Python from the oldest on."""
    how = ["--universal", "--python-version", _OLDEST, "--generate-hashes", "--no-header"]
    quiet = ["--quiet", "--no-config", "--annotation-style", "line"]
    command = [*uv, "pip", "compile", *how, *quiet, *arguments]
    try:
        done = subprocess.run(
            command, cwd=root, input=given, stdout=subprocess.PIPE, text=True, check=False
        )
    except OSError as error:
        raise SetupError(f"uv does not start: {error}.") from None
    if done.returncode != 0:
        raise SetupError("No lock was written, for the reason that uv gives above.")
    return done.stdout
