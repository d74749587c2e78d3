"""Low-rank convolutions: the 4-D kernel as a product of small factors."""

from costmodel.variant import Claim, Hyper, declare

declare(
    "channel_svd",
    "m, r m i j -> r | r, n r -> n",
    title="channel SVD (output side)",
    summary="A k×k convolution to r channels, then a 1×1 to n: the n filters are combinations of "
    "r.",
    reference="Denton et al., Exploiting linear structure within convolutional networks, 2014, "
    "arXiv:1404.0736; Zhang et al., 2015, arXiv:1505.06798",
    family="low-rank",
    hyper={"r": Hyper("ceil(n/4)", "rank: filters that are really convolved", upto="n")},
    wins="When there are many output channels that are nearly combinations of few.",
    claims=(
        Claim("params", "k^2*m*r + r*n"),
        Claim("macs", "(k^2*m*r + r*n)*h*w"),
        Claim("break_even", "k^2*m*n/(k^2*m + n)", of="r"),
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
    hyper={"r": Hyper("ceil(n/2)", "rank: channels between the two halves", upto="n")},
    wins="Large windows: cost grows with k instead of k².",
    claims=(
        Claim("params", "k*r*(m + n)"),
        Claim("macs", "k*r*(m*h*W + n*h*w)"),
        Claim("break_even", "k*m*n/(m + n)", of="r"),
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
    hyper={
        "r1": Hyper("ceil(m/2)", "rank of the input side", upto="m"),
        "r2": Hyper("ceil(n/2)", "rank of the output side", upto="n"),
    },
    wins="Pretrained layers whose channels are redundant on both sides.",
    claims=(
        Claim("params", "m*r1 + k^2*r1*r2 + r2*n"),
        Claim("macs", "m*r1*H*W + (k^2*r1*r2 + r2*n)*h*w"),
    ),
)

declare(
    "cp",
    "m, r m -> r | r, r x -> r | r, n r -> n",
    title="CP decomposition",
    summary="A 1×1 to r channels, one single-axis filter per channel and window axis, a 1×1 to n.",
    reference="Lebedev et al., Speeding-up convolutional neural networks using fine-tuned "
    "CP-decomposition, 2015, arXiv:1412.6553",
    family="low-rank",
    hyper={"r": Hyper("n", "rank: number of rank-one terms", upto="i*j*n")},
    wins="The fewest parameters for a window of any dimension, where the rank can be kept small.",
    claims=(
        Claim("params", "r*(m + 2*k + n)"),
        Claim("macs", "r*(m*H*W + k*h*W + k*h*w + n*h*w)"),
        Claim("params", "r*(m + k + n)", dims=1),
        Claim("params", "r*(m + 3*k + n)", dims=3),
        Claim("break_even", "k^2*m*n/(m + n + 2*k)", of="r"),
    ),
)
