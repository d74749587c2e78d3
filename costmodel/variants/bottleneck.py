"""Bottleneck blocks: fewer channels for the window, or more of them for one filter per channel."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_STAGES = "m, r m -> r | g p, g o p i j -> g o | r, n r -> n"
_WHERE = {"p": "r/g", "o": "r/g"}
_CLAIMS = (
    Claim("params", "m*r + k^2*r^2/g + r*n"),
    Claim("macs", "m*r*H*W + (k^2*r^2/g + r*n)*h*w"),
)

declare(
    "bottleneck",
    _STAGES,
    title="bottleneck",
    summary="A 1×1 convolution to r channels, the k×k on them, a 1×1 to n.",
    reference="He, Zhang, Ren, Sun, Deep residual learning for image recognition, CVPR 2016, "
    "arXiv:1512.03385",
    family="block",
    hyper={
        "g": Hyper(1, "groups of the k×k convolution; divides r", upto="r"),
        "r": Hyper("g*ceil(n/(4*g))", "channels of the k×k convolution"),
    },
    where=_WHERE,
    gives_up="The window sees r mixtures of the inputs, and the outputs are combinations of "
    "as many.",
    wins="Many channels: the window runs on a quarter of them.",
    claims=_CLAIMS,
)

declare(
    "resnext",
    _STAGES,
    title="ResNeXt bottleneck",
    summary="A bottleneck whose k×k convolution has g groups.",
    reference="Xie, Girshick, Dollár, Tu, He, Aggregated residual transformations for deep neural "
    "networks, CVPR 2017, arXiv:1611.05431",
    family="block",
    hyper={
        "g": Hyper(32, "groups (cardinality); divides r", upto="r"),
        "r": Hyper("g*ceil(n/(2*g))", "channels of the k×k convolution", upto="2*n"),
    },
    where=_WHERE,
    gives_up="Within the window, an output sees one in g of r mixtures of the inputs.",
    wins="A wider window stage for the multiplies of a plain bottleneck.",
    claims=_CLAIMS,
)

declare(
    "inverted_residual",
    "m, p m -> p | p, p i j -> p | p, n p -> n",
    title="inverted residual",
    summary="A 1×1 convolution to e·m channels, one k×k filter per channel, a 1×1 to n.",
    reference="Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks, CVPR 2018, "
    "arXiv:1801.04381",
    family="block",
    hyper={"e": Hyper(6, "expansion: channels inside per channel outside", upto="8")},
    where={"p": "e*m"},
    gives_up="The window mixes no channels, and the maps inside are e times as many.",
    wins="Narrow layers between which little memory is carried.",
    note="The residual around it, where shapes match, belongs to the network and is not counted "
    "here; it costs no multiplies.",
    claims=(
        Claim("params", "e*m*(m + k^2 + n)", "Sandler et al. 2018, arXiv:1801.04381"),
        Claim("macs", "e*m*(m*H*W + (k^2 + n)*h*w)"),
    ),
)
