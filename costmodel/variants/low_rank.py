"""Low-rank convolutions: the 4-D kernel as a product of small factors."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

declare(
    "channel_svd",
    "m, r m i j -> r | r, n r -> n",
    title="channel SVD (output side)",
    summary="A k×k convolution to r channels, then a 1×1 to n: the n filters are combinations of "
    "r.",
    reference="Denton et al., Exploiting linear structure within convolutional networks, 2014, "
    "arXiv:1404.0736; Zhang et al., 2015, arXiv:1505.06798",
    family="low-rank",
    common=True,
    hyper={"r": Hyper("ceil(n/4)", "rank: filters that are really convolved")},
    gives_up="The n filters are combinations of r.",
    wins="When there are many output channels that are nearly combinations of few.",
    claims=(
        Claim("params", "k^2*m*r + r*n"),
        Claim("macs", "(k^2*m*r + r*n)*h*w"),
        Claim("break_even", "k^2*m*n/(k^2*m + n)", of="r"),
    ),
)

declare(
    "channel_svd_in",
    "m, r m -> r | r, n r i j -> n",
    title="channel SVD (input side)",
    summary="A 1×1 convolution to r channels, then the k×k from r to n: the m inputs are "
    "compressed first.",
    reference="Denton et al., Exploiting linear structure within convolutional networks, 2014, "
    "arXiv:1404.0736",
    family="low-rank",
    hyper={"r": Hyper("ceil(m/4)", "rank: channels that the window sees")},
    gives_up="The window sees r mixtures of the input channels instead of the channels.",
    wins="When there are many input channels that are nearly combinations of few.",
    note="The 1×1 comes before the stride, so it runs on the input grid.",
    claims=(
        Claim("params", "m*r + k^2*r*n"),
        Claim("macs", "m*r*H*W + k^2*r*n*h*w"),
        Claim("break_even", "k^2*m*n/(m + k^2*n)", of="r"),
    ),
)

declare(
    "spatial_svd",
    "m, r m i -> r | r, n r j -> n",
    title="spatial SVD",
    summary="A k×1 convolution to r channels, then a 1×k to n: the window is separated.",
    reference="Jaderberg, Vedaldi, Zisserman, Speeding up convolutional neural networks with low "
    "rank expansions, 2014, arXiv:1405.3866 (scheme 2)",
    family="low-rank",
    common=True,
    hyper={"r": Hyper("ceil(n/2)", "rank: channels between the two halves")},
    gives_up="Rows and columns meet in r channels alone.",
    wins="Large windows: cost grows with k instead of k².",
    claims=(
        Claim("params", "k*r*(m + n)"),
        Claim("macs", "k*r*(m*h*W + n*h*w)"),
        Claim("break_even", "k*m*n/(m + n)", of="r"),
    ),
)

declare(
    "separable_basis",
    "m, m r i -> m r | m r, m r j -> m r | m r, n m r -> n",
    title="separable basis",
    summary="r separable filters (k×1, then 1×k) per input channel, combined by a 1×1 convolution.",
    reference="Jaderberg, Vedaldi, Zisserman, Speeding up convolutional neural networks with low "
    "rank expansions, 2014, arXiv:1405.3866 (scheme 1)",
    family="low-rank",
    hyper={"r": Hyper(4, "separable filters per input channel")},
    gives_up="The windows over one input channel are combinations of r separable filters.",
    wins="Large windows over few channels.",
    claims=(
        Claim("params", "m*r*(2*k + n)"),
        Claim("macs", "m*r*(k*h*W + k*h*w + n*h*w)"),
        Claim("break_even", "k^2*n/(2*k + n)", of="r"),
    ),
)

declare(
    "tucker2",
    "m, r1 m -> r1 | r1, r2 r1 i j -> r2 | r2, n r2 -> n",
    title="Tucker-2",
    summary="A 1×1 to r1 channels, the k×k from r1 to r2, a 1×1 to n: both channel sides are "
    "compressed.",
    reference="Kim et al., Compression of deep convolutional neural networks for fast and low "
    "power mobile applications, 2016, arXiv:1511.06530",
    family="low-rank",
    common=True,
    hyper={
        "r1": Hyper("ceil(m/2)", "rank of the input side"),
        "r2": Hyper("ceil(n/2)", "rank of the output side"),
    },
    gives_up="The window sees r1 mixtures of the inputs, and the outputs are combinations of r2.",
    wins="Pretrained layers whose channels are redundant on both sides.",
    claims=(
        Claim("params", "m*r1 + k^2*r1*r2 + r2*n"),
        Claim("macs", "m*r1*H*W + (k^2*r1*r2 + r2*n)*h*w"),
    ),
)
