"""The campaign of formulas: it sees a formula that is wrong, and judges models as they are."""

from __future__ import annotations

import importlib.util
import sys

import pytest
import torch
from torch import nn

from benchmarks import _others, guards
from benchmarks._guards import EXACT, GUARDED, NO_CAPTURE, REFUSED, WRONG, judge, summary
from benchmarks._others import Package
from costmodel.network import formula
from tests.network.read.torch import asking_models

SHAPE = (1, 3, 45, 34)
#: Forwards of each kind: no conditions, some, and none that can be said.
KINDS = {
    "pad_to_windows": EXACT,
    "centre_crop": GUARDED,
    "no_shift_in_small_maps": GUARDED,
    "more_layers_for_large_inputs": GUARDED,
}


def model(name: str) -> nn.Module:
    return asking_models.Parts(getattr(asking_models, name))


class Fails(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise ValueError("not for this")


class Alone(nn.Module):
    """Its answer about H and W holds for one size; about N it asks nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert (x.shape[2], x.shape[3]) in {SHAPE[2:]}
        return self.conv(x)


@pytest.mark.parametrize("name", KINDS)
def test_models_are_judged_as_they_are(name: str) -> None:
    row = judge(model(name), SHAPE, name, most=6)
    assert row["verdict"] == KINDS[name], row
    assert row["inside"] + row["outside"] + row["no_run"] == 6
    assert row["truth"] == "counter"


def test_a_wrong_formula_is_seen_and_the_size_named() -> None:
    row = judge(model("pad_to_windows"), SHAPE, "seed", most=6, doctored=lambda macs: macs + 1)
    assert row["verdict"] == WRONG
    assert "are counted; said to hold for" in row["said"]


def test_a_formula_without_its_guards_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The formula of the traced path for every size, as it was before there were guards."""
    name = "more_layers_for_large_inputs"
    assert judge(model(name), SHAPE, "seed", most=12)["verdict"] == GUARDED
    whole = formula.in_letters

    def unguarded(network, free):  # type: ignore[no-untyped-def]
        return whole(network, free).__class__(
            **{**vars(whole(network, free)), "guards": ()}  # every condition is forgotten
        )

    monkeypatch.setattr(formula, "in_letters", unguarded)
    assert judge(model(name), SHAPE, "seed", most=12)["verdict"] == WRONG


def test_letters_are_left_open_as_far_as_a_model_allows() -> None:
    row = judge(Alone(), SHAPE, "seed", most=4)
    assert (row["verdict"], row["letters"], row["inside"]) == (EXACT, "N", 4)


class Asks(nn.Module):
    """It asks about every size, what no condition can say."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sizes = torch.tensor(x.shape)
        return x @ x.mT if bool((sizes > 0).all()) else x


def test_what_cannot_be_captured_or_has_no_formula() -> None:
    assert judge(Fails(), SHAPE, "seed")["verdict"] == NO_CAPTURE
    row = judge(Asks(), SHAPE, "seed", most=3)
    assert (row["verdict"], row["letters"]) == (REFUSED, "")
    assert "has no closed formula in N, H, W" in row["said"]


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    named = {"one": Alone(), "two": Fails(), "three": model("pad_to_windows")}
    others = Package(lambda: sorted(named), lambda name: (named[name], SHAPE))
    monkeypatch.setattr(guards, "package", lambda name: others)
    assert guards.main(["--package", "timm", "--models", "t*", "--sizes", "3"]) == 0
    said = capsys.readouterr()
    assert [line.split(",")[0] for line in said.out.splitlines()] == ["model", "three", "two"]
    assert f"2 models: 1 {EXACT}, 1 {NO_CAPTURE}" in said.err
    monkeypatch.setattr(guards, "judge", lambda *given: {"verdict": WRONG, "said": ""})
    assert guards.main(["--package", "timm", "--models", "one"]) == 1


def test_a_package_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    before = list(sys.meta_path)
    assert guards.main(["--package", "timm"]) == 2
    assert "pip install --no-deps --target FOLDER timm" in capsys.readouterr().err
    assert sys.meta_path == before


def test_what_only_transforms_images_stands_for_nothing() -> None:
    stand = _others.StandIn("nobodys_vision")
    sys.meta_path.append(stand)
    try:
        from nobodys_vision.transforms.functional import InterpolationMode, resize

        assert {InterpolationMode.NEAREST: 1}[InterpolationMode.NEAREST] == 1
        assert isinstance(resize(1, size=3), resize)
    finally:
        sys.meta_path.remove(stand)
        for name in [name for name in sys.modules if name.startswith("nobodys_vision")]:
            del sys.modules[name]


def test_a_sample_is_drawn_by_its_seed() -> None:
    names = [f"model{i}" for i in range(30)]
    one = guards.chosen(names, ["model*"], 7, seed=3)
    assert len(one) == 7
    assert one == guards.chosen(names, ["model*"], 7, seed=3)
    assert one != guards.chosen(names, ["model*"], 7, seed=4)
    assert guards.chosen(names, ["model1?", "none"], 0, seed=1) == names[10:20]
    assert summary([{"verdict": WRONG}, {"verdict": EXACT}]) == "1 exact, 1 WRONG"
