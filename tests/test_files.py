"""Files: read within bounds, written whole by whoever owns them, never through a link unasked."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from costmodel import files
from costmodel.errors import InputError
from costmodel.files import holds, read_text, write_whole


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in ("/dev/zero", str(pipe), str(tmp_path)):
        with pytest.raises(InputError, match="allowed is"):
            read_text(path)
    with pytest.raises(InputError, match="allowed is the name of a file"):
        read_text("a\0b")


def test_a_text_is_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"12345")
    assert read_text(str(path)) == "12345"
    monkeypatch.setattr(files, "MAX_TEXT", 4)
    with pytest.raises(InputError, match="has 5 bytes; allowed are 4"):
        read_text(str(path))


def test_a_link_to_the_same_content_does_not_hold_it(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"x")
    link.symlink_to(target)
    (tmp_path / "endless").symlink_to("/dev/zero")
    assert holds(str(target), b"x")
    assert not holds(str(link), b"x")
    assert not holds(str(tmp_path / "endless"), b"x")


@pytest.mark.parametrize("target", ["target", "/dev/null"])
def test_nothing_is_written_through_a_link_unless_it_may_be(tmp_path: Path, target: str) -> None:
    (tmp_path / "target").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(InputError, match="nothing is written through it"):
        write_whole(str(link), b"new", links=False)
    assert (tmp_path / "target").read_bytes() == b"old"
    write_whole(str(link), b"new")
    assert link.is_symlink()


def test_what_was_changed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"saved meanwhile")
    with pytest.raises(InputError, match="was changed while it was worked on"):
        write_whole(str(path), b"new", before=b"old")
    assert path.read_bytes() == b"saved meanwhile"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.md"]
    write_whole(str(path), b"new", before=b"saved meanwhile")
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root gives files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    os.chown(path, 12345, 23456)
    write_whole(str(path), b"new")
    about = path.stat()
    assert (about.st_uid, about.st_gid) == (12345, 23456)


KILLED = """
import os, signal, sys
from costmodel import files
os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
files.write_whole(sys.argv[1], b"new")
"""


def test_what_a_killed_run_has_left_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    (left,) = tmp_path.glob(".costmodel-*")
    assert left.read_bytes() == b"new"
    mine = tmp_path / f".costmodel-{os.getpid()}-still"
    other = tmp_path / ".costmodel-notes"
    for file in (mine, other):
        file.write_bytes(b"")
    write_whole(str(path), b"soon")
    assert left.exists(), "it may still be written"
    past = time.time() - 120
    for file in (left, mine, other):
        os.utime(file, (past, past))
    write_whole(str(path), b"later")
    assert not left.exists()
    assert mine.exists()
    assert other.exists()
