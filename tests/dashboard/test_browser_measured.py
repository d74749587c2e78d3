"""A measurement from the page, in a real browser: progress, a stop button, and a result."""

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="no Playwright").expect
pytest.importorskip("torch", reason="no torch: pip install torch")

pytestmark = pytest.mark.browser

PAGE = "/measured?times=measure&m=12&n=20&size=17x14&variants=standard,basis"


def test_a_measurement_shows_its_progress_and_then_its_result(visitor, axe):
    one = visitor().open(PAGE)
    one.tab.get_by_role("button", name="Measure", exact=True).click()
    expect(one.tab.get_by_role("progressbar").first).to_be_visible()
    expect(one.tab.get_by_role("button", name="Measure", exact=True)).to_be_disabled()
    one.tab.get_by_text("Measured on").first.wait_for()
    one.settle().figures()
    assert axe(one) == []
    one.photograph("measured-result")
    with one.tab.expect_download() as download:
        one.tab.get_by_role("button", name="CSV", exact=True).click()
    with open(download.value.path(), encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["variant", "standard", "basis"]


def test_a_measurement_can_be_stopped(visitor):
    one = visitor().open(PAGE)
    one.tab.get_by_role("button", name="Measure", exact=True).click()
    one.tab.get_by_role("button", name="Stop").click()
    expect(one.tab.get_by_text("Nothing was kept")).to_be_visible()
    expect(one.tab.get_by_role("button", name="Measure", exact=True)).to_be_enabled()
