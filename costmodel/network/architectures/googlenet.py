"""GoogLeNet (Inception v1): four branches side by side, without the auxiliary classifiers."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

# name: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection (table 1 of the paper).
_MODULES = {
    "inception3a": (64, 96, 128, 16, 32, 32),
    "inception3b": (128, 128, 192, 32, 96, 64),
    "inception4a": (192, 96, 208, 16, 48, 64),
    "inception4b": (160, 112, 224, 24, 64, 64),
    "inception4c": (128, 128, 256, 24, 64, 64),
    "inception4d": (112, 144, 288, 32, 64, 64),
    "inception4e": (256, 160, 320, 32, 128, 128),
    "inception5a": (256, 160, 320, 32, 128, 128),
    "inception5b": (384, 192, 384, 48, 128, 128),
}


@declare(
    "googlenet",
    "GoogLeNet (Inception v1)",
    "Szegedy et al., Going deeper with convolutions, 2015, arXiv:1409.4842, table 1; biases and no "
    "batch normalisation, auxiliary classifiers left out",
)
def googlenet(net: Builder, x: Map) -> None:
    """Three convolutions, nine inception modules, a linear layer; poolings round up."""
    x = net.pool(net.conv(x, "conv1", 64, 7, stride=2, padding=3), 3, 2, ceil=True)
    x = net.conv(x, "conv2_reduce", 64)
    x = net.pool(net.conv(x, "conv2", 192, 3, padding=1), 3, 2, ceil=True)
    for name, (one, reduce3, three, reduce5, five, projection) in _MODULES.items():
        if name in ("inception4a", "inception5a"):
            x = net.pool(x, 3, 2, ceil=True)
        with net.within(name):
            branch1 = net.conv(x, "1x1", one)
            branch3 = net.conv(net.conv(x, "3x3_reduce", reduce3), "3x3", three, 3, padding=1)
            branch5 = net.conv(net.conv(x, "5x5_reduce", reduce5), "5x5", five, 5, padding=2)
            pooled = net.conv(net.pool(x, 3, 1, 1), "pool_proj", projection)
            x = net.concat(branch1, branch3, branch5, pooled)
    net.linear(net.resized(x, 1, 1), "fc", 1000)
