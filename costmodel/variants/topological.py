"""Topological subdivisioning: the channels form a tensor, and each output sees a block of it."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_REFERENCE = (
    "Wang, Liu, Foroosh, Design of efficient convolutional layers using single intra-channel "
    "convolution, topological subdivisioning and spatial bottleneck structure, 2016, "
    "arXiv:1608.04337"
)
_WINS = "When the projection across channels dominates, and channels can learn their neighbourhood."
_NOTE = (
    "Blocks wrap round at the end of the tensor; where m and n differ, they are spread evenly. "
    "A block of the tensor's own size is the full projection."
)

declare(
    "topological_1d",
    "m, m i j -> m | n~c, n c -> n",
    title="topological convolution, 1-D channels",
    summary="One k×k filter per channel; each output then sees c neighbouring channels.",
    reference=_REFERENCE,
    family="channel",
    hyper={"c": Hyper("ceil(m/4)", "channels that each output sees", upto="m")},
    gives_up="An output sees c neighbouring channels instead of all.",
    wins=_WINS,
    note=_NOTE,
    claims=(
        Claim("params", "k^2*m + n*c"),
        Claim("macs", "(k^2*m + n*c)*h*w"),
    ),
)

declare(
    "topological",
    "m, m i j -> m | e1~c1=d1 e2~c2=d2, e1 e2 c1 c2 -> e1 e2",
    title="topological convolution, 2-D channels",
    summary="One k×k filter per channel; the channels form a d1×d2 tensor, of which each output "
    "sees a block of c1×c2.",
    reference=_REFERENCE,
    family="channel",
    hyper={
        "d1": Hyper("gcd(m, 8)", "rows of the input channel tensor; divides m", upto="m"),
        "e1": Hyper("gcd(n, 8)", "rows of the output channel tensor; divides n"),
        "c1": Hyper("ceil(d1/2)", "rows of the block that each output sees", upto="d1"),
        "c2": Hyper("ceil(m/d1/2)", "columns of that block", upto="m/d1"),
    },
    where={"d2": "m/d1", "e2": "n/e1"},
    gives_up="An output sees a block of c1·c2 channels instead of all.",
    wins=_WINS,
    note=_NOTE,
    claims=(
        Claim("params", "k^2*m + n*c1*c2"),
        Claim("macs", "(k^2*m + n*c1*c2)*h*w"),
    ),
)

declare(
    "topological_3d",
    "m, m i j -> m | e1~c1=d1 e2~c2=d2 e3~c3=d3, e1 e2 e3 c1 c2 c3 -> e1 e2 e3",
    title="topological convolution, 3-D channels",
    summary="One k×k filter per channel; the channels form a d1×d2×d3 tensor, of which each output "
    "sees a block of c1×c2×c3.",
    reference=_REFERENCE,
    family="channel",
    hyper={
        "d1": Hyper("gcd(m, 4)", "first side of the input channel tensor", upto="m"),
        "d2": Hyper("gcd(m/d1, 4)", "its second side; d1·d2 divides m", upto="m/d1"),
        "e1": Hyper("gcd(n, 4)", "first side of the output channel tensor"),
        "e2": Hyper("gcd(n/e1, 4)", "its second side; e1·e2 divides n", upto="n/e1"),
        "c1": Hyper("ceil(d1/2)", "first side of the block that each output sees", upto="d1"),
        "c2": Hyper("ceil(d2/2)", "its second side", upto="d2"),
        "c3": Hyper("ceil(m/(d1*d2)/2)", "its third side", upto="m/(d1*d2)"),
    },
    where={"d3": "m/(d1*d2)", "e3": "n/(e1*e2)"},
    gives_up="An output sees a block of c1·c2·c3 channels instead of all.",
    wins=_WINS,
    note=_NOTE,
    claims=(
        Claim("params", "k^2*m + n*c1*c2*c3"),
        Claim("macs", "(k^2*m + n*c1*c2*c3)*h*w"),
    ),
)
