"""Layers of every kind, drawn at random."""

from hypothesis import assume
from hypothesis import strategies as st

from costmodel.core.layer import ConvLayer
from costmodel.errors import LayerError


@st.composite
def layers(draw):
    """A layer with one to three axes and any value in every field."""
    dims = draw(st.integers(1, 3))

    def each(low, high):
        axes = st.tuples(*[st.integers(low, high)] * dims)
        return draw(st.one_of(st.integers(low, high), axes))

    groups = draw(st.integers(1, 3))
    transposed = draw(st.booleans())
    zeros = each(0, 2)
    padding = draw(st.sampled_from(("same", "valid", zeros)))
    try:
        return ConvLayer(
            kernel=each(1, 4),
            in_channels=groups * draw(st.integers(1, 9)),
            out_channels=groups * draw(st.integers(1, 9)),
            size=draw(st.tuples(*[st.integers(1, 30)] * dims)),
            stride=each(1, 3),
            padding=padding,
            dilation=each(1, 3),
            groups=groups,
            batch=draw(st.integers(1, 3)),
            bias=draw(st.booleans()),
            transposed=transposed,
            output_padding=each(0, 2) if transposed and padding != "same" else 0,
        )
    except LayerError:
        assume(False)
