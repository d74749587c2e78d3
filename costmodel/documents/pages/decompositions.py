"""The page that shows where tensor decompositions and efficient networks are the same stages.

An identity is data: two chains of stages, cut from variants at given values. It is printed only if
the chains come out the same in letters, so nothing on the page is asserted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from costmodel.comparing.identity import chain, same_stages
from costmodel.core import expression
from costmodel.core.bind import bind
from costmodel.core.define import define
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.stage import BoundStage
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.formulas.algebra import factored
from costmodel.formulas.layers import general_layer, grid_layer
from costmodel.formulas.letters import symbol
from costmodel.formulas.printing.printers import fence, latex
from costmodel.markup import markdown_table

PATH = "docs/decompositions.md"
_INTRODUCTION = """# Decompositions and efficient networks

A convolution's kernel is a tensor with modes for input channels, window and output channels. A
tensor decomposition writes it as small factors, and every factor is a convolution of its own. The
blocks of efficient networks are such factors too: trained in that form instead of computed from a
trained kernel. The reading of MobileNet's blocks as CP is that of Kossaifi et al., Factorized
higher-order CNNs, CVPR 2020, arXiv:1906.06196.

Each identity below is computed: both sides are bound in letters, and their stages are the same up
to the names of axes and axes of size one. So they have the same parameters and multiplies on every
layer, and with the same weights they compute the same function. What networks put between the
stages, normalisation and activations, is no part of it: a block with them is more than a
factorised convolution.

Costs are per image at stride 1, products with padding zeros included, biases not.
"""
#: The CP decomposition of a kernel whose window stays one mode; the catalogue's splits it.
_WHOLE = define(
    "cp_whole",
    "m, r m -> r",
    "r, r i j -> r",
    "r, n r -> n",
    r="n",
    title="CP with the window kept whole",
    register=False,
)


@dataclass(frozen=True)
class Part:
    """Stages cut from a variant that stands between some channels of the layer.

    values: its hyper-parameters, as expressions in letters. kept: its stages from where to where.
    channels: input and output channels, as expressions.
    """

    variant: Variant | str
    values: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[int | None, int | None] = (None, None)
    channels: tuple[str, str] = ("m", "n")

    def stages(self, layer: ConvLayer, letters: Mapping[str, Number]) -> tuple[BoundStage, ...]:
        """The stages on a layer, letters without a number as symbols."""
        names = {**letters, "m": layer.in_channels, "n": layer.out_channels}
        read, written = (_value(text, names) for text in self.channels)
        values = {name: _value(text, names) for name, text in self.values.items()}
        placed = layer.replace(in_channels=read, out_channels=written)
        return chain(bind(VARIANTS.of(self.variant), placed, values))[slice(*self.kept)]


@dataclass(frozen=True)
class Identity:
    """Two chains of parts that are the same; `backwards`: the other read from output to input."""

    title: str
    text: str
    one: tuple[Part, ...]
    other: tuple[Part, ...]
    backwards: bool = False

    def sides(
        self, layer: ConvLayer, letters: Mapping[str, Number] | None = None
    ) -> tuple[tuple[BoundStage, ...], tuple[BoundStage, ...]]:
        """The stages of both on a layer of symbols or numbers; of other letters likewise."""
        one, other = (
            tuple(stage for part in parts for stage in part.stages(layer, letters or {}))
            for parts in (self.one, self.other)
        )
        return one, other

    def holds(self, layer: ConvLayer) -> bool:
        """Whether both are the same stages on this layer."""
        return same_stages(*self.sides(layer), self.backwards)


_RANK = {"r": "r"}
_FIRST, _BUT_FIRST, _BUT_LAST, _LAST = (None, 1), (1, None), (None, -1), (-1, None)
IDENTITIES = (
    Identity(
        "CP is MobileNetV2's block",
        "The CP decomposition over input channels, window and output channels, with e·m terms, is "
        "the inverted residual of expansion e, but for the input that is added where shapes match. "
        "A rank above the number of channels, which would compress nothing, is how the block is "
        "used.",
        (Part(_WHOLE, {"r": "e*m"}),),
        (Part("inverted_residual", {"e": "e"}),),
    ),
    Identity(
        "CP is MobileNet's block where its first factor is the identity",
        "With one term per input channel the first factor can stay out. What is left are the "
        "depthwise filters and the 1×1 after them.",
        (Part(_WHOLE, {"r": "m"}, _BUT_FIRST),),
        (Part("depthwise_separable"),),
    ),
    Identity(
        "CP is the blueprint separable convolution where its last factor is the identity",
        "With one term per output channel the last factor can stay out.",
        (Part(_WHOLE, {"r": "n"}, _BUT_LAST),),
        (Part("bsconv_u"),),
    ),
    Identity(
        "Splitting the window of MobileNet's block gives the separable basis of one filter",
        "The catalogue's CP has a factor for each window axis. With one term per input channel and "
        "without its first factor it is a separable filter per channel and a 1×1.",
        (Part("cp", {"r": "m"}, _BUT_FIRST),),
        (Part("separable_basis", {"r": "1"}),),
    ),
    Identity(
        "Tucker-2 is the bottleneck",
        "With equal ranks on both channel sides the core is the bottleneck's k×k convolution.",
        (Part("tucker2", {"r1": "r", "r2": "r"}),),
        (Part("bottleneck", {"g": "1", "r": "r"}),),
    ),
    Identity(
        "Groups lead from Tucker-2 to CP",
        "A bottleneck with groups is a Tucker-2 whose core has blocks on its diagonal and zeros "
        "elsewhere. With a group for every channel the core is diagonal, which is CP.",
        (Part(_WHOLE, _RANK),),
        (Part("resnext", {"g": "r", "r": "r"}),),
    ),
    Identity(
        "A shuffle unit without groups is CP",
        "So the shuffle unit is a CP decomposition whose outer factors have zeros off their blocks "
        "and whose terms are put in another order between them.",
        (Part(_WHOLE, _RANK),),
        (Part("shuffle_unit", {"g": "1", "r": "r"}),),
    ),
    Identity(
        "The basis convolution with one filter is depthwise separable",
        "With b filters per channel it has every kernel whose slice at each input channel, a "
        "matrix of window and output channels, is of rank b at most: b leads from depthwise "
        "separable to, at b = k², any convolution.",
        (Part("basis", {"b": "1"}),),
        (Part("depthwise_separable"),),
    ),
    Identity(
        "The decoupled convolution is the transpose of the basis convolution",
        "Both bound the rank of the kernel's slices: at each input channel in the basis "
        "convolution, at each output channel in the decoupled one.",
        (Part("decoupled", {"t": "t"}),),
        (Part("basis", {"b": "t"}, channels=("n", "m")),),
        backwards=True,
    ),
    Identity(
        "The decoupled convolution with one map is the blueprint separable one",
        "So the blueprint separable convolution is the transpose of the depthwise separable one.",
        (Part("decoupled", {"t": "1"}),),
        (Part("bsconv_u"),),
    ),
    Identity(
        "The two channel SVDs are each other's transpose",
        "One matrix decomposition of the kernel splits off the output channels, the other one the "
        "input channels.",
        (Part("channel_svd", _RANK),),
        (Part("channel_svd_in", _RANK, channels=("n", "m")),),
        backwards=True,
    ),
    Identity(
        "A tensor train is Tucker-2 with its core split",
        "The core of Tucker-2, a k×k convolution between the ranks, is itself decomposed by a "
        "spatial SVD.",
        (Part("tt", {"r1": "r1", "r2": "r2", "r3": "r3"}),),
        (
            Part("tucker2", {"r1": "r1", "r2": "r3"}, _FIRST),
            Part("spatial_svd", {"r": "r2"}, channels=("r1", "r3")),
            Part("tucker2", {"r1": "r1", "r2": "r3"}, _LAST),
        ),
    ),
    Identity(
        "The asymmetric decomposition is a channel SVD with its window split",
        "The k×k convolution of a channel SVD is itself decomposed by a spatial SVD.",
        (Part("asym_3d", {"r1": "r1", "r2": "r2"}),),
        (
            Part("spatial_svd", {"r": "r1"}, channels=("m", "r2")),
            Part("channel_svd", {"r": "r2"}, _LAST),
        ),
    ),
)


def decomposition_page() -> dict[str, bytes]:
    """The page by its path from the root of the project.

    Raises:
        CostModelError: an identity that does not hold.
    """
    parts = [_INTRODUCTION, *("\n".join(_section(identity)) for identity in IDENTITIES)]
    return {PATH: "\n".join(parts).encode()}


def _section(identity: Identity) -> Iterator[str]:
    plain, strided = general_layer(VARIANTS.baseline), grid_layer(VARIANTS.baseline)
    if not identity.holds(plain):
        raise CostModelError(f"identity {identity.title!r} does not hold; allowed are ones that do")
    one, other = identity.sides(plain)
    yield f"## {identity.title}"
    yield ""
    where = "at any stride" if identity.holds(strided) else "where nothing is strided"
    reading = ", the second read from its output to its input" if identity.backwards else ""
    yield f"{identity.text} The stages are the same {where}{reading}:"
    yield ""
    yield markdown_table(
        (_named(identity.one), _named(identity.other)),
        [(f"`{a.line.text}`", f"`{b.line.text}`") for a, b in _beside(one, other, identity)],
    ).rstrip()
    for what, cost in (
        ("Parameters", sum(stage.weights for stage in one)),
        ("Multiplies", sum(stage.macs for stage in one)),
    ):
        yield ""
        yield f"{what}:"
        yield ""
        yield fence(latex(factored(cost))).strip()
    yield ""


def _beside(
    one: tuple[BoundStage, ...], other: tuple[BoundStage, ...], identity: Identity
) -> Iterator[tuple[BoundStage, BoundStage]]:
    yield from zip(one, reversed(other) if identity.backwards else other, strict=True)


def _named(parts: tuple[Part, ...]) -> str:
    """The variants that a chain is cut from, with their values."""
    names = []
    for part in parts:
        variant = VARIANTS.of(part.variant)
        values = ", ".join(
            f"{name} = {text.replace('*', '·')}"
            for name, text in part.values.items()
            if name != text
        )
        names.append(f"{variant.title}{f' ({values})' if values else ''}")
    return ", ".join(dict.fromkeys(names))


def _value(text: str, names: Mapping[str, Number]) -> Number:
    parsed = expression.parse(text)
    free = {name: symbol(name) for name in parsed.names()}
    return parsed.evaluate({**free, **names})
