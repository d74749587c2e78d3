"""ConvLayer: the geometry of one convolution.

Sizes may be Python ints, NumPy arrays (sweeps) or SymPy symbols (formulas); the rules are the same
plain arithmetic for all three. Spatial arguments are in the order of `size`: (L,), (H, W) or
(D, H, W).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from costmodel.core.numbers import (
    Number,
    as_integer,
    differ,
    equal,
    holds,
    is_exact,
    is_symbolic,
    largest,
)
from costmodel.core.output_size import conv_size, same_padding, transposed_size
from costmodel.core.readable import shape_text
from costmodel.errors import LayerError

_MAX_SPATIAL = 3


@dataclass(frozen=True, slots=True)
class ConvLayer:
    """One convolution layer.

    Args:
        kernel: window size, an int or one value per spatial axis.
        in_channels, out_channels: channel counts of the whole layer (all groups).
        size: INPUT size, (L,), (H, W) or (D, H, W); one int is a square 2-D input.
        stride: step of the window; an int or one value per axis.
        padding: zeros on both sides (int or one per axis), "valid" for none, or "same": PyTorch's
            "same" at stride 1, and the same zeros at any stride, so that the output has
            ⌈size / stride⌉ positions (size·stride for a transposed layer).
        dilation: distance between taps.
        groups: the layer consists of this many independent convolutions of channels/groups each.
        batch: images in one call; counts of work and activations include it.
        bias: one bias per output channel.
        transposed: a transposed ("de-")convolution: stride multiplies the size.
        output_padding: further outputs at the end of each axis; transposed layers only.

    Raises:
        LayerError: a size that no layer can have, naming the value.
    """

    kernel: Any
    in_channels: Any
    out_channels: Any
    size: Any
    stride: Any = 1
    padding: Any = "same"
    dilation: Any = 1
    groups: Any = 1
    batch: Any = 1
    bias: bool = False
    transposed: bool = False
    output_padding: Any = 0

    def __post_init__(self) -> None:
        size = self.size if isinstance(self.size, tuple | list) else (self.size, self.size)
        if not 1 <= len(size) <= _MAX_SPATIAL:
            raise LayerError(f"size has {len(size)} axes; allowed are 1, 2 or 3")
        sides = len(size)

        def per_axis(name: str, low: int) -> None:
            value = getattr(self, name)
            values = tuple(value) if isinstance(value, tuple | list) else (value,) * sides
            if len(values) != sides:
                raise LayerError(
                    f"{name} has {len(values)} values; allowed is one, or one for each of the "
                    f"{sides} spatial axes"
                )
            _set(self, name, tuple(as_integer(v, name, low, LayerError) for v in values))

        _set(self, "size", tuple(as_integer(v, "size", 1, LayerError) for v in size))
        for name in ("kernel", "stride", "dilation"):
            per_axis(name, 1)
        per_axis("output_padding", 0)
        for name in ("in_channels", "out_channels", "groups", "batch"):
            _set(self, name, as_integer(getattr(self, name), name, 1, LayerError))
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise LayerError(
                    f"padding is {self.padding!r}; allowed are 'same', 'valid' and integers "
                    "from 0 up"
                )
        else:
            per_axis("padding", 0)
        self._check_flags()
        self._check_groups()
        self._check_output()

    def _check_flags(self) -> None:
        for name in ("bias", "transposed"):
            if not isinstance(getattr(self, name), bool):
                raise LayerError(f"{name} is {getattr(self, name)!r}; allowed are True and False")

    def _check_groups(self) -> None:
        for name in ("in_channels", "out_channels"):
            channels = getattr(self, name)
            if differ(channels % self.groups, 0):
                raise LayerError(
                    f"{name} {channels} is not divisible by groups {self.groups}; allowed are "
                    "groups that divide both channel counts"
                )

    def _check_output(self) -> None:
        for axis, extra in enumerate(self.output_padding):
            if is_symbolic(extra) or equal(extra, 0):
                continue
            if not self.transposed or self.padding == "same":
                if differ(extra, 0):
                    raise LayerError(
                        f"output_padding is {extra}; allowed is 0 except for transposed layers "
                        "with their padding given as numbers or 'valid'"
                    )
                continue
            limit = largest(self.stride[axis], self.dilation[axis])
            if not is_symbolic(limit) and holds(extra >= limit):
                raise LayerError(
                    f"output_padding is {extra}; allowed are values below the larger of "
                    f"stride and dilation, {limit}"
                )
        for axis, out in enumerate(self.out_size):
            if not is_symbolic(out) and holds(out < 1):
                low, high = self.pads[axis]
                reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1
                if self.transposed:
                    raise LayerError(
                        f"padding {low} cuts {low + high} positions off axis {axis}, of which a "
                        f"transposed convolution makes {out + low + high}; allowed is at least one "
                        "output position"
                    )
                raise LayerError(
                    f"kernel {self.kernel[axis]} with dilation {self.dilation[axis]} reaches over "
                    f"{reach} positions, but the padded input of axis {axis} has "
                    f"{self.size[axis] + low + high}; allowed is at least one output position"
                )

    @property
    def dims(self) -> int:
        """Number of spatial axes: 1, 2 or 3."""
        return len(self.size)

    @property
    def pads(self) -> tuple[tuple[Number, Number], ...]:
        """Zeros (before, after) along each axis; what is cut off the result for transposed layers.

        A transposed layer with "same" may need fewer than none of them; `out_size` is exact then.
        """
        if self.padding == "valid":
            return ((0, 0),) * self.dims
        if self.padding == "same":
            return tuple(map(same_padding, self.kernel, self.dilation))
        return tuple((p, p) for p in self.padding)

    @property
    def out_size(self) -> tuple[Number, ...]:
        """Output positions along each axis, as PyTorch computes them."""
        if self.transposed:
            if self.padding == "same":
                return tuple(n * s for n, s in zip(self.size, self.stride, strict=True))
            return tuple(
                map(
                    transposed_size,
                    self.size,
                    self.kernel,
                    self.stride,
                    self.pads,
                    self.dilation,
                    self.output_padding,
                )
            )
        if self.padding == "same":  # independent of the kernel; said directly, symbols stay simple
            return tuple((n - 1) // s + 1 for n, s in zip(self.size, self.stride, strict=True))
        return tuple(map(conv_size, self.size, self.kernel, self.stride, self.pads, self.dilation))

    def replace(self, **changes: Any) -> ConvLayer:
        """A copy with some fields changed, validated like a new layer.

        With a `size` of another dimension, values that are equal on every axis stay so.
        """
        valid = {f.name for f in fields(self)}
        if not valid.issuperset(changes):
            from costmodel.errors import unknown

            raise LayerError(unknown("layer field", min(set(changes) - valid), sorted(valid)))
        if "size" in changes:
            for name in ("kernel", "stride", "dilation", "padding", "output_padding"):
                value = getattr(self, name)
                if isinstance(value, tuple) and all(v == value[0] for v in value):
                    changes.setdefault(name, value[0])
        return replace(self, **changes)

    def _repr_markdown_(self) -> str:
        return str(self)

    def __str__(self) -> str:
        parts = [
            f"{shape_text(self.kernel)} {'transposed ' if self.transposed else ''}convolution, "
            f"{self.in_channels} → {self.out_channels} channels, input {shape_text(self.size)}, "
            f"output {shape_text(self.out_size)}"
        ]
        for name, plain in (("stride", 1), ("dilation", 1)):
            if any(v is not plain and v != plain for v in getattr(self, name)):
                parts.append(f"{name} {shape_text(getattr(self, name))}")
        if is_exact(self.groups) and self.groups != 1:
            parts.append(f"groups {self.groups}")
        if is_exact(self.batch) and self.batch != 1:
            parts.append(f"batch {self.batch}")
        return ", ".join(parts)


def _set(layer: ConvLayer, name: str, value: object) -> None:
    """Normalise a field of the frozen value while it is being made."""
    object.__setattr__(layer, name, value)
