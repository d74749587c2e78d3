"""The page of the documentation that lists what can be counted, made from the registry."""

from __future__ import annotations

from costmodel.markup import markdown_table
from costmodel.metrics.metric import METRICS
from costmodel.metrics.settings import SETTINGS

PATH = "docs/metrics.md"
_INTRODUCTION = """# What is counted

Every metric of `count`, of `compare --metrics all` and of networks, with the sentence that
stands under each of its numbers. Those marked with ● are shown without being asked for. Where a
rule is somebody's own, its source stands below.

"""
_SETTINGS = """
What the words FLOP and byte mean is chosen by `Settings`, or by options of the same names:

"""


def metric_page() -> dict[str, bytes]:
    """The page by its path from the root of the project."""
    table = markdown_table(
        ("metric", "what", "unit", "convention"),
        [
            (f"`{m.key}`{' ●' if m.shown else ''}", m.label, m.unit, m.stated())
            for m in METRICS.values()
        ],
    )
    settings = "".join(f"- `{name}`: {text}.\n" for name, text in SETTINGS.items())
    sources = "".join(f"- `{m.key}`: {m.source}.\n" for m in METRICS.values() if m.source)
    return {PATH: (f"{_INTRODUCTION}{table}\n{sources}{_SETTINGS}{settings}").encode()}
