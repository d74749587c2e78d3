"""Write data/networks/*.csv from the shipped architectures' generators, or check that they agree.

python scripts/networks.py            write every file
python scripts/networks.py --check    exit 1 if a file differs from its generator
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from costmodel.network.architectures.build import ARCHITECTURES, Architecture  # noqa: E402
from costmodel.network.read.csv.writer import to_csv  # noqa: E402

FOLDER = ROOT / "data" / "networks"


def text(architecture: Architecture) -> str:
    """The file of one architecture."""
    return to_csv(
        architecture.network(),
        (
            f"title: {architecture.title}",
            "written by scripts/networks.py; sizes are input sizes, norm is parameters per channel",
        ),
    )


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code."""
    differing = []
    for name, architecture in ARCHITECTURES.items():
        if not architecture.shipped:
            continue
        path = FOLDER / f"{name}.csv"
        wanted = text(architecture)
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            differing.append(path.name)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(wanted, encoding="utf-8", newline="\n")
    for name in differing:
        print(("differs from its generator: " if "--check" in arguments else "wrote ") + name)
    return int("--check" in arguments and bool(differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
