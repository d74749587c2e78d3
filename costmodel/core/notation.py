"""The notation: a variant as lines of named axes, read by our own parser.

    sequence = item { "|" item }
    item     = stage | block | slice | resample
    stage    = axes "," weight-axes "->" axes [ "@" option { option } ]
    block    = "{" branch { ("&" | "+") branch } "}" [ "^" expression ]
    branch   = sequence | "=" | "=?"
    slice    = [ expression ] ":" [ expression ]
    resample = "/" integer | "*" integer

One stage is one line, as in einsum: `m, r m i j -> r` reads m channels, has a weight with the axes
r, m, i, j and writes r channels. `&` joins the outputs of parallel branches as channels, `+` adds
them, a branch `=` passes its input on, `=?` where shapes match; `{…}^L` repeats; `a:b` takes the
channels from a to b; `/2` and `*2` are a pooling and an upsampling without multiplies. Nothing is
ever evaluated as code.

Axes: `m` and `n` are the input and output channels; `i`, `j`, `l` in a weight are the kernel window
over rows, columns and depth; `x` in a weight stands for one stage per window axis in turn. Every
other name is a hyper-parameter of the variant or derived from one. In a weight, `i=d` is a window
of its own size and `(i j)=T` a window of which only T taps exist. In an input, `e+c` is a window
over channels that reads channel e + c (output e, tap c, wrapping round); `e~c` spreads the outputs
evenly and reads ⌊e · channels / outputs⌋ + c, and `e+-c` does so with the window's middle there and
zeros outside. `docs/notation.md` has an executed example of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from costmodel.core import expression
from costmodel.core.expression import Expr
from costmodel.core.stage_line import (
    EACH,
    OPTIONS,
    WINDOWS,
    Block,
    InputAxis,
    Item,
    Resample,
    Sequence,
    Slice,
    StageLine,
    WeightAxis,
)
from costmodel.errors import NotationError

MAX_TEXT = 2000  # characters of a declaration: more is a mistake, or someone trying
_MAX_NESTING = 6
_LEAST_FACTOR = 2
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_CHANNEL_WINDOW = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(\+-|[+~])([A-Za-z][A-Za-z0-9_]*)\Z")
_SKIP = "'=?' is added to a branch of stages, as in '{ =? + m, n m -> n }'"
_INNER = r"(?:(?!->)[^()|{}])*"
_GROUP = rf"\({_INNER}(?:\({_INNER}(?:\({_INNER}\){_INNER})*\){_INNER})*\)"  # three deep is plenty
_WORD = re.compile(rf"->|[|{{}}&,@]|(?:{_GROUP}|(?!->)[^\s|{{}}&,@])+")


@lru_cache(maxsize=512)
def parse(text: str) -> Sequence:
    """Read a whole declaration.

    Raises `NotationError` with the cause, the line and a caret under the place.
    """
    if len(text) > MAX_TEXT:
        raise NotationError(f"{len(text)} characters of notation; allowed are {MAX_TEXT}")
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.words = [(match.group(), match.start()) for match in _WORD.finditer(text)]
        self.index = 0
        self.nesting = 0

    # -- words -------------------------------------------------------------------------------
    @property
    def word(self) -> str:
        return self.words[self.index][0] if self.index < len(self.words) else ""

    @property
    def at(self) -> int:
        if self.index < len(self.words):
            return self.words[self.index][1]
        return len(self.text.rstrip())

    def take(self) -> tuple[str, int]:
        word, at = self.word, self.at
        self.index += 1
        return word, at

    def error(self, cause: str, at: int | None = None) -> NotationError:
        return NotationError(cause, self.text, self.at if at is None else at)

    # -- structure ---------------------------------------------------------------------------
    def parse(self) -> Sequence:
        if not self.words:
            raise self.error("an empty declaration; a stage looks like 'm, n m i j -> n'")
        sequence = self.sequence()
        if self.index < len(self.words):
            raise self.error(f"{self.word!r} does not belong here")
        if not sequence.stages():
            raise self.error("a variant needs at least one stage, like 'm, n m i j -> n'", 0)
        return sequence

    def sequence(self) -> Sequence:
        if self.word == "=":
            self.take()
            return Sequence(())
        items = [self.item()]
        while self.word == "|":
            self.take()
            items.append(self.item())
        return Sequence(tuple(items))

    def item(self) -> Item:
        word = self.word
        if word == "{":
            return self.block()
        if word == "=?":
            raise self.error(_SKIP)
        if word in ("", "|", "}", "&", "+", "@"):
            raise self.error("a stage is missing; a branch that passes its input on is written '='")
        if word[0] in "/*":
            if not re.fullmatch(r"[/*][0-9]{1,2}", word) or int(word[1:]) < _LEAST_FACTOR:
                raise self.error("a pooling is written '/2', an upsampling '*2', with 2 to 99")
            at = self.take()[1]
            return Resample(int(word[1:]), word[0] == "*", at)
        if ":" in word:
            return self.slice()
        return self.stage()

    def branch(self) -> Sequence:
        if self.word == "=?":
            self.take()
            return Sequence((), where_same=True)
        return self.sequence()

    def block(self) -> Block:
        at = self.take()[1]
        self.nesting += 1
        if self.nesting > _MAX_NESTING:
            raise self.error(f"blocks nested more than {_MAX_NESTING} deep", at)
        branches, joint = [self.branch()], ""
        while self.word in ("&", "+"):
            if joint and self.word != joint:
                raise self.error("'&' and '+' in one block; give the inner one braces of its own")
            joint = self.take()[0]
            branches.append(self.branch())
        if self.word != "}":
            if self.index >= len(self.words):
                raise self.error("this '{' is never closed", at)
            raise self.error(f"{self.word!r} where '&', '+', '|' or '}}' would continue the block")
        self.take()
        self.nesting -= 1
        if any(b.where_same for b in branches) and (
            joint != "+" or all(b.where_same for b in branches)
        ):
            raise self.error(_SKIP, at)
        times = None
        if self.word.startswith("^"):
            word, start = self.take()
            times = self.expression(word[1:], start + 1)
        return Block(tuple(branches), "sum" if joint == "+" else "concat", times, at)

    def slice(self) -> Slice:
        word, at = self.take()
        low, _, high = word.partition(":")
        if not low and not high:
            raise self.error("a slice without ends; like ':n' for the first n channels", at)
        return Slice(
            self.expression(low, at) if low else None,
            self.expression(high, at + len(low) + 1) if high else None,
            at,
        )

    # -- a stage -----------------------------------------------------------------------------
    def stage(self) -> StageLine:
        start = self.at
        inputs = tuple(self.input_axis(*word) for word in self.axes(",", "the input axes"))
        weights = tuple(self.weight_axis(*word) for word in self.axes("->", "the weight axes"))
        outputs = tuple(self.output_axis(*word) for word in self.axes("", "the output axes"))
        options = self.options() if self.word == "@" else ()
        last, at = self.words[self.index - 1]
        line = StageLine(
            inputs, weights, outputs, options, self.text[start : at + len(last)].strip(), start
        )
        _check_roles(line, self.text)
        return line

    def axes(self, end: str, what: str) -> list[tuple[str, int]]:
        words = []
        while self.word not in ("", ",", "->", "|", "{", "}", "&", "@", "+"):
            words.append(self.take())
        if end and self.word != end:
            raise self.error(
                f"{end!r} is missing after {what}; a stage looks like 'm, n m i j -> n'"
            )
        if not end and self.word in (",", "->", "{"):
            raise self.error(f"{self.word!r} after {what}; stages are separated by '|'")
        if not words:
            raise self.error(f"{what} are missing; a stage looks like 'm, n m i j -> n'")
        if end:
            self.take()
        return words

    def name(self, word: str, at: int, where: str) -> str:
        if not _NAME.match(word):
            raise self.error(f"{word!r} is no axis of {where}; an axis is a letter or a name", at)
        return word

    def input_axis(self, word: str, at: int) -> InputAxis:
        axis, equals, size = word.partition("=")
        value = self.expression(size, at + len(axis) + 1) if equals else None
        window = _CHANNEL_WINDOW.match(axis)
        if window:
            return InputAxis(window[1], at, window[3], window[2], value)
        if equals:
            raise self.error("only a channel window, like 'e+c=d', takes a size in an input", at)
        return InputAxis(self.name(axis, at, "an input"), at)

    def output_axis(self, word: str, at: int) -> InputAxis:
        return InputAxis(self.name(word, at, "an output"), at)

    def weight_axis(self, word: str, at: int) -> WeightAxis:
        if word.startswith("("):
            inner, _, size = word[1:].partition(")")
            names = tuple(self.name(name, at, "a weight") for name in inner.split())
            if (
                len(size) < 2
                or size[0] != "="
                or any(name not in WINDOWS for name in names)
                or not names
            ):
                raise self.error(
                    "a pattern is written '(i j)=T': window axes and the number of taps", at
                )
            return WeightAxis(names, at, self.expression(size[1:], at + len(inner) + 3), True)
        axis, equals, size = word.partition("=")
        name = self.name(axis, at, "a weight")
        if not equals:
            return WeightAxis((name,), at)
        if name not in WINDOWS and name != EACH:
            raise self.error("only a window axis (i, j, l, x) takes a size of its own", at)
        return WeightAxis((name,), at, self.expression(size, at + len(axis) + 1))

    def options(self) -> tuple[tuple[str, Expr], ...]:
        self.take()
        options: dict[str, Expr] = {}
        while self.word not in ("", "|", "{", "}", "&", "+", ",", "->", "@"):
            word, at = self.take()
            name, equals, value = word.partition("=")
            if name not in OPTIONS or not equals:
                raise NotationError(f"unknown option {word!r}", self.text, at, OPTIONS)
            if name in options:
                raise self.error(f"option {name!r} is given twice", at)
            options[name] = self.expression(value, at + len(name) + 1)
            if {"up", "down"} <= set(options):
                raise self.error("'up' and 'down' in one stage; a window moves one way", at)
        if not options:
            raise NotationError("an option is missing after '@'", self.text, self.at, OPTIONS)
        return tuple(options.items())

    def expression(self, text: str, at: int) -> Expr:
        return expression.parse(text, within=self.text, offset=at)


def _check_roles(line: StageLine, text: str) -> None:
    """Refuse axes that no convolution stage can have: each one is named with a caret under it."""
    inputs, weights, outputs = map(
        set[str], (line.input_names, line.weight_names, line.output_names)
    )
    _check_once(((n, a.at) for a in line.inputs for n in a.names), "the input", text)
    _check_once(((n, a.at) for a in line.weights for n in a.names), "the weight", text)
    _check_once(((a.name, a.at) for a in line.outputs), "the output", text)
    for axis in line.inputs:
        for name in axis.names:
            if name not in weights | outputs:
                raise NotationError(
                    f"input axis {name!r} is neither in the weight (to be summed with it) nor in "
                    "the output (to be kept)",
                    text,
                    axis.at,
                    sorted(weights | outputs),
                )
        if axis.tap and (axis.name not in outputs or axis.tap not in weights - outputs):
            raise NotationError(
                f"a channel window '{axis.name}{axis.sign}{axis.tap}' needs its position "
                f"{axis.name!r} in the output and its tap {axis.tap!r} in the weight only",
                text,
                axis.at,
            )
    for out in line.outputs:
        if out.name not in inputs | weights:
            raise NotationError(
                f"output axis {out.name!r} is neither in the input nor in the weight",
                text,
                out.at,
                sorted((inputs | weights) - WINDOWS - {EACH}),
            )
    for weight in line.weights:
        for name in weight.names:
            if name not in inputs | outputs | WINDOWS | {EACH}:
                raise NotationError(
                    f"weight axis {name!r} is neither in the input nor in the output; only the "
                    "window axes i, j, l stand in a weight alone",
                    text,
                    weight.at,
                    sorted(inputs | outputs | WINDOWS),
                )


def _check_once(names: Iterable[tuple[str, int]], where: str, text: str) -> None:
    seen: set[str] = set()
    for name, at in names:
        if name in seen:
            raise NotationError(f"axis {name!r} stands twice in {where}", text, at)
        seen.add(name)
