"""Kinds of operations."""

import pytest

from costmodel.errors import CostModelError
from costmodel.network.kinds import KINDS, Kind, Kinds


def test_a_kind_is_declared_once():
    registry = Kinds("kind")
    registry.add("x", Kind("x", "x", "x_ops", "x"))
    with pytest.raises(CostModelError, match="declared twice"):
        registry.add("x", Kind("x", "x", "x_ops", "x"))


def test_an_unknown_kind_is_refused():
    with pytest.raises(CostModelError, match="unknown kind of operation 'conv2d'"):
        KINDS["conv2d"]
