r"""Formulas for Typst, from the LaTeX of our printers: `\frac{b}{n}` becomes `frac(b, n)`.

Only the LaTeX that this project writes is understood, and names of a team's own in its style.
"""

from __future__ import annotations

import re

from costmodel.errors import InputError, shown

_TOKEN = re.compile(
    r"\s+|(?P<grouped>[0-9]{1,3}(?:\{,\}[0-9]{3})+)|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<words>\\(?:text|mathrm)\{[^{}]*\})|(?P<edge>\\(?:begin|end)\{[a-z]+\})"
    r"|(?P<command>\\(?:[A-Za-z]+|.))|(?P<sign>.)",
    re.DOTALL,
)
_SIGNS = {
    "cdot": "dot.op",
    "epsilon": "epsilon.alt",
    "ge": ">=",
    "in": "in",
    "infty": "infinity",
    "ldots": "dots.h",
    "le": "<=",
    "ne": "!=",
    "phi": "phi.alt",
    "quad": "quad",
    "times": "times",
    "to": "->",
    "varepsilon": "epsilon",
    "varnothing": "emptyset",
    "varphi": "phi",
    ",": "thin",
    "{": r"\{",
    "}": r"\}",
    "max": "max",
    "min": "min",
    "gcd": "gcd",
}
_GREEK = """
    alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon chi
    psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
""".split()  # noqa: SIM905  (a list of so many quoted names is hard to read)
# signs that mean something else between the arguments of a function, or everywhere
_ESCAPED = {sign: "\\" + sign for sign in ',;/#$"'}
_BRACKETS = {("(", ")"): "", (r"\lfloor", r"\rfloor"): "floor", (r"\lceil", r"\rceil"): "ceil"}
_SCRIPTS = "_^'"


def from_latex(source: str) -> str:
    """The inside of a formula of Typst; `InputError` for LaTeX that is not understood."""
    found = _TOKEN.finditer(source)
    reader = _Reader(source, [(str(m.lastgroup), m[0]) for m in found if m.lastgroup])
    result = reader.until()
    reader.end()
    return result


def cell(source: str) -> str:
    """Text with formulas between dollars, as LaTeX has it in a table, as content of Typst."""
    parts = source.split("$")
    for index, part in enumerate(parts):
        if index % 2:
            parts[index] = f"${from_latex(part)}$"
    return f"[{''.join(parts)}]"


class _Reader:
    """Tokens from left to right; each method takes what it has read away."""

    def __init__(self, source: str, tokens: list[tuple[str, str]]) -> None:
        self.source, self.tokens, self.position = source, tokens, 0

    def wrong(self, what: str) -> InputError:
        return InputError(
            f"{what} of {shown(self.source)!r} cannot be written in Typst; allowed is the LaTeX "
            "that costmodel prints"
        )

    def peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.position == len(self.tokens):
            raise self.wrong("the end")
        self.position += 1
        return self.tokens[self.position - 1]

    def end(self) -> None:
        if self.peek():
            raise self.wrong(repr(self.peek()))

    def until(self, *ends: str) -> str:
        """Everything before one of some tokens, or before the end."""
        parts: list[str] = []
        while self.peek() and self.peek() not in ("}", *ends):
            if self.peek() not in _SCRIPTS:
                parts.append(self.piece())
                continue
            sign = self.take()[1]
            script = sign if sign == "'" else f"{sign}({self.argument()})"
            parts.append((parts.pop() if parts else '""') + script)
        return " ".join(filter(None, parts))

    def argument(self) -> str:
        """What a command or a script is about: a group, or one token."""
        if self.peek() != "{":
            return self.piece()
        self.take()
        inside = self.until()
        self.expect("}")
        return inside

    def expect(self, token: str) -> None:
        if self.peek() != token:
            raise self.wrong(repr(self.peek() or "the end"))
        self.take()

    def piece(self) -> str:
        """One token with what belongs to it."""
        kind, token = self.take()
        match kind:
            case "grouped":
                return f'"{token.replace("{,}", ",")}"'
            case "number":
                return token
            case "words":
                command, _, words = token.rstrip("}").partition("{")
                return f'"{words}"' if command == r"\text" else f'upright("{words}")'
            case "edge":
                return self.environment(token)
            case "sign" if token == "{":
                self.position -= 1
                return self.argument()
            case "sign":
                return _ESCAPED.get(token, token)
        match token[1:]:
            case "frac":
                return f"frac({self.argument()}, {self.argument()})"
            case "sqrt":
                return f"sqrt({self.argument()})"
            case "left":
                return self.bracketed()
            case name if name in _SIGNS or name in _GREEK:
                return _SIGNS.get(name, name)
        raise self.wrong(token)

    def bracketed(self) -> str:
        """What stands between `left` and `right`; Typst's own brackets grow by themselves."""
        opening = self.take()[1]
        inside = self.until(r"\right")
        self.expect(r"\right")
        ended = self.take()[1]
        if (opening, ended) in _BRACKETS:
            return f"{_BRACKETS[opening, ended]}({inside})"
        raise self.wrong(f"{opening} {ended}")

    def environment(self, begin: str) -> str:
        """Lines that are aligned, or cases."""
        end = begin.replace("begin", "end")
        lines = [self.until(r"\\", end)]
        while self.peek() == r"\\":
            self.take()
            lines.append(self.until(r"\\", end))
        self.expect(end)
        match begin:
            case r"\begin{cases}":
                return f"cases({', '.join(lines)})"
            case r"\begin{aligned}":
                return " \\\n".join(lines)
        raise self.wrong(begin)
