"""define(): variants of the user's own."""

import pytest

import costmodel as cm
from costmodel.errors import NotationError, VariantError

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22))


@pytest.fixture
def forget():
    yield
    for name in [v.id for v in cm.VARIANTS.values() if v.family == "custom"]:
        cm.VARIANTS.remove(name)


def test_two_lines_give_everything(forget):
    mine = cm.define("mine", "m, r m i -> r", "r, n r j -> n", r=7)
    assert cm.count(mine, LAYER).params == 3 * 12 * 7 + 5 * 7 * 20
    assert cm.count("mine", LAYER, r=8).params == 3 * 12 * 8 + 5 * 8 * 20
    assert "mine" in cm.compare(LAYER).column("variant")


def test_ones_own_can_be_redefined_and_the_catalogue_cannot(forget):
    cm.define("mine", "m, n m i j -> n")
    cm.define("mine", "m, r m -> r | r, n r i j -> n", r="ceil(m/3)")
    assert cm.count("mine", LAYER).params == 12 * 4 + 15 * 4 * 20
    with pytest.raises(VariantError, match="'basis' is in the catalogue already"):
        cm.define("basis", "m, n m i j -> n")
    with pytest.raises(VariantError, match="belongs to the catalogue"):
        cm.VARIANTS.remove("basis")


def test_unregistered_variants_leave_no_trace():
    cm.define("secret", "m, n m i j -> n", register=False)
    assert "secret" not in cm.VARIANTS


def test_derived_sizes():
    mine = cm.define(
        "mine",
        "m, r m -> r",
        "g p, g q p i j -> g q",
        "r, n r -> n",
        where={"p": "r/g", "q": "r/g"},
        r=8,
        g=4,
        register=False,
    )
    assert cm.count(mine, LAYER).params == 12 * 8 + 4 * 2 * 2 * 15 + 8 * 20
    with pytest.raises(VariantError, match="r/g with r = 8, g = 3: 8 is not divisible by 3"):
        cm.count(mine, LAYER, g=3)


@pytest.mark.parametrize(
    ("stages", "hyper", "words"),
    [
        (["m, r m i j -> r", "q, n q -> n"], {"r": 4, "q": 5}, "reads 5 channels, but gets 4"),
        (["m, r m i j -> r"], {"r": 7}, "end with 7 channels; allowed are n"),
        (["m, n m i j -> n"], {"m": 7}, "has a reserved name"),
        ([], {}, "has no stages"),
    ],
)
def test_stages_that_do_not_fit_together_are_refused_at_the_definition(stages, hyper, words):
    with pytest.raises(VariantError, match=words):
        cm.define("mine", *stages, register=False, **hyper)


def test_an_axis_without_a_size_has_a_caret():
    with pytest.raises(NotationError) as caught:
        cm.define("mine", "m, r m i j -> r | r, n r -> n", register=False)
    assert str(caught.value).startswith("axis 'r' has no size")
    assert caught.value.position == 3


def test_an_id_is_a_name():
    with pytest.raises(VariantError, match="'my variant' is no name"):
        cm.define("my variant", "m, n m -> n")
