"""What a case needs is estimated before anything is allocated."""

from __future__ import annotations

import pytest

import costmodel as cm
from costmodel.errors import InputError
from costmodel.timing.case import Case
from costmodel.timing.measure import memory


def test_the_estimate_is_weights_and_the_largest_convolution() -> None:
    layer = cm.ConvLayer(3, 6, 10, (9, 7))
    unfolded = 63 * 6 * 9
    assert memory.estimate(Case(layer)) == 4 * (540 + 6 * 63 + 10 * 63 + unfolded)
    assert memory.estimate(Case(layer), "bfloat16") * 2 == memory.estimate(Case(layer))


def test_no_more_than_a_share_of_what_is_free_is_taken() -> None:
    case = Case(cm.ConvLayer(3, 6, 10, (9, 7)))
    with pytest.raises(InputError, match="allowed here are up to 600"):
        memory.refuse_too_large([case], free=1000)
