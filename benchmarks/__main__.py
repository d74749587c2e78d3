"""`python -m benchmarks [NAME …]`: run the benchmarks and print their figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Campaigns stand here too and are no benchmarks: `make fuzz`, `python -m benchmarks.guards`.
_NONE = {"fuzz", "guards"}
_STEMS = {path.stem for path in Path(__file__).parent.glob("*.py")}
NAMES = sorted(stem for stem in _STEMS - _NONE if not stem.startswith("_"))


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; 1 if one of them fails."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}: allowed are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names or NAMES:
        print(f"== {name}", flush=True)
        failed |= subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], check=False
        ).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
