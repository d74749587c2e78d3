"""The referee: every other counter's number beside the exact one, the difference itemised.

- `record`, `recording`: one forward, watched from the heights that counters look from;
- `convention`, `rules`, `causes`: how a counter counts, as rules that are switched on in turn;
- `tools/`: the counters, one file each; `process`, `worker`: asked in processes of their own;
- `cases`, `conformance`, `page`: small convolutions of every kind, who is right where, as data.

Nothing but a recording and the workers imports PyTorch.
"""

from __future__ import annotations

from typing import Any

_HOMES = {
    "referee": "report",
    "convention_table": "report",
    "conformance_table": "conformance",
    "TOOLS": "tools",
    "CAUSES": "causes",
}
__all__ = ["CAUSES", "TOOLS", "conformance_table", "convention_table", "referee"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
