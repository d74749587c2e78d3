"""Channel-wise convolutions: windows that slide over the channels."""

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Claim, declare

_REFERENCE = (
    "Gao, Wang, Ji, ChannelNets: compact and efficient convolutional neural networks via "
    "channel-wise convolutions, NeurIPS 2018, arXiv:1809.01330"
)
_SOURCE = "Gao, Wang, Ji 2018, arXiv:1809.01330"

declare(
    "group_channelwise",
    "e+-dc, g dc -> g e",
    title="group channel-wise convolution",
    summary="g kernels of length dc slide over all channels; each gives n/g of the outputs, which "
    "mixes the groups around it with hardly any parameters.",
    reference=_REFERENCE,
    family="channel",
    hyper={
        "g": Hyper("gcd(n, 2)", "kernels, and so groups of outputs; divides n"),
        "dc": Hyper("min(8, m)", "length of a kernel in channels", upto="m"),
    },
    where={"e": "n/g"},
    gives_up="An output sees dc channels at one position, with weights that n/g outputs share.",
    wins="Between grouped convolutions, in the place of a shuffle or a 1×1 convolution.",
    note="It has no window over positions, so it fits layers of stride 1 that keep the grid. As in "
    "the authors' code (https://github.com/HongyangGao/ChannelNets) the windows are centred, "
    "m·g/n channels apart, and read zeros outside.",
    claims=(
        Claim("params", "dc*g", _SOURCE),
        Claim("macs", "dc*n*h*w", _SOURCE),
    ),
)

declare(
    "depthwise_channelwise",
    "m, m i j -> m | n+-dc, dc -> n",
    title="depthwise separable channel-wise convolution",
    summary="One k×k filter per channel, then a single kernel of length dc over the channels.",
    reference=_REFERENCE,
    family="channel",
    hyper={"dc": Hyper("min(8, m)", "length of the kernel in channels", upto="m")},
    gives_up="An output sees dc neighbouring channels, and all outputs have the same weights.",
    wins="The fewest parameters of a separable layer: the 1×1 projection is all but gone.",
    claims=(
        Claim("params", "k^2*m + dc", _SOURCE),
        Claim("macs", "(k^2*m + dc*n)*h*w", _SOURCE),
    ),
)

declare(
    "conv_classifier",
    "n+c, c i j -> n",
    title="convolutional classification layer",
    summary="One kernel over all positions and m − n + 1 channels: each class sees a window of the "
    "channels instead of all of them.",
    reference=_REFERENCE,
    family="channel",
    place={"out_size": 1},
    where={"c": "m - n + 1"},
    gives_up="A class sees a window of the channels, and all classes have the same weights.",
    wins="In the place of global pooling and a fully connected layer, a quarter of a compact "
    "network's parameters.",
    note="It needs at least as many channels as classes (m ≥ n). As in the publication the kernel "
    "covers the whole map: size = kernel, padding 'valid'.",
    claims=(
        Claim("params", "k^2*(m - n + 1)", _SOURCE),
        Claim("macs", "k^2*(m - n + 1)*n", _SOURCE, at={"h": "1", "w": "1"}),
    ),
)
