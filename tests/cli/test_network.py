"""`network` on the command line: the library's tables, exit codes, error texts."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import command_parser, load, main
from costmodel.network import views
from costmodel.network import what_if as whatif
from costmodel.network.formula import formulas

ROOT = Path(cm.__file__).parent.parent
CSV = "name,kind,in_channels,out_channels,kernel,height,width,bias\na,conv,3,8,3,10,13,1\n"


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "costmodel", "network", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def output(capsys, *arguments):
    assert main(["network", *arguments]) == 0
    return capsys.readouterr().out


def test_a_network_is_the_librarys_table(capsys):
    net = cm.load("resnet18")
    text = output(capsys, "resnet18")
    assert text == net.to_table().to_csv()
    lines = text.splitlines()
    assert lines[0].startswith("layer,kind,params,macs")
    assert lines[-1].startswith("total,,11689512,1814073344")


@pytest.mark.parametrize(
    "arguments, table",
    [
        (["--compare"], lambda net: whatif.compare(net)),
        (
            ["--compare", "--variants", "basis,cp", "--set", "basis.b=3", "--where", "layer4.*"],
            lambda net: whatif.compare(net, ["basis", "cp"], "layer4.*", **{"basis.b": 3}),
        ),
        (["--view", "kinds"], lambda net: net.by_kind()),
        (["--view", "stages", "--metrics", "biases"], lambda net: net.by_stage(metrics="biases")),
        (["--view", "shares"], lambda net: net.shares()),
        (["--view", "shares", "--metrics", "params"], lambda net: net.shares("params")),
        (["--view", "tree"], lambda net: views.tree_table(net)),
        (["--metrics", "all"], lambda net: net.to_table("all")),
        (["--metrics", "norm_params"], lambda net: net.to_table(["norm_params"])),
        (["--input", "2x3x97x65"], lambda net: net.at(N=2, H=97, W=65).to_table()),
        (["--at", "H=97", "--at", "alpha=1/2"], lambda net: net.at(H=97, alpha="1/2").to_table()),
        (["--replace", "basis", "--set", "b=5"], lambda net: net.replace("basis", b=5).to_table()),
        (
            ["--replace", "channel_svd", "--set", "r=60", "--where", "kernel=7", "--costlier"],
            lambda net: net.replace("channel_svd", "kernel=7", pays=False, r=60).to_table(),
        ),
        (
            ["--replace", "layer1.*=basis,b=3", "--replace", "layer4.*,kernel=3=cp,r=n/8"],
            lambda net: (
                net.replace("basis", "layer1.*", b=3)
                .replace("cp", "layer4.*,kernel=3", r="n/8")
                .to_table()
            ),
        ),
        (
            ["--replace", "quantised", "--metrics", "weight_bytes,bops"],
            lambda net: net.replace("quantised", by="bops").to_table("weight_bytes,bops"),
        ),
        (
            ["--replace", "quantised", "--metrics", "pool_ops,biases"],
            lambda net: net.replace("quantised", by="biases").to_table("pool_ops,biases"),
        ),
        (
            ["--replace", "quantised", "--metrics", "all", "--by", "bops"],
            lambda net: net.replace("quantised", by="bops").to_table("all"),
        ),
        (
            ["--metrics", "weight_bytes,bops", "--weight-bits", "5", "--activation-bits", "3"],
            lambda net: net.with_settings(weight_bits=5, activation_bits=3).to_table(
                "weight_bytes,bops"
            ),
        ),
        (
            ["--replace", "cp", "--by", "bytes_moved", "--bias-bits", "16"],
            lambda net: net.with_settings(bias_bits=16).replace("cp", by="bytes_moved").to_table(),
        ),
        (
            ["--replace", "cp", "--view", "kinds"],
            lambda net: net.replace("cp").by_kind(),
        ),
        (["--formula", "N,H,W"], lambda net: formulas(net, ["params", "macs"], "NHW")),
        (
            ["--formula", "H", "--metrics", "macs", "--replace", "basis"],
            lambda net: formulas(net.replace("basis"), ["macs"], "H"),
        ),
    ],
)
def test_each_option_is_one_library_call(arguments, table, capsys):
    assert output(capsys, "resnet18", *arguments) == table(cm.load("resnet18")).to_csv()


def test_the_printed_formula_gives_the_count(capsys):
    rows = json.loads(output(capsys, "resnet50", "--formula", "N,H,W", "--format", "json"))
    assert [row["metric"] for row in rows] == ["params", "macs"]
    sizes = {"N": 3, "H": 333, "W": 225}
    value = eval(rows[1]["formula"], {}, sizes)
    assert value == cm.load("resnet50").at(**sizes).macs
    assert rows[1]["formula"] == str(cm.load("resnet50").polynomial())


@pytest.mark.parametrize("format, start", [("latex", "\\[\n"), ("markdown", "```math\n")])
def test_formulas_for_documents(format, start, capsys):
    text = output(capsys, "mobilenet", "--formula", "alpha,rho", "--format", format)
    assert text.startswith(start + "\\begin{aligned}\n\\mathrm{params} &= 3139584 \\alpha^{2}")
    assert "\\left\\lfloor \\frac{224 \\rho + 31}{32} \\right\\rfloor" in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("format", ["csv", "json", "jsonl", "markdown", "latex", "table"])
def test_every_text_format_has_the_total(format, capsys):
    assert "total" in output(capsys, "alexnet", "--format", format)


def test_a_file_and_standard_input(tmp_path, capsys, monkeypatch):
    path = tmp_path / "layers.csv"
    path.write_text(CSV)
    expected = cm.from_csv(path).to_table().to_csv()
    assert output(capsys, str(path)) == expected
    monkeypatch.setattr(sys, "stdin", io.StringIO(CSV))
    assert output(capsys, "-") == expected


def test_a_file_is_written_whole_or_not_at_all(tmp_path, capsys):
    target = tmp_path / "out.csv"
    target.write_text("before")
    assert main(["network", "resnet18", "--at", "H=0", "-o", str(target)]) == 2
    assert target.read_text() == "before"
    assert output(capsys, "resnet18", "-o", str(target)) == ""
    assert target.read_text() == cm.load("resnet18").to_table().to_csv()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["resnet17"], "did you mean 'resnet18'"),
        (["absent.csv"], "cannot read 'absent.csv'"),
        ([str(ROOT / "pyproject.toml")], "neither a .csv nor an .onnx"),
        (["nowhere.models:net", "--input", "1x3x8x9"], "cannot import 'nowhere.models'"),
        (
            ["costmodel.core.layer:Conv", "--input", "1x3x8x9"],
            "unknown name in costmodel.core.layer 'Conv'",
        ),
        (["costmodel.core.layer:ConvLayer"], "needs the shape of its input"),
        (["resnet18", "--compare", "--view", "tree"], "not allowed with"),
        (["resnet18", "--compare", "--replace", "basis"], "exclude each other"),
        (["resnet18", "--replace", "layer1.*=cp", "--where", "layer2.*"], "--where layer2.* with"),
        (
            ["resnet18", "--replace", "cp", "--replace", "tt", "--set", "r=3"],
            "--set r=3 with several",
        ),
        (["resnet18", "--replace", "layer1.*=cpp"], "unknown variant 'cpp'"),
        (["resnet18", "--set", "b=3"], "--set b=3 without --compare or --replace"),
        (["resnet18", "--replace", "basis", "--set", "r=3"], "hyper-parameter 'r'"),
        (["resnet18", "--compare", "--set", "zz=3"], "unknown hyper-parameter 'zz'"),
        (["resnet18", "--replace", "basis", "--where", "layer9*"], "no layer of resnet18"),
        (["resnet18", "--formula", "Q"], "unknown size 'Q'"),
        (["resnet18", "--metrics", "speed"], "unknown metric of a network 'speed'"),
        (["resnet18", "--input", "1x1x224x224"], "has 1 channels; allowed for resnet18 is 3"),
        (["resnet18", "--input", "1x3x224"], "allowed is one shape such as"),
        (["resnet18", "--input", "ax3"], "allowed are integers"),
        (["mobilenet", "--at", "alpha=0.3"], "allowed are values that give an integer"),
        (["resnet18", "--at", "H=0"], "is 0; allowed are values that give an integer from 1 up"),
    ],
)
def test_wrong_calls_are_one_sentence_and_exit_2(arguments, words, capsys):
    assert main(["network", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert "Traceback" not in captured.err


def test_a_table_of_layers_has_no_other_sizes(tmp_path, capsys):
    path = tmp_path / "layers.csv"
    path.write_text(CSV)
    assert main(["network", str(path), "--formula", "H"]) == 2
    assert "list of layers at fixed sizes" in capsys.readouterr().err


def test_wrong_lines_of_a_file_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "layers.csv"
    path.write_text(CSV.replace("8,3,10", "eight,3,10"))
    result = run(str(path))
    assert result.returncode == 2
    assert f"{path}, line 2, column 'out_channels': 'eight'" in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_closed_pipe_ends_quietly():
    command = f"{sys.executable} -m costmodel network resnet152 | head -1"
    result = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.stdout.startswith("layer,kind")
    assert result.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [[], ["--compare"], ["--formula", "N,H,W"], ["--replace", "cp"], ["--view", "tree"]],
)
def test_nothing_heavy_is_imported(arguments):
    code = (
        "import sys; from costmodel.cli.main import main; "
        f"code = main(['network', 'mobilenet', *{arguments!r}]); "
        "heavy = {'numpy', 'sympy', 'pandas', 'torch', 'onnx'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("example", load("network").EXAMPLES)
def test_every_example_runs(example, capsys, monkeypatch, tmp_path):
    import shlex

    program, command, *arguments = shlex.split(example)
    assert (program, command) == ("costmodel", "network")
    if "--time" in arguments:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert main(["calibrate", "--budget", "5", "--quiet", "-o", str(tmp_path / "c.csv")]) == 0
    assert output(capsys, *arguments)


def test_help_names_every_option():
    text = command_parser("network").format_help()
    for option in ("--compare", "--formula", "--replace", "--where", "--input", "--at", "--view"):
        assert option in text


def test_the_layers_of_a_network_are_read_back(capsys, tmp_path):
    """At another size too: what was written is the network that was asked for."""
    path = str(tmp_path / "layers.csv")
    output(capsys, "resnet18", "--at", "H=96", "--view", "file", "-o", path)
    rows = output(capsys, path).splitlines()
    wanted = output(capsys, "resnet18", "--at", "H=96").splitlines()
    assert [row.split(",")[:4] for row in rows] == [row.split(",")[:4] for row in wanted]
    output(capsys, "resnet18", "-o", path)
    assert main(["network", path]) == 2
    assert f"--view file -o {path}" in capsys.readouterr().err
    output(capsys, "resnet18", "--replace", "basis", "--view", "file", "-o", path)
    replaced = cm.load("resnet18").replace("basis")
    assert output(capsys, path).splitlines()[-1].startswith(f"total,,{replaced.params},")
