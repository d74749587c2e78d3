"""Blueprint separable convolutions: the projection across channels first, then the filters."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_REFERENCE = (
    "Haase, Amthor, Rethinking depthwise separable convolutions: how intra-kernel correlations "
    "lead to improved MobileNets, CVPR 2020, arXiv:2003.13549"
)

declare(
    "bsconv_u",
    "m, n m -> n | n, n i j -> n",
    title="blueprint separable convolution (unconstrained)",
    summary="A 1×1 convolution across the channels, then one k×k filter per output channel.",
    reference=_REFERENCE,
    family="separable",
    gives_up="All windows of one output channel are multiples of one filter.",
    wins="Like depthwise separable, where filters of one output are alike; the 1×1 runs before the "
    "stride.",
    claims=(
        Claim("params", "m*n + k^2*n"),
        Claim("macs", "m*n*H*W + k^2*n*h*w"),
    ),
)

declare(
    "bsconv_s",
    "m, r m -> r | r, n r -> n | n, n i j -> n",
    title="blueprint separable convolution (subspace)",
    summary="Two 1×1 convolutions through r channels, then one k×k filter per output channel.",
    reference=_REFERENCE,
    family="separable",
    hyper={"r": Hyper("ceil(m/4)", "channels between the two 1×1 convolutions")},
    gives_up="All windows of one output channel are multiples of one filter, over r "
    "mixtures of the inputs.",
    wins="Many channels, where the 1×1 convolution is nearly everything that is paid.",
    claims=(
        Claim("params", "m*r + r*n + k^2*n"),
        Claim("macs", "(m*r + r*n)*H*W + k^2*n*h*w"),
    ),
)
