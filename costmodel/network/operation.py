"""NetOp: one operation of a network as a frozen value, whoever read it.

A reader (CSV, PyTorch, ONNX, an architecture's generator) says what runs: a convolution or linear
layer as a `ConvLayer`, a product of two activations as a `MatMul`, anything else by its kind and
the elements it touches. The counts follow from that by the stage rules of the core; a reader does
not count. Sizes may be ints or symbols.

For readers:

- a name is a dotted path ("layer3.0.conv2"); `by_stage` and `tree` go by its parts;
- the same module run twice is two operations (or `times=2` where the sizes are equal) whose
  `Parameter`s have the same `id`: multiplies add up, parameters count once;
- asymmetric padding is a layer on the padded size with `padding="valid"`;
- what is not understood gets `status=NOT_MODELLED`; it stays visible in every table.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, equal
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError, unknown
from costmodel.network.kinds import KINDS

#: The work of the operation is in the column of its kind.
COUNTED = "counted"
#: It computes something that no rule here covers; never shown as a zero.
NOT_MODELLED = "not modelled"
#: It moves, looks up or holds elements and computes nothing.
FREE = "free"
STATUSES = (COUNTED, NOT_MODELLED, FREE)

#: What a parameter is, and the table column that it is counted in.
ROLES = {
    "weight": "weights",
    "bias": "biases",
    "norm": "norm_params",
    "other": "other_params",
}
#: The setting that says how many bits one of its numbers has: what is added in full precision, as
#: biases are, or stored like a weight.
ROLE_BITS = {
    "weight": "weight_bits",
    "bias": "bias_bits",
    "norm": "bias_bits",
    "other": "weight_bits",
}
#: One sentence per role, for tables.
ROLE_MEANINGS = {
    "weight": "trained weights of convolutions and linear layers",
    "bias": "biases of convolutions and linear layers",
    "norm": "scales and shifts of normalisations",
    "other": "every other trained tensor (embeddings, tokens, scales)",
}


@functools.lru_cache(maxsize=4096)
def layer_counts(layer: ConvLayer) -> tuple[Number, Number, Number]:
    """(weights, biases, macs) of a layer as it stands, by the rules of its one stage."""
    (stage,) = bind(VARIANTS.baseline, layer).stages
    return stage.weights, stage.biases, stage.macs


@dataclass(frozen=True, slots=True)
class Parameter:
    """One tensor of trained numbers that an operation reads.

    count: its number of elements. role: a key of `ROLES`. id: two parameters with the same id are
    one tensor and count once in a total; None is a tensor that nobody shares.
    """

    count: Number
    role: str = "weight"
    id: Hashable = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise CostModelError(unknown("role of a parameter", self.role, ROLES))


class Counted:
    """Parameters by role, for whatever has `tensors`, each of which it counts."""

    __slots__ = ()

    @property
    def tensors(self) -> tuple[Parameter, ...]:
        """The tensors of trained numbers."""
        raise NotImplementedError

    @property
    def params(self) -> Number:
        """All trained numbers."""
        return sum(t.count for t in self.tensors)

    def counted(self, role: str) -> Number:
        """Parameters of one role: weight, bias, norm or other."""
        if role not in ROLES:
            raise CostModelError(unknown("role of a parameter", role, ROLES))
        return sum(t.count for t in self.tensors if t.role == role)

    @property
    def weights(self) -> Number:
        """Weights of convolutions and linear layers."""
        return self.counted("weight")

    @property
    def biases(self) -> Number:
        """Biases of convolutions and linear layers."""
        return self.counted("bias")

    @property
    def norm_params(self) -> Number:
        """Scales and shifts of normalisations."""
        return self.counted("norm")

    @property
    def other_params(self) -> Number:
        """Every other trained number: embeddings, positions, tokens, scales."""
        return self.counted("other")


@dataclass(frozen=True, slots=True)
class MatMul:
    """`batch` products of a rows × inner and an inner × columns matrix (attention and such)."""

    batch: Number
    rows: Number
    inner: Number
    columns: Number

    @property
    def macs(self) -> Number:
        """Multiply-accumulates of all products: the named axes of `r c, c k -> r k`."""
        return self.batch * self.rows * self.inner * self.columns


@dataclass(frozen=True, slots=True)
class NetOp(Counted):
    """One operation that a network runs; its parameters include those shared with other operations.

    Args:
        name: dotted path of the module it belongs to, unique in a network.
        kind: a key of `KINDS`.
        layer: the convolution; a linear layer is one with kernel 1 on `size=(positions,)`.
        matmul: the shapes of a product of two activations.
        work: elements in the column of the kind, one run, for kinds that are neither of these.
        given_macs: multiply-accumulates of one run where no layer or matmul can say them.
        parameters: the tensors it reads; None derives weights and biases from the layer.
        status: `COUNTED`, `NOT_MODELLED` or `FREE`.
        operator: what the source calls it ("aten.convolution", "Conv").
        times: how often it runs; multiplies the work, not the parameters.
        bound: the variant that stands in place of the layer, after `Network.replace`.
        shape: the output's shape where the reader knows it, batch first.
    """

    name: str
    kind: str
    layer: ConvLayer | None = None
    matmul: MatMul | None = None
    work: Number = 0
    given_macs: Number | None = None
    parameters: tuple[Parameter, ...] | None = None
    status: str = COUNTED
    operator: str = ""
    times: Number = 1
    bound: BoundVariant | None = None
    shape: tuple[Number, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise CostModelError(unknown("kind of operation", self.kind, KINDS))
        if self.status not in STATUSES:
            raise CostModelError(unknown("status", self.status, STATUSES))

    # -- the usual operations --------------------------------------------------------------------
    @classmethod
    def conv(cls, name: str, layer: ConvLayer, *, norm: Number = 0, **facts: Any) -> NetOp:
        """A convolution; `norm` is the number of normalisation parameters that come with it."""
        if "parameters" not in facts and not (isinstance(norm, int) and norm == 0):
            weights, biases, _ = layer_counts(layer)
            facts["parameters"] = _own(weight=weights, bias=biases, norm=norm)
        return cls(name, "conv_transpose" if layer.transposed else "conv", layer, **facts)

    @classmethod
    def linear(
        cls,
        name: str,
        in_features: Number,
        out_features: Number,
        *,
        positions: Number = 1,
        batch: Number = 1,
        bias: bool = True,
        **facts: Any,
    ) -> NetOp:
        """A linear layer on `positions` vectors per image: a 1-D convolution with kernel 1."""
        layer = ConvLayer(1, in_features, out_features, (positions,), batch=batch, bias=bias)
        return cls(name, "linear", layer, **facts)

    @classmethod
    def product(
        cls,
        name: str,
        rows: Number,
        inner: Number,
        columns: Number,
        *,
        batch: Number = 1,
        **facts: Any,
    ) -> NetOp:
        """A product of two activations; `batch` counts every matrix pair (images × heads)."""
        return cls(name, "matmul", matmul=MatMul(batch, rows, inner, columns), **facts)

    @classmethod
    def table(cls, name: str, count: Number) -> NetOp:
        """Trained numbers that are looked up or added: embeddings, positions, tokens."""
        return cls(name, "embedding", parameters=(Parameter(count, "other"),), status=FREE)

    # -- counts ----------------------------------------------------------------------------------
    @property
    def macs(self) -> Number:
        """Multiply-accumulates of all its runs; 0 where there are none or none are modelled."""
        if self.bound is not None:
            once = Counts(self.bound)["macs"]
        elif self.given_macs is not None:
            once = self.given_macs
        elif self.layer is not None:
            once = layer_counts(self.layer)[2]
        elif self.matmul is not None:
            once = self.matmul.macs
        else:
            return 0
        return once * self.times

    @property
    def tensors(self) -> tuple[Parameter, ...]:
        """The parameters it reads, derived from the layer where the reader did not name them."""
        if self.parameters is not None:
            return self.parameters
        if self.layer is None:
            return ()
        weights, biases, _ = layer_counts(self.layer)
        return _own(weight=weights, bias=biases)

    @property
    def has_weights(self) -> bool:
        """Whether it reads a trained weight; a kernel that the forward computes is none."""
        return any(t.role == "weight" for t in self.tensors)

    @property
    def column(self) -> str:
        """The column that its work is counted in, "" for none."""
        return KINDS[self.kind].column if self.status == COUNTED else ""

    # -- what it looks like ------------------------------------------------------------------------
    @property
    def kernel(self) -> tuple[Number, ...]:
        """Window sides; () where there is no layer."""
        return self.layer.kernel if self.layer is not None else ()

    @property
    def depthwise(self) -> bool:
        """Whether every input channel is convolved on its own."""
        layer = self.layer
        return layer is not None and layer.groups == layer.in_channels and layer.groups != 1

    def replace(self, **changes: Any) -> NetOp:
        """A copy with some fields changed."""
        return replace(self, **changes)


def _own(**counts: Number) -> tuple[Parameter, ...]:
    return tuple(Parameter(count, role) for role, count in counts.items() if not equal(count, 0))
