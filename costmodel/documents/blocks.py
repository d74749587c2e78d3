"""Markers in a document: where the blocks are, what they ask for, what stands in them.

Markdown:  <!-- costmodel: compare k=3 … -->  …  <!-- /costmodel 1f0c2a9d -->
LaTeX:     % costmodel: compare k=3 …         …  % /costmodel 1f0c2a9d
Typst:     /* costmodel: compare k=3 … */     …  /* /costmodel 1f0c2a9d */
HTML:      as in Markdown

A marker that only defines something has nothing to close: <!-- costmodel: layer stem: k=7 … -->

The number in the closing marker is a checksum of the generated text, so that an edit by hand is
seen. Markers inside code fences and code spans are text, not markers.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from costmodel.documents.request import is_definition
from costmodel.errors import InputError


class DocumentError(InputError):
    """A marker or a directive that is not understood: `file:line: ` and one sentence."""

    def __init__(self, path: str, line: int, sentence: str) -> None:
        self.path, self.line, self.sentence = path, line, sentence
        super().__init__(f"{path}:{line}: {sentence}")


class Status(Enum):
    """What was found between two markers."""

    FRESH = "fresh"
    NEW = "new"
    STALE = "stale"
    EDITED = "edited by hand"


@dataclass(frozen=True)
class EmbeddedBlock:
    """One pair of markers.

    directive: the text of the opening marker. line: its line, from 1. body: the text between the
    markers, as it stands. start, end: offsets of the body. close: offsets of the closing marker.
    checksum: of the text generated last, "" for none yet. inline: whether the markers stand within
    a line. prefix: what every line of the body begins with (indent of a list, "> " of a quote).
    """

    directive: str
    line: int
    body: str
    start: int
    end: int
    close: tuple[int, int]
    checksum: str
    inline: bool
    prefix: str


@dataclass(frozen=True)
class Definition:
    """A marker that stands alone: the text of it, its line from 1, and its offset."""

    text: str
    line: int
    start: int


@dataclass(frozen=True)
class Found:
    """What a document holds: definitions and blocks in order, and each marker that is wrong."""

    parts: tuple[EmbeddedBlock | Definition, ...]
    wrong: tuple[DocumentError, ...]


@dataclass(frozen=True)
class Syntax:
    """How markers look in one kind of document.

    fences: whether it has fences and spans of code between backticks. padded: whether a block needs
    an empty line above and below, as in Python-Markdown, unlike GitHub's.
    """

    name: str
    opening: re.Pattern[str]
    closing: re.Pattern[str]
    close_text: str
    fences: bool = False
    padded: bool = False


MARKDOWN = Syntax(
    "markdown",
    re.compile(r"<!--[ \t]*costmodel:[ \t]*(.*?)[ \t]*-->", re.DOTALL),
    re.compile(r"<!--[ \t]*/costmodel\b[ \t]*([^\s>]*?)[ \t]*-->"),
    "<!-- /costmodel {} -->",
    fences=True,
    padded=True,
)
HTML = replace(MARKDOWN, name="html", fences=False, padded=False)
TYPST = Syntax(
    "typst",
    re.compile(r"/\*[ \t]*costmodel:[ \t]*(.*?)[ \t]*\*/", re.DOTALL),
    re.compile(r"/\*[ \t]*/costmodel\b[ \t]*([^\s*]*?)[ \t]*\*/"),
    "/* /costmodel {} */",
    fences=True,
)
LATEX = Syntax(
    "latex",
    re.compile(r"^[ \t]*%[ \t]*costmodel:[ \t]*([^\r\n]*?)[ \t]*(?=\r?$)", re.MULTILINE),
    re.compile(r"^[ \t]*%[ \t]*/costmodel\b[ \t]*([^\s%]*)[ \t]*(?=\r?$)", re.MULTILINE),
    "% /costmodel {}",
)
_SUFFIXES = {
    **dict.fromkeys((".tex", ".ltx", ".sty", ".cls"), LATEX),
    ".typ": TYPST,
    **dict.fromkeys((".html", ".htm"), HTML),
}
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})(.*)$", re.MULTILINE)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def syntax_of(path: str) -> Syntax:
    """The marker syntax for a file, by its name."""
    return _SUFFIXES.get(os.path.splitext(path.lower())[1], MARKDOWN)


def checksum(body: str) -> str:
    """Eight hex digits of the generated text, whatever its line ends are."""
    normal = body.replace("\r\n", "\n").strip("\n")
    return hashlib.sha256(normal.encode()).hexdigest()[:8]


def find(text: str, path: str, syntax: Syntax) -> Found:
    """Every block and every definition of a document.

    Wrong are a block that is not closed, not opened, or inside another one; the others are found
    all the same.
    """
    code = _code_ranges(text) if syntax.fences else []
    marks: list[tuple[int, int, str | None, str]] = []  # start, end, directive or None, checksum
    for match in syntax.opening.finditer(text):
        if not _inside(match.start(), code):
            marks.append((match.start(), match.end(), " ".join(match[1].split()), ""))
    for match in syntax.closing.finditer(text):
        if not _inside(match.start(), code):
            marks.append((match.start(), match.end(), None, match[1]))
    parts: list[EmbeddedBlock | Definition] = []
    wrong: list[DocumentError] = []
    opened: tuple[int, int, str] | None = None
    for start, end, directive, stored in sorted(marks, key=lambda mark: mark[0]):
        line = _line(text, start)
        if directive is not None and opened:
            sentence = f"a block begins inside the block of line {_line(text, opened[0])}; allowed "
            wrong.append(DocumentError(path, line, f"{sentence}are blocks one after the other"))
            opened = None if is_definition(directive) else (start, end, directive)
        elif directive is not None and is_definition(directive):
            parts.append(Definition(directive, line, start))
        elif directive is not None:
            opened = (start, end, directive)
        elif opened:
            parts.append(_block(text, opened, (start, end), stored))
            opened = None
        elif not wrong:  # after one that is wrong, nobody knows what is closed
            wrong.append(DocumentError(path, line, "a block is closed that was not opened"))
    if opened:
        closing = syntax.close_text.format("").strip()
        sentence = f"the block is never closed; allowed is a line '{closing}' after it"
        wrong.append(DocumentError(path, _line(text, opened[0]), sentence))
    return Found(tuple(parts), tuple(wrong))


def _block(
    text: str, opened: tuple[int, int, str], close: tuple[int, int], stored: str
) -> EmbeddedBlock:
    start, end, directive = opened
    line_start = text.rfind("\n", 0, start) + 1
    before = text[line_start:start]
    newline = re.match(r"[ \t]*\r?\n", text[end:])
    inline = bool(before.strip(" \t>")) or not newline
    body_start, body_end = end, close[0]
    prefix = ""
    if newline:
        if not inline:
            prefix = before
        body_start = end + newline.end()
        body_end = max(body_start, text.rfind("\n", 0, close[0]) + 1)
        inline = False
    return EmbeddedBlock(
        directive,
        _line(text, start),
        text[body_start:body_end],
        body_start,
        body_end,
        close,
        stored,
        inline,
        prefix,
    )


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _inside(offset: int, ranges: list[tuple[int, int]]) -> bool:
    return any(start <= offset < end for start, end in ranges)


def _code_ranges(text: str) -> list[tuple[int, int]]:
    """Where fences and code spans are; a fence is closed by as many of its signs, or by the end.

    Generated text may hold fences of its own (formulas): markers are looked for outside of them.
    """
    ranges: list[tuple[int, int]] = []
    opened: tuple[str, int] | None = None
    for match in _FENCE.finditer(text):
        sign = match[1]
        if opened is None:
            if sign[0] == "`" and "`" in match[2]:
                continue  # a code span that begins a line
            opened = (sign, match.start())
        elif sign[0] == opened[0][0] and len(sign) >= len(opened[0]) and not match[2].strip():
            ranges.append((opened[1], match.end()))
            opened = None
    if opened:
        ranges.append((opened[1], len(text)))
    fenced = list(ranges)
    for start, end in _gaps(fenced, len(text)):
        for match in _SPAN.finditer(text, start, end):
            if "\n\n" not in match[0]:
                ranges.append(match.span())
    return ranges


def _gaps(ranges: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    position = 0
    for start, end in ranges:
        yield position, start
        position = end
    yield position, length
