"""What starts the page wherever the package lies: the file to serve, and the project's settings.

In a checkout both stand at its root, where `streamlit run` looks for them; in a wheel they travel
inside the package.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.files import IMPORT_ROOT, package_path, read_text


def arguments() -> list[str]:
    """What `streamlit run` takes: the file to serve, and each setting as an option."""
    settings = tomllib.loads(read_text(_file("config.toml", ".streamlit"), dash=False))
    return [_file("app.py"), *_options(settings)]


def _file(name: str, folder: str = "") -> str:
    inside = package_path("dashboard", "served", name)
    return inside if os.path.isfile(inside) else os.path.join(IMPORT_ROOT, folder, name)


def _options(settings: Mapping[str, Any], path: str = "-") -> Iterator[str]:
    """`--server.address=localhost` and so on; of a list, one option for each of its values."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _options(value, f"{path}{'-' if path == '-' else '.'}{name}")
            continue
        for each in value if isinstance(value, list) else [value]:
            written = str(each).lower() if isinstance(each, bool) else each
            yield f"{path}.{name}={written}"
