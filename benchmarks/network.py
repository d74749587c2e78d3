"""Whole networks: reading, totals, the closed formula, and evaluating it at a new size.

    python -m benchmarks.network

Each figure is the best of several rounds in this process; beside the formula stand the two ways
that one would otherwise take: SymPy symbols through the same rules, and counting again.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import costmodel as cm
from costmodel.network.architectures.build import ARCHITECTURES
from costmodel.network.network import Network
from costmodel.network.operation import layer_counts
from costmodel.network.what_if import compare
from costmodel.table import Table

NAME = "resnet50"
SIZES = {"N": 2, "H": 333, "W": 251}


def best(action: Callable[[], Any], rounds: int, calls: int = 1) -> float:
    """Seconds of one call, best of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            action()
        times.append((time.perf_counter() - start) / calls)
    return min(times)


def process(*arguments: str) -> Callable[[], Any]:
    """A fresh Python process with these arguments."""
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def with_sympy() -> Any:
    """The same generator run with SymPy symbols, and its terms collected; no cache to help."""
    import sympy
    from sympy.core.cache import clear_cache

    clear_cache()
    layer_counts.cache_clear()
    letters = {s: sympy.Symbol(s, positive=True, integer=True) for s in SIZES}
    return sympy.expand(ARCHITECTURES[NAME].network(**letters).macs)


def with_polynomials(net: Network) -> Any:
    """The closed formula from our own polynomials; no cache to help."""
    layer_counts.cache_clear()
    return net.polynomial()


def figures() -> Table:
    """One row per figure: what, seconds, and how many times what it is compared with."""
    from sympy import Integer  # not part of what is timed

    net = cm.load(NAME)
    count, formula = net.compiled(), net.formula()
    assert count(**SIZES) == net.at(**SIZES).macs
    again = best(lambda: net.at(**SIZES).macs, 10)
    exact = {s: Integer(SIZES[s.name]) for s in formula.free_symbols}
    python = best(process("-c", "pass"), 5)
    rows = [
        ("python -c pass, fresh process", python, "", None),
        ("network resnet50, fresh process", best(process("-m", "costmodel", "network", NAME), 5),
         "python -c pass", python),
        ("network resnet50 --formula N,H,W, fresh process",
         best(process("-m", "costmodel", "network", NAME, "--formula", "N,H,W"), 5),
         "python -c pass", python),
        ("load and total", best(lambda: cm.load(NAME).macs, 10), "", None),
        ("count again at another size", again, "", None),
        ("closed formula in N, H, W", best(lambda: with_polynomials(net), 10), "SymPy symbols",
         best(with_sympy, 5)),
        ("closed formula as SymPy", best(net.formula, 5), "", None),
        ("formula at a new size", best(lambda: count(2, 333, 251), 10, 1000), "count again",
         again),
        ("SymPy formula at a new size", best(lambda: formula.subs(exact), 5), "", None),
        (f"{len(cm.VARIANTS)} variants in place of the windowed layers",
         best(lambda: compare(net), 3), "", None),
    ]  # fmt: skip
    cells = [
        {
            "figure": figure,
            "seconds": seconds,
            "compared_with": other,
            "times_faster": None if base is None else base / seconds,
        }
        for figure, seconds, other, base in rows
    ]
    return Table(("figure", "seconds", "compared_with", "times_faster"), cells)


if __name__ == "__main__":
    print(figures().to_text(), end="")
