"""The command line cold, beside an empty interpreter and beside fvcore in a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LAYER = ["-k", "3", "-m", "64", "-n", "128", "--size", "56x56"]
_FVCORE = """
import torch
from fvcore.nn import FlopCountAnalysis
layer = torch.nn.Conv2d(64, 128, 3, padding=1, bias=False)
counted = FlopCountAnalysis(layer, torch.zeros(1, 64, 56, 56)).by_operator()["conv"]
assert counted == 231211008, counted
"""
COMMANDS = {
    "python -c pass": (["-c", "pass"], 9),
    "compare": (["-m", "costmodel", "compare", *_LAYER], 9),
    "network resnet50": (["-m", "costmodel", "network", "resnet50"], 5),
    "formulas": (["-m", "costmodel", "formulas"], 5),
    "fvcore, the same layer": (["-W", "ignore", "-c", _FVCORE], 3),
}


def seconds(arguments: list[str], runs: int) -> float:
    """Median wall time of a fresh process."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print a line per command: milliseconds, and the ratio to `compare`."""
    found = {name: seconds(*command) for name, command in COMMANDS.items()}
    for name, value in found.items():
        print(f"{name:24} {value * 1000:8.0f} ms {value / found['compare']:8.2f} × compare")


if __name__ == "__main__":
    main()
