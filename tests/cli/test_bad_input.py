"""Mistakes and adverse surroundings: one sentence, the right exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main

ROOT = Path(cm.__file__).parent.parent
LAYER = ["-k", "3x5", "-m", "12", "-n", "20", "--size", "17x22"]
HEADER = "name,kind,in_channels,out_channels,kernel,height,width\n"

#: Put first on the path of a process: it cannot import the packages that BLOCKED names.
BLOCKER = """
import os, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in os.environ["BLOCKED"].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
"""


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """`python -m costmodel` in a process of its own."""
    settings: dict[str, object] = {"stdout": subprocess.PIPE, **options}
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "costmodel", *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=120,
        **settings,
    )


def shell(text: str) -> subprocess.CompletedProcess[str]:
    """A command with redirections; `costmodel` in it is this checkout's."""
    return subprocess.run(
        ["sh", "-c", text.replace("costmodel", f"{sys.executable} -m costmodel", 1)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def assert_sentence(result: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    """The exit code, and one line on stderr with these words."""
    assert result.returncode == code, result.stderr
    assert result.stderr.startswith("costmodel: error: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--padding", "foo"], "'foo'; allowed are same, valid, and integers"),
        (["--batch", "\u0663"], "'\u0663'; allowed are integers"),
        (["--stride", "1x2x3"], "stride has 3 values"),
        (["--set", "b=2.5"], "hyper-parameter 'b' of basis is '2.5'; allowed are integers"),
        (["--set", "grouped.g=5"], "12 channels are not divisible by g = 5"),
        (["--set", "basis.zz=4"], "unknown hyper-parameter of basis 'zz'"),
        (["--output-padding", "1"], "output_padding is 1; allowed is 0 except"),
        (["-o", ""], "cannot write ''"),
    ],
)
def test_wrong_options_of_compare(arguments: list[str], words: str) -> None:
    result = run("compare", *LAYER, *arguments)
    assert_sentence(result, 2, words)
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no header row"),
        (HEADER, "has no layers"),
        ("name,kind,in_channels\na,conv,3\n", "column 'out_channels' is missing"),
        (HEADER + "a,conv,x,5,3,7,9\n", "line 2, column 'in_channels': 'x'; allowed are integers"),
        (HEADER + "a,conv,3,5,3\n", "line 2: 5 cells under 7 columns"),
        (HEADER + "a,pool,3,5,3,7,9\n", "column 'kind': 'pool'; allowed are conv"),
        (HEADER + 'a,conv,3,5,3,7,"9\n', "line 2: unexpected end of data"),
    ],
)
def test_wrong_tables_of_layers(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "layers.csv").write_text(text)
    result = run("network", str(tmp_path / "layers.csv"))
    assert_sentence(result, 2, words)
    assert result.stdout == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
@pytest.mark.parametrize("command", ["compare -m 6 -n 10 --size 9x11", "--quiet", "--help"])
def test_a_full_stdout_is_a_sentence(command: str) -> None:
    assert_sentence(shell(f"costmodel {command} > /dev/full"), 2, "cannot write standard output")


def test_a_closed_stdout_is_a_sentence() -> None:
    assert_sentence(shell("costmodel --quiet >&-"), 2, "standard output is closed")


def test_a_closed_stdin_is_a_sentence() -> None:
    assert_sentence(shell("costmodel network - <&-"), 2, "standard input is closed")


def test_a_closed_stderr_puts_nothing_else_on_stdout() -> None:
    layer = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    result = shell("costmodel 2>&-")
    assert result.returncode == 0
    assert result.stdout == cm.compare(layer).to_csv()


def test_stdout_is_utf_8_in_every_locale() -> None:
    options = {"env": {**os.environ, "PYTHONIOENCODING": "ascii"}}
    result = run("formulas", "--variants", "basis", **options)
    assert result.returncode == 0, result.stderr
    assert "(k^2 + n)·b·m·h·w" in result.stdout


@pytest.mark.parametrize(
    ("package", "command", "extra"),
    [
        ("torch", "verify --variants basis", "torch"),
        ("torch", "network torch.nn:Identity --input 1x3x9x11", "torch"),
        ("pyarrow", "compare -m 6 -n 10 --size 9x11 --format parquet", ""),
        ("sympy", "formulas", ""),
        ("onnx", "network model.onnx", ""),
    ],
)
def test_a_missing_package_is_a_sentence(
    package: str, command: str, extra: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\x08\x09")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "BLOCKED": package}
    result = run(*command.replace("model.onnx", str(model)).split(), env=environment)
    words = (
        f"needs the package '{package}', which is not installed: pip install -r requirements.txt"
    )
    assert_sentence(result, 3, words)
    assert extra in result.stderr


def test_every_public_name_is_there_without_optional_packages(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    blocked = "torch,fvcore,pandas,onnx,matplotlib,pyarrow,scipy,numba,sympy"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "BLOCKED": blocked}
    result = subprocess.run(
        [sys.executable, "-c", "from costmodel import *; print(load('alexnet').params)"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.stdout == f"{cm.load('alexnet').params}\n", result.stderr


def test_what_is_no_layer_no_stage_and_no_selection() -> None:
    with pytest.raises(cm.CostModelError, match="layer is None; allowed is a ConvLayer"):
        cm.count("basis", None)  # type: ignore[arg-type]
    with pytest.raises(cm.CostModelError, match="stage 3 of 'mine' is no text"):
        cm.define("mine", 3)  # type: ignore[arg-type]
    with pytest.raises(cm.CostModelError, match="where is 3; allowed are text"):
        cm.load("alexnet").replace(variant="basis", where=3)


def test_compare_takes_one_variant_or_none_at_all() -> None:
    layer = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22))
    expected = cm.compare(layer, ["basis"], b=4).rows
    assert cm.compare(layer, "basis", b=4).rows == expected
    assert cm.compare(layer, cm.VARIANTS["basis"], b=4).rows == expected
    assert cm.compare(layer, []).rows == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", *LAYER, "--variants", "octave", "--set", "octave.alpha=1e99999999"],
        ["compare", *LAYER, "--variants", "octave", "--set", "octave.alpha=1e9999"],
        ["compare", *LAYER, "--variants", "octave", "--set", "octave.alpha=٣/4"],
        ["compare", *LAYER, "--dims", "٢"],
        ["compare", "-m", "1_0", *LAYER[4:]],
        ["network", "resnet18", "--at", "H=1e99999999"],
        ["network", "mobilenet", "--at", "alpha=1_0"],
        ["network", "resnet18", "--replace", "basis", "--where", "share=1_0%"],
        ["network", "resnet18", "--replace", "basis", "--where", "share=1e99999999%"],
        ["referee", "resnet18", "--limit", "inf"],
        ["calibrate", "--budget", "nan"],
    ],
)
def test_numbers_are_short_and_in_plain_digits(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("costmodel: error: ")
    assert "; allowed are" in err
    assert err.count("\n") == 1


def test_a_table_says_its_input_in_short_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"# input: 1x{'3' * 490}\n{HEADER}a,linear,3,4,,,\n", encoding="utf-8")
    assert_sentence(run("network", str(path)), 2, "input='1x333")


def test_words_that_are_no_text_are_refused() -> None:
    result = run("compare", *LAYER, "--variants", b"\xff".decode("utf-8", "surrogateescape"))
    assert_sentence(result, 2, r"'\\xff' is no text; allowed are words in UTF-8")


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_mistake_of_ours_is_a_sentence_and_exit_code_70(
    debug: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(args: object) -> int:
        raise RuntimeError("line one\nline two")

    monkeypatch.setenv("COSTMODEL_DEBUG", debug)
    monkeypatch.setattr("costmodel.cli.commands.compare.run", broken)
    assert main(["compare", *LAYER]) == 70
    *before, last = capsys.readouterr().err.splitlines()
    assert last.startswith("costmodel: error: unexpected RuntimeError: line one line two; this is")
    assert "COSTMODEL_DEBUG=1" in last
    assert ("Traceback (most recent call last):" in before) == bool(debug)
    assert bool(before) == bool(debug)


def test_an_error_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formulas", "--variants", "a\x1b[31m"]) == 2
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert r"\x1b[31m" in err
