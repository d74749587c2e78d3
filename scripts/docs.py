"""Refresh or check the generated parts of the documents; ``make docs`` runs this in ``.venv``."""

from __future__ import annotations

import sys
from pathlib import Path

from devkit.documents import main
from devkit.errors import SetupError

if __name__ == "__main__":
    try:
        sys.exit(main(Path(__file__).resolve().parents[1], sys.argv[1:]))
    except SetupError as error:
        sys.exit(f"docs: {error}")
