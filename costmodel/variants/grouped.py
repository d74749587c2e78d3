"""Grouped convolution: g independent convolutions of m/g to n/g channels."""

from costmodel.variant import Claim, Hyper, declare

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
    hyper={"g": Hyper(2, "number of groups; divides both channel counts", upto="m")},
    wins="When the layers around it mix the channels anyway (ResNeXt, ShuffleNet).",
    claims=(
        Claim("params", "k^2*m*n/g", _SOURCE),
        Claim("macs", "k^2*m*n*h*w/g", _SOURCE),
        Claim("ratio", "1/g", _SOURCE),
    ),
)
