"""The Compare page in a real browser: what a visitor sees, does, downloads and passes on."""

import subprocess
import sys

import pytest

from costmodel import ConvLayer, count
from costmodel.comparing.explain import explain
from tests.walled.processes import eventually

expect = pytest.importorskip("playwright.sync_api", reason="no Playwright").expect

pytestmark = pytest.mark.browser

LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))


def sentence(visitor, text):
    visitor.tab.get_by_text(text).first.wait_for()


def test_a_slider_moves_by_keyboard(visitor):
    one = visitor().open()
    slider = one.tab.get_by_role("slider").first
    slider.focus()
    for _ in range(4):  # faster than the page follows
        slider.press("ArrowRight")
    sentence(one, explain(count("basis", LAYER, b=8)))
    one.tab.wait_for_url("**basis.b=8**")
    one.settle()
    expect(slider).to_have_value("8")
    assert one.query()["basis.b"] == "8"
    label = one.tab.locator(".js-plotly-plot").first
    label.get_by_text(f"×{count('basis', LAYER, b=8).macs / count('standard', LAYER).macs:.4f}")


def test_a_shared_link_restores_the_view_for_another_whom_the_back_button_leaves_alone(visitor):
    one = visitor().open()
    one.type("Channels in", "96")
    sentence(one, explain(count("basis", LAYER.replace(in_channels=96))))
    one.settle()
    other = visitor(390).open(one.tab.url.removeprefix(one.address))
    expect(other.tab.get_by_label("Channels in", exact=True)).to_have_value("96")
    sentence(other, explain(count("basis", LAYER.replace(in_channels=96))))
    assert other.query() == one.query()
    assert other.query()["k"] == "3", "defaults stand in the link as well"
    # the two do not meet
    one.tab.go_back()
    sentence(one, explain(count("basis", LAYER)))
    assert one.settle().query()["m"] == "64"
    other.type("Channels out", "32")
    sentence(other, explain(count("basis", LAYER.replace(in_channels=96, out_channels=32))))
    one.type("Channels in", "24")
    sentence(one, explain(count("basis", LAYER.replace(in_channels=24))))
    expect(one.tab.get_by_label("Channels out", exact=True)).to_have_value("128")
    expect(other.tab.get_by_label("Channels in", exact=True)).to_have_value("96")


def test_a_broken_link_is_one_notice(visitor):
    one = visitor().open("/?k=3&m=many&look=bases&junk=1")
    notice = one.tab.get_by_role("alert").filter(has_text="link").first
    notice.wait_for()
    text = notice.inner_text()
    assert "Channels in is 'many'" in text
    assert "did you mean 'basis'" in text
    assert "junk" in text
    one.settle()
    assert one.query()["m"] == "64"


def test_the_download_is_the_command_line_s(visitor, tmp_path):
    one = visitor().open("/?k=3x5&m=24&n=36&size=17x14&stride=2x1&look=cp&cp.r=5")
    with one.tab.expect_download() as download:
        one.tab.get_by_role("button", name="CSV", exact=True).click()
    saved = tmp_path / "comparison.csv"
    download.value.save_as(saved)
    one.tab.get_by_role("button", name="Share").click()
    command = one.tab.locator("code", has_text="python -m costmodel compare").inner_text()
    words = command.split()
    words[0] = sys.executable
    printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert saved.read_bytes() == printed.encode()
    assert b"cp" in saved.read_bytes()
    with one.tab.expect_download() as download:
        one.tab.get_by_role("button", name="Report", exact=True).click()
    page = tmp_path / "comparison.html"
    download.value.save_as(page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "report -k 3x5 -m 24 -n 36 --size 17x14 --stride 2x1 --variants" in text
    macs = next(line.split(",")[2] for line in printed.splitlines() if line.startswith("cp,"))
    assert f'data-cell="cp macs">{int(macs):,}<' in text


def test_impossible_input_is_a_sentence_and_no_traceback(visitor):
    one = visitor().open("/?k=9&m=64&n=128&size=4x5&padding=valid")
    sentence(one, "reaches over 9 positions")
    assert "Traceback" not in one.tab.content()


def press(visitor, drawn):
    """A click on something that a figure draws: its own layer for the pointer lies above it."""
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    visitor.tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
    visitor.tab.locator(".js-plotly-plot .hovertext").first.wait_for()
    visitor.tab.mouse.down()
    visitor.tab.mouse.up()


def test_a_bar_and_a_row_select_their_variant_everywhere_in_readable_texts(visitor):
    one = visitor(1400).open()
    one.figures()
    chart = one.tab.locator(".js-plotly-plot").first
    press(one, chart.locator(".bars .point path").nth(2))
    sentence(one, explain(count("depthwise_separable", LAYER)))
    one.settle()
    assert one.query()["look"] == "depthwise_separable"
    # the table's cells are drawn on a canvas: a click on its fifth row
    table = one.tab.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 18, "y": 35 * 5 + 17})
    sentence(one, explain(count("shared_basis", LAYER)))
    one.settle()
    assert one.query()["look"] == "shared_basis"
    assert "Looked at: shared basis" in one.tab.get_by_test_id("stAlert").first.inner_text()
    # the check of contrast that every page's test makes can fail
    one.figures()
    assert eventually(lambda: not one.faint()), one.faint()
    grey = "{fill:rgb(128,132,149)!important}"
    one.tab.add_style_tag(content=f".stApp .stMain .js-plotly-plot .legend text.legendtext{grey}")
    assert any("multiplies" in text for text in one.faint())
