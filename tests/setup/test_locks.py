"""The locks: what is pinned is in them, at that version, and every file has a hash."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from devkit import commands, locks
from devkit.errors import SetupError

ROOT = commands.ROOT
HASHED = [lock for lock in locks.TO_DEVELOP if lock != locks.TORCH]
#: Which locks hold what each file of pins names.
PINS = {"requirements.txt": locks.TO_RUN, "requirements-dev.txt": locks.TO_DEVELOP}


def entries(root: Path, *names: str) -> dict[str, list[Requirement]]:
    """Package → its entries, one for each Python or system that has a version of its own."""
    found: dict[str, list[Requirement]] = {}
    for name in names:
        for entry in locks.read((root / name).read_text(encoding="utf-8")):
            found.setdefault(canonicalize_name(entry.name), []).append(Requirement(entry.line))
    return found


def disagreements(root: Path) -> list[str]:
    """Pins that the locks do not hold, and what the extras ask for and they lack."""
    told = []
    for file, names in PINS.items():
        locked = entries(root, *names)
        for line in (root / file).read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            pin = Requirement(line)
            versions = {str(each.specifier) for each in locked.get(canonicalize_name(pin.name), [])}
            if versions != {str(pin.specifier)}:
                told.append(f"{line} is {' '.join(sorted(versions)) or 'not'} in the locks")
    return told


def incomplete(locked: dict[str, list[Requirement]]) -> list[str]:
    """What the locked packages that are installed here need here, and the locks lack."""
    told = []
    for name, (entry, *_) in locked.items():
        try:
            wanted = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue  # for another Python or system
        for want in wanted:
            if want.marker is not None and not want.marker.evaluate({"extra": ""}):
                continue
            found = [
                each
                for each in locked.get(canonicalize_name(want.name), [])
                if each.marker is None or each.marker.evaluate()
            ]
            if not any(want.specifier.contains(version_of(each)) for each in found):
                told.append(f"{entry.name} needs {want}")
    return told


def version_of(entry: Requirement) -> Version:
    """The one version of an entry."""
    (only,) = entry.specifier
    return Version(only.version)


def test_the_locks_hold_every_pin() -> None:
    assert disagreements(ROOT) == [], "`make lock` writes them anew"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("plotly==", "plotly==9"),
        lambda text: re.sub(r"^plotly==(.*\n )*.*\n", "", text, flags=re.MULTILINE),
    ],
)
def test_a_pin_that_the_locks_do_not_hold_is_found(
    tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    (tmp_path / "locks").mkdir()
    for name in (*PINS, *locks.TO_DEVELOP):
        (tmp_path / name).write_text((ROOT / name).read_text())
    assert disagreements(tmp_path) == []
    app = tmp_path / locks.APP
    app.write_text(spoil(app.read_text()))
    (told,) = disagreements(tmp_path)
    assert told.startswith("plotly==7")


def test_what_is_locked_needs_nothing_that_is_not() -> None:
    locked = entries(ROOT, *locks.TO_DEVELOP)
    # those of torch's build for CPUs are here; one with CUDA is what locks/torch.txt tells of
    gone = ("nvidia-", "cuda-", "triton")
    assert [line for line in incomplete(locked) if not line.split()[-1].startswith(gone)] == []
    without = {name: each for name, each in locked.items() if name != "click"}
    assert any("click" in line for line in incomplete(without))


def test_every_entry_is_one_version_with_hashes_and_stands_once() -> None:
    seen = set()
    for name in HASHED:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert text.startswith("# Made by `make lock`")
        assert not re.search(r"://|--(?!hash=sha256:)|\s/", text), "a place of one machine"
        for entry in locks.read(text):
            version_of(Requirement(entry.line))
            assert entry.hashes, entry.line
            assert entry.line not in seen
            seen.add(entry.line)
    assert not [line for line in seen if re.match(r"(torch|triton|nvidia-.*|cuda-.*)==", line)]
    assert seen, "all of them were read"


def test_torch_alone_has_no_hash_and_its_file_says_why() -> None:
    text = (ROOT / locks.TORCH).read_text(encoding="utf-8")
    (torch,) = locks.read(text)
    assert torch.name == "torch"
    assert torch.hashes == ()
    assert "# Without a hash:" in text


UV = """
import pathlib, sys
if "spoilt" in sys.argv:
    sys.exit("no versions go together")
base = "alpha==1.0 \\\\\\n    --hash=sha256:aa\\n    # via -r requirements.txt, beta\\n"
cuda = "tool==3 ; sys_platform == 'linux' \\\\\\n    --hash=sha256:cc\\n    # via torch\\n"
part = "part==4 ; sys_platform == 'linux' \\\\\\n    --hash=sha256:dd\\n    # via tool\\n"
own = "gate==5 ; sys_platform == 'linux' \\\\\\n    --hash=sha256:ee\\n    # via beta, torch\\n"
text = base
if "requirements.txt" in sys.argv:
    text += "beta==2 \\\\\\n    --hash=sha256:bb\\n" + own + part + cuda
    text += "torch==9.9 \\\\\\n    --hash=sha256:ff\\n"
if "--output-file" in sys.argv:
    pathlib.Path(sys.argv[sys.argv.index("--output-file") + 1]).write_text(text)
else:
    print(text, end="")
"""


def test_layers_hold_what_they_add_and_nothing_of_cuda(tmp_path: Path) -> None:
    (tmp_path / "uv.py").write_text(UV)
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["hatchling==1"]\n')
    uv = [sys.executable, str(tmp_path / "uv.py")]
    locks.renew(tmp_path, uv)
    held = {
        name: [(entry.line, entry.hashes) for entry in locks.read((tmp_path / name).read_text())]
        for name in locks.TO_DEVELOP
    }
    assert held == {
        locks.BUILD: [("alpha==1.0", ("sha256:aa",))],
        locks.APP: [],
        locks.ALL: [
            ("beta==2", ("sha256:bb",)),
            ("gate==5 ; sys_platform == 'linux'", ("sha256:ee",)),
        ],
        locks.DEV: [],
        locks.TORCH: [("torch==9.9", ())],
    }
    assert "requirements" not in (tmp_path / locks.BUILD).read_text()
    before = (tmp_path / locks.ALL).read_text()
    with pytest.raises(SetupError, match="uv gives above"):
        locks.renew(tmp_path, uv, ["spoilt"])
    assert (tmp_path / locks.ALL).read_text() == before
    assert sorted(path.name for path in (tmp_path / "locks").iterdir()) == sorted(
        Path(name).name for name in locks.TO_DEVELOP
    ), "no draft is left"
    with pytest.raises(SetupError, match="uv does not start"):
        locks.renew(tmp_path, [str(tmp_path / "nowhere")])
