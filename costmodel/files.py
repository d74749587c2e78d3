"""Files: read with one-sentence errors, written whole or not at all; where the data lies."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO

from costmodel.errors import InputError

_HERE = os.path.dirname(os.path.abspath(__file__))
#: What has to be on the path for `import costmodel`.
IMPORT_ROOT = os.path.dirname(_HERE)


def read_text(path: str, dash: bool = True) -> str:
    """A UTF-8 text file, line ends as they are; with `dash`, `-` is standard input."""
    try:
        if dash and path == "-":
            if sys.stdin is None:
                raise InputError("standard input is closed; allowed is an open one, or a file")
            return sys.stdin.read()
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        raise InputError(
            f"cannot read {path!r}: {error.strerror or error}; allowed is a readable file"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{path!r} is not UTF-8 text; allowed is UTF-8") from None


def holds(path: str, content: bytes) -> bool:
    """Whether a file is there and has exactly this content."""
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        return file.read() == content


def write_whole(path: str, content: str | bytes) -> None:
    """Replace a file in one step: after a failure the old one is still there, untouched.

    Permissions of a replaced file stay, links stay links; a device or a pipe is written to.
    Raises `InputError` where the file cannot be written.
    """
    with whole_file(path) as file:
        file.write(content if isinstance(content, bytes) else content.encode())


@contextlib.contextmanager
def whole_file(path: str) -> Iterator[IO[bytes]]:
    """The same for content that comes in parts: the file appears when the block ends well.

    Raises `InputError` where the file cannot be written.
    """
    with refused(path), _replacing(path) as file:
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
def _replacing(path: str) -> Iterator[IO[bytes]]:
    if os.path.isdir(path):
        raise IsADirectoryError(21, "it is a directory")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:  # a device or a named pipe cannot be replaced, only written
            yield file
        return
    target = os.path.realpath(path)
    mode = os.stat(target).st_mode & 0o7777 if os.path.exists(target) else 0o666 & ~_umask()
    import tempfile  # and with it every compression module: only for who writes a file

    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".costmodel-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
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
    mode = os.stat(path).st_mode & 0o7777 if os.path.exists(path) else 0o666 & ~_umask()
    os.chmod(finished, mode)
    os.replace(finished, path)


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
