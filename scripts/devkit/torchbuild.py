"""Where torch's wheel comes from, and which of its builds was installed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

SOURCE_VARIABLE = "COSTMODEL_TORCH_INDEX"

# Reads torch's own note of its build: importing torch for that would take seconds.
_DESCRIBE = """
import importlib.util, pathlib, runpy
spec = importlib.util.find_spec("torch")
if spec is not None and spec.origin is not None:
    build = runpy.run_path(str(pathlib.Path(spec.origin).with_name("version.py")))
    kinds = [f"{name} {build[key]}" for name, key in (("CUDA", "cuda"), ("ROCm", "hip"))
             if build.get(key)]
    print(f"torch {build['__version__']} ({', '.join(kinds) or 'CPU'} build)")
"""


def source_options(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Options for ``pip install`` that add the wheel source the user named, if any.

    Args:
        environ: where ``COSTMODEL_TORCH_INDEX`` is looked up: the address of a package index, or
            a folder with wheels. An exact version of torch is required, and of that version pip
            prefers a file with a local label such as ``+cpu`` to one without.
    """
    source = environ.get(SOURCE_VARIABLE, "").strip()
    if not source:
        return []
    option = "--find-links" if Path(source).is_dir() else "--extra-index-url"
    return [option, source]


def describe(python: Path) -> str:
    """Name the torch build that ``python`` would import, or nothing where it has no torch."""
    told = subprocess.run(
        [python, "-I", "-c", _DESCRIBE], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()
