"""Refreshing the blocks of a document: text in, text out; files are touched in one step, or not."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.documents.blocks import (
    DocumentError,
    EmbeddedBlock,
    Status,
    Syntax,
    checksum,
    find,
    syntax_of,
)
from costmodel.documents.request import Target, render
from costmodel.errors import CostModelError
from costmodel.files import holds, read_text, write_whole


@dataclass(frozen=True)
class Embedded:
    """The result for one document.

    text: the refreshed text. blocks: what was found, with its status. files: figures that belong
    beside the document, by path, which are not written yet.
    """

    path: str
    before: str
    text: str
    blocks: tuple[tuple[EmbeddedBlock, Status], ...]
    files: tuple[tuple[str, bytes], ...] = ()

    @property
    def changed(self) -> bool:
        """Whether writing it would change anything."""
        return self.text != self.before or any(not holds(p, c) for p, c in self.files)

    def problems(self) -> list[str]:
        """`file:line: what`, for every block that is not fresh."""
        found = [
            f"{self.path}:{block.line}: {status.value}: {block.directive}"
            for block, status in self.blocks
            if status is not Status.FRESH
        ]
        stale = [p for p, content in self.files if not holds(p, content)]
        return found + [f"{path}:1: stale figure of {self.path}" for path in stale]


def process(text: str, path: str = "document.md", *, force: bool = False) -> Embedded:
    """Refresh every block of a document's text.

    Args:
        text: the document, with any line ends; everything outside the blocks stays byte for byte.
        path: for messages, for the kind of document, and for files that directives name.
        force: overwrite text in blocks that was edited by hand; otherwise it stays.

    Raises:
        DocumentError: a marker or a directive that is not understood, with file and line.
    """
    syntax = syntax_of(path)
    newline = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    found: list[tuple[EmbeddedBlock, Status]] = []
    files: dict[str, bytes] = {}
    position = 0
    for block in find(text, path, syntax):
        target = Target(syntax.name, block.inline, path, files)
        try:
            wanted = render(block.directive, target)
        except CostModelError as error:
            raise DocumentError(path, block.line, " ".join(str(error).split("\n"))) from None
        body = _lay_out(wanted, block, newline, padded=syntax.fences)
        status = _status(block, body)
        found.append((block, status))
        if status is Status.EDITED and not force:
            continue
        parts += [text[position : block.start], body, text[block.end : block.close[0]]]
        parts.append(_closing(syntax, text[block.close[0] : block.close[1]], body))
        position = block.close[1]
    parts.append(text[position:])
    return Embedded(path, text, "".join(parts), tuple(found), tuple(files.items()))


def embed(path: str, *, force: bool = False) -> Embedded:
    """Read a document and refresh it; nothing is written yet (see `write`).

    Encoding (UTF-8, with or without a byte-order mark) and line ends stay as they are.
    """
    return process(read_text(path, dash=False), path, force=force)


def write(result: Embedded) -> None:
    """Write a refreshed document and its figures, each whole or not at all.

    Raises `InputError` where the document was changed since it was read, or a figure would be
    written through a link.
    """
    for path, content in result.files:
        if not holds(path, content):
            write_whole(path, content, links=False)
    if result.text != result.before:
        write_whole(result.path, result.text, before=result.before.encode())


def _status(block: EmbeddedBlock, body: str) -> Status:
    if block.checksum:
        if checksum(block.body) != block.checksum:
            return Status.EDITED
        return Status.FRESH if checksum(body) == block.checksum else Status.STALE
    return Status.EDITED if block.body.strip() else Status.NEW


def _lay_out(wanted: str, block: EmbeddedBlock, newline: str, padded: bool) -> str:
    if block.inline:
        return wanted.strip("\n")
    lines = wanted.strip("\n").split("\n")
    if padded:  # Python-Markdown, unlike GitHub, needs empty lines round a table or a fence
        lines = ["", *lines, ""]
    return "".join(f"{block.prefix}{line}".rstrip(" ") + newline for line in lines)


def _closing(syntax: Syntax, marker: str, body: str) -> str:
    indent = marker[: len(marker) - len(marker.lstrip())]
    return indent + syntax.close_text.format(checksum(body))
