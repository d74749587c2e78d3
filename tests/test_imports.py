"""The import rule: down only, and heavy libraries only where they belong."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import costmodel

ROOT = Path(costmodel.__file__).parent

#: Layers from the bottom up: a module may import, at its top, from its own layer and below.
LAYERS = [
    {"errors"},
    {"arith", "resources", "files", "readable"},
    {"expression", "table"},
    {"syntax", "layer"},
    {"notation"},
    {"stage", "parsing"},
    {"grid", "program"},
    {"variant", "metrics"},
    {"variants", "sizing", "binding"},
    {"counting", "definition", "drafting"},
    {"symbolic", "sweep"},
    {"reports", "explain"},
    {"published", "verify", "timing", "lowrank", "network", "plots", "plan", "docs", "torch"},
    {"referee"},
    {"cli", "dashboard", "__init__", "__main__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

#: Who may import what at the top of a module.
HEAVY = {
    "torch": {"verify", "timing", "lowrank", "network", "torch", "referee"},
    "fvcore": {"verify", "referee"},
    "streamlit": {"dashboard"},
    "argparse": {"cli"},
}

#: Conveniences that forward, at call time, to a layer above (ARCHITECTURE.md names them).
FACADES = {("variant", "symbolic")}


def part_of(path: Path) -> str:
    """The layer's name that a file belongs to: its first folder, or its own name."""
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(source: str):
    """(module, whether at the top of the file) of every import that runs."""
    tree = ast.parse(source)
    skipped = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for statement in branch.body
        for node in ast.walk(statement)
    }
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in inner
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = node.module
                if name == "costmodel" and (alias.name in RANK):
                    name = f"costmodel.{alias.name}"
                yield name, id(node) not in inner


def violations(part: str, source: str) -> list[str]:
    """What a source text of one part imports against the rule."""
    found = []
    for module, at_top in imports(source):
        parts = module.split(".")
        if parts[0] == "costmodel" and len(parts) > 1:
            above = RANK[parts[1]] > RANK[part]
            if above and (at_top or (part, parts[1]) not in FACADES):
                found.append(f"{part} imports {module}, which is above it")
        elif parts[0] in HEAVY and part not in HEAVY[parts[0]]:
            found.append(f"{part} imports {module}; allowed in {sorted(HEAVY[parts[0]])}")
    return found


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    assert part_of(path) in RANK, f"{path} belongs to no layer: name it in LAYERS"
    assert violations(part_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("layer", "from costmodel.core.stage import BoundStage"),
        ("layer", "from costmodel import counting"),
        ("variant", "from costmodel import symbolic"),
        ("stage", "def f():\n    from costmodel.formulas import formula"),
        ("reports", "import torch.nn"),
        ("plots", "def f():\n    import streamlit as st"),
        ("dashboard", "import torch"),
    ],
)
def test_the_rule_can_be_broken(part, source):
    assert violations(part, source)


def test_a_facade_and_type_hints_are_no_violation():
    assert not violations("variant", "def f():\n    from costmodel import symbolic")
    assert not violations("variant", "if TYPE_CHECKING:\n    from costmodel import symbolic")


def loaded_by(code: str) -> set[str]:
    """The heavy packages in a fresh interpreter after running some code."""
    code += "\nimport sys; print(*sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    heavy = {"sympy", "numpy", "pandas", "torch", "fvcore", "streamlit", "plotly", "matplotlib"}
    return heavy & set(run.stderr.split())


COMPARE = (
    "from costmodel.cli.main import main; main(['compare', '-m', '6', '-n', '10', '--size', '9x8'])"
)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import costmodel", set()),
        (COMPARE, set()),
        ("from costmodel.cli.main import main; main(['network', 'resnet18'])", set()),
        ("from costmodel.cli.main import main; main(['formulas'])", {"sympy"}),
        ("import costmodel.plots", {"plotly", "numpy", "pandas"}),
    ],
)
def test_light_paths_stay_light(code, allowed):
    assert loaded_by(code) <= allowed


def test_the_light_check_can_fail():
    assert "numpy" in loaded_by("import numpy")
