"""Peak memory of networks: what is computed from the steps is what a run is measured to hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.errors import CostModelError
from costmodel.network.architectures.build import ARCHITECTURES, Builder, Map
from costmodel.network.change import read_choice
from costmodel.network.columns import total
from tests.network.live_bytes import held, released
from tests.network.models import MODELS, RECURRENT, resnet50


def computed(net: cm.Network) -> Any:
    return total(net, "peak_memory")


# -- shipped networks: their generators run on real tensors ----------------------------------------
class Running(Builder):
    """Runs an architecture: a map's tensor is a real one, (N, channels, *size)."""

    weights: dict[tuple[int, ...], Tensor]
    device = "cpu"

    def weight(self, *shape: int) -> Tensor:
        """One that is there before the run, once a first run has asked for it."""
        if shape not in self.weights:
            self.weights[shape] = torch.ones(shape, device=self.device)
        return self.weights[shape]

    def made(self, x: Tensor) -> Map:
        self.last = x
        return Map(x.shape[1], tuple(x.shape[2:]), x)  # type: ignore[arg-type]

    def conv(self, x: Any, name: str, channels: Any, kernel: Any = 1, **options: Any) -> Map:
        options = {k: v for k, v in options.items() if k in ("stride", "padding", "groups")}
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        weight = self.weight(channels, x.channels // options.get("groups", 1), *sides)
        return self.made(F.conv2d(x.tensor[:, : x.channels], weight, **options))

    def variant(self, x: Any, name: str, choice: str) -> Map:
        layer = cm.ConvLayer(1, x.channels, x.channels, x.size)
        bound = bind(read_choice(choice).variant, layer)
        assert len(bound.stages) == 1  # a step that reads the map and writes one of that size
        return self.made(x.tensor * 2)

    def transposed(self, x: Any, name: str, channels: Any, kernel: int, stride: int) -> Map:
        weight = self.weight(x.channels, channels, kernel, kernel)
        return self.made(F.conv_transpose2d(x.tensor, weight, stride=stride))

    def normalise(self, x: Any, name: str) -> Map:
        return self.made(x.tensor * 2)

    def project(self, x: Any, name: str, features: Any) -> Map:
        if x.size:
            return self.made(F.conv1d(x.tensor, self.weight(features, x.channels, 1)))
        flat = x.tensor.flatten(1)[:, : x.channels]  # of tokens the first
        return self.made(flat @ self.weight(x.channels, features))

    def product(self, name: str, *reads: Any, heads: int, **sizes: int) -> Map:
        parts = [part[0].unflatten(0, (heads, -1)) for part in reads[-1].tensor.chunk(3, 1)]
        if len(reads) == 1:
            scores = parts[0].transpose(1, 2) @ parts[1]
            return self.made(scores.flatten(0, 1)[None].transpose(1, 2))
        scores = reads[0].tensor[0].transpose(0, 1).unflatten(0, (heads, -1))
        return self.made((parts[2] @ scores.transpose(1, 2)).flatten(0, 1)[None])

    def write(self, channels: Any, size: Any, *reads: Any, op: Any = None) -> Map:
        token = self.weight(1, channels, 1)
        return self.made(torch.cat([token, reads[0].tensor.flatten(2)], 2))

    def table(self, name: str, count: Any) -> None: ...

    def into(self, x: Any, *others: Any) -> Map:
        for other in others:
            x.tensor.add_(other.tensor)
        return x

    def copied(self, x: Any) -> Map:
        return self.made(x.tensor * 2)

    def pool(self, x: Any, kernel: int, stride: int, padding: int = 0, ceil: bool = False) -> Map:
        return self.made(F.avg_pool2d(x.tensor, kernel, stride, padding, ceil_mode=ceil))

    def resized(self, x: Any, *size: int) -> Map:
        return self.made(F.adaptive_avg_pool2d(x.tensor, size))

    def concat(self, *maps: Any) -> Map:
        return self.made(torch.cat([crop(x) for x in maps], 1))


def crop(x: Any) -> Tensor:
    """The part of its tensor that a map is."""
    return x.tensor[:, : x.channels, : x.size[0], : x.size[1]]


#: The document's table: name → what is computed, what was measured.
TOLD = {
    name: (here, there)
    for name, here, there in re.findall(
        r"^\| (\w+) \| ([\d,]+) \| ([\d,]+) \|$",
        (Path(cm.__file__).parent.parent / "docs" / "networks.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
}
SHIPPED = sorted(name for name in ARCHITECTURES if ARCHITECTURES[name].shipped)
DEVICES = pytest.mark.parametrize("device", ["meta", pytest.param("cpu", marks=pytest.mark.slow)])


@DEVICES
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_holds_what_its_run_on_tensors_holds(name: str, device: str) -> None:
    architecture = ARCHITECTURES[name]
    sizes = {"N": 1, "H": 204, "W": 188} if name == "unet" else {"N": 1, "H": 96, "W": 128}
    if device == "meta":  # where nothing is computed, at the published input
        sizes = {letter: architecture.letters[letter] for letter in sizes}
    values = {**architecture.letters, **sizes}

    def forward(x: Tensor) -> Any:
        net = Running(values, **architecture.options)
        net.weights, net.device = weights, device
        architecture.run(net, net.made(x))
        return net.last

    def given() -> list[Tensor]:
        return [torch.ones(1, architecture.channels, sizes["H"], sizes["W"], device=device)]

    weights: dict[tuple[int, ...], Tensor] = {}
    forward(*given())  # from now on its weights are there
    held_at_most = released(forward, given())
    assert computed(cm.load(name).at(**sizes)) == held_at_most
    if device == "meta":
        assert TOLD[name] == (f"{computed(cm.load(name)):,}", f"{held_at_most:,}")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_map_of_a_shipped_network_is_read_but_the_last(name: str) -> None:
    steps = cm.load(name).steps()
    assert steps is not None
    read = {tensor for step in steps for tensor in step.reads}
    assert read == set(range(sum(len(step.writes) for step in steps) - 1))


def test_resnet_50_holds_what_a_network_written_by_hand_holds() -> None:
    model = resnet50().eval()
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.BatchNorm2d):  # folded into the convolution before it
            model.set_submodule(name, nn.Identity())
    model.maxpool = nn.AvgPool2d(3, 2, 1)  # PyTorch's own also writes where the maxima were
    here = computed(cm.load("resnet50").at(N=2, H=97, W=75))
    assert here == computed(cm.from_torch(model, (2, 3, 97, 75)))
    assert here == released(model, [torch.ones(2, 3, 97, 75)])


def test_the_formula_of_a_shipped_network_is_the_recount() -> None:
    for name in ("resnet18", "densenet121", "unet", "vit_b_16", "efficientnet_b0"):
        net = cm.load(name)
        count = net.compiled("peak_memory")
        for n, h, w in ((1, 224, 224), (3, 333, 250), (2, 412, 380)):
            assert count(n, h, w) == computed(net.at(N=n, H=h, W=w))


# -- captured networks -----------------------------------------------------------------------------
class Skip(nn.Module):
    """`x + c(b(a(x)))`: the input is kept beside the layers."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(16, 16, 3, padding=1) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.c(self.b(self.a(x)))


def test_a_skip_connection_is_kept() -> None:
    net = cm.from_torch(Skip(), (1, 16, 64, 64))
    assert computed(net) == 3 * 4 * 16 * 64 * 64 == 786_432
    rows = net.to_table("peak_memory").rows
    assert [row["peak_memory"] for row in rows] == [524_288, *[786_432] * 4]
    block = cm.define(
        "three", "{ = + m, m i j -> m | m, m i j -> m | m, m i j -> m }", register=False
    )
    assert cm.count(block, cm.ConvLayer(3, 16, 16, (64, 64))).peak_memory == computed(net)
    assert computed(net.at(N=3, H=17, W=23)) == 3 * 4 * 3 * 16 * 17 * 23


def test_what_stands_in_place_of_a_layer_takes_its_own_steps() -> None:
    net = cm.from_torch(Skip(), (1, 16, 64, 64))
    wide = net.replace("basis", where="b", b=4, pays=False)
    assert computed(wide) == 4 * 64 * 64 * (16 + 16 + 4 * 16)  # x, the result of a, the bases
    assert computed(wide.at(N=2, H=9, W=7)) == 2 * 4 * 9 * 7 * (16 + 16 + 4 * 16)
    assert computed(cm.load("resnet18").replace("standard", pays=False)) == computed(
        cm.load("resnet18")
    )


def case(*shape: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(forward: Callable[..., Any]) -> Callable[..., Any]:
        OTHERS[forward.__name__] = (lambda: forward, (shape,), False)
        return forward

    return register


OTHERS: dict[str, tuple[Callable[[], Any], tuple[tuple[int, ...], ...], bool]] = {
    "group_norm": (
        lambda: nn.Sequential(nn.Conv2d(6, 8, 3), nn.GroupNorm(4, 8), nn.Mish()),
        ((2, 6, 11, 9),),
        False,
    ),
    "max_pool_indices": (
        lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2, 1)),
        ((2, 3, 11, 9),),
        False,
    ),
    "gru": (lambda: nn.GRU(7, 5, 2), ((6, 3, 7),), False),
    "pixel_shuffle": (
        lambda: nn.Sequential(nn.Conv2d(3, 12, 3), nn.PixelShuffle(2), nn.Tanh()),
        ((2, 3, 11, 9),),
        False,
    ),
    "attention": (lambda: SelfAttention(), ((2, 7, 12),), False),
    "one layer four times": (
        lambda: nn.Sequential(*[nn.Conv2d(5, 5, 3, padding=1)] * 4),
        ((2, 5, 11, 9),),
        False,
    ),
    "bilinear upsampling": (
        lambda: nn.Sequential(nn.Upsample(scale_factor=3, mode="bilinear"), nn.Conv2d(4, 2, 5)),
        ((2, 4, 7, 9),),
        False,
    ),
}


class SelfAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(12, 3, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x, x, x, need_weights=True)[0]


@case(3, 5, 7)
def in_place(x: Tensor) -> Tensor:
    y = x.exp()
    y += x
    y.mul_(3).relu_()
    return y.sum(0)


@case(3, 6, 7)
def views(x: Tensor) -> Tensor:
    a, b = x.chunk(2, 1)
    y = (a * b).transpose(1, 2)
    return y[:, 1:].reshape(3, -1)


@case(4, 5, 6)
def a_part_keeps_the_whole(x: Tensor) -> Tensor:
    wide = torch.cat([x, x, x])
    part = wide[:1]
    y = x.cos().cos()
    return part + y


@case(4, 5, 6)
def results_that_nobody_reads(x: Tensor) -> Tensor:
    values, _ = x.sort(1)
    x.exp()
    return values.sin().cos()


@case(4, 5, 6)
def written_into_a_slice(x: Tensor) -> Tensor:
    out = torch.zeros(8, 5, 6, device=x.device)
    out[:4] = x * 2
    out[4:] = x.sin()
    return out


@case(4, 5, 6)
def several_results(x: Tensor) -> dict[str, Any]:
    y = x.exp()
    return {"sum": x + y, "rest": [y.sin(), y[0]]}


@case(2, 3, 8, 10)
def integers_and_booleans(x: Tensor) -> Tensor:
    mask = x > 0.5
    index = x.argmax(1, keepdim=True)
    return torch.where(mask, x, x.gather(1, index))


@case(5, 4, 3)
def expanded(x: Tensor) -> Tensor:
    y = x.mean(0, keepdim=True).expand(5, 4, 3)
    return (x - y).pow(2).cumsum(1)


@case(5, 6, 7)
def contracted(x: Tensor) -> Tensor:
    return torch.einsum("abc,dbc->ad", x.sin(), x.cos())


@case(6, 8)
def complex_numbers(x: Tensor) -> Tensor:
    return torch.fft.ifft(torch.fft.fft(x) * 2).real


@case(2, 3, 8, 9)
def normed(x: Tensor) -> Tensor:
    return F.instance_norm(F.layer_norm(x, (8, 9))) + F.normalize(x, dim=1)


#: Networks for which PyTorch takes other operators on the CPU than on a device without kernels.
OWN_KERNELS = {"vit", "transformer", "recurrent", "gru"}
EVERY = {**MODELS, "recurrent": RECURRENT, **OTHERS}


#: Modules in both of their modes; a function has none.
RUNS = [(name, False) for name in EVERY] + [
    (name, True) for name, (make, _, _) in EVERY.items() if isinstance(make(), nn.Module)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "training"), RUNS)
def test_a_captured_network_holds_what_its_run_holds(name: str, training: bool) -> None:
    make, shapes, integers = EVERY[name]
    model = make()
    if isinstance(model, nn.Module):
        model.train(training)
    net = cm.from_torch(model, shapes, dtype="int64" if integers else None)
    device = "meta" if training or name in OWN_KERNELS else "cpu"
    model = model.to(device) if isinstance(model, nn.Module) else model

    def given() -> list[Tensor]:
        dtype = torch.int64 if integers else None
        return [torch.ones(shape, dtype=dtype, device=device) for shape in shapes]

    assert computed(net) == released(model, given())
    if isinstance(model, nn.Module):
        assert computed(net) <= held(model, given())  # where names hold tensors for longer


def test_a_run_that_keeps_one_tensor_too_many_is_seen() -> None:
    """The measurement can fail: a forward that holds a result of its own holds more."""
    kept = []

    def forward(x: Tensor) -> Tensor:
        kept.append(x.exp())
        return x.sin().cos()

    net = cm.from_torch(lambda x: x.sin().cos(), (5, 7))
    with_it = released(lambda x: (forward(x), kept[-1]), [torch.ones(5, 7)])
    assert computed(net) == released(lambda x: x.sin().cos(), [torch.ones(5, 7)]) < with_it


def test_a_formula_is_refused_where_sizes_of_tensors_have_no_letters() -> None:
    net = cm.from_torch(Skip(), (1, 16, 9, 7))
    with pytest.raises(CostModelError, match="peak_memory has no total in Skip"):
        net.polynomial("peak_memory")


# -- lists of layers -------------------------------------------------------------------------------
def test_a_list_of_layers_says_that_it_cannot_know(tmp_path: Any) -> None:
    path = tmp_path / "two.csv"
    path.write_text(
        "name,kind,in_channels,out_channels,kernel,height,width\n"
        "a,conv,3,8,3,11,9\nb,conv,8,5,3,11,9\n"
    )
    table = cm.from_csv(path).to_table("peak_memory")
    assert table.column("peak_memory") == [None, None, None]
    assert any("the source of two does not say which tensors are kept" in n for n in table.notes)
