"""Tool: another counter, how to ask it, and the convention that explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata, util
from typing import Any

from costmodel.errors import CostModelError, InputError, unknown
from costmodel.referee.convention import Convention


@dataclass(frozen=True)
class Tool:
    """One counter.

    key: its name on the command line. package: what pip installs. module: what Python imports.
    count: a model in evaluation mode and its input tensors → the number that the tool reports;
    imports the tool, and is called in a process of its own. convention: how it counts.
    call: the expression that gives the number, for people.
    """

    key: str
    package: str
    module: str
    call: str
    count: Callable[[Any, tuple[Any, ...]], int]
    convention: Convention

    @property
    def installed(self) -> bool:
        """Whether Python finds it; nothing is imported."""
        return util.find_spec(self.module.partition(".")[0]) is not None

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


class ToolRegistry(Mapping[str, Tool]):
    """Tools by key, in order of declaration."""

    def __init__(self) -> None:
        self._tools: dict[str, Tool] = {}

    def add(self, tool: Tool) -> Tool:
        """Register a tool; a key can be taken once."""
        if tool.key in self._tools:
            raise CostModelError(f"tool {tool.key!r} is declared twice; allowed is a new key")
        self._tools[tool.key] = tool
        return tool

    def __getitem__(self, key: str) -> Tool:
        try:
            return self._tools[key]
        except KeyError:
            raise InputError(unknown("tool", key, self._tools)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._tools

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)


#: Every counter by key; the files of `tools/` declare them.
TOOLS = ToolRegistry()
