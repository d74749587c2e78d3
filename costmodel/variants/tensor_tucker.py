"""Tucker decomposition over all four modes: both channel sides and both sides of the window."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

declare(
    "tucker4",
    "m, r1 m -> r1 | r1, s1 i -> r1 s1 | r1 s1, s2 j -> r1 s1 s2 | r1 s1 s2, r2 r1 s1 s2 -> r2 | "
    "r2, n r2 -> n",
    title="Tucker, all four modes",
    summary="A 1×1 to r1 channels, s1 vertical and s2 horizontal filters that all channels share, "
    "a 1×1 of the core to r2 channels, a 1×1 to n.",
    reference="Tucker, Some mathematical notes on three-mode factor analysis, Psychometrika 31, "
    "1966; of convolution kernels: Hayashi et al., Exploring unexplored tensor network "
    "decompositions for convolutional neural networks, NeurIPS 2019, arXiv:1908.04471",
    family="low-rank",
    hyper={
        "r1": Hyper("ceil(m/2)", "rank of the input side"),
        "r2": Hyper("ceil(n/2)", "rank of the output side"),
        "s1": Hyper("ceil(i/2)", "rank of the rows: vertical filters"),
        "s2": Hyper("ceil(j/2)", "rank of the columns: horizontal filters"),
    },
    gives_up="Every side of the kernel is compressed: inputs, outputs, rows and columns.",
    wins="Large windows whose filters are alike up to rows and columns; of 3×3 windows Tucker-2 "
    "leaves the two short modes whole.",
    note="The core has a weight for every r1·r2·s1·s2, so at s1 = s2 = k it is as large as the k×k "
    "stage of Tucker-2, and the shared filters come on top.",
    claims=(
        Claim("params", "m*r1 + k*s1 + k*s2 + r1*r2*s1*s2 + r2*n"),
        Claim(
            "macs",
            "m*r1*H*W + k*r1*s1*h*W + (k*r1*s1*s2 + r1*r2*s1*s2 + r2*n)*h*w",
        ),
    ),
)
