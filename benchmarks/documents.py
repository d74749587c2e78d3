"""100 blocks of a document refreshed and checked, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_KINDS = (
    "value basis macs k=3 m={m} n=128 size=56x56 b=4",
    "compare k=3 m={m} n=128 size=56x56 b=4 columns=variant,macs,macs_ratio",
    "derivation tucker2 macs k=3 m={m} n=128 size=56x56",
    "breakeven basis b",
    "total resnet18 macs at=H:{m},W:{m}",
)


def document(blocks: int = 100) -> str:
    """A document with that many blocks, of five kinds in turn."""
    parts = []
    for index in range(blocks):
        text = _KINDS[index % len(_KINDS)].format(m=64 + index)
        parts.append(f"<!-- costmodel: {text} -->\n<!-- /costmodel -->\n")
    return "\n".join(parts)


def main() -> None:
    """Print the times, as ratios to starting Python."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.md"
        path.write_text(document(), encoding="utf-8")
        commands = {
            "python -c pass": ["-c", "pass"],
            "embed, 100 blocks": ["-m", "costmodel", "embed", str(path)],
            "embed --check, 100 blocks": ["-m", "costmodel", "embed", "--check", str(path)],
        }
        base = 0.0
        for name, arguments in commands.items():
            times = []
            for _ in range(5):
                start = time.perf_counter()
                subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True)
                times.append(time.perf_counter() - start)
            best = min(times)
            base = base or best
            print(f"{name:28} {best * 1000:8.0f} ms {best / base:8.1f} ×")


if __name__ == "__main__":
    main()
