"""What the Network page offers works, on every shipped network; what it leaves out does not."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest

from costmodel.core.variant import VARIANTS
from costmodel.dashboard.forms import network_form, what_if_form
from costmodel.errors import CostModelError
from costmodel.network.network import Network
from costmodel.network.read.library import available, load
from costmodel.network.replace import put
from costmodel.network.sizes import works
from costmodel.typed import read_value


class Sizes(dict):
    """A page's state, as far as sizes go."""

    def __init__(self, **at: str) -> None:
        super().__init__(source="shipped", at=at)


@pytest.mark.slow
@pytest.mark.parametrize("name", available())
def test_every_size_that_is_offered_works(name):
    net = load(name)
    rebuild = net.rebuild()
    assert rebuild is not None
    for letter, usual in rebuild.defaults.items():
        every = network_form.every_stop(str(usual), letter in rebuild.ratios)
        offered = network_form.stops(Sizes(), net, letter)
        assert str(usual) in offered
        if letter not in rebuild.ratios:  # what fails is too small
            every = [*every[:8], every[-1]]
        working = [stop for stop in every if works(net, {letter: read_value(stop)})]
        assert working == [stop for stop in offered if stop in every]


def test_sizes_are_offered_beside_the_others():
    net = load("unet")
    alone = network_form.stops(Sizes(), net, "H")
    assert alone[0] == "192", "the valid convolutions of U-Net need an input of this side"
    assert all(int(low) < int(high) for low, high in pairwise(alone))
    assert network_form.stops(Sizes(W="192"), net, "H") == alone
    quarter = network_form.stops(Sizes(alpha="0.25"), load("mobilenet"), "rho")
    assert all(works(load("mobilenet"), {"alpha": "0.25", "rho": rho}) for rho in quarter)


@pytest.mark.slow
@pytest.mark.parametrize("name", available())
def test_every_variant_that_is_offered_fits_a_layer(name):
    net = load(name)
    alike = {op.layer: op for op in net.ops}  # layers that differ in nothing but their name
    net = dataclasses.replace(net, ops=tuple(alike.values()))
    offered = what_if_form.offered(net, "", "")
    refused = [id for id in VARIANTS if _refused(net, id)]
    assert refused, "a linear layer has no window, and so stands nowhere"
    assert set(offered) == {"", *VARIANTS} - {VARIANTS.baseline.id, *refused}


def _refused(net: Network, variant: str) -> bool:
    try:
        return not put(net, variant, pays=False).replaced
    except CostModelError:
        return True


def test_what_is_offered_follows_the_layers_that_are_meant():
    net = load("resnet18")
    assert "linear" in what_if_form.offered(net, "kind=linear", "")
    assert "linear" not in what_if_form.offered(net, "", "")
    assert "winograd" in what_if_form.offered(net, "", "")
    assert "winograd" not in what_if_form.offered(net, "conv1", ""), "its stride is 2"
    assert "transposed" in what_if_form.offered(net, "", "transposed"), "what is chosen stays"
    assert what_if_form.offered(net, "kernel=many", "") == what_if_form.offered(net, "", "")


def test_a_variant_that_fits_nowhere_is_said_at_its_input_and_the_last_one_is_shown(page):
    opened = page("network", replace="basis")
    basis = load("resnet18").replace("basis").macs
    shown = [metric.value for metric in opened.app.metric]
    assert f"{basis:,}" in shown
    opened.set("where", "kernel=9")
    assert "No layer of resnet18 is selected by 'kernel=9'" in " ".join(opened.errors)
    assert [metric.value for metric in opened.app.metric] == shown
    assert "Still shown: windowed layers → basis" in opened.text()
    opened.set("network", "resnet34")  # another network knows nothing of the last result
    assert f"{load('resnet34').macs:,}" in [metric.value for metric in opened.app.metric]
    opened.set("where", "")
    assert not opened.errors
    assert f"{load('resnet34').replace('basis').macs:,}" in [m.value for m in opened.app.metric]


@pytest.mark.parametrize("variant", ["linear", "transposed", "conv2plus1d"])
def test_a_link_with_a_variant_that_fits_nowhere_shows_the_network(page, variant):
    opened = page("network", replace=variant)
    assert len(opened.errors) == 1
    assert f"{load('resnet18').macs:,}" in [metric.value for metric in opened.app.metric]
    assert opened.widget("replace").value == variant


def test_sizes_that_are_refused_are_said_and_the_last_ones_are_shown(page):
    opened = page("network", network="unet")
    opened.set("slider at H", "192")
    shown = f"{load('unet').at(H=192).macs:,}"
    assert shown in [metric.value for metric in opened.app.metric]
    assert "160" not in opened.widget("slider at H").options
    link = page("network", network="unet", at="H=160")
    assert "allowed is at least one output position" in " ".join(link.errors)
    assert f"{load('unet').macs:,}" in [metric.value for metric in link.app.metric]


# -- several replacements --------------------------------------------------------------------------


def test_several_replacements_are_listed_and_undone_one_by_one(page):
    opened = page("network", also="layer1.*=basis,b=3;conv1=depthwise_separable")
    net = load("resnet18")
    first = net.replace("basis", "layer1.*", b=3)
    both = first.replace("depthwise_separable", "conv1")
    assert f"{both.macs:,}" in [metric.value for metric in opened.app.metric]
    listed = opened.widget("input also")
    assert listed.options == ["layer1.* → basis (b=3)", "conv1 → depthwise separable"]
    opened.set("input also", ["layer1.*=basis,b=3"])
    assert f"{first.macs:,}" in [metric.value for metric in opened.app.metric]
    assert opened.query["also"] == "layer1.*=basis,b=3"
    opened.set("input also", [])
    assert f"{net.macs:,}" in [metric.value for metric in opened.app.metric]
    assert "also" not in opened.query


def test_the_choice_at_hand_is_kept_and_another_one_made(page):
    opened = page("network", replace="basis", where="layer1.*", **{"basis.b": "3"})
    (keep,) = [button for button in opened.app.button if button.label.startswith("Keep, and")]
    keep.click()
    opened.run()
    assert opened.query["also"] == "layer1.*=basis,b=3"
    assert opened.query["replace"] == ""
    opened.set("replace", "cp")
    after = load("resnet18").replace("basis", "layer1.*", b=3).replace("cp")
    assert f"{after.macs:,}" in [metric.value for metric in opened.app.metric]


def test_replacements_of_a_link_that_do_not_fit_are_said_and_taken_out(page):
    opened = page("network", network="vgg16", also="layer1.*=basis;bases;conv1_2=cp")
    assert "No layer of vgg16 is selected by 'layer1.*'" in " ".join(opened.errors)
    assert "1 more" in opened.text()
    assert opened.query["also"] == "conv1_2=cp"
