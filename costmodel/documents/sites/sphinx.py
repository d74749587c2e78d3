"""Sphinx extension: a directive and a role, in reStructuredText and in MyST Markdown.

    extensions = ["costmodel.documents.sites.sphinx"]

    .. costmodel:: compare k=3 m=64 n=128 size=56x56 b=4

    It takes :costmodel:`value basis macs k=3 m=64 n=128 size=56x56 b=4` multiplies.

The text is made when the site is built, so it cannot be stale. A layer has a name in the rest of
its document after `.. costmodel:: layer stem: k=7 …`; a figure is written beside the document.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from costmodel.documents.request import Target, define, is_definition, render
from costmodel.errors import CostModelError
from costmodel.files import holds, write_whole

_FORMULA = re.compile(r":math:`([^`]*)`")


class CostModelDirective(Directive):
    """`.. costmodel:: DIRECTIVE …`: a table, a formula or a figure."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = False
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """The nodes of the generated text, parsed in the document's own language."""
        # MyST parses nested text as Markdown, docutils as reStructuredText
        markdown = type(self.state).__module__.startswith("myst_parser")
        target = _target("myst" if markdown else "rst", False, self.state.document)
        asked = " ".join(self.arguments[0].split())
        try:
            if is_definition(asked):
                define(asked, target.layers)
                return []
            text = render(asked, target)
        except CostModelError as error:
            raise self.error(f"costmodel: {' '.join(str(error).split())}") from None
        for path, content in target.files.items():
            if not holds(path, content):
                write_whole(path, content, links=False)
        holder = nodes.container()
        lines = StringList(text.strip("\n").split("\n"), source=target.path)
        self.state.nested_parse(lines, self.content_offset, holder)
        return list(holder.children)


def _target(syntax: str, inline: bool, document: Any) -> Target:
    """Where a text will stand; the names that a document has given to layers stay with it."""
    if not hasattr(document, "costmodel_layers"):
        document.costmodel_layers = {}
    path = document.current_source or document.get("source") or ""
    return Target(syntax, inline, path, layers=document.costmodel_layers)


def costmodel_role(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Any,
    options: dict[str, Any] | None = None,
    content: list[str] | None = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """`:costmodel:` with a directive that gives a number or a formula within a line."""
    try:
        found = render(text, _target("rst", True, inliner.document))
    except CostModelError as error:
        message = inliner.reporter.error(f"costmodel: {' '.join(str(error).split())}", line=lineno)
        return [inliner.problematic(rawtext, rawtext, message)], [message]
    if formula := _FORMULA.fullmatch(found):
        return [nodes.math(rawtext, formula[1])], []
    return [nodes.Text(found)], []


def setup(app: Any) -> dict[str, Any]:
    """Register the directive and the role."""
    app.add_directive("costmodel", CostModelDirective)
    app.add_role("costmodel", costmodel_role)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
