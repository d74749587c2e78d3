"""The Plan page in a real browser: a drag, its link, and its file."""

import subprocess
import sys

import pytest

import costmodel as cm

expect = pytest.importorskip("playwright.sync_api", reason="no Playwright").expect

pytestmark = pytest.mark.browser

FEW = ["basis", "channel_svd"]


def test_a_drag_is_another_plan_whose_link_and_file_are_the_same(visitor, axe, tmp_path):
    front = cm.front(cm.load("alexnet"), "macs", "changed", variants=FEW, keeping="params")
    one = visitor().open(f"/plan?network=alexnet&allowed={','.join(FEW)}")
    shown = one.tab.get_by_test_id("stMetricValue")
    expect(shown.filter(has_text=f"{front.at('50%').network.macs:,}")).to_be_visible()
    slider = one.tab.get_by_role("slider", name="dragged along the best plans")
    slider.focus()
    slider.press("End")  # the whole network, then the last plan before it
    expect(one.tab.get_by_role("heading", name="nothing has to change")).to_be_visible()
    slider.press("ArrowLeft")
    one.tab.wait_for_url(lambda url: "most=100%25" not in url and "most=50%25" not in url)
    one.settle()
    plan = front.at(one.query()["most"])
    assert plan.choices
    expect(shown.filter(has_text=f"{plan.network.macs:,}")).to_be_visible()
    one.figures()
    assert axe(one) == []
    one.photograph("plan-dragged")
    other = visitor().open(one.tab.url.removeprefix(one.address))
    total = other.tab.get_by_test_id("stMetricValue").filter(has_text=f"{plan.network.macs:,}")
    expect(total).to_be_visible()
    other.settle()
    assert other.query() == one.query()
    with other.tab.expect_download() as download:
        other.tab.get_by_role("button", name="CSV", exact=True).click()
    saved = tmp_path / "plan.csv"
    download.value.save_as(saved)
    command = ["network", "alexnet", "--plan", str(saved), "--format", "csv"]
    done = subprocess.run(
        [sys.executable, "-m", "costmodel", *command], check=True, capture_output=True, text=True
    )
    *_, last = done.stdout.splitlines()
    assert last.split(",")[2:4] == [str(plan.network.params), str(plan.network.macs)]
