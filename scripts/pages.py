"""Write the generated pages of the documentation, or with --check only say which are stale."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from costmodel.docs.pages import FOLDER, variant_pages  # noqa: E402
from costmodel.files import write_whole  # noqa: E402


def main(check: bool) -> int:
    """Bring the folder of pages in line with the catalogue; 1 if `check` finds it is not."""
    wanted = {ROOT / path: content for path, content in variant_pages().items()}
    there = {path for path in (ROOT / FOLDER).glob("*") if path.is_file()}
    stale = [p for p, content in wanted.items() if p not in there or p.read_bytes() != content]
    gone = sorted(there - set(wanted))
    for path in sorted([*stale, *gone]):
        print(f"{path.relative_to(ROOT)}: {'stale' if check else 'written'}")
    if check:
        return 1 if stale or gone else 0
    (ROOT / FOLDER).mkdir(parents=True, exist_ok=True)
    for path in stale:
        write_whole(str(path), wanted[path])
    for path in gone:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
