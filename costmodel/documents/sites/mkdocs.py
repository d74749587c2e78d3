"""MkDocs plugin: blocks are refreshed while the site is built, or a stale one stops the build.

plugins:
- costmodel            # or:  - costmodel: {check: true}
"""

from __future__ import annotations

import os
from typing import Any

from mkdocs.config import base, config_options
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import File, Files

from costmodel.documents.embedding import process


class CostModelConfig(base.Config):
    """check: stop the build at a block that is not fresh, instead of refreshing it."""

    check = config_options.Type(bool, default=False)


class CostModelPlugin(BasePlugin[CostModelConfig]):
    """Refreshes the blocks of every page and adds their figures; the sources stay as they are."""

    def on_page_markdown(
        self, markdown: str, *, page: Any, config: Any, files: Files, **_: Any
    ) -> str:
        """The page's text with fresh blocks; a wrong directive stops the build with file:line."""
        result = process(markdown, page.file.abs_src_path, force=not self.config.check)
        problems = [*map(str, result.wrong), *(result.problems() if self.config.check else ())]
        if problems:
            raise PluginError("; ".join(problems))
        for path, content in result.files:
            place = os.path.relpath(path, config.docs_dir).replace(os.sep, "/")
            there = files.get_file_from_path(place)
            if there is not None:
                files.remove(there)
            files.append(File.generated(config, place, content=content))
        return result.text
