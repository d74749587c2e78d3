"""Where the shipped data lies: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))


def data_path(*parts: str) -> str:
    """The path of a shipped file or folder: `data_path("networks", "resnet18.csv")`."""
    inside = os.path.join(_HERE, "data")
    root = inside if os.path.isdir(inside) else os.path.join(os.path.dirname(_HERE), "data")
    return os.path.join(root, *parts)
