"""Error against cost: every point is what the factors really have, and none beats another."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy
import pytest

import costmodel as cm
from costmodel.errors import InputError, VariantError
from costmodel.factors import curves as module
from costmodel.factors.curves import Curve, curves, uploaded_curves
from costmodel.factors.ranks.choose import USUAL
from costmodel.factors.read.sources import open_weights
from costmodel.factors.read.stored import StoredLayer, layer_of_shape
from costmodel.factors.read.uploads import MAX_BYTES, uploaded_layers

KERNEL = numpy.random.default_rng(6).normal(size=(10, 7, 3, 2))


def stored(kernel: numpy.ndarray = KERNEL) -> StoredLayer:
    return StoredLayer("layer", layer_of_shape(kernel.shape), lambda: kernel)


def curve(variant: str) -> Curve:
    return next(c for c in curves(stored()).curves if c.variant == variant)


@pytest.mark.parametrize("variant", ["channel_svd", "spatial_svd", "basis"])
def test_a_point_is_what_the_factors_have(variant: str) -> None:
    found = curve(variant)
    for point in found.points[:: max(1, len(found.points) // 4)]:
        factors = cm.factorize(KERNEL, variant, **point.ranks)
        assert point.error == pytest.approx(factors.error, abs=1e-6)
        assert point.costs["params"] == sum(w.size for w in factors.weights)
        assert point.costs["macs"] == factors.counts().macs


def test_of_pairs_only_those_that_no_other_pair_beats_are_kept() -> None:
    found = curve("tucker2")
    every = [(row["params"], row["error"]) for row in cm.errors(KERNEL, "tucker2").rows]
    kept = [(p.costs["params"], p.error) for p in found.points]
    assert len(kept) < len(every)
    for params, error in kept:
        assert not any(p <= params and e < error - 1e-12 for p, e in every)
    for params, error in every:  # and nothing that is worth keeping is missing
        assert any(p <= params and e <= error + 1e-12 for p, e in kept)
    assert kept == sorted(kept)
    assert [e for _, e in kept] == sorted((e for _, e in kept), reverse=True)


def test_what_methods_choose_is_what_choose_rank_chooses() -> None:
    for variant in ("channel_svd", "tucker2"):
        found = curve(variant)
        assert set(found.picks) <= set(USUAL)
        assert {"energy=0.95", "error=0.1", "macs=50%"} <= set(found.picks)
        for method, point in found.picks.items():
            assert point.ranks == cm.choose_rank(KERNEL, variant, method)
        (row,) = [r for r in found.to_picks().rows if r["method"] == "error=0.1"]
        assert row["error"] <= 0.1


def test_a_long_curve_is_thinned_evenly_with_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = curve("spatial_svd").points
    monkeypatch.setattr(module, "MAX_POINTS", 5)
    few = curve("spatial_svd").points
    assert len(few) == 5
    assert (few[0], few[-1]) == (whole[0], whole[-1])


def test_dense_is_the_layer_itself() -> None:
    found = curves(stored())
    assert found.dense == {"params": KERNEL.size, "macs": KERNEL.size}
    assert "cp" not in {c.variant for c in found.curves}  # no one decomposition for all its ranks


def test_a_kernel_without_ranks_is_one_sentence() -> None:
    with pytest.raises(VariantError, match=r"'layer' has no variant .*; allowed are kernels"):
        curves(stored(), [cm.VARIANTS["cp"]])


# -- a visitor's file ------------------------------------------------------------------------------
def test_an_upload_is_listed_and_drawn() -> None:
    data = io.BytesIO()
    numpy.save(data, KERNEL)
    layers, notes = uploaded_layers("../secret/<b>.npy", data.getvalue())
    (layer,) = layers
    assert (layer.weights, layer.shape) == (math.prod(KERNEL.shape), KERNEL.shape)
    assert "/" not in layer.name
    assert "<" not in layer.name
    assert any("one output position" in note for note in notes)
    found = uploaded_curves("../secret/<b>.npy", data.getvalue(), layer.name)
    assert found.curves == curves(stored()).curves
    with pytest.raises(InputError, match="unknown layer 'other'"):
        uploaded_curves("a.npy", data.getvalue(), "other")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.exe", b"x", "'a.exe'; allowed are names that end in .pt"),
        ("a.npy", b"", "'a.npy' is empty; allowed"),
        ("a.npy", b"no array", "'a.npy' cannot be read"),
        ("../../x/a.safetensors", b"nothing", "'a.safetensors' cannot be read"),
        ("a.pt", b"nothing", "'a.pt' is no file that PyTorch has saved"),
        ("a.onnx", b"nothing", "'a.onnx' "),
    ],
)
def test_what_is_no_such_file_is_said_by_its_name(name: str, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("(", r"\(")) as error:
        uploaded_layers(name, data)
    assert "costmodel-" not in str(error.value)  # no path of ours
    assert "\n" not in str(error.value)


def test_a_large_file_is_refused_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a file was made")

    monkeypatch.setattr("costmodel.factors.read.uploads.tempfile.TemporaryDirectory", never)
    with pytest.raises(InputError, match=f"allowed are {MAX_BYTES:,}"):
        uploaded_layers("a.pt", bytes(MAX_BYTES + 1))


def test_an_upload_and_a_file_are_read_alike(tmp_path: Path) -> None:
    numpy.save(tmp_path / "kernel.npy", KERNEL)
    (layer,) = open_weights(str(tmp_path / "kernel.npy")).layers
    assert curves(layer).curves == curves(stored()).curves
