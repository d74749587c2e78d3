"""costmodel: exact parameter and multiply counts of convolutions, derived from a notation.

    >>> import costmodel as cm
    >>> layer = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> cm.count("depthwise_separable", layer).macs
    27496448

Importing the package is cheap: SymPy, pandas, torch and the rest are imported by the functions that
need them, at their first call.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from costmodel import variants as _variants  # noqa: F401  (declaring is registering)
from costmodel.comparing.count import Counts, count
from costmodel.core.define import define
from costmodel.core.hyper import Hyper
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS, Claim, Variant
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.metrics.settings import Settings

if TYPE_CHECKING:
    from costmodel import torch as torch
    from costmodel.comparing.compare import Comparison, compare
    from costmodel.documents.report.report import report
    from costmodel.factors.errors import errors
    from costmodel.factors.factorize import factorize
    from costmodel.factors.factors import Factors
    from costmodel.factors.ranks.choose import choose_rank, rank_choices
    from costmodel.factors.ranks.in_bytes import best_in_bytes
    from costmodel.factors.store import read_factors
    from costmodel.formulas.inverse import break_even, solve
    from costmodel.formulas.public import formula, full_rank, ratio
    from costmodel.network.network import Network
    from costmodel.network.read.csv.reader import from_csv
    from costmodel.network.read.library import load
    from costmodel.network.read.onnx.reader import from_onnx
    from costmodel.network.read.torch.reader import from_torch
    from costmodel.planning.front import Front, front
    from costmodel.planning.plan import Plan
    from costmodel.planning.planner import plan
    from costmodel.sweeping.sweep import Sweep, sweep
    from costmodel.table import Table

__version__ = "0.1.0"

# Public names whose modules are loaded at the first use, so that `import costmodel` stays fast.
_LAZY = {
    "Comparison": "comparing.compare",
    "Front": "planning.front",
    "Network": "network.network",
    "Plan": "planning.plan",
    "Sweep": "sweeping.sweep",
    "Table": "table",
    "Factors": "factors.factors",
    "break_even": "formulas.inverse",
    "compare": "comparing.compare",
    "best_in_bytes": "factors.ranks.in_bytes",
    "choose_rank": "factors.ranks.choose",
    "errors": "factors.errors",
    "factorize": "factors.factorize",
    "formula": "formulas.public",
    "full_rank": "formulas.public",
    "from_csv": "network.read.csv.reader",
    "from_onnx": "network.read.onnx.reader",
    "from_torch": "network.read.torch.reader",
    "front": "planning.front",
    "load": "network.read.library",
    "plan": "planning.planner",
    "rank_choices": "factors.ranks.choose",
    "ratio": "formulas.public",
    "read_factors": "factors.store",
    "report": "documents.report.report",
    "solve": "formulas.inverse",
    "sweep": "sweeping.sweep",
    "torch": "",
}

# Without `torch`: `from costmodel import *` works where PyTorch is missing, and leaves alone a
# `torch` that is imported already.
__all__ = [
    "METRICS",
    "VARIANTS",
    "Claim",
    "Comparison",
    "ConvLayer",
    "CostModelError",
    "Counts",
    "Factors",
    "Front",
    "Hyper",
    "Network",
    "Plan",
    "Settings",
    "Sweep",
    "Table",
    "Variant",
    "best_in_bytes",
    "break_even",
    "choose_rank",
    "compare",
    "count",
    "define",
    "errors",
    "factorize",
    "formula",
    "from_csv",
    "from_onnx",
    "from_torch",
    "front",
    "full_rank",
    "load",
    "plan",
    "rank_choices",
    "ratio",
    "read_factors",
    "report",
    "solve",
    "sweep",
]

# `cm.errors` is the function; the module of that name, which is loaded by now, is imported from.
globals().pop("errors", None)

if "IPython" in sys.modules:
    from costmodel.documents.sites.notebook import register

    register()


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'costmodel' has no attribute {name!r}")
    module = import_module(f"costmodel.{_LAZY[name] or name}")
    value = getattr(module, name) if _LAZY[name] else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
