"""The command line as a user meets it: real processes, exit codes, error texts, files."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import command_names, command_parser, load, main

ROOT = Path(cm.__file__).parent.parent
LAYER_ARGS = ["-k", "3x5", "-m", "12", "-n", "20", "--size", "17x22", "--stride", "2x1"]
LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22), stride=(2, 1))


def run(*arguments, **options):
    """Run `python -m costmodel` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "costmodel", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def test_without_a_command_there_is_an_example_and_a_hint():
    result = run()
    example = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    assert result.returncode == 0
    assert result.stdout == cm.compare(example).to_csv()
    assert result.stderr.count("\n") == 1
    assert "--help" in result.stderr


def test_options_alone_are_for_the_example(tmp_path):
    result = run("--format", "markdown", "--quiet")
    assert result.stdout.startswith("| variant |")
    assert result.stderr == ""


def test_the_examples_own_layer_may_be_typed_over(capsys):
    assert main(["--size", "17x22", "-q"]) == 0
    layer = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(17, 22))
    assert capsys.readouterr().out == cm.compare(layer).to_csv()


def test_compare_prints_the_librarys_table(capsys):
    assert main(["compare", *LAYER_ARGS, "--set", "b=3", "--set", "tucker2.r1=7"]) == 0
    assert capsys.readouterr().out == cm.compare(LAYER, b=3, **{"tucker2.r1": 7}).to_csv()


@pytest.mark.parametrize("format", ["csv", "json", "jsonl", "markdown", "latex", "table"])
def test_every_text_format(format, capsys):
    assert main(["compare", *LAYER_ARGS, "--variants", "standard,cp", "--format", format]) == 0
    assert "standard" in capsys.readouterr().out


def test_layer_options_reach_the_layer(capsys):
    options = ["--padding", "1x2", "--dilation", "2", "--groups", "2", "--batch", "3", "--bias"]
    assert main(["compare", *LAYER_ARGS, *options, "--variants", "standard"]) == 0
    layer = LAYER.replace(padding=(1, 2), dilation=2, groups=2, batch=3, bias=True)
    assert capsys.readouterr().out == cm.compare(layer, ["standard"]).to_csv()


def test_one_and_three_dimensions(capsys):
    assert main(["compare", "-m", "6", "-n", "10", "--size", "31", "--dims", "1"]) == 0
    assert capsys.readouterr().out == cm.compare(cm.ConvLayer(3, 6, 10, (31,))).to_csv()
    assert main(["compare", "-m", "6", "-n", "10", "--size", "9x11x13"]) == 0
    assert capsys.readouterr().out == cm.compare(cm.ConvLayer(3, 6, 10, (9, 11, 13))).to_csv()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compar"], "unknown command 'compar': did you mean 'compare'?"),
        (["compare", "-m", "3"], "the following arguments are required"),
        (["compare", "-m", "x", "-n", "4", "--size", "9"], "'x'; allowed are integers"),
        (["compare", "-m", "0", "-n", "4", "--size", "9"], "in_channels is 0; allowed"),
        (["compare", "-m", "3", "-n", "4", "--size", "9y9"], "'9y9'; allowed are integers"),
        (["compare", "-m", "3", "-n", "4", "--size", "9x9", "--groups", "2"], "groups 2"),
        (["compare", "-k", "9", "-m", "3", "-n", "4", "--size", "4", "--padding", "1"], "reaches"),
        (["compare", *LAYER_ARGS, "--variants", "basi"], "did you mean 'basis'?"),
        (["compare", *LAYER_ARGS, "--variants", ","], "allowed are names separated by commas"),
        (["compare", *LAYER_ARGS, "--set", "b"], "'b'; allowed is NAME=VALUE"),
        (["compare", *LAYER_ARGS, "--set", "b=x"], "is 'x'; allowed are integers"),
        (["compare", *LAYER_ARGS, "--set", "zz=3"], "unknown hyper-parameter 'zz'"),
        (["compare", *LAYER_ARGS, "--metrics", "flop"], "unknown metric 'flop'"),
        (["compare", *LAYER_ARGS, "--format", "xml"], "'xml'"),
        (["compare", *LAYER_ARGS, "--nonsense"], "--nonsense"),
        (["compare", *LAYER_ARGS, "-o", "/no/such/folder/f.csv"], "cannot write"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_2(arguments, words):
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_is_written_whole_with_the_usual_permissions(tmp_path):
    target = tmp_path / "report.csv"
    assert run("compare", *LAYER_ARGS, "-o", str(target)).returncode == 0
    assert target.read_bytes().decode() == cm.compare(LAYER).to_csv()
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask
    assert list(tmp_path.iterdir()) == [target]


def test_a_replaced_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert run("compare", *LAYER_ARGS, "-o", str(link)).returncode == 0
    assert link.is_symlink()
    assert target.read_text() == cm.compare(LAYER).to_csv()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_failed_run_leaves_the_old_file_alone(tmp_path):
    target = tmp_path / "report.csv"
    target.write_text("old")
    assert run("compare", *LAYER_ARGS, "--set", "b=0", "-o", str(target)).returncode == 2
    assert target.read_text() == "old"
    assert run("compare", *LAYER_ARGS, "-o", str(tmp_path)).returncode == 2
    assert list(tmp_path.iterdir()) == [target]


def test_devices_are_written_not_replaced():
    assert run("compare", *LAYER_ARGS, "-o", "/dev/null").returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_closed_pipe_ends_quietly():
    command = f"{sys.executable} -m costmodel compare -m 6 -n 10 --size 9x8 --metrics all"
    script = f"({command}; echo code $? >&2) | true"
    for _ in range(3):
        result = subprocess.run(
            ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert result.stderr.strip() == "code 0"


def test_help_lists_every_command_and_each_has_examples():
    text = run("--help").stdout
    for name in command_names():
        assert f"\n  {name} " in text
        assert len(load(name).EXAMPLES) >= 2
        helped = command_parser(name).format_help()
        for example in load(name).EXAMPLES:
            assert example in helped
            assert example.startswith(f"costmodel {name}")


def test_version():
    assert run("--version").stdout == f"costmodel {cm.__version__}\n"
