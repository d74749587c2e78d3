"""Errors that a user can act on.

Every message is one sentence that names the offending value and says what is allowed; each class
knows the exit code that the command line ends with, so that `cli` needs no table of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any


class CostModelError(ValueError):
    """The call or its input is wrong; the command line exits with 2."""

    exit_code = 2

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and sent between processes as it is, whatever its class was made with."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[CostModelError], args: tuple[Any, ...], facts: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class NotationError(CostModelError):
    """A stage line or an expression cannot be read.

    The text is shown below the cause with a caret under the place: `cause`, `text` and `position`
    (0-based offset into `text`) stay available for editors and for the dashboard.
    """

    def __init__(
        self, cause: str, text: str = "", position: int = 0, valid: Iterable[str] = ()
    ) -> None:
        self.cause = cause
        self.text = text
        self.position = position
        self.valid = tuple(valid)
        lines = [cause]
        if text:
            start = text.rfind("\n", 0, position) + 1
            end = text.find("\n", position)
            lines += [
                "  " + text[start : end if end >= 0 else None],
                "  " + " " * (position - start) + "^",
            ]
        if self.valid:
            lines.append("valid here: " + ", ".join(self.valid))
        super().__init__("\n".join(lines))


class LimitError(CostModelError):
    """More than the package works out: a number too long, a formula with too many terms."""


class LayerError(CostModelError):
    """A layer, or a combination of its geometry, that no convolution can have."""


class VariantError(CostModelError):
    """An unknown variant or hyper-parameter, or one that does not fit the layer."""


class InputError(CostModelError):
    """A file or a table that cannot be read or written, or whose contents are not understood."""


class MissingDependencyError(CostModelError, ImportError):
    """An optional package is not installed; the command line exits with 3.

    Args:
        package: the name that `import` failed on.
        purpose: what needs it, as the subject of a sentence ("checking against fvcore").
        extra: the extra of this project that asks for it.
    """

    exit_code = 3

    def __init__(self, package: str, purpose: str, extra: str) -> None:
        self.package = package
        super().__init__(
            f"{purpose} needs the package '{package}', which is not installed: "
            f"{install_command(package, extra)}"
        )


def install_command(package: str, extra: str) -> str:
    """The command that installs a package as this project has tried it.

    In a checkout it installs the file of requirements that names the package. Elsewhere it names
    what the extra asks for: on the package index, this project's name is somebody else's.
    """
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for name in ("requirements.txt", "requirements-dev.txt"):
        path = os.path.join(root, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                if any(line.partition("==")[0].strip() == package for line in file):
                    return f"pip install -r {name if root == os.getcwd() else path}"
    from importlib import metadata  # only an error path pays for it

    asked = [
        requirement.partition(";")[0].strip()
        for distribution in metadata.packages_distributions().get("costmodel", ())
        for requirement in metadata.requires(distribution) or ()
        if re.search(rf"""extra == ['"]{extra}['"]""", requirement)
    ]
    return "pip install " + (" ".join(f"'{each}'" for each in asked) or package)


def printable(text: str) -> str:
    """A text for a terminal: signs that would steer it, such as ESC, as their escapes."""
    if text.isprintable():
        return text
    return "".join(s if s.isprintable() or s == "\n" else repr(s)[1:-1] for s in text)


def shown(value: object, most: int = 60) -> str:
    """A value as an error shows it: its text, or the beginning of a long one."""
    if isinstance(value, int) and value.bit_length() > 4 * most:
        return f"a number of {value.bit_length():,} bits"  # digits of a long one take their time
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


class FullRankWarning(UserWarning):
    """A rank is larger than any kernel of its layer needs; it is counted all the same."""


def unknown(what: str, name: object, valid: Iterable[str], further: Iterable[str] = ()) -> str:
    """One sentence for a name that is not known: the nearest valid names, then all of them.

    further: valid names that are too many to be listed; those that are near are named.
    """
    import difflib  # only an error path pays for it

    names = list(valid)
    # `FLOPs` means `flops`
    lower = {valid_name.lower(): valid_name for valid_name in (*further, *names)}
    given = shown(name)
    close = difflib.get_close_matches(given.lower(), lower, n=3, cutoff=0.6)
    near = [lower[found] for found in close]
    hint = f"did you mean {' or '.join(repr(n) for n in near)}? " if near else ""
    return f"unknown {what} {given!r}: {hint}allowed are {', '.join(names) or 'none'}"
