"""The catalogue: one small file per family; importing a file registers what it declares.

A new file is found by itself. Nobody outside a variant's own file names it.
"""

from __future__ import annotations

import os
from importlib import import_module

for _file in sorted(os.listdir(os.path.dirname(__file__))):
    if _file.endswith(".py") and not _file.startswith("_"):
        import_module(f"{__name__}.{_file[:-3]}")
