"""Grouped convolution: g independent ones of m/g to n/g channels, in the limit one per channel."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_SOURCE = "Krizhevsky et al. 2012; Xie et al. 2017, arXiv:1611.05431"

declare(
    "grouped",
    "g m, g n m i j -> g n",
    title="grouped convolution",
    summary="The channels are split into g groups that are convolved independently, "
    "which divides parameters and multiplies by g.",
    reference="Krizhevsky, Sutskever, Hinton, ImageNet classification with deep convolutional "
    "neural networks, NIPS 2012",
    family="grouped",
    common=True,
    hyper={
        "g": Hyper(
            "gcd(m, n, 2)", "number of groups; divides both channel counts", upto="gcd(m, n)"
        )
    },
    gives_up="An output sees one in g of the input channels.",
    wins="When the layers around it mix the channels anyway (ResNeXt, ShuffleNet).",
    claims=(
        Claim("params", "k^2*m*n/g", _SOURCE),
        Claim("macs", "k^2*m*n*h*w/g", _SOURCE),
        Claim("ratio", "1/g", _SOURCE),
    ),
)

declare(
    "depthwise",
    "m, m q i j -> m q",
    title="depthwise convolution",
    summary="q = n/m filters per input channel and nothing across channels.",
    reference="Sifre, Rigid-motion scattering for image classification, PhD thesis, 2014; Chollet, "
    "Xception, 2017, arXiv:1610.02357",
    family="grouped",
    where={"q": "n/m"},
    gives_up="Nothing mixes the channels: an output sees one of them.",
    wins="As the spatial half of a separable layer; alone it never mixes channels.",
    note="The number of output channels has to be a multiple of the number of input channels.",
    claims=(
        Claim("params", "k^2*m*q", at={"n": "m*q"}),
        Claim("macs", "k^2*m*q*h*w", at={"n": "m*q"}),
    ),
)
