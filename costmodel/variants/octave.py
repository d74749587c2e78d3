"""Octave convolution: a share of the channels lives on half the resolution."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_SOURCE = "Chen et al. 2019, arXiv:1904.05049"
_FULL = "{ :mh | mh, nh mh i j -> nh + mh: | /2 | ml, nh ml i j -> nh | *2 }"
_HALF = "{ :mh | /2 | mh, nl mh i j -> nl + mh: | /2 | ml, nl ml i j -> nl } | *2"

declare(
    "octave",
    f"{{ {_FULL} & {_HALF} }}",
    title="octave convolution",
    summary="A share alpha of the channels is kept at half the resolution; four convolutions "
    "connect the two halves.",
    reference="Chen et al., Drop an octave: reducing spatial redundancy in convolutional neural "
    "networks with octave convolution, ICCV 2019, arXiv:1904.05049",
    family="block",
    hyper={
        "alpha": Hyper(
            "1/2",
            "share of the channels at half the resolution",
            low=0,
            high=1,
            upto="1",
            real=True,
        )
    },
    where={"ml": "floor(alpha*m)", "mh": "m - ml", "nl": "floor(alpha*n)", "nh": "n - nl"},
    gives_up="A share alpha of the channels has half the resolution.",
    wins="Images with slowly varying content; the parameters stay, the multiplies shrink.",
    note="As a drop-in replacement it takes and gives full resolution: pooling and upsampling are "
    "inside, and cost no multiplies. With alpha = 0 it is the standard convolution.",
    claims=(
        Claim("params", "k^2*m*n", _SOURCE),
        # at sizes that alpha and 2 divide, where no floor and no ceiling bites
        Claim(
            "macs",
            "k^2*m*n*h*w*(1 - 3*alpha*(2 - alpha)/4)",
            _SOURCE,
            at={"m": "m/alpha", "n": "n/alpha", "h": "2*h", "w": "2*w"},
        ),
    ),
)
