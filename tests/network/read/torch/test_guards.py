"""Forwards that ask about their sizes: a formula holds where the answers are the same."""

import random

import pytest
import sympy
import torch
import torch.nn.functional as F
from torch import nn

import costmodel as cm
from costmodel.core.polynomial import symbol
from costmodel.errors import CostModelError
from costmodel.network.formula import formulas, typeset
from tests.network.read.torch import asking_models


class Conv(nn.Module):
    """Two convolutions that a forward may choose from."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 5, 3, padding=1), nn.Conv2d(3, 7, 1)


class Minimum(Conv):
    def forward(self, x):
        return self.a(x[:, :, : min(x.shape[2], 64)])


class Loop(Conv):
    def forward(self, x):
        return sum(self.a(x).sum() for _ in range(x.shape[2] // 16))


class Divisible(Conv):
    def forward(self, x):
        return self.b(x) if x.shape[2] % 7 else self.a(x)


class Branch(Conv):
    def forward(self, x):
        return self.a(x) if x.size(3) > 60 else self.b(x)


class Taller(Conv):
    def forward(self, x):
        n, c, h, w = x.shape
        return self.a(x.view(n, c, h, w)) if h >= w else self.b(x)


#: forward → height and width that it is read at, and what its formula has to be said to hold for
FORWARDS = {
    Minimum: ((48, 39), "H ≤ 64"),
    Loop: ((53, 37), "48 ≤ H ≤ 63"),
    Divisible: ((56, 41), "H divisible by 7"),
    Branch: ((33, 77), "W ≥ 61"),
    Taller: ((50, 31), "H ≥ W"),
}


def inside_only(count, sizes):
    """What a formula says, None outside its conditions."""
    try:
        return count(**sizes)
    except CostModelError as error:
        if "lies outside the formula" not in str(error):
            raise
        return None


def agrees(model, shape, free, sizes):
    """How many of some sizes a formula holds at: it is the recount there, and refused elsewhere."""
    net = cm.from_torch(model, input_shape=shape)
    count = net.compiled("macs", free)
    assert count(**{n: net.rebuild().defaults[n] for n in free}) == net.macs
    said_for = net.conditions(free)
    inside = outside = 0
    for values in sizes:
        wanted = net.at(**values).macs
        said = inside_only(count, values)
        assert said in (wanted, None), (values, said_for)
        inside, outside = inside + (said is not None), outside + (said is None)
    return inside, outside


@pytest.mark.parametrize("forward", FORWARDS)
def test_a_question_about_a_size_is_a_guard(forward):
    (h, w), wanted = FORWARDS[forward]
    net = cm.from_torch(forward(), input_shape=(2, 3, h, w))
    assert net.conditions() == wanted
    generator = random.Random(forward.__name__)
    sizes = [
        {"N": n, "H": generator.randint(7, 130), "W": generator.randint(7, 130)}
        for n in range(1, 41)
    ]
    inside, outside = agrees(forward(), (2, 3, h, w), ("N", "H", "W"), sizes)
    assert inside
    assert outside


def test_the_conditions_are_printed_with_the_formula():
    net = cm.from_torch(Minimum(), input_shape=(2, 3, 48, 39))
    table = formulas(net, ("macs", "params"), ("N", "H", "W"))
    assert [row["conditions"] for row in table] == ["H ≤ 64", ""]
    assert "exact for H ≤ 64, at every size" in table.notes[0]
    for format in ("latex", "markdown"):
        assert "for H ≤ 64" in typeset(table, format)
    h = next(s for s in net.formula("macs").free_symbols if s.name == "H")
    assert net.formula("macs").subs(h, 65) is sympy.nan
    assert net.formula("macs", ("H",)).subs(h, 64) == net.at(H=64).macs
    assert net.at(H=symbol("H")).footnotes == ("The counts hold for H ≤ 64.",)


def test_a_replaced_network_keeps_its_conditions():
    net = cm.from_torch(Branch(), input_shape=(2, 3, 33, 77)).replace("basis", pays=False, b=2)
    assert net.conditions() == "W ≥ 61"
    assert net.compiled("macs")(1, 40, 61) == net.at(N=1, H=40, W=61).macs
    with pytest.raises(CostModelError, match="W = 60 lies outside"):
        net.compiled("macs")(1, 40, 60)


def test_a_size_that_a_forward_fixes_is_refused_and_named():
    class Cached(Conv):
        def forward(self, x):
            masks = {(56, 41): 3}
            return self.a(x) if (x.shape[2], x.shape[3]) in masks else self.b(x)

    net = cm.from_torch(Cached(), input_shape=(2, 3, 56, 41))
    with pytest.raises(CostModelError, match=r"H = 56, W = 41 alone.*leaving open N$"):
        net.formula("macs")
    assert net.conditions(("N",)) == ""


@pytest.mark.parametrize(
    "ask",
    [
        lambda x: torch.arange(x.shape[2]).max().item() > 30,
        lambda x: bool((torch.tensor([x.shape[2], 3]) > 30).all()),
        lambda x: torch.full((2,), x.shape[2]).tolist()[0] > 30,
    ],
)
def test_a_question_about_numbers_made_of_sizes_is_refused(ask):
    class Values(Conv):
        def forward(self, x):
            return self.a(x) if ask(x) else self.b(x)

    net = cm.from_torch(Values(), input_shape=(2, 3, 56, 41))
    with pytest.raises(CostModelError, match="asks what cannot be said of all sizes"):
        net.formula("macs")


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        (lambda h, w: len(range(3, h // 5)), "55 ≤ H ≤ 59"),
        (lambda h, w: [5, 6, 7, 8, 9][h // 16], "48 ≤ H ≤ 63"),
        (lambda h, w: (h & 1) + 1, "H = 56"),
        (lambda h, w: int(h * 0.5), "56 ≤ H ≤ 57"),
        (lambda h, w: int(h / 8), "56 ≤ H ≤ 63"),
        (lambda h, w: round(h / 9), "50 ≤ H ≤ 58"),
        (lambda h, w: 2 if h / w > 1.25 else 1, "4*H ≥ 5*W + 1"),
        (lambda h, w: h // w + 1, None),
        (lambda h, w: 2 if h != 60 else 1, "H ≠ 60"),
        (lambda h, w: 2 if h > 0 and h != -1 and h else 1, ""),
        (lambda h, w: 2 if 40 < h < 60 and h % 2 == 0 else 1, "41 ≤ H ≤ 59 and H divisible by 2"),
        (lambda h, w: 2 if (h + w) % 9 == 7 else 1, "(H + W) mod 9 = 7"),
        (lambda h, w: f"{h}" == "56", "H = 56"),
    ],
)
def test_what_is_asked_is_said_in_short(ask, wanted):
    class Asks(Conv):
        def forward(self, x):
            return sum(self.a(x).sum() for _ in range(int(ask(x.shape[2], x.shape[3]))))

    net = cm.from_torch(Asks(), input_shape=(1, 3, 56, 41))
    if wanted is None:
        assert "W" in net.conditions(("H", "W"))
    elif wanted == "H = 56":
        with pytest.raises(CostModelError, match="H = 56 alone"):
            net.conditions(("H", "W"))
        return
    else:
        assert net.conditions(("H", "W")) == wanted
    generator = random.Random(5)
    sizes = [{"H": generator.randint(40, 70), "W": generator.randint(30, 60)} for _ in range(25)]
    inside, _ = agrees(Asks(), (1, 3, 56, 41), ("H", "W"), sizes)
    assert inside


def test_parts_of_a_size_are_counted():
    class Parts(Conv):
        def forward(self, x):
            return sum(self.a(part).sum() for part in x.split(16, dim=2))

    net = cm.from_torch(Parts(), input_shape=(1, 3, 45, 41))
    assert net.conditions() == "33 ≤ H ≤ 48"
    assert net.compiled("macs")(1, 40, 9) == net.at(H=40, W=9).macs


def test_a_model_runs_as_before_after_its_formula():
    class Keeps(Conv):
        def forward(self, x):
            self.seen = x.shape[2]
            return self.a(F.pad(x, (0, self.seen % 2)))

    model = Keeps()
    cm.from_torch(model, input_shape=(1, 3, 45, 41)).formula("macs")
    assert not hasattr(model, "seen")
    assert model(torch.zeros(1, 3, 9, 8)).shape == (1, 5, 9, 9)


@pytest.mark.parametrize("forward", asking_models.FORWARDS, ids=lambda f: f.__name__)
def test_models_in_the_style_of_libraries(forward):
    """A formula is right at every size inside its conditions, or there is none."""
    model = asking_models.Parts(forward).eval()
    generator = random.Random(forward.__name__)
    shape = 2, 3, *forward_sizes(forward)
    net = cm.from_torch(model, input_shape=shape)
    if forward.__name__ in WITHOUT:
        with pytest.raises(CostModelError, match="has no closed formula"):
            net.compiled("macs")
        return
    count = net.compiled("macs")
    assert count(*(shape[i] for i in (0, 2, 3))) == net.macs
    near = [{"N": 3, "H": shape[2] + i, "W": shape[3] + j} for i, j in ((1, 0), (0, 1), (-1, -3))]
    far = [
        {n: generator.randint(1, most) for n, most in (("N", 4), ("H", 99), ("W", 99))}
        for _ in range(9)
    ]
    for sizes in (*near, *far):
        try:
            wanted = net.at(**sizes).macs
        except CostModelError:  # the model does not take them
            continue
        assert inside_only(count, sizes) in (wanted, None), (sizes, net.conditions())


def forward_sizes(forward):
    """Sizes that a forward takes, none the same."""
    return (48, 36) if "must_fit" in forward.__name__ else (45, 34)


#: Forwards that ask for what no condition can say, or that leave one value of a letter.
WITHOUT = {
    "values_of_sizes",
    "cached_geometry",
    "sliding_crops",
    "square_of_a_sequence",
    "rows_one_by_one",
    "mixed_positions",
}


def test_there_are_forty_of_them():
    assert len(asking_models.FORWARDS) == 40
    asked = [
        cm.from_torch(asking_models.Parts(f).eval(), (2, 3, *forward_sizes(f))).conditions()
        for f in asking_models.FORWARDS
        if f.__name__ not in WITHOUT
    ]
    assert sum(map(bool, asked)) >= 20
