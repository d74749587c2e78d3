"""Shuffle unit: grouped 1×1 convolutions, with the channels shuffled between them."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

# The first stage writes the channels group by group (`g p`), the last reads them the other way
# round (`p g`): this order of axes is the shuffle.
declare(
    "shuffle_unit",
    "g m, g p m -> g p | r, r i j -> r | p g, g n p -> g n",
    title="shuffle unit",
    summary="A grouped 1×1 convolution to r channels, a shuffle, one k×k filter per channel, a "
    "grouped 1×1 to n.",
    reference="Zhang, Zhou, Lin, Sun, ShuffleNet, CVPR 2018, arXiv:1707.01083",
    family="block",
    hyper={
        "g": Hyper("gcd(m, n, 4)", "groups of the 1×1 convolutions", upto="gcd(m, n)"),
        "r": Hyper("g*ceil(n/(4*g))", "channels between them; a multiple of g"),
    },
    where={"p": "r/g"},
    gives_up="The 1×1 convolutions see one in g of the channels, and the window mixes none.",
    wins="Very small budgets, where 1×1 convolutions take nearly all multiplies.",
    note="The residual around it costs no multiplies.",
    claims=(
        Claim(
            "params",
            "2*m*r/g + k^2*r",
            "Zhang et al. 2018, arXiv:1707.01083",
            at={"n": "m"},
        ),
        Claim("macs", "m*r/g*H*W + (k^2*r + n*r/g)*h*w"),
    ),
)
