"""Every option of every call changes what is printed, or is refused: none is dropped silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cli.main import command_parser, main
from costmodel.core.layer_text import LAYER_OPTIONS

LAYER = ["compare", "-m", "12", "-n", "20", "--size", "17x14"]
NETWORK = ["network", "mobilenet"]
# parameters fall, multiplies rise
WHERE = ["--where", "layer1.*", "--set", "b=8"]
REPLACE = ["network", "resnet18", *WHERE, "--replace", "shared_basis"]
PLAN = ["plan", "alexnet", "--at-most", "macs=60%", "--variants", "basis,tucker2"]
SWEEP = [
    "sweep",
    *LAYER[1:],
    "--variants",
    "basis,channel_svd",
    "--over",
    "b=2,5",
    "--over",
    "r=3,7",
]
#: Calls that print something, each of another shape.
CALLS = {
    "compare": LAYER,
    "compare bytes": [*LAYER, "--metrics", "bytes_moved", "--bias"],
    "compare flops": [*LAYER, "--metrics", "training_flops,bops"],
    "network": NETWORK,
    "network layers": [*NETWORK, "--view", "layers", "--metrics", "additions"],
    "network kinds": [*NETWORK, "--view", "kinds"],
    "network stages": [*NETWORK, "--view", "stages"],
    "network shares": [*NETWORK, "--view", "shares"],
    "network tree": [*NETWORK, "--view", "tree"],
    "network file": [*NETWORK, "--view", "file"],
    "network compare": [*NETWORK, "--compare"],
    "network formula": [*NETWORK, "--formula", "H"],
    "network convention": [*NETWORK, "--convention", "fvcore"],
    "network replace": REPLACE,
    "network replace tree": [*REPLACE, "--view", "tree"],
    "network replace formula": [*REPLACE, "--formula", "H"],
    "plan": PLAN,
    "plan bytes": [*PLAN, "--minimize", "weight_bytes"],
    "plan front": ["plan", "alexnet", "--front", "macs,params", "--variants", "basis,tucker2"],
    "sweep": SWEEP,
    "sweep front": [*SWEEP, "--front", "params,macs,activations"],
    "sweep least": [*SWEEP, "--least", "macs"],
    "sweep groups": [*SWEEP, "--group", "variant"],
    "formulas": ["formulas", "--variants", "basis,cp"],
    "report": ["report", *LAYER[1:], "--variants", "basis"],
    "report network": ["report", "mobilenet"],
    "published": ["published", "mobilenet-4"],
    "published list": ["published", "--list"],
}
#: A value that differs from what each call has; options that are only on or off have none.
VALUES = {
    "--kernel": "1x5",
    "--in-channels": "24",
    "--out-channels": "40",
    "--size": "19x23",
    "--stride": "2",
    "--padding": "valid",
    "--dilation": "2",
    "--groups": "4",
    "--batch": "3",
    "--output-padding": "1",
    "--dims": "1",
    "--variants": "basis",
    "--metrics": "flops,activations",
    "--columns": "variant,macs",
    "--set": "r=2",
    "--flops-per-mac": "1",
    "--weight-bits": "8",
    "--activation-bits": "8",
    "--bias-bits": "7",
    "--format": "latex",
    "--input": "2x3x192x160",
    "--at": "H=160",
    "--view": "kinds",
    "--formula": "N",
    "--convention": "torch",
    "--replace": "basis",
    "--by": "params",
    "--where": "kernel=1,share=2%",
    "--notation": "mobilenet",
    "--metric": "activations",
    "--only": "misprint",
    "--at-most": "params=70%",
    "--at-least": "params=95%",
    "--minimize": "params",
    "--front": "params,macs",
    "--keep": "conv2",
    "--least": "params",
    "--top": "2",
    "--join": "no/file.csv",
    "--group": "b",
    "--quantiles": "0.5",
    "--over": "stride=1,2",
    "--multiple-of": "16",
    "--weights": "no/weights.npy",
    "--plan": "layer,variant,hyper\nconv1,basis,b=2\n",  # the text of the file
}
#: What says where the output goes and how loud it is, and times, which need a store.
APART = {"--help", "--output", "--quiet", "--store", "--machine", "--seconds", "--time"}
#: Where it runs changes nothing.
APART |= {"--measure", "--workers", "--scheduler", "--resume"}


def options(name: str) -> list[str]:
    """What may be typed after a call; what a layer is like is a fact, not a choice of output."""
    call = CALLS[name]
    facts = {option.flags[-1] for option in LAYER_OPTIONS} if name != "compare" else set()
    spellings = [a.option_strings for a in command_parser(call[0])._actions if a.option_strings]
    return [s[-1] for s in spellings if not {*s} & {*APART, *facts, *call}]


@pytest.mark.parametrize(
    ("call", "option"), [(name, option) for name in CALLS for option in options(name)]
)
def test_it_has_an_effect_or_is_refused(
    call: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = CALLS[call]
    action = command_parser(words[0])._option_string_actions[option]
    value = [] if action.nargs == 0 else [VALUES[option]]
    if option == "--plan":
        (tmp_path / "plan.csv").write_text(*value)
        value = [str(tmp_path / "plan.csv")]
    assert main(words) == 0
    plain = capsys.readouterr().out
    code = main([*words, option, *value])
    printed = capsys.readouterr().out
    assert printed != plain
    assert (code == 2) == (printed == "")


def test_a_table_that_is_named_beside_the_list_is_not_dropped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["published", "--list", "mobilenet-4"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_force_has_nothing_to_force_in_a_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "a.md"
    document.write_text("nothing\n")
    assert main(["embed", str(document), "--check", "--force"]) == 2
    assert "--force with --check" in capsys.readouterr().err
    assert main(["embed", str(document), "--check", "--diff", "--force"]) == 0
