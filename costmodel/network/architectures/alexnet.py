"""AlexNet as shipped with Caffe: one tower, two groups in conv2, conv4 and conv5."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare


@declare(
    "alexnet",
    "AlexNet (Caffe, two groups)",
    "Krizhevsky, Sutskever, Hinton, ImageNet classification with deep convolutional neural "
    "networks, NIPS 2012; sizes as in Caffe's bvlc_alexnet (input 227)",
    size=227,
)
def alexnet(net: Builder, x: Map) -> None:
    """Five convolutions, three linear layers; pooling 3×3 with stride 2."""
    x = net.pool(net.conv(x, "conv1", 96, 11, stride=4), 3, 2)
    x = net.pool(net.conv(x, "conv2", 256, 5, padding=2, groups=2), 3, 2)
    x = net.conv(x, "conv3", 384, 3, padding=1)
    x = net.conv(x, "conv4", 384, 3, padding=1, groups=2)
    x = net.pool(net.conv(x, "conv5", 256, 3, padding=1, groups=2), 3, 2)
    x = net.linear(x, "fc6", 4096)
    x = net.linear(x, "fc7", 4096)
    net.linear(x, "fc8", 1000)
