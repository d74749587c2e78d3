"""Documents and docstrings are executed: what they show is what happens."""

import doctest
import importlib
import os
import pkgutil
import re
import shlex
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main

ROOT = Path(cm.__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(cm.__path__, "costmodel.")
    if not name.startswith(("costmodel.dashboard", "costmodel.__main__"))
]


@pytest.fixture(autouse=True)
def forget():
    yield
    for name in [v.id for v in cm.VARIANTS.values() if v.family == "custom"]:
        cm.VARIANTS.remove(name)


def has_examples(name: str) -> bool:
    """Whether a module's source has a prompt, without importing it at collection."""
    path = ROOT / (name.replace(".", "/") + ".py")
    path = path if path.exists() else path.with_suffix("") / "__init__.py"
    return ">>> " in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["costmodel", *filter(has_examples, MODULES)])
def test_docstrings(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_readme_python_blocks_run(code):
    setup = "import costmodel as cm\nlayer = cm.ConvLayer(3, 64, 128, (56, 56))\n"
    exec(compile(setup + code, "README.md", "exec"), {})


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["tutorial.md", "own_variant.md", "networks.md", "weights.md", "which_rank.md"]
)
def test_guides_run_from_the_first_block_to_the_last(name, capsys):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    namespace: dict = {}
    for block in blocks:
        exec(compile(block, name, "exec"), namespace)


@pytest.mark.parametrize(
    "command",
    re.findall(
        r"^\$ python -m costmodel (.*)",
        (ROOT / "docs/which_rank.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    ),
)
def test_commands_about_ranks_run(command, capsys):
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out


def test_readme_comments_say_what_is_printed(capsys):
    shown = re.findall(r"print\((cm\..+)\)\s+# (.+)", README)
    assert len(shown) == 3
    for expression, text in shown:
        assert str(eval(expression, {"cm": cm})) == text


# The same commands, with less work: minutes otherwise.
SHORTER = {"calibrate": ["--budget", "5"], "referee": ["--tools", "torch"]}


@pytest.mark.slow
def test_readme_commands_run(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # nobody's own times are touched
    torch = pytest.importorskip("torch", reason="no torch: pip install torch")
    torch.save(torch.nn.Conv2d(6, 10, 3).state_dict(), tmp_path / "model.pt")
    commands = re.findall(r"^\$ python -m costmodel ([^#\n]*)", README, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        arguments = shlex.split(command.replace("model.pt", str(tmp_path / "model.pt")))
        if "-o" in arguments:
            place = arguments.index("-o") + 1
            arguments[place] = written = str(tmp_path / arguments[place])
        if arguments[0] != "verify":  # minutes; the verify tests run it
            assert main([*arguments, *SHORTER.get(arguments[0], [])]) == 0
            assert capsys.readouterr().out or "--check" in arguments or os.path.exists(written)


def test_readme_is_short_and_architecture_too():
    assert README.count("\n") <= 150
    assert (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").count("\n") <= 100


def test_documents_name_no_machine():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(home|root|work|tmp)/", text), path


def test_public_formulas_answer_to_plain_symbols():
    import sympy

    k, m, n, h, w, b = sympy.symbols("k m n h w b")
    macs = cm.formula("basis", "macs")
    assert sympy.expand(macs - (k**2 + n) * b * m * h * w) == 0
    assert macs.subs({"k": 3, "m": 64, "n": 128, "h": 56, "w": 56, "b": 4}) == 109_985_792
    total = cm.load("resnet18").formula("macs", free=("N", "H", "W"))
    size = {sympy.Symbol("N"): 1, sympy.Symbol("H"): 224, sympy.Symbol("W"): 224}
    assert total.subs(size) == 1_814_073_344
