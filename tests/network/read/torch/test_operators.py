"""The table of operators: one row each, filled once per field."""

import pytest

from costmodel.errors import CostModelError
from costmodel.network.kinds import KINDS
from costmodel.network.read.torch.operators import OPERATORS, Operator, Operators, base_name


def test_a_row_says_everything_that_is_known_of_an_operator():
    mean = OPERATORS["mean"]
    assert mean.kind == "pool"
    assert mean.result is not None
    assert mean.shape is not None
    assert OPERATORS["mm"].product is not None
    assert OPERATORS["nonzero"].values
    assert {row.kind for row in OPERATORS.values()} <= set(KINDS)


def test_what_nobody_knows_is_not_modelled():
    assert OPERATORS.row("fft_c2c") == Operator(kind="other")


def test_an_in_place_form_has_the_row_of_its_operator():
    assert base_name("relu_") == "relu"
    assert base_name("__and__") == "__and__"


def test_each_field_is_filled_once():
    table = Operators("operator")
    table.declare(["relu", "tanh"], kind="activation")
    table.declare(["relu"], values=True)
    assert table["relu"] == Operator("activation", values=True)
    with pytest.raises(CostModelError, match="kind of tanh declared twice"):
        table.declare(["tanh"], kind="pool")
