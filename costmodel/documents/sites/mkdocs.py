"""MkDocs plugin: blocks are refreshed while the site is built, or a stale one stops the build.

plugins:
- costmodel            # or:  - costmodel: {check: true}
"""

from __future__ import annotations

from typing import Any

from mkdocs.config import base, config_options
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin

from costmodel.documents.embedding import process


class CostModelConfig(base.Config):
    """check: stop the build at a block that is not fresh, instead of refreshing it."""

    check = config_options.Type(bool, default=False)


class CostModelPlugin(BasePlugin[CostModelConfig]):
    """Refreshes the blocks of every page; the sources stay as they are."""

    def on_page_markdown(self, markdown: str, *, page: Any, **_: Any) -> str:
        """The page's text with fresh blocks; a wrong directive stops the build with file:line."""
        result = process(markdown, page.file.abs_src_path, force=not self.config.check)
        problems = [*map(str, result.wrong), *(result.problems() if self.config.check else ())]
        if problems:
            raise PluginError("; ".join(problems))
        return result.text
