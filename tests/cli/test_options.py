"""Options that say two things at once, or nothing: one sentence, and exit code 2."""

from __future__ import annotations

import pytest

from costmodel.cli.main import main
from tests.cli.printed import refused

LAYER = ["-m", "12", "-n", "20", "--size", "17x14"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["compare", *LAYER, "-k", "3", "--kernel", "5"], "--kernel is given twice"),
        (["compare", *LAYER, "--size=9x8"], "--size is given twice"),
        (["--size", "9x8", "--size", "9x8"], "--size is given twice"),
        (["compare", *LAYER, "--set", "b=3", "--set", "b=4"], "--set b is given twice"),
        (["network", "resnet18", "--at", "H=64", "--at", "H=96"], "--at H is given twice"),
        (["network", "resnet18", "--view", "kinds", "--view", "tree"], "--view is given twice"),
        (["formulas", "--format", "csv", "--format", "text"], "--format is given twice"),
        (["published", "--only", "exact", "--only", "misprint"], "--only is given twice"),
    ],
)
def test_a_second_value_does_not_hide_the_first(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    refused(capsys, arguments, f"{sentence}; allowed is once")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["compare", *LAYER, "--store", "s"], "--store s without --time; allowed is --time"),
        (["network", "resnet18", "--store", "s"], "--store s without --time; allowed is --time"),
        (["network", "resnet18", "--where", "a", "--set", "b=3"], "--set b=3, --where a without"),
        (
            ["network", "resnet18", "--replace", "basis", "--variants", "cp"],
            "--variants cp without",
        ),
        (["network", "resnet18", "--costlier"], "--costlier without --replace; allowed is"),
        (
            ["network", "resnet18", "--weight-bits", "8"],
            "--weight-bits 8 without a metric that depends on it; allowed are",
        ),
        (
            ["network", "resnet18", "--metrics", "weight_bytes", "--activation-bits", "8"],
            "--activation-bits 8 without a metric that depends on it; allowed are",
        ),
        (["network", "resnet18", "--by", "bops"], "--by bops without --replace; allowed is"),
        (
            ["network", "resnet18", "--replace", "cp", "--costlier", "--by", "bops"],
            "--by bops with --costlier; allowed is",
        ),
        (
            ["network", "resnet18", "--compare", "--metrics", "macs"],
            "--metrics macs with --compare",
        ),
        (["network", "resnet18", "--formula", "N", "--time"], "--time with --formula; allowed is"),
        (["network", "resnet18", "--convention", "thop", "--at", "H=64"], "--at H=64 with --conv"),
        (
            ["network", "resnet18", "--formula", "H", "--at", "H=64"],
            "--at H with --formula H",
        ),
        (
            ["compare", *LAYER, "--weight-bits", "8"],
            "--weight-bits 8 without a metric that",
        ),
        (
            ["network", "resnet18", "--view", "shares", "--metrics", "macs,bops"],
            "shares of macs, bops; allowed is one metric",
        ),
        (["referee", "--conformance", "--input", "1x3"], "--input 1x3 with --conformance; allowed"),
        (["published", "--list", "--only", "exact"], "--only exact with --list; allowed is --list"),
        (["measure", "--export", "--rounds", "3"], "--rounds 3 with --export; allowed are --store"),
        (["measure", "--network", "resnet18", "--stride", "2"], "--network and a layer exclude"),
        (["predict", "--network", "resnet18", "--set", "b=3"], "--network and a layer exclude"),
        (["verify", "--seed", "3"], "--seed 3 without --random; allowed is --random N --seed S"),
        (
            ["verify", "--random", "2", "--oracles", "torch"],
            "--oracles torch with --random; allowed",
        ),
    ],
)
def test_an_option_without_effect_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    refused(capsys, arguments, sentence)


def test_what_may_be_repeated_may_be_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", "b=3", "--set", "cp.r=7"]
    assert main(["compare", *LAYER, "--bias", "--bias", *settings]) == 0
    printed = capsys.readouterr().out
    assert "b=3" in printed
    assert "r=7" in printed
