"""Structured sparsity: a standard convolution of which only predefined taps exist."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

declare(
    "structured",
    "m, n m (i j)=T -> n",
    title="structured filters",
    summary="A standard convolution with T predefined taps of the k² in every filter.",
    reference="Lebedev, Lempitsky, Fast ConvNets using group-wise brain damage, CVPR 2016, "
    "arXiv:1506.02515 (one pattern shared by all filters); Ma et al., PCONV: the missing but "
    "desirable sparsity in DNN weight pruning, AAAI 2020, arXiv:1909.05073 (a pattern per filter)",
    family="low-rank",
    hyper={"T": Hyper("ceil(taps/2)", "taps that exist in each filter", upto="taps")},
    gives_up="Taps outside the pattern are zero.",
    wins="Trained filters whose corners are close to zero; the pattern is known in advance, so "
    "nothing is stored for it.",
    note="The counts are the same for one shared pattern and for one per filter.",
    claims=(
        Claim("params", "T*m*n"),
        Claim("macs", "T*m*n*h*w"),
        Claim("ratio", "T/k^2"),
    ),
)
