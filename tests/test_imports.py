"""The import rule, as ARCHITECTURE.md states it: down only, no circles, libraries at home."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import costmodel

PACKAGE = Path(costmodel.__file__).parent
TEXT = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
FILES = sorted(PACKAGE.rglob("*.py"))

#: Packages whose `__init__` is a door for users; every other one holds a docstring.
DOORS = {"costmodel", "costmodel.torch"}


#: Still to be mended; nothing may join these.
KNOWN = {
    "costmodel.metrics.padding imports sympy",
}
KNOWN_CIRCLES: set[str] = set()
KNOWN_INITS: set[str] = set()


def rooms() -> Iterator[str]:
    """The first cell of every row of ARCHITECTURE.md's map: a rank."""
    yield from re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE)


def libraries() -> dict[str, list[str]]:
    """Where a library, or a room of ours with a slash behind it, may be imported."""
    (text,) = re.findall(r"^```libraries\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    lines = (line.partition(": ") for line in text.splitlines())
    return {name: places.split() for names, _, places in lines for name in names.split()}


RANK = {name: rank for rank, row in enumerate(rooms()) for name in re.findall(r"`(\w+)/?`", row)}
PAIRS = {pair for row in rooms() for pair in re.findall(r"`(\w+) -> (\w+)`", row)}
LIBRARIES = libraries()


def name_of(path: Path) -> str:
    """The module that a file is."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path) for path in FILES}


def room(module: str) -> str:
    """The folder or the single file of the package that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def within(place: str, part: str) -> bool:
    """Whether a module's path lies in a folder, or is this file."""
    return f"{place}/".startswith(f"{part.removesuffix('.py')}/")


def imported(source: str) -> Iterator[tuple[str, str]]:
    """(module, name taken from it, "" for none) of every import, wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner, "") if inner in MODULES else (node.module, alias.name)


def violations(module: str, source: str) -> list[str]:
    """What a module of this name and text does against the rule."""
    wrong = []
    own, place = room(module), module.partition(".")[2].replace(".", "/")
    for target, name in imported(source):
        if name.startswith("_") and not name.startswith("__"):
            wrong.append(f"{module} takes the private {name} of {target}")
        library = target.partition(".")[0]
        if library != "costmodel":
            allowed = LIBRARIES.get(library)
        else:
            other = room(target)
            allowed = LIBRARIES.get(f"{other}/") if own != other else None
            upward = RANK[other] > RANK[own]
            beside = own != other and RANK[other] == RANK[own] and (own, other) not in PAIRS
            if upward or beside:
                wrong.append(
                    f"{module} imports {target}, which is {'above' if upward else 'beside'} it"
                )
        if allowed is not None and not any(within(place, part) for part in allowed):
            wrong.append(f"{module} imports {target}; allowed in {' '.join(allowed)}")
    return wrong


def circles(arrows: Mapping[str, set[str]]) -> list[set[str]]:
    """The groups of modules that import each other, however many steps lie between."""
    reach: dict[str, set[str]] = {}
    for start in arrows:
        reached: set[str] = set()
        pending = list(arrows[start])
        while pending:
            module = pending.pop()
            if module not in reached:
                reached.add(module)
                pending += arrows.get(module, ())
        reach[start] = reached
    groups = {
        frozenset({start, *(other for other in reached if start in reach.get(other, ()))})
        for start, reached in reach.items()
        if start in reached
    }
    return [set(group) for group in groups]


def test_every_room_has_a_rank_and_nothing_else_has():
    assert {room(module) for module in MODULES} == set(RANK)


def test_no_library_is_allowed_where_it_is_not_used():
    used = {
        (target.split(".")[0] if not target.startswith("costmodel.") else f"{room(target)}/", place)
        for path in FILES
        for place in [name_of(path).partition(".")[2].replace(".", "/")]
        for target, _ in imported(path.read_text(encoding="utf-8"))
    }
    for library, places in LIBRARIES.items():
        for part in places:
            assert any(lib == library and within(place, part) for lib, place in used), (
                f"{part} imports no {library}"
            )


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path):
    wrong = violations(name_of(path), path.read_text(encoding="utf-8"))
    assert [text for text in wrong if re.split("[,;]", text)[0] not in KNOWN] == []


def test_there_is_no_circle():
    arrows = {
        name_of(path): {target for target, _ in imported(path.read_text(encoding="utf-8"))}
        for path in FILES
    }
    groups = [sorted(group) for group in circles(arrows)]
    assert [group for group in groups if not KNOWN_CIRCLES.intersection(group)] == []


def test_packages_hold_a_docstring_only():
    for path in FILES:
        if path.name == "__init__.py" and name_of(path) not in DOORS - KNOWN_INITS:
            body = ast.parse(path.read_text(encoding="utf-8")).body
            if name_of(path) not in KNOWN_INITS:
                assert len(body) == 1, path
            assert ast.get_docstring(ast.Module(body, []))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("costmodel.core.layer", "from costmodel.metrics.metric import METRICS"),
        ("costmodel.core.layer", "from costmodel import network"),
        ("costmodel.core.variant", "def f():\n    from costmodel.formulas import formula"),
        ("costmodel.core.stage", "if TYPE_CHECKING:\n    from costmodel.network import views"),
        ("costmodel.metrics.memory", "from costmodel.variants import basis"),
        ("costmodel.comparing.compare", "import torch.nn"),
        ("costmodel.core.grid", "import sympy"),
        ("costmodel.plots.curve", "def f():\n    import streamlit as st"),
        ("costmodel.network.read.csv.reader", "import torch"),
        ("costmodel.documents.embedding", "from costmodel.checks.verify.suite import verify"),
        ("costmodel.cli.main", "from costmodel.core.bind import _Binder"),
    ],
)
def test_the_rule_can_be_broken(module, source):
    assert violations(module, source)


def test_a_circle_would_be_found():
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}
    assert circles(arrows) == [{"a", "b", "c"}]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_what_is_allowed_is_no_violation():
    assert not violations("costmodel.core.numbers", "def f():\n    import sympy")
    assert not violations("costmodel.fields", "from costmodel.typed import sizes")
    assert not violations("costmodel.documents.pages.timing", "import costmodel.checks.evidence")


def loaded_by(code: str) -> set[str]:
    """The heavy packages in a fresh interpreter after running some code."""
    code += "\nimport sys; print(*sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
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

SOLVE = (
    "from costmodel.cli.main import main; "
    "main(['solve', 'bottleneck', 'r', '-m', '6', '-n', '10', '--size', '9x8'])"
)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import costmodel", set()),
        (COMPARE, set()),
        ("from costmodel.cli.main import main; main(['network', 'resnet18'])", set()),
        (SOLVE, set()),
        ("from costmodel.cli.main import main; main(['formulas'])", {"sympy"}),
        ("import costmodel.plots.comparison", {"plotly", "numpy", "pandas"}),
    ],
)
def test_light_paths_stay_light(code, allowed):
    assert loaded_by(code) <= allowed


def test_the_light_check_can_fail():
    assert "numpy" in loaded_by("import numpy")
