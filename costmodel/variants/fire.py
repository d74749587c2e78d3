"""Fire module: a squeeze, then 1×1 and k×k convolutions side by side."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

# The 1×1 branch is a window of one tap, so that it takes the layer's stride like its neighbour.
declare(
    "fire",
    "m, q m -> q | { q, e1 q i=1 j=1 -> e1 & q, e3 q i j -> e3 }",
    title="fire module",
    summary="A 1×1 convolution squeezes to q channels; a 1×1 and a k×k convolution of them give e1 "
    "and n − e1 outputs.",
    reference="Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and "
    "<0.5MB model size, 2016, arXiv:1602.07360",
    family="block",
    hyper={
        "q": Hyper("ceil(n/8)", "channels after the squeeze"),
        "e1": Hyper("ceil(n/2)", "outputs of the 1×1 branch"),
    },
    where={"e3": "n - e1"},
    gives_up="Some outputs see one position only, and all of them q mixtures of the inputs.",
    wins="When parameters are the budget: few channels enter the k×k, and few leave it.",
    claims=(
        Claim("params", "m*q + q*e1 + k^2*q*(n - e1)"),
        Claim("macs", "m*q*H*W + (q*e1 + k^2*q*(n - e1))*h*w"),
    ),
)
