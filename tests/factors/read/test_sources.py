"""Weights from every kind of source: the same kernels, lazily; one sentence for what is none."""

from __future__ import annotations

import os
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from costmodel.errors import InputError
from costmodel.factors.read import stored
from costmodel.factors.read.sources import open_weights
from costmodel.factors.read.stored import channels_first

SHAPE = (1, 4, 11, 13)


def small() -> nn.Module:
    torch.manual_seed(5)
    return nn.Sequential(
        nn.Conv2d(4, 6, (3, 5), stride=2, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Sequential(nn.Conv2d(6, 10, 2, groups=2, bias=False)),
        nn.Flatten(),
        nn.Linear(250, 7),
    ).eval()


def saved_state(path: Path, model: nn.Module) -> str:
    torch.save(model.state_dict(), path / "a.pt")
    return str(path / "a.pt")


def saved_old(path: Path, model: nn.Module) -> str:
    torch.save(model.state_dict(), path / "a.pt", _use_new_zipfile_serialization=False)
    return str(path / "a.pt")


def saved_module(path: Path, model: nn.Module) -> str:
    torch.save(model, path / "a.pth")
    return str(path / "a.pth")


def saved_checkpoint(path: Path, model: nn.Module) -> str:
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.rand(SHAPE)).sum().backward()
    optimiser.step()
    state = {"epoch": 3, "state_dict": model.state_dict(), "optimizer": optimiser.state_dict()}
    torch.save(state, path / "a.pt")
    return str(path / "a.pt")


def saved_safetensors(path: Path, model: nn.Module) -> str:
    save_file(model.state_dict(), path / "a.safetensors")
    return str(path / "a.safetensors")


FILES = [saved_state, saved_old, saved_module, saved_checkpoint, saved_safetensors]


@pytest.mark.parametrize("save", FILES, ids=lambda f: f.__name__)
def test_a_file_gives_the_kernels_of_its_layers(save: Any, tmp_path: Path) -> None:
    model = small()
    weights = open_weights(save(tmp_path, model))
    assert [layer.name for layer in weights.layers] == ["0", "3.0", "5"]
    for layer in weights.layers:
        want = model.get_submodule(layer.name).weight.detach().numpy()
        assert numpy.array_equal(layer.kernel().reshape(want.shape), want)
    assert [layer.kind for layer in weights.layers] == ["conv", "conv", "linear"]
    assert "one output position" in weights.notes[0]


def test_onnx_gives_kernels_and_grids(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model, path = small(), tmp_path / "a.onnx"
    helper, tensors = onnx.helper, model.state_dict()
    names = ["0.weight", "0.bias", "3.0.weight", "5.weight", "5.bias"]
    nodes = [
        helper.make_node(
            "Conv", ["x", "0.weight", "0.bias"], ["a"], "first", strides=[2, 2], pads=[1, 1, 1, 1]
        ),
        helper.make_node("Conv", ["a", "3.0.weight"], ["b"], "second", group=2),
        helper.make_node("Flatten", ["b"], ["c"], "flat"),
        helper.make_node("Gemm", ["c", "5.weight", "5.bias"], ["y"], "third", transB=1),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [value("x", 1, SHAPE)],
        [value("y", 1, (1, 7))],
        [onnx.numpy_helper.from_array(tensors[n].numpy(), n) for n in names],
    )
    onnx.save(helper.make_model(graph), path)
    weights = open_weights(str(path))
    assert [layer.name for layer in weights.layers] == ["0", "3.0", "5"]
    for layer, name in zip(weights.layers, ("0.weight", "3.0.weight", "5.weight"), strict=True):
        want = tensors[name].numpy()
        assert numpy.array_equal(layer.kernel().reshape(want.shape), want)
        assert layer.placed
    assert weights.layers[1].layer.groups == 2
    assert weights.layers[0].layer.out_size == (6, 6)


def test_a_product_that_stores_its_matrix_the_other_way_round_is_turned(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper, matrix = onnx.helper, numpy.random.default_rng(3).normal(size=(6, 6))
    stored_matrix = onnx.numpy_helper.from_array(matrix.astype("float32"), "w")
    value = helper.make_tensor_value_info
    node = helper.make_node("MatMul", ["x", "w"], ["y"], "product")
    graph = helper.make_graph(
        [node], "g", [value("x", 1, (2, 6))], [value("y", 1, (2, 6))], [stored_matrix]
    )
    onnx.save(helper.make_model(graph), tmp_path / "a.onnx")
    (layer,) = open_weights(str(tmp_path / "a.onnx")).layers
    assert numpy.array_equal(layer.kernel()[:, :, 0], matrix.astype("float32").T)


def test_one_array_is_one_kernel(tmp_path: Path) -> None:
    kernel = numpy.random.default_rng(2).normal(size=(7, 5, 3, 2))
    numpy.save(tmp_path / "filters.npy", kernel)
    (layer,) = open_weights(str(tmp_path / "filters.npy")).layers
    assert layer.name == "filters"
    assert numpy.array_equal(layer.kernel(), kernel)
    assert (layer.layer.in_channels, layer.layer.out_channels) == (5, 7)


def test_a_model_knows_its_grids_where_the_input_is_given() -> None:
    source = f"{__name__}:small"
    placed = open_weights(source, [SHAPE])
    assert [layer.name for layer in placed.layers] == ["0", "3.0", "5"]
    assert placed.layers[0].layer.out_size == (6, 6)
    assert placed.layers[1].layer.groups == 2
    bare = open_weights(source)
    assert [b.shape for b in bare.layers] == [p.shape for p in placed.layers]
    assert bare.layers[1].layer.groups == 2
    assert "one output position" in bare.notes[0]


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(5, 7, 3)
        self.two = nn.Conv2d(5, 7, 3)
        self.two.weight = self.one.weight
        self.turned = nn.ConvTranspose2d(4, 6, (3, 2), groups=2)


def tied() -> nn.Module:
    return Tied()


def test_a_tensor_with_two_names_is_one_layer(tmp_path: Path) -> None:
    torch.save(Tied().state_dict(), tmp_path / "a.pt")
    for source in (str(tmp_path / "a.pt"), f"{__name__}:tied"):
        layers = open_weights(source).layers
        assert [(layer.name, layer.also) for layer in layers] == [("one", ("two",)), ("turned", ())]


def test_a_transposed_kernel_has_its_outputs_first() -> None:
    layer = open_weights(f"{__name__}:tied").layers[1]
    kernel = layer.kernel()
    assert kernel.shape == (6, 2, 3, 2)
    stored_kernel = numpy.arange(4 * 3 * 6).reshape(4, 3, 3, 2)
    turned = channels_first(stored_kernel, 2)
    # output 4 is the second group's second; its first input is the layer's third
    assert numpy.array_equal(turned[4, 0], stored_kernel[2, 1])


def test_half_precisions_are_read_in_single(tmp_path: Path) -> None:
    kernel = torch.rand(5, 4, 3, 2)
    for dtype in (torch.float16, torch.bfloat16):
        torch.save({"weight": kernel.to(dtype)}, tmp_path / "a.pt")
        save_file({"weight": kernel.to(dtype)}, tmp_path / "a.safetensors")
        for name in ("a.pt", "a.safetensors"):
            (layer,) = open_weights(str(tmp_path / name)).layers
            assert layer.kernel().dtype == numpy.float32
            assert numpy.array_equal(layer.kernel(), kernel.to(dtype).float().numpy())


@pytest.mark.slow
# -- memory ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_kernels_stay_on_disk_until_they_are_asked_for(ending: str, tmp_path: Path) -> None:
    """Each of many layers can be read while memory grows by far less than all of them."""
    layers, side = 16, 768
    path = str(tmp_path / f"a.{ending}")
    tensors = {f"{i}.weight": torch.full((side, side), float(i)) for i in range(layers)}
    torch.save(tensors, path) if ending == "pt" else save_file(tensors, path)
    del tensors
    code = (
        "import sys\n"
        "from costmodel.factors.read.sources import open_weights\n"
        "import numpy, "
        + (
            "torch, torch.serialization, costmodel.factors.read.saved"
            if ending == "pt"
            else "safetensors.numpy"
        )
        + "\n"
        "def anonymous():\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return int(next(l for l in lines if l.startswith('RssAnon')).split()[1])\n"
        "start, most, weights = anonymous(), 0, open_weights(sys.argv[1])\n"
        "for layer in weights.layers:\n"
        "    layer.kernel()\n"
        "    most = max(most, anonymous() - start)\n"
        "print(most * 1024)\n"
    )
    if not os.path.exists("/proc/self/status"):
        pytest.skip("memory is read from /proc")
    import subprocess
    import sys

    out = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    one = side * side * 4
    assert int(out.stdout) < 5 * one < layers * one / 3


# -- what is refused -------------------------------------------------------------------------------
class Runs:
    """A pickle that would call a function: it must never."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


class Own(nn.Conv2d):
    """A class that only its author has."""


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_needs_code_is_refused_and_not_run(zipped: bool, tmp_path: Path) -> None:
    made = tmp_path / "made"
    torch.save({"weight": Runs(made)}, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(InputError, match=r"needs code, (posix|nt)\.mkdir") as error:
        open_weights(str(tmp_path / "a.pt"))
    assert "\n" not in str(error.value)
    (tmp_path / "b.pth").write_bytes(pickle.dumps(Runs(made)))
    with pytest.raises(InputError):
        open_weights(str(tmp_path / "b.pth"))
    assert not made.exists()
    torch.load(tmp_path / "a.pt", weights_only=False)  # the same file would have run it
    assert made.exists()


def test_a_class_of_ones_own_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Sequential(Own(3, 5, 2)), tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"needs code, .*Own, which is never run"):
        open_weights(str(tmp_path / "a.pt"))


def test_a_program_is_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch would rather have another format
        torch.jit.trace(nn.Conv2d(4, 6, 3), torch.rand(SHAPE)).save(str(tmp_path / "a.pt"))
    with pytest.raises(InputError, match="TorchScript program, which is never run"):
        open_weights(str(tmp_path / "a.pt"))


@pytest.mark.parametrize("ending", ["pt", "pth", "safetensors", "npy", "onnx"])
@pytest.mark.parametrize("content", [b"", b"no such thing\n" * 9, b"PK\x03\x04broken"])
def test_what_is_no_such_file_is_one_sentence(ending: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content)
    for source in (str(path), str(tmp_path / f"missing.{ending}")):
        with pytest.raises(InputError) as error:
            open_weights(source)
        assert "\n" not in str(error.value)
        assert source in str(error.value)
    if not content and ending != "onnx":
        with pytest.raises(InputError, match="is empty; allowed is"):
            open_weights(str(path))


def test_compressed_data_is_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(9, 7)}, tmp_path / "a.pt")
    with (
        zipfile.ZipFile(tmp_path / "a.pt") as plain,
        zipfile.ZipFile(tmp_path / "b.pt", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for record in plain.infolist():
            packed.writestr(record.filename, plain.read(record))
    with pytest.raises(InputError, match="compressed data"):
        open_weights(str(tmp_path / "b.pt"))


def save_pt(path: Path, tensor: torch.Tensor) -> str:
    torch.save({"weight": tensor}, path / "a.pt")
    return str(path / "a.pt")


def save_safe(path: Path, tensor: torch.Tensor) -> str:
    save_file({"weight": tensor}, path / "a.safetensors")
    return str(path / "a.safetensors")


def save_npy(path: Path, tensor: torch.Tensor) -> str:
    numpy.save(path / "a.npy", tensor.numpy())
    return str(path / "a.npy")


@pytest.mark.parametrize("save", [save_pt, save_safe, save_npy])
@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.full((3, 4, 2), float("nan")), r"holds nan \(24 of 24 weights"),
        (torch.tensor([[1.0, float("-inf")]]), r"holds -inf \(1 of 2"),
        (torch.ones(3, 4, 2, dtype=torch.int64), "type i(nt)?64; allowed are floating-point"),
        (torch.ones(5), r"has the shape 5; allowed are \(n, m\)"),
        (torch.ones(2, 3, 1, 1, 1, 1), "has the shape 2×3×1×1×1×1; allowed"),
        (torch.ones(0, 3, 2), "has the shape 0×3×2; allowed"),
    ],
)
def test_what_is_no_kernel_is_one_sentence(
    save: Any, tensor: torch.Tensor, words: str, tmp_path: Path
) -> None:
    source = save(tmp_path, tensor)
    with pytest.raises(InputError, match=words) as error:
        [layer.kernel() for layer in open_weights(source).layers]
    assert "\n" not in str(error.value)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = save_pt(tmp_path, torch.ones(3, 4, 5))
    monkeypatch.setattr(stored, "MAX_WEIGHTS", 59)
    with pytest.raises(InputError, match="has 60 weights; allowed are 59"):
        open_weights(source)
    source = save_pt(tmp_path, torch.ones(1).expand(1000, 1000))
    monkeypatch.setattr(stored, "MAX_WEIGHTS", 10**9)
    with pytest.raises(InputError, match="claims 1,000,000 numbers and stores fewer"):
        open_weights(source)


@pytest.mark.parametrize(
    ("source", "inputs", "words"),
    [
        ("resnet18", (), "'resnet18' is no source of weights; allowed are files that end in .pt"),
        ("a.bin", (), "'a.bin' is no source of weights"),
        ("a.pt", (SHAPE,), "an input shape for 'a.pt'"),
        ("math:pi", (), "is a float; allowed is a module or callable"),
        ("math:sqrt", (), "is a function; allowed is a torch.nn.Module"),
    ],
)
def test_what_is_no_source_is_one_sentence(source: str, inputs: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_weights(source, inputs)


def test_an_archive_of_arrays_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "a.npy", "wb") as file:
        numpy.savez(file, a=numpy.ones((3, 4)))
    with pytest.raises(InputError, match="one array saved by"):
        open_weights(str(tmp_path / "a.npy"))


def test_objects_in_an_array_are_not_unpickled(tmp_path: Path) -> None:
    numpy.save(tmp_path / "a.npy", numpy.array([Runs(tmp_path / "made")]), allow_pickle=True)
    with pytest.raises(InputError):
        open_weights(str(tmp_path / "a.npy"))
    assert not (tmp_path / "made").exists()
