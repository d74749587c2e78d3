"""What the tests of sites share: tools in a process of their own, and an installed plugin."""

import os
import subprocess
import sys
from pathlib import Path

import costmodel

ROOT = Path(costmodel.__file__).parent.parent


def run(arguments, folder, *, path=()):
    """Run a tool as a module in a process of its own, with the checkout importable."""
    search = os.pathsep.join([str(ROOT), *map(str, path)])
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        timeout=200,
    )


def registered(folder):
    """A folder on whose search path MkDocs finds our plugin, as after an installation."""
    installed = folder / "installed" / "costmodel-0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: costmodel\nVersion: 0\n")
    (installed / "entry_points.txt").write_text(
        "[mkdocs.plugins]\ncostmodel = costmodel.documents.sites.mkdocs:CostModelPlugin\n"
    )
    return installed.parent
