"""Closed formulas of captured networks: exact at every size that the network takes."""

import random

import pytest
import sympy
import torch
import torch.nn.functional as F
from torch import nn

import costmodel as cm
from costmodel.core.polynomial import symbol
from costmodel.errors import CostModelError
from costmodel.network.read.torch.sizes import Size, size, term
from tests.network.models import MODELS, RECURRENT

_SMALLEST = {"H": 40, "W": 40, "D": 3, "L": 20, "N": 1}
#: Networks whose parameters fix some of the sizes.
_FIXED = {"vit": "HW", "vit_unfused": "HW"}


@pytest.mark.parametrize("name", MODELS)
def test_the_formula_is_the_recount_at_random_sizes(name):
    make, shapes, _ = MODELS[name]
    net = cm.from_torch(make().eval(), input_shape=shapes)
    rebuild = net.rebuild()
    assert rebuild is not None
    free = [n for n in rebuild.defaults if n not in _FIXED.get(name, "")]
    formula = net.compiled("macs", free)
    assert formula(*(rebuild.defaults[n] for n in free)) == net.macs
    generator = random.Random(name)
    for _ in range(25):
        sizes = {n: generator.randint(_SMALLEST[n], 5 * _SMALLEST[n]) for n in free}
        assert net.at(**sizes).macs == formula(**sizes), sizes


_WIDE = torch.ones(3, 5)
_KEYWORDS = {
    "conv2d": lambda x: F.conv2d(input=x, weight=torch.ones(4, 3, 3, 5), stride=2, padding=1),
    "transposed": lambda x: F.conv_transpose2d(input=x, weight=torch.ones(3, 4, 3, 5), stride=2),
    "linear": lambda x: F.linear(input=x.flatten(start_dim=2).mT, weight=torch.ones(5, 3)),
    "matmul": lambda x: torch.matmul(input=x.flatten(2).transpose(dim0=1, dim1=2), other=_WIDE),
    "bmm": lambda x: torch.bmm(input=x[:, 0], mat2=torch.cat(tensors=[x, x], dim=1)[:, 4].mT),
    "stacked": lambda x: torch.stack(tensors=[x, x]).matmul(other=x.mT),
    "addmm": lambda x: torch.addmm(input=_WIDE[0], mat1=x.flatten(1).mT, mat2=x[:, 0, 0, :5]),
    "baddbmm": lambda x: torch.baddbmm(input=_WIDE[0, 0], batch1=x[:, 0], batch2=x[:, 1].mT),
    "attention": lambda x: F.scaled_dot_product_attention(query=x, key=x, value=x),
}


@pytest.mark.parametrize("name", _KEYWORDS)
def test_functions_called_by_keyword_have_formulas(name):
    net = cm.from_torch(_KEYWORDS[name], input_shape=(2, 3, 21, 34))
    formula = net.compiled("macs")
    generator = random.Random(name)
    for _ in range(5):
        sizes = generator.randint(1, 9), generator.randint(20, 99), generator.randint(20, 99)
        assert formula(*sizes) == net.at(**dict(zip("NHW", sizes, strict=True))).macs > 0


def test_a_keyword_only_input_has_a_formula():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)
            self.fc = nn.Linear(8, 5)

        def forward(self, *, scale, image):
            return self.fc(input=self.conv(input=image).mean(dim=(2, 3))) * scale

    net = cm.from_torch(Named(), input_shape={"image": (2, 3, 21, 34), "scale": (2, 5)})
    assert net.macs == 2 * (8 * 27 * 19 * 32 + 40)
    assert net.compiled("macs")(2, 40, 41) == 2 * (8 * 27 * 38 * 39 + 40)


def test_a_forward_that_no_letter_gets_through_says_so():
    def forward(x):
        if type(x.shape) is not torch.Size:
            raise RuntimeError("no letters here")
        return F.conv2d(x, torch.ones(4, 3, 3, 3))

    with pytest.raises(CostModelError, match=r"with letters for sizes .* no letters here"):
        cm.from_torch(forward, input_shape=(2, 3, 21, 34)).formula("macs")


@pytest.mark.slow
def test_hundreds_of_random_sizes():
    make, shapes, _ = MODELS["unet"]
    net = cm.from_torch(make().eval(), input_shape=shapes)
    formula = net.compiled("macs")
    generator = random.Random(7)
    for _ in range(200):
        n, h, w = generator.randint(1, 9), generator.randint(8, 400), generator.randint(8, 400)
        assert net.at(N=n, H=h, W=w).macs == formula(n, h, w)


@pytest.mark.slow
def test_torchs_symbolic_shapes_give_the_same_expression():
    """The oracle that takes seconds: torch's own counter on symbolic sizes."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.experimental.symbolic_shapes import ShapeEnv
    from torch.utils.flop_counter import FlopCounterMode

    model = nn.Sequential(
        nn.Conv2d(3, 8, (3, 5), stride=2, padding=1),
        nn.MaxPool2d(3, 2),
        nn.ConvTranspose2d(8, 6, 3, stride=(2, 3)),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 5, 3, groups=1, dilation=2),
    ).eval()
    shape = (5, 3, 65, 87)
    mode = FakeTensorMode(shape_env=ShapeEnv(), static_shapes=False, allow_non_fake_inputs=True)
    x = mode.from_tensor(torch.empty(shape), static_shapes=False)
    with mode, torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(x)
    total = counter.get_total_flops()
    letters = [x.shape[i].node.expr for i in (0, 2, 3)]
    expression = total.node.expr
    formula = cm.from_torch(model, input_shape=shape).compiled("macs")
    generator = random.Random(3)
    for _ in range(20):
        sizes = [generator.randint(2, 9), generator.randint(40, 200), generator.randint(40, 200)]
        theirs = expression.subs(dict(zip(letters, sizes, strict=True)))
        assert theirs == 2 * formula(*sizes)


def test_floors_are_kept_and_terms_collected():
    net = cm.from_torch(
        nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.Conv2d(8, 5, 1)), (1, 3, 32, 48)
    )
    formula = net.formula("macs")
    letters = {symbol.name: symbol for symbol in formula.free_symbols}
    n, h, w = (letters[name] for name in "NHW")
    wanted = n * (27 * 8 + 40) * sympy.floor((h + 1) / 2) * sympy.floor((w + 1) / 2)
    assert formula - wanted == 0


def test_sizes_that_a_model_computes_itself_are_followed():
    class Windows(nn.Module):
        """Pads to whole windows as Swin does, in Python's arithmetic."""

        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(6, 10)

        def forward(self, x):
            n, c, h, w = x.size()
            x = F.pad(x, (0, (4 - w % 4) % 4, 0, -(-h // 3) * 3 - h))
            rows, columns = x.shape[2] // 3, x.shape[3] // 4
            x = x.view(n, c, rows, 3, columns, 4).permute(0, 2, 4, 3, 5, 1)
            return self.fc(x.reshape(n * rows * columns, 12, c))

    net = cm.from_torch(Windows(), input_shape=(2, 6, 9, 16))
    formula = net.compiled("macs")
    for h in range(5, 21):
        for w in (7, 8, 9, 10, 11):
            assert formula(3, h, w) == 3 * 60 * (-(-h // 3) * 3) * (-(-w // 4) * 4)


def test_attention_is_quadratic_in_the_positions():
    class Self(nn.Module):
        def forward(self, x):
            return F.scaled_dot_product_attention(x, x, x)

    net = cm.from_torch(Self(), input_shape=(2, 3, 7, 8))
    assert str(net.polynomial("macs", ("N", "H"))) == "48*H**2*N"


def test_several_inputs_share_a_letter_where_they_share_a_size():
    net = cm.from_torch(
        lambda a, b: (
            F.conv2d(a, torch.ones(5, 3, 3, 3)).sum() + F.conv2d(b, torch.ones(7, 4, 1, 1)).sum()
        ),
        input_shape=((2, 3, 12, 17), (2, 4, 12, 9)),
    )
    rebuild = net.rebuild()
    assert rebuild is not None
    assert dict(rebuild.defaults) == {"N": 2, "H": 12, "W": 17, "W2": 9}
    formula = net.compiled("macs", ("N", "H", "W", "W2"))
    assert formula(3, 20, 30, 40) == 3 * (5 * 27 * 18 * 28 + 28 * 20 * 40)


def test_other_columns_have_formulas_too():
    make, shapes, _ = MODELS["mobilenet_v3"]
    net = cm.from_torch(make().eval(), input_shape=shapes)
    other = net.at(N=1, H=101, W=77)
    for column in ("params", "norm_ops", "activation_ops", "elementwise_ops"):
        assert (
            net.compiled(column)(1, 101, 77) == sum(op.work for op in other if op.column == column)
            or column == "params"
        )
    assert net.compiled("params")(1, 101, 77) == net.params


def test_a_network_at_other_sizes_is_a_network():
    make, shapes, _ = MODELS["resnet18"]
    model = make().eval()
    net = cm.from_torch(model, input_shape=shapes)
    other = net.at(H=128, W=160)
    assert other.ops == cm.from_torch(model, input_shape=(2, 3, 128, 160)).ops
    assert [op.name for op in other] == [op.name for op in net]


def test_a_replaced_network_has_a_formula():
    make, shapes, _ = MODELS["resnet18"]
    model = make().eval()
    plan = cm.from_torch(model, input_shape=shapes).replace("depthwise_separable", pays=False)
    assert plan.compiled("macs")(1, 100, 90) == plan.at(N=1, H=100, W=90).macs


def test_what_has_no_formula_says_so_in_one_sentence():
    make, shapes, _ = RECURRENT
    net = cm.from_torch(make().eval(), input_shape=shapes)
    with pytest.raises(CostModelError, match=r"no closed formula in N, L: .*lstm") as error:
        net.polynomial("macs", ("N", "L"))
    assert "\n" not in str(error.value)


def test_a_model_that_fixes_its_sizes_names_the_free_ones():
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 5, 3)

        def forward(self, x):
            assert x.shape[-2:] == (12, 17)
            return self.conv(x)

    net = cm.from_torch(Fixed(), input_shape=(2, 3, 12, 17))
    with pytest.raises(CostModelError, match="allowed is leaving open N"):
        net.formula("macs")
    assert net.compiled("macs", ("N",))(4) == 4 * 5 * 27 * 10 * 15


def test_a_forward_that_branches_on_its_size_is_noticed():
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 5, 3), nn.Conv2d(3, 7, 3)

        def forward(self, x):
            return self.a(x) if x.shape[2] == 12 else self.b(x)

    net = cm.from_torch(Branch(), input_shape=(2, 3, 12, 17))
    with pytest.raises(CostModelError, match="no closed formula"):
        net.formula("macs")


# -- sizes ---------------------------------------------------------------------------------------
def test_a_size_is_an_int_that_remembers_its_polynomial():
    h = symbol("H")
    x = Size(13, h)
    assert isinstance(x, int)
    for made, wanted in (
        (x + 3, h + 3),
        (3 + x, h + 3),
        (x - 3, h - 3),
        (20 - x, 20 - h),
        (x * 2, h * 2),
        (2 * x, h * 2),
        (x // 4, h // 4),
        (x % 4, h - h // 4 * 4),
        (-x, -h),
        (x**2, h * h),
    ):
        assert term(made) == wanted
        assert int(made) == wanted.subs(H=13)
    assert type(x - x) is int
    assert type(size(3, 3)) is int


def test_a_true_quotient_rounds_to_a_size_again():
    import math

    x = Size(13, symbol("H"))
    assert x / 4 == 3.25
    assert term(math.ceil(x / 4)) == (symbol("H") + 3) // 4
    assert term(math.floor(x / 4)) == symbol("H") // 4
    assert math.ceil(x / 4) == 4


def test_what_no_polynomial_expresses_is_a_plain_int():
    x, y = Size(13, symbol("H")), Size(4, symbol("W"))
    assert type(x // y) is int
    assert x // y == 3
    assert type(x & 5) is int
