"""The counters that the referee knows: one file each, which says how to ask it and how it counts.

A file here is found; a new counter is a new file with one `TOOLS.add(Tool(...))`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from costmodel.referee.tool import TOOLS

for _found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
    import_module(f"{__name__}.{_found.name}")

__all__ = ["TOOLS"]
