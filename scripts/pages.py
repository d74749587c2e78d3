"""Write the generated pages of the documentation, or with --check only say which are stale."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from costmodel.cli.described import described  # noqa: E402
from costmodel.documents.pages.accuracy import accuracy_page  # noqa: E402
from costmodel.documents.pages.commands import command_page  # noqa: E402
from costmodel.documents.pages.decompositions import decomposition_page  # noqa: E402
from costmodel.documents.pages.greedy import greedy_page  # noqa: E402
from costmodel.documents.pages.metrics import metric_page  # noqa: E402
from costmodel.documents.pages.picture import picture  # noqa: E402
from costmodel.documents.pages.published import published_page  # noqa: E402
from costmodel.documents.pages.referee import referee_page  # noqa: E402
from costmodel.documents.pages.timing import timing_page  # noqa: E402
from costmodel.documents.pages.variants import FOLDER, variant_pages  # noqa: E402
from costmodel.files import write_whole  # noqa: E402

#: What makes pages: each gives their content by path from the root of the project.
GENERATORS: tuple[Callable[[], dict[str, bytes]], ...] = (
    picture,
    variant_pages,
    decomposition_page,
    metric_page,
    lambda: command_page(described()),
    timing_page,
    accuracy_page,
    greedy_page,
    published_page,
    referee_page,
)
#: Folders in which every file is generated: what no generator makes any more is deleted.
OWNED = (FOLDER,)


def main(check: bool) -> int:
    """Bring the pages in line with what they are made from; 1 if `check` finds they are not."""
    made = {path: text for generate in GENERATORS for path, text in generate().items()}
    wanted = {ROOT / path: content for path, content in made.items()}
    there = {path for folder in OWNED for path in (ROOT / folder).glob("*") if path.is_file()}
    stale = [p for p, text in wanted.items() if not p.is_file() or p.read_bytes() != text]
    gone = sorted(there - set(wanted))
    for path in sorted([*stale, *gone]):
        print(f"{path.relative_to(ROOT)}: {'stale' if check else 'written'}")
    if check:
        return 1 if stale or gone else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(str(path), wanted[path])
    for path in gone:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
