"""Which certificates are about a layer: exactly those whose grids could have had it."""

import random

import pytest

from costmodel.checks import coverage
from costmodel.checks.evidence import PROVED, certificates
from costmodel.checks.verify.grids import SETTINGS, Lettered, layer_grid
from costmodel.checks.verify.interpolation import size_classes
from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS
from costmodel.formulas.formula import formula

LAYER = ConvLayer(3, 24, 36, (13, 17))
PROOFS = [row for row in certificates() if row["result"] == PROVED and row["metric"] == "macs"]
#: One of each kind of layers and counter, with and without a letter that was held.
KEPT = list(
    {(row["layers"], row["oracle"], bool(row["classes"])): row for row in PROOFS[::-1]}.values()
)


def grid_points(row):
    """Some points of the grid that decided about a kept certificate."""
    variant = VARIANTS[row["variant"]]
    lettered = Lettered(variant, SETTINGS[row["layers"]])
    held = {lettered.hyper[n]: (bind_default(hyper),) for n, hyper in variant.hyper.items()}
    formulas = [formula(variant, "macs", lettered.layer)]
    for size_class in size_classes(formulas, held):
        degrees = size_class.degrees(formulas, lettered.letters)
        points = list(layer_grid(lettered, size_class, degrees))
        yield from random.Random(4).sample(points, 3)


def bind_default(hyper):
    from costmodel.checks.verify.grids import default_value

    return default_value(hyper)


@pytest.mark.slow
@pytest.mark.parametrize("row", KEPT, ids=lambda row: f"{row['variant']}-{row['oracle']}")
def test_the_layers_of_a_grid_are_covered(row):
    for _, bound in grid_points(row):
        assert coverage.proved_by(bound, "macs").get(row["oracle"]) == row["version"], bound


def test_a_layer_that_no_grid_has_is_not_covered():
    plain = coverage.proved_by(bind(VARIANTS["basis"], LAYER), "macs")
    assert set(plain) == {"torch", "fvcore"}
    for changes in (
        {"batch": 2},
        {"groups": 4},
        {"bias": True},
        {"dilation": 2},
        {"size": (9, 13, 17)},
        {"transposed": True},
    ):
        fields = {"kernel": 3, "in_channels": 24, "out_channels": 36, "size": (13, 17), **changes}
        bound = bind(VARIANTS["basis"], ConvLayer(**fields))
        assert coverage.proved_by(bound, "macs") == {}, changes


@pytest.mark.parametrize("changes", [{"stride": 2}, {"kernel": (3, 5)}, {"padding": "valid"}])
def test_what_only_one_counter_was_run_on_is_that_one_s(changes):
    bound = bind(VARIANTS["basis"], LAYER.replace(**changes))
    assert set(coverage.proved_by(bound, "params")) == {"torch"}


def test_a_letter_that_was_held_is_held():
    ghost = VARIANTS["ghost"]
    assert set(coverage.proved_by(bind(ghost, LAYER), "macs")) == {"torch", "fvcore"}
    assert coverage.proved_by(bind(ghost, LAYER, {"q": 3}), "macs") == {}


def test_what_nobody_can_run_and_what_is_one_s_own_is_not_covered():
    assert coverage.proved_by(bind(VARIANTS["winograd"], LAYER), "macs") == {}
    assert coverage.proved_by(bind(VARIANTS["basis"], LAYER), "activations") == {}
