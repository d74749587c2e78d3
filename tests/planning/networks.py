"""Small networks whose plans can all be counted."""

import itertools

import costmodel as cm
from costmodel.network import columns
from costmodel.network.change import Choice
from costmodel.network.network import Network
from costmodel.network.operation import NetOp, Parameter
from costmodel.network.replace import put_each

#: Three layers of different geometry, one with a normalisation, and two that share their weights.
TIED = cm.ConvLayer(3, 10, 10, (7, 6))
SMALL = Network(
    "small",
    (
        NetOp.conv("stem", cm.ConvLayer((3, 5), 4, 12, (17, 14), stride=2, bias=True), norm=24),
        NetOp.conv("body", cm.ConvLayer(3, 12, 10, (9, 7))),
        NetOp("left", "conv", TIED, parameters=(Parameter(900, "weight", id="w"),)),
        NetOp("right", "conv", TIED, parameters=(Parameter(900, "weight", id="w"),), times=2),
        NetOp.linear("head", 10, 7),
    ),
)
VARIANTS = ("grouped", "basis", "depthwise_separable", "tucker2", "channel_svd")


def all_plans(found, network=SMALL):
    """The network of every plan that some measures have options for, counted one by one."""
    for places in itertools.product(*map(range, map(len, found.decisions))):
        choices = {
            op.name: choice
            for decision, place in zip(found.decisions, places, strict=True)
            if (choice := decision.choices[place]) is not None
            for op in decision.ops
        }
        yield put_each(network, choices)


def total(network, key):
    """A total of a network; of `changed`, the layers that something stands in place of."""
    return len(network.plan) if key == "changed" else columns.total(network, key)


def chosen(id, **hyper):
    """A choice of a variant with values."""
    return Choice.of(cm.VARIANTS[id], hyper)
