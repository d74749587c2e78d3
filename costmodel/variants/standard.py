"""The standard convolution: every output channel sees every input channel through a full window."""

from costmodel.core.variant import Claim, declare

declare(
    "standard",
    "m, n m i j -> n",
    title="standard convolution",
    summary="Every output channel sums a full k×k window of every input channel.",
    reference="LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989",
    family="standard",
    common=True,
    baseline=True,
    wins="Small channel counts, and wherever time rather than multiplies matters: libraries run it "
    "closest to a processor's peak.",
    claims=(
        Claim("params", "k^2*m*n", "Wang, Liu, Foroosh 2016, arXiv:1608.04337"),
        Claim("macs", "k^2*m*n*h*w", "Wang, Liu, Foroosh 2016, arXiv:1608.04337"),
    ),
)
