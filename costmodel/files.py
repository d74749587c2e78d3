"""Files: read with one-sentence errors, written whole or not at all; where the data lies."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from typing import IO

from costmodel.errors import InputError, shown

#: Bytes of a text that is read: a document or a table of layers has far fewer.
MAX_TEXT = 1 << 26
_PREFIX = ".costmodel-"
_OLD = 60  # seconds after which a temporary file is nobody's who is still writing it

_HERE = os.path.dirname(os.path.abspath(__file__))
#: What has to be on the path for `import costmodel`.
IMPORT_ROOT = os.path.dirname(_HERE)


def read_text(path: str, dash: bool = True) -> str:
    """A UTF-8 text file, line ends as they are; with `dash`, `-` is standard input.

    Raises `InputError` for a device or a pipe, which may have no end, and for more than
    `MAX_TEXT` bytes.
    """
    try:
        if dash and path == "-":
            if sys.stdin is None:
                raise InputError("standard input is closed; allowed is an open one, or a file")
            return sys.stdin.read()
        return read_bytes(path, MAX_TEXT).decode()
    except UnicodeDecodeError:
        raise InputError(f"{path!r} is not UTF-8 text; allowed is UTF-8") from None


def read_bytes(path: str, most: int) -> bytes:
    """A regular file of at most so many bytes; `InputError` for anything else."""
    if "\0" in path:
        raise InputError(f"cannot read {shown(path)!r}; allowed is the name of a file")
    try:
        # not waiting: a pipe that nobody writes to would be waited for before it can be refused
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode):
                raise InputError(f"{path!r} is no regular file; allowed is one")
            if about.st_size > most:
                raise InputError(f"{path!r} has {about.st_size:,} bytes; allowed are {most:,}")
            return file.read(about.st_size + 1)[: about.st_size]
    except OSError as error:
        raise InputError(
            f"cannot read {path!r}: {error.strerror or error}; allowed is a readable file"
        ) from None


def holds(path: str, content: bytes) -> bool:
    """Whether a regular file is there, itself and not by a link, and has exactly this content."""
    try:
        about = os.lstat(path)
    except (OSError, ValueError):
        return False
    if not stat.S_ISREG(about.st_mode) or about.st_size != len(content):
        return False
    with open(path, "rb") as file:
        return file.read(len(content) + 1) == content


def write_whole(
    path: str, content: str | bytes, *, links: bool = True, before: bytes | None = None
) -> None:
    """Replace a file in one step: after a failure the old one is still there, untouched.

    Owner and permissions of a replaced file stay, links stay links; a device or a pipe is written
    to. What a killed run has left beside it is taken away.

    Args:
        path: the file.
        content: what it will hold.
        links: whether it may be a link, a device or a pipe; False refuses them.
        before: what it has to hold until it is replaced; None for anything.

    Raises:
        InputError: it cannot be written, or holds something else by now.
    """
    if not links and os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise InputError(
            f"{path!r} is a link, a device or a pipe, so nothing is written through it; allowed is "
            "a regular file, or a new one"
        )
    with refused(path), _replacing(path, before) as file:
        file.write(content if isinstance(content, bytes) else content.encode())


@contextlib.contextmanager
def whole_file(path: str) -> Iterator[IO[bytes]]:
    """The same for content that comes in parts: the file appears when the block ends well.

    Raises `InputError` where the file cannot be written.
    """
    with refused(path), _replacing(path, None) as file:
        yield file


@contextlib.contextmanager
def refused(path: str) -> Iterator[None]:
    """Turn the system's refusal to write a file into one sentence, an `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write {path!r}: {error.strerror or error}; allowed is a path that can be "
            "created or replaced"
        ) from None


@contextlib.contextmanager
def _replacing(path: str, before: bytes | None) -> Iterator[IO[bytes]]:
    if os.path.isdir(path):
        raise IsADirectoryError(21, "it is a directory")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:  # a device or a named pipe cannot be replaced, only written
            yield file
        return
    target = os.path.realpath(path)
    import tempfile  # and with it every compression module: only for who writes a file

    _sweep(os.path.dirname(target))
    handle, temporary = tempfile.mkstemp(
        dir=os.path.dirname(target), prefix=f"{_PREFIX}{os.getpid()}-"
    )
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _take_over(target, temporary)
        if before is not None and not holds(target, before):
            raise InputError(
                f"{path!r} was changed while it was worked on, and is left as it is; allowed is to "
                "run this again"
            )
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def move_whole(finished: str, path: str) -> None:
    """Put a finished file in the place of another one, or its content into a device or a pipe."""
    if os.path.exists(path) and not os.path.isfile(path):
        import shutil

        with open(finished, "rb") as source, open(path, "wb") as file:
            shutil.copyfileobj(source, file)
        return
    _take_over(path, finished)
    os.replace(finished, path)


def _take_over(path: str, finished: str) -> None:
    """Give a finished file the owner and the permissions of the one that it replaces."""
    if not os.path.exists(path):
        os.chmod(finished, 0o666 & ~_umask())
        return
    old = os.stat(path)
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):  # only root may give a file away
            os.chown(finished, old.st_uid, old.st_gid)
    os.chmod(finished, old.st_mode & 0o7777)


def _sweep(folder: str) -> None:
    """Take away what killed runs have left: their process is gone, and a minute has passed."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            number = entry.name.removeprefix(_PREFIX).partition("-")[0]
            if not (entry.name.startswith(_PREFIX) and number.isascii() and number.isdigit()):
                continue
            age = time.time() - entry.stat(follow_symlinks=False).st_mtime
            if age > _OLD and not _runs(int(number)):
                os.unlink(entry.path)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def package_path(*parts: str) -> str:
    """The path of a file of the package: `package_path("dashboard", "served", "script.py")`."""
    return os.path.join(_HERE, *parts)


def data_names(folder: str, ending: str = ".csv") -> list[str]:
    """The names, without their ending, of the files of that kind in a shipped folder."""
    path = data_path(folder)
    files = os.listdir(path) if os.path.isdir(path) else []
    return sorted(name.removesuffix(ending) for name in files if name.endswith(ending))


def data_path(*parts: str) -> str:
    """The path of a shipped file or folder: `data_path("networks", "resnet18.csv")`."""
    inside = os.path.join(_HERE, "data")
    root = inside if os.path.isdir(inside) else os.path.join(IMPORT_ROOT, "data")
    return os.path.join(root, *parts)
