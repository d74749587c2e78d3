"""`factorize`: rows per layer and variant, factors in a file, and nothing half-written."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from torch import nn

import costmodel as cm
from costmodel.cli.main import main
from costmodel.core.variant import VARIANTS
from costmodel.factors import layers
from costmodel.factors.factorize import factorize
from costmodel.factors.factors import Factors
from costmodel.factors.store import FactorFile, read_factors
from tests.cli.printed import refused, rows


def net() -> nn.Module:
    torch.manual_seed(8)
    return nn.Sequential(
        nn.Conv2d(3, 8, (3, 2), padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, stride=2, groups=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, 5),
    ).eval()


SOURCE = f"{__name__}:net"


@pytest.fixture
def state(tmp_path: Path) -> str:
    torch.save(net().state_dict(), tmp_path / "net.pt")
    return str(tmp_path / "net.pt")


def test_a_row_has_the_error_and_the_cost_of_the_factors(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = rows(capsys, "factorize", state, "--variants", "channel_svd,tucker2", "--set", "r=3")
    assert [(r["layer"], r["variant"]) for r in found] == [
        (layer, variant) for layer in ("0", "3") for variant in ("channel_svd", "tucker2")
    ]
    model = net()
    for row in found:
        kernel = model.get_submodule(row["layer"]).weight
        hyper = {"r": 3} if row["variant"] == "channel_svd" else {}
        want = cm.factorize(kernel, row["variant"], **hyper)
        assert float(row["error"]) == pytest.approx(want.error, rel=1e-12)
        assert int(row["params"]) == sum(w.size for w in want.weights)
        assert float(row["params_ratio"]) == int(row["params"]) / kernel.numel()
        assert row["hyper"] == ";".join(f"{k}={v}" for k, v in want.bound.hyper.items())


def test_a_models_grids_and_groups_are_in_the_multiplies(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = ["factorize", SOURCE, "--variants", "channel_svd", "--set", "r=2"]
    found = rows(capsys, *call, "--input", "1x3x11x14")
    plan = cm.from_torch(net(), input_shape=(1, 3, 11, 14)).replace("channel_svd", r=2, pays=False)
    assert [int(r["macs"]) for r in found] == [c.after.macs for c in plan.replaced]
    bare = rows(capsys, *call)
    assert [r["error"] for r in bare] == [r["error"] for r in found]
    assert int(bare[0]["macs"]) == int(bare[0]["params"])  # one position


@pytest.mark.slow
def test_the_common_variants_are_shown_unless_others_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(tmp_path / "small.npy")
    numpy.save(source, numpy.random.default_rng(3).normal(size=(6, 4, 3, 2)))
    usual = {r["variant"] for r in rows(capsys, "factorize", source)}
    common = {v.id for v in VARIANTS.values() if v.common and not v.baseline}
    assert {"channel_svd", "spatial_svd", "tucker2", "cp", "basis"} <= usual <= common
    every = {r["variant"] for r in rows(capsys, "factorize", source, "--variants", "all")}
    assert usual < every
    assert "octave" not in every  # it has no factors


def test_one_layer_needs_no_selection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numpy.save(tmp_path / "matrix.npy", numpy.random.default_rng(1).normal(size=(9, 7)))
    (row,) = rows(capsys, "factorize", str(tmp_path / "matrix.npy"), "--variants", "channel_svd")
    assert (row["layer"], row["hyper"]) == ("matrix", "r=3")


@pytest.mark.parametrize("how", ["energy=0.8", "error=0.5", "gap", "gavish_donoho", "macs=60%"])
def test_ranks_are_chosen_layer_by_layer(
    how: str, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["factorize", state, "--variants", "spatial_svd,tucker2", "--choose", how]
    model = net()
    for row in rows(capsys, *call):
        kernel = model.get_submodule(row["layer"]).weight
        ranks = cm.choose_rank(kernel, row["variant"], how)
        assert row["hyper"] == ";".join(f"{name}={rank}" for name, rank in ranks.items())
        if how == "error=0.5":
            assert float(row["error"]) <= 0.5
        if how == "macs=60%":
            assert float(row["macs_ratio"]) <= 0.6


def test_a_variant_without_such_ranks_is_left_out(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = rows(capsys, "factorize", state, "--choose", "gap", "--where", "0")
    assert {"channel_svd", "tucker2"} <= {r["variant"] for r in found}
    assert "cp" not in {r["variant"] for r in found}
    (row,) = rows(
        capsys, "factorize", state, "--choose", "gap", "--where", "0",
        "--variants", "channel_svd", "--set", "r=3",
    )  # fmt: skip
    assert row["hyper"] == "r=3"  # what is set is not chosen


# -- the file --------------------------------------------------------------------------------------
def test_factors_are_written_by_layer_and_stage_and_read_back(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "factors.safetensors")
    found = rows(capsys, "factorize", state, "--variants", "spatial_svd", "-o", path)
    assert len(found) == 2
    names = load_file(path)
    assert sorted(names) == ["0.0.weight", "0.1.weight", "3.0.weight", "3.1.weight"]
    again = dict(read_factors(path))
    model = net()
    for row in found:
        factors = again[row["layer"]]
        kernel = model.get_submodule(row["layer"]).weight.detach().numpy()
        want = cm.factorize(kernel, "spatial_svd")
        for one, other in zip(factors.weights, want.weights, strict=True):
            assert numpy.array_equal(one, other)
        assert repr(factors.error) == row["error"]
        away = numpy.linalg.norm(kernel - factors.kernel()) / numpy.linalg.norm(kernel)
        assert away == pytest.approx(float(row["error"]), rel=1e-5)
        assert factors.counts().weights == int(row["params"])
        assert dict(factors.bound.hyper) == dict(want.bound.hyper)


def test_rows_go_to_stdout_in_the_format_asked_for(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "factors.safetensors"
    call = [
        "factorize",
        state,
        "--variants",
        "channel_svd",
        "-o",
        str(path),
        "--format",
        "markdown",
    ]
    assert main(call) == 0
    assert capsys.readouterr().out.startswith("| layer | variant |")
    assert path.exists()
    table = tmp_path / "rows.csv"
    assert main(["factorize", state, "--variants", "channel_svd", "-o", str(table)]) == 0
    assert [r["layer"] for r in csv.DictReader(table.open())] == ["0", "3"]


@pytest.mark.parametrize("change", ["stages", "variant", "layer", "hyper", "weights", "nothing"])
def test_a_file_that_is_not_ours_is_refused(change: str, tmp_path: Path) -> None:
    path = str(tmp_path / "a.safetensors")
    factors = cm.factorize(net()[0].weight, "channel_svd", r=2)
    with FactorFile(path) as file:
        file.add("conv", factors)
    with safe_open(path, framework="numpy") as whole:
        about = json.loads(whole.metadata()["costmodel"])
    arrays, entry = load_file(path), about["layers"]["conv"]
    if change == "stages":
        entry["stages"] = "m, n m i j -> n"
    elif change == "variant":
        entry["variant"] = "chanel_svd"
    elif change == "layer":
        del entry["layer"]["m"]
    elif change == "hyper":
        entry["hyper"]["r"] = "3"
    elif change == "weights":
        arrays["conv.1.weight"] = arrays["conv.1.weight"] * numpy.float32("nan")
    save_file(arrays, path, {"costmodel": json.dumps(about)} if change != "nothing" else None)
    with pytest.raises(cm.CostModelError) as error:
        dict(read_factors(path))
    assert path in str(error.value)
    assert "; allowed" in str(error.value)


def test_a_layer_stands_once_in_a_file(tmp_path: Path) -> None:
    factors = cm.factorize(net()[0].weight, "channel_svd", r=2)
    path = tmp_path / "a.safetensors"

    def twice() -> None:
        with FactorFile(str(path)) as file:
            file.add("conv", factors)
            file.add("conv", factors)

    with pytest.raises(cm.CostModelError, match="allowed is one variant for each layer"):
        twice()
    assert os.listdir(tmp_path) == []


# -- what goes wrong -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--variants", "chanel_svd"], "unknown variant 'chanel_svd'"),
        (["--variants", "channel_svd", "--set", "b=4"], "unknown hyper-parameter 'b'"),
        (["--where", "9"], "no layer of"),
        (["--variants", "cp", "--choose", "gap"], "0: cp"),
        (["--variants", "octave", "-o", "b.safetensors"], "octave"),
        (["--choose", "largest"], "unknown method 'largest'"),
        (["--choose", "energy=2"], "allowed are shares from 0 to 1"),
        (["-o", "a.safetensors"], "variants; allowed is one"),
        (["--variants", "channel_svd", "-o", "none/a.safetensors"], "cannot write"),
        (["-o", "a.xyz"], "no format has the suffix '.xyz'"),
        (["--input", "1x3x9x9"], "an input shape for"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_writes_nothing(
    state: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(capsys, ["factorize", state, *arguments], words)
    assert os.listdir(tmp_path) == ["net.pt"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_write_nothing(
    value: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second layer is broken: the first one's factors are not left behind either."""
    model = net()
    model[3].weight.data[1, 1, 0, 0] = value
    torch.save(model.state_dict(), tmp_path / "net.pt")
    path = tmp_path / "a.safetensors"
    call = ["factorize", str(tmp_path / "net.pt"), "--variants", "channel_svd", "-o", str(path)]
    refused(capsys, call, f"tensor '3' holds {value}")
    assert os.listdir(tmp_path) == ["net.pt"]


def test_an_interrupt_leaves_nothing_behind(
    state: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ctrl+C at the second layer: the old file is still there, and nothing else."""
    path, calls = tmp_path / "a.safetensors", []

    def interrupted(*arguments: Any, **options: Any) -> Factors:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return factorize(*arguments, **options)

    monkeypatch.setattr(layers, "factorize", interrupted)
    path.write_bytes(b"as it was")
    assert main(["factorize", state, "--variants", "channel_svd", "-o", str(path)]) == 130
    assert len(calls) == 2
    assert capsys.readouterr() == ("", "")
    assert sorted(os.listdir(tmp_path)) == ["a.safetensors", "net.pt"]
    assert path.read_bytes() == b"as it was"
