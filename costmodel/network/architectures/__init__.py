"""Published networks, written down from their descriptions; one file per family.

Declaring is registering: a file here is found by itself. `scripts/networks.py` writes the CSV files
in `data/networks` from these, and their closed formulas come from running them with symbols.
"""

from __future__ import annotations

import os
from importlib import import_module

from costmodel.network.architectures._build import (
    ARCHITECTURES,
    Architecture,
    Builder,
    Map,
    architecture,
    declare,
)

for _file in sorted(os.listdir(os.path.dirname(__file__))):
    if _file.endswith(".py") and not _file.startswith("_"):
        import_module(f"{__name__}.{_file[:-3]}")

__all__ = ["ARCHITECTURES", "Architecture", "Builder", "Map", "architecture", "declare"]
