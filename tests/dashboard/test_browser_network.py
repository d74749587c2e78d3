"""The Network page in a real browser: an upload, a what-if, a link, a download."""

import subprocess
import sys
from pathlib import Path

import numpy
import pytest

import costmodel as cm

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright")
expect, TooLate = playwright.expect, playwright.TimeoutError
onnx = pytest.importorskip("onnx", reason="no onnx: pip install onnx")

pytestmark = pytest.mark.browser

MODEL = Path(onnx.__file__).parent / "backend/test/data/light/light_resnet50.onnx"


def test_an_uploaded_model_is_counted_and_downloaded_and_nobody_else_sees_it(
    visitor, axe, tmp_path
):
    one = visitor().open("/network?source=upload")
    expect(one.tab.get_by_text("not part of a link")).to_be_visible()
    one.tab.locator("input[type=file]").set_input_files(MODEL)
    total = one.tab.get_by_text(f"{cm.from_onnx(MODEL).macs:,}", exact=True).first
    total.wait_for()
    one.settle().figures()
    assert axe(one) == []
    one.photograph("network-upload")
    with one.tab.expect_download() as download:
        one.tab.get_by_role("button", name="CSV", exact=True).click()
    saved = tmp_path / "network.csv"
    download.value.save_as(saved)
    command = [sys.executable, "-m", "costmodel", "network", str(MODEL), "--format", "csv"]
    assert saved.read_bytes() == subprocess.run(command, check=True, capture_output=True).stdout
    one.tab.get_by_role("link", name="Measured").click()
    expect(one.tab.get_by_role("heading", level=1)).not_to_have_text("A whole network")
    one.tab.get_by_role("link", name="Network", exact=True).click()
    total.wait_for()  # it is still there after a visit to another page
    other = visitor().open(one.settle().tab.url.removeprefix(one.address))
    expect(other.tab.get_by_text("not part of a link")).to_be_visible()
    assert other.tab.get_by_text(f"{cm.from_onnx(MODEL).macs:,}").count() == 0


def test_trained_weights_show_their_errors(visitor, axe, tmp_path):
    kernel = numpy.random.default_rng(4).normal(size=(24, 16, 3, 5)).astype("float32")
    numpy.save(tmp_path / "kernel.npy", kernel)
    one = visitor().open("/network?source=weights")
    expect(one.tab.get_by_text("the error of its kernel at every rank")).to_be_visible()
    one.tab.locator("input[type=file]").set_input_files(tmp_path / "kernel.npy")
    one.tab.get_by_text("What methods choose").wait_for()
    one.settle().figures()
    slider = one.tab.get_by_role("slider", name="Ranks")
    slider.focus()
    slider.press("Home")
    error = cm.factorize(kernel, "basis", b=1).error
    one.tab.get_by_text(f"{error:.4f}", exact=True).first.wait_for()
    one.settle()
    assert axe(one) == []
    one.photograph("network-weights")


def test_a_what_if_is_a_link_and_the_command_line_s_table(visitor, axe, tmp_path):
    one = visitor().open("/network?network=resnet34&replace=basis&basis.b=3&at=H=320,W=288")
    net = cm.load("resnet34").at(H=320, W=288).replace("basis", b=3)
    expect(one.tab.get_by_text(f"{net.macs:,}", exact=True).first).to_be_visible()
    one.figures()
    assert axe(one) == []
    one.photograph("network-what-if")
    with one.tab.expect_download() as download:
        one.tab.get_by_role("button", name="CSV", exact=True).click()
    saved = tmp_path / "network.csv"
    download.value.save_as(saved)
    one.tab.get_by_role("button", name="Share").click()
    command = one.tab.locator("code", has_text="python -m costmodel network").inner_text()
    words = [sys.executable, *command.split()[1:], "--format", "csv"]
    assert saved.read_bytes() == subprocess.run(words, check=True, capture_output=True).stdout


def test_a_slider_loses_no_key_and_the_address_follows(visitor):
    one = visitor().open("/network")
    slider = one.tab.get_by_role("slider", name="H: input rows")
    slider.focus()
    for _ in range(6):  # faster than the page follows
        slider.press("ArrowRight")
    total = one.tab.get_by_text(f"{cm.load('resnet18').at(H=416).macs:,}", exact=True).first
    total.wait_for()
    one.tab.wait_for_url("**at=H%3D416**")
    one.settle()
    expect(slider).to_have_attribute("aria-valuetext", "416")
    assert one.query()["at"] == "H=416"


_CELL = """([layer, variant]) => {
    const map = [...document.querySelectorAll('.js-plotly-plot')]
        .find(plot => plot.data?.[0]?.type === 'heatmap');
    map.scrollIntoView({block: 'center'});
    const {xaxis, yaxis, _size} = map._fullLayout, box = map.getBoundingClientRect();
    return [box.left + _size.l + xaxis.d2p(variant), box.top + _size.t + yaxis.d2p(layer)];
}"""


def test_a_click_on_the_map_puts_a_variant_in_place_and_takes_it_back(visitor, axe):
    one = visitor().open("/network?picture=savings").figures()
    assert axe(one) == []
    net = cm.load("resnet18")

    def cursor(layer, variant, is_hand):
        """What the pointer looks like over a cell; over one that is empty, no hand."""
        shown = "([x, y]) => getComputedStyle(document.elementFromPoint(x, y)).cursor"
        hand = f"(at) => (({shown})(at) === 'pointer') === {'true' if is_hand else 'false'}"
        for move in range(40):  # again where the figure could not take the first one yet
            x, y = one.tab.evaluate(_CELL, [layer, variant])
            one.tab.mouse.move(x + move % 2, y)
            try:
                one.tab.wait_for_function(hand, arg=[x, y], timeout=1500)
                return
            except TooLate:
                one.settle().figures()
        pytest.fail(f"{layer} as {variant}: a hand is {not is_hand}")

    def click(layer, variant, total):
        """A click, again only where the first one came before the figure could take it."""
        before = one.query().get("also")
        for _ in range(5):
            one.settle().figures()
            cursor(layer, variant, True)  # a figure takes a click where it knows of the pointer
            one.tab.mouse.down()
            one.tab.mouse.up()
            try:
                one.tab.get_by_text(f"{total:,}", exact=True).first.wait_for(timeout=15_000)
                break
            except TooLate:
                assert one.query().get("also") == before
        one.settle()

    cursor("layer4.1.conv2", "basis", True)
    cursor("conv1", "depthwise", False)  # three channels do not become 64
    once = net.replace("basis", "layer4.1.conv2")
    click("layer4.1.conv2", "basis", once.macs)
    click("conv1", "Tucker-2", once.replace("tucker2", "conv1").macs)
    assert one.query()["also"] == "layer4.1.conv2=basis;conv1=tucker2"
    expect(one.tab.get_by_text("conv1 → Tucker-2")).to_be_visible()
    one.photograph("network-savings")
    click("layer4.1.conv2", "basis", net.replace("tucker2", "conv1").macs)
    assert one.query()["also"] == "conv1=tucker2"
    narrow = visitor(width=390, look="dark").open("/network?picture=savings").figures()
    assert axe(narrow) == []
    sides = "() => [document.documentElement.scrollWidth, innerWidth]"
    assert narrow.tab.evaluate(sides) == [390, 390]
    narrow.photograph("network-savings-390")
