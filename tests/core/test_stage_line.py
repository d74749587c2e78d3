"""A stage as read: the roles of its axes."""

import pytest

from costmodel.core.notation import parse
from costmodel.core.variant import VARIANTS


@pytest.mark.parametrize(
    ("text", "shared", "grouped", "summed", "new", "contracted"),
    [
        ("m, n m i j -> n", "", "", "m", "n", "m i j"),
        ("g m, g n m i j -> g n", "", "g", "m", "n", "m i j"),
        ("m, m i j -> m", "", "m", "", "", "i j"),
        ("m, b i j -> m b", "m", "", "", "b", "i j"),
        ("m g, n m -> g n", "g", "", "m", "n", "m"),
        ("m, n m (i j)=T -> n", "", "", "m", "n", "m (i j)"),
        ("n j, n i j -> n", "", "n", "j", "", "i j"),  # the channel picks the window's tap
        ("n j m, n j m -> n j", "", "n j", "m", "", "m"),  # a window letter as a channel axis
        ("e+c, f e c -> f e", "", "e", "c", "f", "c"),  # a channel window: position and tap
        ("n+c, c i j -> n", "n", "", "c", "", "c i j"),
    ],
)
def test_every_axis_has_one_role(text, shared, grouped, summed, new, contracted):
    (line,) = parse(text).stages()
    assert line.shared == tuple(shared.split())
    assert line.grouped == tuple(grouped.split())
    assert line.summed == tuple(summed.split())
    assert line.new == tuple(new.split())
    assert " ".join(axis.key for axis in line.contracted) == contracted


@pytest.mark.parametrize("id", VARIANTS)
def test_the_roles_part_the_axes_of_every_stage(id):
    for line in VARIANTS[id].lines:
        roles = [*line.shared, *line.grouped, *line.summed, *line.new]
        windows = set(line.windows) - set(line.summed)
        assert len(roles) == len(set(roles))
        assert {*roles, *windows} == {*line.input_names, *line.weight_names, *line.output_names}
        assert not windows.intersection(roles)
