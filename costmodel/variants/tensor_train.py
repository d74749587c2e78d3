"""Chains of small factors: tensor train, and the asymmetric three-stage decomposition."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

declare(
    "tt",
    "m, r1 m -> r1 | r1, r2 r1 i -> r2 | r2, r3 r2 j -> r3 | r3, n r3 -> n",
    title="tensor train",
    summary="The kernel as a chain of four factors: a 1×1, a k×1, a 1×k and a 1×1 convolution with "
    "a rank between each two.",
    reference="Oseledets, Tensor-train decomposition, SIAM J. Sci. Comput. 33(5), 2011; Garipov et "
    "al., Ultimate tensorization, 2016, arXiv:1611.03214",
    family="low-rank",
    hyper={
        "r1": Hyper("ceil(m/2)", "rank between input channels and rows"),
        "r2": Hyper("ceil(n/2)", "rank between rows and columns"),
        "r3": Hyper("ceil(n/2)", "rank between columns and output channels"),
    },
    gives_up="Inputs, rows, columns and outputs meet in r1, r2 and r3 channels alone.",
    wins="Large windows over many channels, where three ranks can be chosen one by one.",
    claims=(
        Claim("params", "m*r1 + k*r1*r2 + k*r2*r3 + r3*n"),
        Claim("macs", "m*r1*H*W + k*r1*r2*h*W + (k*r2*r3 + r3*n)*h*w"),
    ),
)

declare(
    "asym_3d",
    "m, r1 m i -> r1 | r1, r2 r1 j -> r2 | r2, n r2 -> n",
    title="asymmetric (3-D) decomposition",
    summary="A k×1, a 1×k and a 1×1 convolution with two ranks between: the window is separated "
    "and the outputs are compressed.",
    reference="Zhang, Zou, He, Sun, Accelerating very deep convolutional networks for "
    "classification and detection, 2015, arXiv:1505.06798",
    family="low-rank",
    hyper={
        "r1": Hyper("ceil(n/2)", "rank between rows and columns"),
        "r2": Hyper("ceil(n/2)", "rank of the outputs"),
    },
    gives_up="Rows and columns meet in r1 channels alone, and the outputs are combinations of r2.",
    wins="Pretrained networks of 3×3 layers that are to run several times faster.",
    claims=(
        Claim("params", "k*m*r1 + k*r1*r2 + r2*n"),
        Claim("macs", "k*m*r1*h*W + (k*r1*r2 + r2*n)*h*w"),
    ),
)
