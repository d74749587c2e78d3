"""Fast algorithms for the standard layer: the same function and weights with fewer multiplies.

The count is explicit, because these do not follow the stage rule: it is the multiplies between
transformed inputs and transformed filters. The transforms themselves are not counted.
"""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

declare(
    "winograd",
    "m, n m i j -> n @ macs=m*n*ceil(h/e)*ceil(w/e)*(e+i-1)*(e+j-1)",
    title="Winograd convolution F(e×e, k×k)",
    summary="Tiles of e×e outputs from (e+k−1)² multiplies each, instead of e²k².",
    reference="Lavin, Gray, Fast algorithms for convolutional neural networks, CVPR 2016, "
    "arXiv:1509.09308",
    family="algorithm",
    hyper={"e": Hyper(2, "side of an output tile", upto="6")},
    domain={"stride": 1, "dilation": 1, "transposed": False},
    algorithm_of="standard",
    gives_up="The transforms take additions and precision; what it computes stays the same.",
    wins="3×3 layers of stride 1 with many channels; e = 2 and 4 are common, larger tiles lose "
    "precision.",
    note="Multiplies in the transformed domain only: the transforms of inputs, filters and outputs "
    "are additions and products with constants. The parameters are the layer's own.",
    claims=(
        Claim("params", "k^2*m*n"),
        Claim(
            "macs",
            "m*n*ceil(h/e)*ceil(w/e)*(e + k - 1)^2",
            "Lavin, Gray 2016, arXiv:1509.09308",
        ),
    ),
)

declare(
    "fft",
    "m, n m i j -> n @ macs=c*m*n*ceil(h/u)*ceil(w/v)*a*(floor(a/2)+1)",
    title="FFT convolution with tiles",
    summary="Tiles of a×a inputs are multiplied in the frequency domain; each gives (a−k+1)² "
    "outputs.",
    reference="Mathieu, Henaff, LeCun, Fast training of convolutional networks through FFTs, 2013, "
    "arXiv:1312.5851; Zlateski et al., FFT convolutions are faster than Winograd on modern CPUs, "
    "here is why, 2018, arXiv:1809.07851",
    family="algorithm",
    hyper={
        "a": Hyper("max(16, i, j)", "side of an input tile; at least the kernel's", upto="64"),
        "c": Hyper(4, "real multiplies of a complex product: 4, or 3", low=3, high=4, upto="4"),
    },
    where={"u": "a - i + 1", "v": "a - j + 1"},
    domain={"stride": 1, "dilation": 1, "transposed": False},
    algorithm_of="standard",
    gives_up="The transforms take memory and additions; what it computes stays the same.",
    wins="Large windows (k ≥ 5) of stride 1 with many channels.",
    note="Multiplies of the frequency-domain products only, with the symmetry of real signals "
    "(⌊a/2⌋+1 of a columns); the transforms are not counted. The parameters are the layer's own.",
    claims=(
        Claim("params", "k^2*m*n"),
        Claim("macs", "c*m*n*ceil(h/(a-k+1))*ceil(w/(a-k+1))*a*(floor(a/2)+1)"),
    ),
)
