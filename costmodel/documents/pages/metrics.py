"""The page of the documentation that lists what can be counted, made from the registry."""

from __future__ import annotations

from costmodel.metrics.metric import METRICS
from costmodel.metrics.settings import SETTINGS

PATH = "docs/metrics.md"
_INTRODUCTION = """# What is counted

Every metric of `count`, of `compare --metrics all` and of networks, with the sentence that
stands under each of its numbers. Those marked with ● are shown without being asked for.

"""
_SETTINGS = """
What the words FLOP and byte mean is chosen by `Settings`, or by options of the same names:

"""


def metric_page() -> dict[str, bytes]:
    """The page by its path from the root of the project."""
    rows = ["| metric | what | unit | convention |", "|---|---|---|---|"]
    for metric in METRICS.values():
        key = f"`{metric.key}`{' ●' if metric.shown else ''}"
        rows.append(f"| {key} | {metric.label} | {metric.unit} | {_cell(metric.stated())} |")
    settings = [f"- `{name}`: {_cell(text)}." for name, text in SETTINGS.items()]
    text = _INTRODUCTION + "\n".join(rows) + "\n" + _SETTINGS + "\n".join(settings) + "\n"
    return {PATH: text.encode()}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
