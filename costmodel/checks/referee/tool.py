"""Tool: another counter, how to ask it, and the convention that explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, util
from typing import Any

from costmodel.checks.referee.convention import Convention
from costmodel.errors import InputError
from costmodel.registry import Registry


@dataclass(frozen=True)
class Tool:
    """One counter.

    key: its name on the command line. package: what pip installs and Python imports.
    count: a model in evaluation mode and its input tensors → the number that the tool reports;
    imports the tool, and is called in a process of its own. convention: how it counts.
    call: the expression that gives the number, for people.
    """

    key: str
    package: str
    call: str
    count: Callable[[Any, tuple[Any, ...]], int]
    convention: Convention

    @property
    def installed(self) -> bool:
        """Whether Python finds it; nothing is imported."""
        return util.find_spec(self.package) is not None

    @property
    def version(self) -> str:
        """The installed version without a build's suffix, "" where it is not installed."""
        try:
            return metadata.version(self.package).partition("+")[0]
        except metadata.PackageNotFoundError:
            return ""

    @property
    def missing(self) -> str:
        """One sentence for a tool that is not installed."""
        return f"not installed: pip install {self.package}"


#: Every counter by key; each file of `tools/` declares one.
TOOLS = Registry[Tool](
    "tool",
    package="costmodel.checks.referee.tools",
    order=lambda t: t.key,
    unknown_error=InputError,
)


def declare(
    key: str,
    call: str,
    count: Callable[[Any, tuple[Any, ...]], int],
    convention: Convention,
    package: str = "",
) -> None:
    """Declare and register a counter; the package has the counter's name unless it is said."""
    TOOLS.add(key, Tool(key, package or key, call, count, convention))
