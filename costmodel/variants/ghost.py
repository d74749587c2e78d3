"""Ghost module: few real convolutions, and cheap filters that make more maps of each."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_SOURCE = "Han et al. 2020, arXiv:1911.11907"

declare(
    "ghost",
    "m, c m i j -> c | { = & c, c t i=d j=d -> c t } | :n",
    title="ghost module",
    summary="A k×k convolution gives ⌈n/q⌉ maps; q − 1 cheap d×d filters on each of them give the "
    "rest.",
    reference="Han et al., GhostNet: more features from cheap operations, CVPR 2020, "
    "arXiv:1911.11907",
    family="block",
    hyper={
        "q": Hyper(2, "maps made of each real one, itself included", low=2, upto="8"),
        "d": Hyper(3, "side of the cheap filters", upto="7"),
    },
    where={"c": "ceil(n/q)", "t": "q - 1"},
    gives_up="Most maps are a small filter of another map, and see no input of their own.",
    wins="Layers whose maps are pairwise alike; it divides the cost by nearly q.",
    note="Where q does not divide n, the maps beyond n are computed and dropped.",
    claims=(
        Claim("params", "k^2*m*ceil(n/q) + d^2*ceil(n/q)*(q - 1)", _SOURCE),
        Claim("macs", "(k^2*m*ceil(n/q) + d^2*ceil(n/q)*(q - 1))*h*w", _SOURCE),
    ),
)
