"""Properties of a layer that people name as if they were variants: dilated, transposed, linear."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

declare(
    "dilated",
    "m, n m i j -> n @ dilation=d",
    title="dilated convolution",
    summary="A standard convolution whose taps are d positions apart: a wider field of view for "
    "the same parameters and multiplies.",
    reference="Yu, Koltun, Multi-scale context aggregation by dilated convolutions, ICLR 2016, "
    "arXiv:1511.07122",
    family="standard",
    hyper={"d": Hyper(2, "distance between taps, on top of the layer's own dilation", upto="8")},
    gives_up="One output never reads what lies between its taps.",
    wins="When context is needed at full resolution (segmentation) and the budget stays as it is.",
    note="The zeros around the input grow with the window, so that the output keeps its size.",
    claims=(
        Claim("params", "k^2*m*n"),
        Claim("macs", "k^2*m*n*h*w"),
        Claim("ratio", "1"),
        Claim("view_rows", "d*(k - 1) + 1"),
    ),
)

declare(
    "transposed",
    "m, n m i j -> n",
    title="transposed convolution",
    summary="A standard convolution run backwards: every input position adds a k×k window to the "
    "output, and the stride multiplies the resolution.",
    reference="Zeiler et al., Deconvolutional networks, CVPR 2010; Dumoulin, Visin, A guide to "
    "convolution arithmetic for deep learning, 2016, arXiv:1603.07285",
    family="standard",
    domain={"transposed": True},
    gives_up="Where the stride does not divide k, outputs have different numbers of terms.",
    wins="Learned upsampling: multiplies are counted on the small input grid.",
    note="Every other variant also stands in for a transposed layer; this one says so in its name.",
    claims=(
        Claim("params", "k^2*m*n"),
        Claim("macs", "k^2*m*n*H*W"),
    ),
)

declare(
    "linear",
    "m, n m -> n",
    title="linear (fully connected) layer",
    summary="Every output is a weighted sum of every input: a 1×1 convolution on one pixel.",
    reference="Rumelhart, Hinton, Williams, Learning representations by back-propagating errors, "
    "Nature 323, 1986",
    family="standard",
    domain={"kernel": 1, "size": 1},
    gives_up="Every position has weights of its own: none is shared.",
    wins="The classification layer at the end of a network.",
    note="A map is flattened first: m is then its channels times its positions.",
    claims=(Claim("params", "m*n"), Claim("macs", "m*n")),
)
