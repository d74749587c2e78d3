"""Windows taken apart: rows from columns, columns from channels, space from time."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

declare(
    "asymmetric",
    "m, n m j -> n | n, o n i -> o",
    title="asymmetric convolution",
    summary="A 1×k convolution, then a k×1, both with all channels.",
    reference="Szegedy et al., Rethinking the Inception architecture for computer vision, CVPR "
    "2016, arXiv:1512.00567",
    family="low-rank",
    where={"o": "n"},
    gives_up="Rows and columns meet in n channels alone.",
    wins="Large windows (k = 7) on grids of medium size.",
    claims=(
        Claim("params", "2*k*n^2", at={"m": "n"}),
        Claim("macs", "k*m*n*H*w + k*n^2*h*w"),
    ),
)

declare(
    "two_dimensional",
    "m, n j m -> n j | n j, n i j -> n",
    title="two-dimensional filters",
    summary="Every 3-D filter is a k×k filter times k filters over the channels, one per column: a "
    "1×1 to k maps per output, then k² taps on them.",
    reference="Derived: each column of the filter is of rank one between rows and channels",
    family="low-rank",
    gives_up="Within a filter, channels differ in the weight of each column only.",
    wins="Many channels: a filter costs k² + km instead of k²m.",
    claims=(
        Claim("params", "n*(k^2 + k*m)"),
        Claim("macs", "n*k*m*H*W + n*k^2*h*w"),
    ),
)

declare(
    "conv2plus1d",
    "m, r m i j -> r | r, n r l -> n",
    title="(2+1)-D convolution",
    summary="A 3-D convolution as a convolution over rows and columns to r channels and one over "
    "time to n.",
    reference="Tran et al., A closer look at spatiotemporal convolutions for action recognition, "
    "CVPR 2018, arXiv:1711.11248",
    family="low-rank",
    hyper={
        "r": Hyper(
            "max(1, floor(taps*m*n/(i*j*m + l*n)))",
            "channels between space and time; the default has the 3-D layer's parameters",
        )
    },
    gives_up="Space and time meet in r channels alone.",
    wins="Video: the same parameters with a nonlinearity between space and time.",
    claims=(
        Claim("params", "k^2*m*r + k*r*n", "Tran et al. 2018, arXiv:1711.11248", dims=3),
        Claim("break_even", "k^3*m*n/(k^2*m + k*n)", of="r", dims=3),
    ),
)
