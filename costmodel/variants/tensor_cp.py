"""CP decompositions: the kernel as a sum of rank-one terms, in any number of dimensions.

The stages are written once: `x` stands for one stage per window axis, so the same line is the CP
convolution of a 1-D, a 2-D and a 3-D layer.
"""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_STAGES = "m, r m -> r | r, r x -> r | r, n r -> n"
_HYPER = {"r": Hyper("n", "rank: number of rank-one terms")}
_CLAIMS = (
    Claim("params", "r*(m + 2*k + n)"),
    Claim("macs", "r*(m*H*W + k*h*W + k*h*w + n*h*w)"),
    Claim("params", "r*(m + k + n)", dims=1),
    Claim("params", "r*(m + 3*k + n)", dims=3),
    Claim("break_even", "k^2*m*n/(m + n + 2*k)", of="r"),
)

declare(
    "cp",
    _STAGES,
    title="CP decomposition",
    summary="A 1×1 to r channels, one single-axis filter per channel and window axis, a 1×1 to n.",
    reference="Lebedev et al., Speeding-up convolutional neural networks using fine-tuned "
    "CP-decomposition, 2015, arXiv:1412.6553",
    family="low-rank",
    common=True,
    hyper=_HYPER,
    gives_up="The whole kernel is a sum of r products of vectors, one for each of its sides.",
    wins="The fewest parameters for a window of any dimension, where the rank can be kept small.",
    claims=_CLAIMS,
)

declare(
    "ho_cp",
    _STAGES,
    title="higher-order CP (HO-CP)",
    summary="The CP convolution of a window with any number of axes: a 1×1 to r channels, one "
    "single-axis filter per channel and axis, a 1×1 to n.",
    reference="Kossaifi et al., Factorized higher-order CNNs with an application to "
    "spatio-temporal emotion estimation, CVPR 2020, arXiv:1906.06196 (first as: Efficient "
    "N-dimensional convolutions via higher-order factorization)",
    family="low-rank",
    hyper=_HYPER,
    gives_up="The whole kernel is a sum of r products of vectors, one for each of its sides.",
    wins="Video and volumes: cost grows with the sum of the window's sides, not their product.",
    claims=_CLAIMS,
)
