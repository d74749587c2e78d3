"""The command line, cold: every run is a fresh process, from its start to its last byte of output.

    python -m benchmarks.cli [--rounds 7]

The processes take turns, round by round, so that what the machine does meanwhile happens to all of
them; of each the median is shown, beside the bare interpreter and beside the same count by fvcore.
fvcore counts one layer, the standard one; `compare` counts every variant of it that fits.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from costmodel.table import Table

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 7
_SECONDS = 300

_LAYER = ("-k", "3", "-m", "64", "-n", "128", "--size", "56x56")
_FVCORE = """
import torch
from fvcore.nn import FlopCountAnalysis

layer = torch.nn.Conv2d(64, 128, 3, padding=1, bias=False)
counts = FlopCountAnalysis(layer, torch.zeros(1, 64, 56, 56))
print(sum(p.numel() for p in layer.parameters()), int(counts.by_operator()["conv"]))
"""
_HEAVY = ("numpy", "pandas", "sympy", "torch")
_IMPORTED = """
import sys
from costmodel.cli.main import main

main(sys.argv[1:])
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""

#: What is timed, by name: the arguments of a fresh Python process.
PROCESSES: dict[str, tuple[str, ...]] = {
    "python -c pass": ("-c", "pass"),
    "compare": ("-m", "costmodel", "compare", *_LAYER),
    "compare --metrics all": ("-m", "costmodel", "compare", *_LAYER, "--metrics", "all"),
    "network resnet50": ("-m", "costmodel", "network", "resnet50"),
    "formulas": ("-m", "costmodel", "formulas"),
    "fvcore, one layer": ("-W", "ignore", "-c", _FVCORE),
}
# As installed by pip: with the bytecode of every module on disk, whatever this shell has set.
_ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
_BASE, _OTHER = "python -c pass", "fvcore, one layer"


def run(arguments: tuple[str, ...]) -> str:
    """The output of a fresh Python process, which has to succeed."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=_SECONDS,
    ).stdout


def check_equal_counts() -> None:
    """Both sides count the same thing, or the times would compare nothing."""
    ours = json.loads(run((*PROCESSES["compare"], "--variants", "standard", "--format", "json")))
    theirs = [int(number) for number in run(PROCESSES[_OTHER]).split()]
    if [ours[0]["params"], ours[0]["macs"]] != theirs:
        raise SystemExit(f"the counts differ: {ours[0]} here, {theirs} by fvcore")


def imported(name: str) -> str:
    """Which heavy packages a command has imported by its end."""
    arguments = PROCESSES[name]
    if arguments[:2] != ("-m", "costmodel"):
        return ""
    process = subprocess.run(
        [sys.executable, "-c", _IMPORTED, *arguments[2:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=_SECONDS,
    )
    modules = process.stderr.splitlines()[-1].split()
    return ", ".join(package for package in _HEAVY if package in modules) or "none"


def medians(rounds: int) -> dict[str, float]:
    """Seconds of each process: the median of some rounds in which all of them take their turn."""
    times: dict[str, list[float]] = {name: [] for name in PROCESSES}
    for turn in range(rounds + 1):
        for name, arguments in PROCESSES.items():
            start = time.perf_counter()
            run(arguments)
            if turn:  # the first round fills the disk's caches and writes the bytecode
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def figures(rounds: int = ROUNDS) -> Table:
    """One row per process: its median, what it adds to the interpreter, and the two ratios."""
    check_equal_counts()
    seconds = medians(rounds)
    rows = [
        {
            "process": name,
            "milliseconds": 1000 * value,
            "beyond_python": 1000 * (value - seconds[_BASE]),
            "times_python": value / seconds[_BASE],
            "times_faster_than_fvcore": seconds[_OTHER] / value,
            "heavy_imports": imported(name),
        }
        for name, value in seconds.items()
    ]
    return Table(tuple(rows[0]), rows, (f"Medians of {rounds} rounds of fresh processes.",))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each [{ROUNDS}]")
    print(figures(max(1, parser.parse_args().rounds)).to_text(), end="")


if __name__ == "__main__":
    main()
