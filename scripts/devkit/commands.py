"""The commands of ``scripts/dev.py``; the Makefile's targets have the same names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from devkit import locks
from devkit.environment import Environment, say
from devkit.errors import SetupError

ROOT = Path(__file__).resolve().parents[2]

# Each test process computes on one thread: two that both use every core get in each other's way.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# Beyond a few, what each process imports costs more than the tests it takes over.
_MOST_TEST_PROCESSES = 4


def run(arguments: Sequence[str]) -> int:
    """Start the dashboard and print its address; ARGS go to `streamlit run`."""
    environment = Environment(ROOT)
    environment.prepare(*locks.TO_RUN)
    # No port is passed on: Streamlit then tries 8501 and, while it is taken, the next one.
    server = "costmodel.dashboard.served.start"
    command = [str(environment.python), "-m", server, "app.py", *arguments]
    say("Starting the dashboard; Ctrl+C stops it.")
    os.chdir(ROOT)
    os.execv(command[0], command)


def test(arguments: Sequence[str]) -> int:
    """Run every test; ARGS go to pytest, as in ARGS="-k basis" or ARGS="-n0 --pdb"."""
    return _pytest("--durations", "10", *arguments)


def quick(arguments: Sequence[str]) -> int:
    """The tests for after every edit: none that is slow, two cases of each; ARGS as for test."""
    return _pytest("--quick", *arguments)


def check(arguments: Sequence[str]) -> int:
    """Lint, formatting, types, and whether the generated parts of documents are fresh."""
    _take_none("check", arguments)
    ruff, types = ["-m", "ruff"], ["-m", "mypy"]
    pages = ["scripts/pages.py", "--check"]
    return _python(
        [[*ruff, "check"], [*ruff, "format", "--check"], types, pages, _embed("--check")]
    )


def bench(arguments: Sequence[str]) -> int:
    """Run the benchmarks and print their figures; ARGS go to `python -m benchmarks`."""
    return _python([["-m", "benchmarks", *arguments]])


def fuzz(arguments: Sequence[str]) -> int:
    """Feed everything with hostile inputs; ARGS="--seconds 600 --seed 1 --keep" as it stands."""
    return _python([["-m", "benchmarks.fuzz", *arguments]])


def docs(arguments: Sequence[str]) -> int:
    """Refresh pages and generated parts of documents, and build the site into site/."""
    _take_none("docs", arguments)
    site = ["-m", "mkdocs", "build", "--quiet", "--strict"]
    # Material announces its successor at every build; what is pinned here goes on as it is.
    quiet = {"NO_MKDOCS_2_WARNING": "1", **os.environ}
    return _python([["scripts/pages.py"], _embed(), site], quiet)


def lock(arguments: Sequence[str]) -> int:
    """Renew locks/ after a pin has changed; ARGS="--upgrade" takes the newest of all others."""
    environment = Environment(ROOT)
    environment.prepare(*locks.TO_DEVELOP)
    locks.renew(ROOT, [str(environment.python), "-m", "uv"], arguments)
    return 0


def help_(arguments: Sequence[str]) -> int:
    """List these commands."""
    _take_none("help", arguments)
    print('Usage: make COMMAND [ARGS="..."] [PYTHON=python3.12]\n')
    for name, command in COMMANDS.items():
        print(f"  {name:<6} {command.__doc__}")
    print(
        "\nThe first one makes .venv and installs into it; later ones only when a file of\n"
        "locks/ has changed. To begin afresh, delete .venv. COSTMODEL_TORCH_INDEX names another\n"
        "source of torch's wheel, for example https://download.pytorch.org/whl/cpu: the build\n"
        "for CPUs is enough, and the default one on Linux has several GB of CUDA libraries."
    )
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "run": run,
    "test": test,
    "quick": quick,
    "check": check,
    "bench": bench,
    "fuzz": fuzz,
    "docs": docs,
    "lock": lock,
    "help": help_,
}


def main(arguments: Sequence[str]) -> int:
    """Carry out one command.

    Args:
        arguments: the command's name and what it is given; none means ``help``.

    Returns:
        The exit code: that of the tool that was run; 2 when the call or the machine is at fault.
    """
    name, *rest = arguments or ["help"]
    try:
        if name not in COMMANDS:
            raise SetupError(f"unknown command {name!r}: choose from {', '.join(COMMANDS)}.")
        return COMMANDS[name](rest)
    except (SetupError, OSError) as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _python(commands: Sequence[Sequence[str]], environ: dict[str, str] | None = None) -> int:
    """Run the environment's Python with each of the commands; the first exit code not 0, or 0.

    All of them run, so that one call shows everything there is to mend.
    """
    environment = Environment(ROOT)
    environment.prepare(*locks.TO_DEVELOP)
    codes = []
    for command in commands:
        if len(commands) > 1:
            say(f"$ python {' '.join(command)}")
        python = [str(environment.python), *command]
        codes.append(subprocess.run(python, cwd=ROOT, env=environ, check=False).returncode)
    return next((code for code in codes if code), 0)


def _pytest(*arguments: str) -> int:
    """Run tests in a few processes; pytest's exit code."""
    processes = min(os.cpu_count() or 1, _MOST_TEST_PROCESSES)
    pytest = ["-m", "pytest", "--numprocesses", str(processes), "--dist", "worksteal"]
    # Bytecode is kept, whatever the machine says: without it every process of every run, and each
    # one that a test starts, compiles our sources anew, and pytest rewrites every assertion again.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return _python([[*pytest, *arguments]], {**_ONE_THREAD, **kept})


def _embed(*options: str) -> list[str]:
    """The command that keeps the generated parts of our own documents fresh."""
    documents = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    files = [str(document.relative_to(ROOT)) for document in documents]
    return ["-m", "costmodel", "embed", *options, *files]


def _take_none(name: str, arguments: Sequence[str]) -> None:
    """Refuse arguments to a command that would ignore them."""
    if arguments:
        raise SetupError(f"{name} takes no arguments, got {' '.join(arguments)!r}.")
