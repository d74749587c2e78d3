"""The shipped networks: published totals, the files, the closed formulas."""

import csv
import random
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

import costmodel as cm
from costmodel.checks.published.figures import figures, sources
from costmodel.errors import CostModelError
from costmodel.files import data_path
from costmodel.network.architectures.build import ARCHITECTURES
from costmodel.network.architectures.mobilenet_v2 import at_least_one, rounded
from costmodel.network.read.csv.writer import to_csv
from costmodel.network.read.library import available, generated
from networks import text  # scripts/networks.py

#: Multiplies of convolutions and linear layers at the published input; parameters with bias and
#: normalisation. As published by the authors or counted on their released models.
TOTALS = {
    "alexnet": (724_406_816, 60_965_224),
    "channelnet_v1": (468_488_704, 3_703_432),
    "densenet121": (2_834_161_664, 7_978_856),
    "densenet169": (3_359_843_328, 14_149_480),
    "efficientnet_b0": (385_814_752, 5_288_548),
    "ghostnet": (141_150_512, 5_182_508),
    "googlenet": (1_582_671_872, 6_998_552),
    "mobilenet": (568_740_352, 4_231_976),
    "mobilenet_v2": (300_774_272, 3_504_872),
    "mobilenet_v3_large": (216_589_760, 5_483_032),
    "mobilenet_v3_small": (56_510_400, 2_542_856),
    "resnet18": (1_814_073_344, 11_689_512),
    "resnet34": (3_663_761_408, 21_797_672),
    "resnet50": (4_089_184_256, 25_557_032),
    "resnet50_v1": (3_857_973_248, 25_557_032),
    "resnet101": (7_801_405_440, 44_549_160),
    "resnet152": (11_513_626_624, 60_192_808),
    "resnext50_32x4d": (4_230_479_872, 25_028_904),
    "shufflenet": (137_460_672, 1_865_728),
    "shufflenet_v2": (144_907_992, 2_278_604),
    "squeezenet": (818_924_576, 1_248_424),
    "squeezenet1_1": (349_151_936, 1_235_496),
    "unet": (150_428_424_448, 31_030_658),
    "vgg11": (7_609_090_048, 132_863_336),
    "vgg16": (15_470_264_320, 138_357_544),
    "vgg19": (19_632_062_464, 143_667_240),
    "vit_b_16": (17_563_828_224, 86_567_656),
    "xception": (8_357_403_496, 22_855_952),
}
#: Sizes at which every layer of every network still has an output.
SIDES, SMALL_SIDES = range(190, 700), range(9, 90)
SHIPPED = sorted(name for name in ARCHITECTURES if ARCHITECTURES[name].shipped)
#: Of each family's further sizes one, at sides for which it is made.
FURTHER = {
    "convnext_atto": SIDES,
    "densenet40_k24_bc_cifar": SMALL_SIDES,
    "efficientnet_b2": SIDES,
    "fd_mobilenet": SIDES,
    "mnasnet_x0_75": SIDES,
    "mobilenet_v3_small_x0_75": SIDES,
    "se_preresnet14_bottlenecks": SIDES,
    "regnety_004": SIDES,
    "resnext20_16x4d_cifar": SMALL_SIDES,
    "se_resnet12": SIDES,
    "shufflenet_g8": SIDES,
    "shufflenet_v2_x1_5": SIDES,
    "vgg13_bn": SIDES,
    "vit_ti_16": SIDES,
}


def plain_count(written: str) -> tuple[int, int]:
    """Multiplies and parameters from the cells of a file, without this project's rules."""
    macs = params = 0
    lines = [line for line in written.splitlines() if not line.startswith("#")]
    for row in csv.DictReader(lines):

        def number(column, default, row=row):
            return int((row.get(column) or "").replace("valid", "0") or default)

        m, n, norm = number("in_channels", 0), number("out_channels", 0), number("norm", 0)
        k, s, positions = number("kernel", 1), number("stride", 1), number("positions", 1)
        if row["kind"] in ("norm", "embedding"):
            params += m * norm if norm else m * n
            continue
        if row["kind"] == "matmul":
            macs += number("heads", 1) * positions * m * n
            continue
        for axis in ("height", "width"):
            if row.get(axis) and row["kind"] == "conv_transpose":
                positions *= number(axis, 0)
            elif row.get(axis):
                reach = number(axis, 0) + 2 * number("padding", 0)
                positions *= len(range(0, reach - k + 1, s))
        if row.get("variant"):  # windows over channels, centred, zeros outside
            cells = row["variant"].split(",")
            assert cells[0] == "group_channelwise"
            assert k == 1
            kernels, length = (int(cell.partition("=")[2]) for cell in cells[1:])
            macs += length * n * positions
            params += length * kernels
            continue
        weights = k * k * (m // number("groups", 1)) * n
        macs += weights * positions
        params += weights + n * number("bias", 0) + n * norm
    return macs, params


@pytest.mark.parametrize("name", TOTALS)
def test_totals_are_those_published(name):
    net = cm.load(name)
    assert (net.macs, net.params) == TOTALS[name]


def test_every_shipped_network_has_its_totals_written_down_or_belongs_to_a_table():
    assert set(available()) - set(TOTALS) == {"mobilenet_conv", "mobilenet_shallow"}


@pytest.mark.parametrize("name", available())
def test_a_count_that_shares_nothing_with_ours_agrees(name):
    net = cm.load(name)
    path = Path(data_path("networks", f"{name}.csv"))
    assert plain_count(path.read_text()) == (net.macs, net.params)


def test_vgg16_convolutions_alone_and_as_depthwise_separable():
    net = cm.load("vgg16")
    assert sum(op.macs for op in net if op.kind == "conv") == 15_346_630_656
    separable = net.replace("depthwise_separable")
    assert sum(op.macs for op in separable if op.kind == "conv") == 1_786_917_888


@pytest.mark.parametrize("name", SHIPPED)
def test_the_file_is_what_the_generator_writes(name):
    path = Path(data_path("networks", f"{name}.csv"))
    assert path.read_text(encoding="utf-8") == text(ARCHITECTURES[name])


@pytest.mark.parametrize("name", SHIPPED)
def test_the_file_gives_back_the_generators_operations(name):
    assert cm.load(name).ops == ARCHITECTURES[name].network().ops


@pytest.mark.parametrize("name", available())
def test_every_file_names_its_source(name):
    net = cm.load(name)
    assert "arXiv" in net.source or "NIPS" in net.source
    assert net.input_shapes[0][0] == 1


class ChannelNet(nn.Module):
    """ChannelNet-v1 as its authors' code runs it: windows over channels are 3-D convolutions."""

    def __init__(self, groups: int = 2) -> None:
        super().__init__()
        self.groups, self.windows = groups, nn.ModuleList()
        plain = ((32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1))
        self.stem = nn.Sequential(*self.normed(3, 32, kernel_size=3, stride=2, padding=1))
        for m, n, stride in (*plain, (256, 512, 2)):
            self.stem.extend(self.layer(m, n, stride))
        self.blocks = nn.ModuleList(
            nn.Sequential(*self.layer(512 // groups, 512 // groups, 1))
            for _ in range(3 * 2 * groups)
        )
        for _ in range(2 * groups):
            window = nn.Conv3d(1, 1, (4 * groups, 1, 1), stride=(groups, 1, 1), bias=False)
            self.windows.append(window)
        self.rest = nn.Sequential(*self.layer(512, 1024, 2), *self.layer(1024, 1024, 1))
        self.fc = nn.Linear(1024, 1000)

    def normed(self, m, n, **options):
        return nn.Conv2d(m, n, bias=False, **options), nn.BatchNorm2d(n), nn.ReLU()

    def layer(self, m, n, stride):
        deep = nn.Conv2d(m, m, 3, stride, 1, groups=m, bias=False)
        return (deep, *self.normed(m, n, kernel_size=1))

    def forward(self, x):
        x, blocks, windows = self.stem(x), iter(self.blocks), iter(self.windows)
        for module in range(3):
            parts = []
            padded = functional.pad(x, (0, 0, 0, 0, 3, 3)).unsqueeze(1)
            split = x.chunk(self.groups, 1)
            for group in range(self.groups):
                y = next(windows)(padded).squeeze(1) if module < 2 else split[group]
                y = y + next(blocks)(y)
                parts.append(y + next(blocks)(y))
            x = x + torch.cat(parts, 1)
        return self.fc(self.rest(x).mean((2, 3)))


@pytest.mark.parametrize("sizes", [(1, 224, 224), (2, 197, 230)])
def test_channelnet_is_what_its_3d_convolutions_are(sizes):
    """Counted by PyTorch on a model written from the authors' description; groups run apart."""
    model, (n, h, w) = ChannelNet().to("meta").eval(), sizes
    with FlopCounterMode(display=False) as counter:
        model(torch.ones(n, 3, h, w, device="meta"))
    net = cm.load("channelnet_v1").at(N=n, H=h, W=w)
    assert 2 * net.macs == counter.get_total_flops()
    assert net.params == sum(p.numel() for p in model.parameters())
    assert net.compiled("macs", ("N", "H", "W"))(n, h, w) == net.macs


def test_attention_is_quadratic_in_the_tokens():
    net = cm.load("vit_b_16")
    products = [op for op in net if op.kind == "matmul"]
    assert sum(op.macs for op in products) == 12 * 2 * 197**2 * 768
    assert net.other_params == 768 + 197 * 768
    tokens = 8 * 5 + 1
    small = net.at(N=3, H=130, W=95)
    assert small["block3.scores"].macs == 3 * 12 * tokens**2 * 64


@pytest.mark.parametrize("name", FURTHER)
def test_further_sizes_of_a_family_are_counted_alike(name):
    """At random sizes: what a file of them says, without our rules, and the closed formula."""
    net, rng = cm.load(name), random.Random(name)
    assert not ARCHITECTURES[name].shipped
    counts = {metric: net.compiled(metric) for metric in ("macs", "params")}
    for _ in range(3):
        sizes = {"H": rng.choice(FURTHER[name]), "W": rng.choice(FURTHER[name])}
        there = net.at(**sizes)
        assert plain_count(to_csv(there)) == (there.macs, there.params)
        assert counts["macs"](3, **sizes) == 3 * there.macs
        assert counts["params"](3, **sizes) == there.params


def test_every_further_size_is_there_for_a_published_figure():
    told = {word for table in sources() for f in figures(table) for word in f.how.split()}
    assert set(FURTHER) < set(generated()) <= told | set(FURTHER)
    assert not set(generated()) & set(available())


@pytest.mark.parametrize("name", SHIPPED)
def test_the_formula_is_exact_at_random_sizes(name):
    net = cm.load(name)
    counts = {metric: net.compiled(metric) for metric in ("macs", "params")}
    rng = random.Random(name)
    for _ in range(40):
        sizes = {"N": rng.randint(1, 9), "H": rng.choice(SIDES), "W": rng.choice(SIDES)}
        recounted = ARCHITECTURES[name].network(**sizes)
        assert counts["macs"](**sizes) == recounted.macs
        assert counts["params"](**sizes) == recounted.params


@pytest.mark.slow
def test_hundreds_of_sizes_of_one_network():
    net = cm.load("resnet50")
    count = net.compiled()
    for h in range(1, 401):
        w = 401 - h + 30
        assert count(1, h, w) == ARCHITECTURES["resnet50"].network(H=h, W=w).macs


def test_sympy_formula_substitutes_to_the_count():
    net = cm.load("resnet18")
    formula = net.formula("macs", free=("N", "H", "W"))
    symbols = {s.name: s for s in formula.free_symbols}
    value = formula.subs({symbols["N"]: 3, symbols["H"]: 211, symbols["W"]: 158})
    assert value == net.at(N=3, H=211, W=158).macs
    assert formula.has(sympy.floor)
    assert formula.subs({symbols["N"]: 1, symbols["H"]: 224, symbols["W"]: 224}) == net.macs


def test_terms_are_collected_to_one_per_grid():
    assert len(cm.load("resnet152").polynomial().terms) == 6


def test_letters_that_are_not_free_keep_the_size_of_the_network():
    net = cm.load("resnet18").at(H=96, W=64)
    assert net.compiled("macs", ("H",))(96) == net.macs != cm.load("resnet18").macs
    assert net.input_shapes == ((1, 3, 96, 64),)


def test_mobilenets_multipliers_give_its_published_tables():
    """Howard et al. 2017, tables 4 to 7 and 9: millions, cut or rounded to the digits printed."""
    net = cm.load("mobilenet")
    macs, params = net.compiled("macs", ("alpha", "rho")), net.compiled("params", ("alpha",))
    width = {1: (569, 4.2), Fraction(3, 4): (325, 2.6), Fraction(1, 2): (149, 1.3)}
    for alpha, (adds, weights) in {**width, Fraction(1, 4): (41, 0.5)}.items():
        assert abs(macs(alpha, 1) / 1e6 - adds) < 1
        assert round(params(alpha) / 1e6, 1) == weights
    for side, adds in {224: 569, 192: 418, 160: 290, 128: 186}.items():
        assert abs(macs(1, Fraction(side, 224)) / 1e6 - adds) < 1
    assert abs(macs(Fraction(1, 2), Fraction(160, 224)) / 1e6 - 76) < 1
    assert isinstance(macs(Fraction(1, 2), Fraction(160, 224)), int)
    assert round(cm.load("mobilenet_shallow").macs / 1e6) == 307
    conv = cm.load("mobilenet_conv")
    assert round((conv.macs - conv["fc"].macs) / 1e6) == 4866
    assert round(conv.params / 1e6, 1) == 29.3


def test_the_multipliers_formula_equals_a_recount():
    net = cm.load("mobilenet")
    count = net.compiled("macs", ("alpha", "rho", "H"))
    for alpha in ("1/4", "0.5", 0.75, 1, 2):
        for side in (224, 192, 160, 128):
            rho = Fraction(side, 224)
            assert count(Fraction(alpha), rho, 224) == net.at(alpha=alpha, rho=rho).compiled(
                "macs", ("H",)
            )(224)
            assert (
                net.at(alpha=alpha, rho=rho, W=224).macs == net.at(alpha=alpha, H=side, W=side).macs
            )


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "mobilenet", "mobilenet_v2"])
def test_the_width_multiplier_is_exact(name):
    net = cm.load(name)
    count = net.compiled("params", ("alpha",))
    for alpha in (Fraction(1, 2), Fraction(3, 4), 1, 2):
        assert count(alpha) == net.at(alpha=alpha).params


@pytest.mark.parametrize(
    ("name", "macs", "params"),
    [
        ("shufflenet", "137", ""),  # Zhang et al. 2018, arXiv:1707.01083, g = 3
        ("shufflenet_v2", "", "2.3"),  # Ma et al. 2018, arXiv:1807.11164; its 146 M differs
        (
            "mobilenet_v3_large",
            "",
            "5.4",
        ),  # Howard et al. 2019, arXiv:1905.02244; 219 M differs
        ("mobilenet_v3_small", "56", "2.5"),
        ("ghostnet", "141", "5.2"),  # Han et al. 2020, arXiv:1911.11907
        ("xception", "", "22.855952"),  # Chollet 2017, arXiv:1610.02357
    ],
)
def test_published_figures_of_efficient_networks(name, macs, params):
    """Millions, cut or rounded to the digits that are printed."""
    net = cm.load(name)
    for printed, exact in ((macs, net.macs), (params, net.params)):
        if printed:
            digits = len(printed.partition(".")[2])
            value = Fraction(exact, 10**6)
            cut = Fraction(int(value * 10**digits), 10**digits)
            assert Fraction(printed) in (cut, round(value, digits))


def reference_rounding(value: float) -> int:
    """To a multiple of 8, at least 8, never more than a tenth below."""
    nearest = max(8, int(value + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * value else nearest


def test_mobilenet_v2_rounds_its_channels_as_the_reference_does():
    for channels in (16, 24, 32, 64, 96, 160, 320):
        for percent in range(5, 300, 3):
            assert rounded(channels, Fraction(percent, 100)) == reference_rounding(
                channels * percent / 100
            )
    assert at_least_one(Fraction(3, 4)) == 1
    assert at_least_one(Fraction(7, 5)) == Fraction(7, 5)


@pytest.mark.parametrize(
    "alpha, params",
    [("0.5", 1_968_680), ("0.75", 2_636_424), ("1.3", 5_386_792), ("1.4", 6_108_776)],
)
def test_mobilenet_v2_at_other_widths(alpha, params):
    """Parameters of the released models of these widths."""
    assert cm.load("mobilenet_v2").at(alpha=alpha).params == params


@pytest.mark.parametrize(
    "sizes, words",
    [
        ({"alpha": "0.3"}, "allowed are values that give an integer"),
        ({"rho": "0.999"}, "H = 224 times rho"),
        ({"H": 0}, "allowed are values that give an integer"),
        ({"alpha": "wide"}, "alpha is 'wide'"),
        ({"beta": 2}, "unknown size 'beta'"),
    ],
)
def test_sizes_that_no_network_can_have(sizes, words):
    with pytest.raises(CostModelError, match=words):
        cm.load("mobilenet").at(**sizes)


def test_an_input_that_is_too_small_names_the_layer_that_does_not_fit():
    with pytest.raises(CostModelError, match=r"^conv2: size is 0; allowed"):
        cm.load("alexnet").at(H=17)


def test_unknown_names():
    with pytest.raises(CostModelError, match="did you mean 'resnet18'"):
        cm.load("resnet17")
    with pytest.raises(CostModelError, match=r"'efficientnet_b8'.*and further sizes of these"):
        cm.load("efficientnet_b9")
    with pytest.raises(CostModelError, match="unknown architecture"):
        ARCHITECTURES["lenet"]


def test_a_planted_fault_changes_the_file(tmp_path):
    """The comparison of file and generator would see one stride too many."""
    wrong = ARCHITECTURES["resnet18"].network(H=223)
    assert to_csv(wrong) != to_csv(cm.load("resnet18"))
