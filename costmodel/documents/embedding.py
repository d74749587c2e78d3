"""Refreshing the blocks of a document: text in, text out; files are touched in one step, or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costmodel.documents.blocks import (
    Definition,
    DocumentError,
    EmbeddedBlock,
    Status,
    Syntax,
    checksum,
    find,
    syntax_of,
)
from costmodel.documents.request import Target, define, render
from costmodel.errors import CostModelError
from costmodel.files import holds, read_text, write_whole

_NAMED = 4  # documents without a block that are named


@dataclass(frozen=True)
class Embedded:
    """The result for one document.

    text: the refreshed text. blocks: what was found, with its status. files: figures that belong
    beside the document, by path, which are not written yet. wrong: markers and directives that are
    not understood, in order; what they stand round is as it was.
    """

    path: str
    before: str
    text: str
    blocks: tuple[tuple[EmbeddedBlock, Status], ...]
    files: tuple[tuple[str, bytes], ...] = ()
    wrong: tuple[DocumentError, ...] = ()

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
    """Refresh every block of a document's text; those that are wrong stay, and are listed.

    Args:
        text: the document, with any line ends; everything outside the blocks stays byte for byte.
        path: for messages, for the kind of document, and for files that directives name.
        force: overwrite text in blocks that was edited by hand; otherwise it stays.
    """
    syntax = syntax_of(path)
    newline = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    blocks: list[tuple[EmbeddedBlock, Status]] = []
    found = find(text, path, syntax)
    wrong = list(found.wrong)
    files: dict[str, bytes] = {}
    layers: dict[str, Mapping[str, str]] = {}
    position = 0
    for block in found.parts:
        try:
            if isinstance(block, Definition):
                define(block.text, layers)
                continue
            target = Target(syntax.name, block.inline, path, files, layers)
            wanted = render(block.directive, target)
        except CostModelError as error:
            wrong.append(DocumentError(path, block.line, " ".join(str(error).split("\n"))))
            continue
        body = _lay_out(wanted, block, newline, padded=syntax.padded)
        status = _status(block, body)
        blocks.append((block, status))
        if status is Status.EDITED and not force:
            continue
        parts += [text[position : block.start], body, text[block.end : block.close[0]]]
        parts.append(_closing(syntax, text[block.close[0] : block.close[1]], body))
        position = block.close[1]
    parts.append(text[position:])
    in_order = sorted(wrong, key=lambda error: error.line)
    return Embedded(
        path, text, "".join(parts), tuple(blocks), tuple(files.items()), tuple(in_order)
    )


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


def counted(results: Sequence[Embedded], written: bool = False) -> str:
    """What was found in some documents, in a sentence: how many blocks, and which have none.

    written: say how many were refreshed, instead of how many are fresh.
    """
    statuses = [status for result in results for _, status in result.blocks]
    fresh = sum(status is Status.FRESH for status in statuses)
    holding = sum(bool(result.blocks) for result in results)
    where = f"{_so_many(len(statuses), 'block')} in {_so_many(holding, 'document')}"
    if written:
        said = f"{where}, {len(statuses) - fresh} refreshed"
    else:
        said = f"{where}, {'all' if fresh == len(statuses) else fresh} fresh"
    empty = [result.path for result in results if not (result.blocks or result.wrong)]
    if len(empty) > _NAMED:
        empty = [*empty[: _NAMED - 1], f"{len(empty) - _NAMED + 1} more"]
    return "; ".join(filter(None, (said if statuses else "", _none_in(empty))))


def _so_many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _none_in(paths: Sequence[str]) -> str:
    *others, last = paths or ("",)
    return f"no block in {', '.join(others) + ' and ' if others else ''}{last}" if last else ""


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
    if padded:
        lines = ["", *lines, ""]
    return "".join(f"{block.prefix}{line}".rstrip(" ") + newline for line in lines)


def _closing(syntax: Syntax, marker: str, body: str) -> str:
    indent = marker[: len(marker) - len(marker.lstrip())]
    return indent + syntax.close_text.format(checksum(body))
