"""Models by their name in the user's own code."""

import sys

import pytest

from costmodel.cli.main import main
from costmodel.errors import InputError, MissingDependencyError
from costmodel.network.read.sources import open_network

MODELS = """\
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.conv = nn.Conv2d(3, width, (3, 5), padding=(1, 2))
    def forward(self, x):
        return self.conv(x)

def make():
    return Net(7)

class Holder:
    inner = Net(8)

instance = Net(9)

def product(x):
    return x @ x.transpose(-1, -2)

def two(x, y):
    return x @ y

def broken():
    raise RuntimeError("no weights here")

number = 3

class Wide(Net):
    def __init__(self, width):
        super().__init__(width)

def late(x):
    return nn.Linear(5, 4)

def wide(width, taps):
    return nn.Linear(width, taps)
"""


@pytest.fixture
def models(tmp_path, monkeypatch):
    (tmp_path / "own_models.py").write_text(MODELS)
    (tmp_path / "wrong_syntax.py").write_text("def (:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "own_models", raising=False)


@pytest.mark.parametrize(
    "name, width", [("Net", 6), ("make", 7), ("Holder.inner", 8), ("instance", 9)]
)
def test_a_class_a_function_or_a_module(name, width, models):
    net = open_network(f"own_models:{name}", [(2, 3, 11, 14)])
    assert net.params == 3 * 5 * 3 * width + width
    assert net.macs == 2 * 3 * 5 * 3 * width * 11 * 14


def test_a_function_of_tensors(models):
    assert open_network("own_models:product", [(2, 3, 11, 14)]).macs == 2 * 3 * 11 * 14 * 11
    assert open_network("own_models:two", [(3, 4), (4, 5)]).macs == 60


@pytest.mark.parametrize(
    "source, words",
    [
        ("own_models:broken", "raised RuntimeError: no weights here"),
        ("own_models:Wide", "'own_models:Wide' needs the argument 'width'; allowed is"),
        (
            "own_models:late",
            "a Linear, not tensors; 'own_models:late' needs the argument 'x'",
        ),
        ("own_models:wide", "'own_models:wide' needs the arguments 'width', 'taps': allowed is"),
        ("own_models:number", "is a int; allowed is a module or callable"),
        ("own_models:mak", "did you mean 'make'"),
        ("wrong_syntax:net", "cannot import 'wrong_syntax'"),
        ("absent_module:net", "cannot import 'absent_module'"),
        (":net", "cannot import ''"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(source, words, models):
    with pytest.raises(InputError, match=words):
        open_network(source, [(2, 3, 11, 14)])


def test_without_pytorch_the_sentence_says_how_to_install_it(models, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError, match=r"pip install -r \S*requirements\.txt"):
        open_network("own_models:make", [(2, 3, 11, 14)])
    assert main(["network", "own_models:make", "--input", "2x3x11x14"]) == 3
    assert capsys.readouterr().err.count("\n") == 1
