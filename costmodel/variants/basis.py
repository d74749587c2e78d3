"""Basis convolutions: b k×k filters per channel, or shared by all channels, and the transpose."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_SOURCE = "Wang, Liu, Foroosh 2016, arXiv:1608.04337"
_REFERENCE = (
    "Wang, Liu, Foroosh, Design of efficient convolutional layers using single intra-channel "
    "convolution, topological subdivisioning and spatial bottleneck structure, 2016, "
    "arXiv:1608.04337"
)

declare(
    "basis",
    "m, m b i j -> m b | m b, n m b -> n",
    title="basis convolution",
    summary="b k×k filters per input channel, combined by a 1×1 convolution; with b = k² it can "
    "express every standard convolution.",
    reference=_REFERENCE,
    family="basis",
    common=True,
    hyper={"b": Hyper(4, "basis filters per input channel")},
    gives_up="The n windows over one input channel are combinations of b filters.",
    wins="Between depthwise separable (b = 1) and standard (b = k²): b trades multiplies for "
    "expressiveness.",
    claims=(
        Claim("params", "b*m*(k^2 + n)", _SOURCE),
        Claim("macs", "(k^2 + n)*b*m*h*w", _SOURCE),
        Claim("ratio", "b/n + b/k^2", _SOURCE),
        Claim("break_even", "k^2*n/(k^2 + n)", _SOURCE, of="b"),
    ),
)

declare(
    "shared_basis",
    "m, b i j -> m b | m b, n m b -> n",
    title="shared basis convolution",
    summary="The b k×k filters are shared by all channels: fewer parameters than the basis "
    "convolution, the same multiplies.",
    reference="Rigamonti et al., Learning separable filters, CVPR 2013; Jaderberg, Vedaldi, "
    "Zisserman, 2014, arXiv:1405.3866",
    family="basis",
    common=True,
    hyper={"b": Hyper(4, "basis filters shared by all input channels")},
    gives_up="All windows of the layer are combinations of the same b filters.",
    wins="When parameters rather than multiplies are the budget and the channels are alike.",
    claims=(
        Claim("params", "k^2*b + b*m*n"),
        Claim("macs", "(k^2 + n)*b*m*h*w"),
    ),
)

declare(
    "decoupled",
    "m, n t m -> n t | n t, n t i j -> n",
    title="decoupled convolution",
    summary="A 1×1 convolution to t maps per output channel, then one k×k filter on each of them: "
    "the transpose of the basis convolution; with t = k² it can express every standard one.",
    reference="Xie, Zhang, Yang, Lai, Wang, Decoupled convolutions for CNNs, AAAI 2018",
    family="basis",
    hyper={"t": Hyper(4, "maps per output channel")},
    gives_up="The m windows of one output channel are combinations of t filters.",
    wins="Layers with more input than output channels, where the basis convolution saves less.",
    claims=(
        Claim("params", "t*n*(m + k^2)"),
        Claim("macs", "t*n*(m*H*W + k^2*h*w)"),
        Claim("break_even", "k^2*m/(k^2 + m)", of="t"),
    ),
)
