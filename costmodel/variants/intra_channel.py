"""Intra-channel layers: a filter per channel, a projection across channels, and what is between."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_REFERENCE = (
    "Wang, Liu, Foroosh, Design of efficient convolutional layers using single intra-channel "
    "convolution, topological subdivisioning and spatial bottleneck structure, 2016, "
    "arXiv:1608.04337"
)

declare(
    "sic",
    "{ =? + m, m i j -> m | m, n m -> n } | { = + n, n i j -> n | n, o n -> o }^L-1",
    title="stacked single intra-channel convolution",
    summary="L units of one k×k filter per channel and a 1×1 projection, with a residual around "
    "every unit whose input and output have the same shape.",
    reference=_REFERENCE,
    family="separable",
    hyper={"L": Hyper(2, "number of units", upto="8")},
    where={"o": "n"},
    gives_up="In every unit, all windows over one channel are multiples of one filter.",
    wins="Several cheap layers in the place of one: more depth for fewer multiplies.",
    note="The first unit takes the stride and the change of channels, so only where there are none "
    "does it have a residual, which costs additions and memory but no multiplies.",
    claims=(
        Claim("params", "L*n*(k^2 + n)", at={"m": "n"}),
        Claim("macs", "L*n*(k^2 + n)*h*w", at={"m": "n"}),
    ),
)

declare(
    "spatial_bottleneck",
    "m, m i j -> m @ down=s | m, n m -> n | n, n i=q j=q -> n @ up=s",
    title="spatial bottleneck",
    summary="One k×k filter per channel with stride s, the 1×1 projection on the small grid, and "
    "one transposed q×q filter per channel back to the full grid.",
    reference=_REFERENCE + " (second version)",
    family="separable",
    hyper={
        "s": Hyper(2, "how much coarser the grid of the projection is", upto="4"),
        "q": Hyper(
            "s + 1", "side of the transposed filters; from s up they leave no gaps", upto="7"
        ),
    },
    domain={"transposed": False},
    gives_up="Channels are mixed on a grid that is s times coarser.",
    wins="Feature maps in which neighbours are alike: nearly everything is done on 1/s² of the "
    "positions.",
    claims=(
        Claim("params", "k^2*m + m*n + q^2*n"),
        Claim("macs", "(k^2*m + m*n + q^2*n)*ceil(h/s)*ceil(w/s)"),
    ),
)
