"""`report`: a page that is written whole and always the same; what it cannot use is refused."""

from __future__ import annotations

import builtins
import html
import re
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main

pytest.importorskip("plotly", reason="a report needs plotly: pip install '.[report]'")
pytest.importorskip("latex2mathml", reason="a report needs latex2mathml: pip install '.[report]'")

LAYER = ["report", "-m", "12", "-n", "20", "--size", "17x14", "--variants", "standard,basis"]
PLAN = (
    "layer,variant,hyper,macs,params,reason\nconv2,basis,b=2,,,\ntotal,,,{},{},the best there is\n"
)


def shown(text: str) -> str:
    """What stands on the page, without its scripts, its styles and the commands in it."""
    text = re.sub(r"<(script|style|pre|code).*?</\1>", "", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


def test_a_page_is_written_whole_and_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a.html", tmp_path / "b.html"
    assert main([*LAYER, "--set", "b=3", "-o", str(first)]) == 0
    assert main([*LAYER, "--set", "b=3", "-o", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    text = first.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    layer = cm.ConvLayer(3, 12, 20, (17, 14))
    for row in cm.compare(layer, ["standard", "basis"], b=3).rows:
        assert f"{row['macs']:,}" in shown(text)
    assert str(tmp_path) not in text
    assert "Made with <code>python -m costmodel report --in-channels 12" in text


def test_nothing_is_loaded_from_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(LAYER) == 0
    text = capsys.readouterr().out
    head = text.partition("</head>")[0]
    assert "default-src 'none'" in head
    assert not re.search(r"<(link|img|iframe|script[^>]* src)", text.partition("<script>")[0])
    assert text.count("<script") == text.count("</script>") == 3
    assert "<math xmlns=" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["report"], "--in-channels, --out-channels, --size is missing"),
        (["report", "-m", "3"], "--out-channels, --size is missing"),
        ([*LAYER, "--at", "H=3"], "--at H=3 without SOURCE"),
        ([*LAYER, "--plan", "a.csv"], "--plan a.csv without SOURCE"),
        (["report", "alexnet", "-m", "3"], "--in-channels 3 with SOURCE"),
        (["report", "alexnet", "--set", "b=3"], "--set b=3 with SOURCE"),
        (["report", "alexnet", "--replace", "basis", "--plan", "a"], "--plan a with --replace"),
        (["report", "alexnt"], "did you mean 'alexnet'"),
        ([*LAYER, "-o", "a.csv"], "-o a.csv: a report is HTML; allowed are .html, .htm"),
        ([*LAYER, "--set", "b=0"], "b"),
    ],
)
def test_what_it_cannot_use_is_refused(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err


def test_every_option_changes_what_is_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_text(PLAN.format(1, 1))
    for words, options in (
        (LAYER, [["--set", "b=7"], ["--stride", "2"], ["--kernel", "1x5"], ["--bias"]]),
        (
            ["report", "alexnet"],
            [
                ["--at", "H=250"],
                ["--input", "2x3x227x227"],
                ["--replace", "basis,b=2"],
                ["--plan", str(plan)],
            ],
        ),
    ):
        assert main(words) == 0
        plain = shown(capsys.readouterr().out)
        for option in options:
            assert main([*words, *option]) == 0
            assert shown(capsys.readouterr().out) != plain, option


def test_a_plan_brings_its_proof_where_it_is_the_same_network(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    network = cm.load("alexnet").replace("basis", where="conv2", b=2, pays=False)
    plan = tmp_path / "plan.csv"
    plan.write_text(PLAN.format(network.macs, network.params))
    words = ["report", "alexnet", "--plan", str(plan)]
    assert main(words) == 0
    text = shown(capsys.readouterr().out)
    assert "The plan, at the sizes first shown: the best there is" in text
    assert f"{network.macs:,} MACs instead of {cm.load('alexnet').macs:,}" in text
    assert main([*words, "--at", "H=300"]) == 0
    text = shown(capsys.readouterr().out)
    assert "the best there is" not in text
    assert "made for another network or other sizes, so its proof is not repeated" in text


def test_a_planned_network_is_a_report_too() -> None:
    planned = cm.plan(cm.load("alexnet"), {"macs": "60%"}, variants=["basis"])
    text = shown(cm.report(planned))
    assert planned.proof in text
    assert planned.decision in text


@pytest.mark.parametrize("package", ["latex2mathml", "plotly"])
def test_a_missing_package_is_one_sentence(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: object, **more: object) -> object:
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert main(LAYER) == 3
    assert f"needs the package '{package}'" in capsys.readouterr().err


def test_something_else_is_no_report() -> None:
    with pytest.raises(cm.CostModelError, match="allowed are a ConvLayer, a Network and a Plan"):
        cm.report(42)
    with pytest.raises(cm.CostModelError, match="variants and letters without a layer"):
        cm.report(cm.load("alexnet"), b=3)


def test_what_has_no_closed_formula_is_shown_where_it_was_counted() -> None:
    layer = cm.ConvLayer(3, 6, 10, (7, 8, 9))
    text = cm.report(layer, ["standard", "topological_3d"])
    counts = cm.count("topological_3d", layer)
    (function,) = re.findall(r'"topological_3d": \{followed: (.*), given: null\}', text)
    assert f'"macs": {counts.macs}n' in function
    assert "n === 10n" in function
    assert "no closed formula" in function


def test_the_command_is_told_the_sizes_of_the_page() -> None:
    network = cm.load("mobilenet").at(H=160, alpha="1/2")
    text = cm.report(network, same_as="network mobilenet", stated={"H": 160, "alpha": "1/2"})
    assert '<pre id="command"><code>network mobilenet --at alpha=1/2 --at H=160<' in text
