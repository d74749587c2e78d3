"""Depthwise separable convolution: one k×k filter per channel, then a 1×1 across channels."""

from costmodel.core.variant import Claim, declare

_SOURCE = "Howard et al. 2017, arXiv:1704.04861"

declare(
    "depthwise_separable",
    "m, m i j -> m | m, n m -> n",
    title="depthwise separable convolution",
    summary="One k×k filter per input channel, then a 1×1 convolution across the channels.",
    reference="Chollet, Xception, 2017, arXiv:1610.02357; Howard et al., MobileNets, 2017, "
    "arXiv:1704.04861",
    family="separable",
    common=True,
    gives_up="All windows over one input channel are multiples of one filter.",
    wins="On phones and wherever multiplies or parameters are the budget; on a processor whose "
    "depthwise kernels run far below its peak the time saved is much less.",
    note="With several filters per input channel (a channel multiplier) this is the basis "
    "convolution.",
    claims=(
        Claim("params", "k^2*m + m*n", _SOURCE),
        Claim("macs", "k^2*m*h*w + m*n*h*w", _SOURCE),
        Claim("ratio", "1/n + 1/k^2", _SOURCE),
    ),
)
