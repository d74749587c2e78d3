"""Every page in a real browser: it loads, is accessible, fits a phone, and is photographed."""

from urllib.parse import urlsplit

import pytest

from costmodel.dashboard.navigation import PAGES
from tests.walled.processes import eventually

expect = pytest.importorskip("playwright.sync_api", reason="no Playwright").expect

pytestmark = pytest.mark.browser

TITLES = {module: title for module, title, _ in PAGES}
#: Of a phone, a tablet, small and usual screens, and a usual one at 200 %.
WIDTHS = (390, 820, 1024, 1440, 720)
#: The first page is at the root.
PATHS = {module: f"/{module}" if place else "/" for place, (module, *_) in enumerate(PAGES)}


@pytest.mark.parametrize("module", list(TITLES))
def test_a_page_is_accessible_and_fits(visitor, axe, module):
    one = visitor(1400, "dark").open(PATHS[module])
    # as with a visitor whose system turns light in the morning, who then takes half the screen
    for width, looks in ((1400, ("dark", "light")), (390, ("light", "dark"))):
        one.fits(width).sidebar(width > 768)
        for look in looks:
            one.looks(look).figures()
            assert eventually(lambda: not one.faint()), one.faint()  # figures follow a moment later
            assert axe(one) == []
            one.photograph(f"{module}-{width}-{look}")
            wide = one.tab.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, "the page scrolls sideways"
    assert "Traceback" not in one.tab.content()


def test_every_page_is_reached_from_the_navigation(visitor):
    one = visitor().open().figures()
    skip = one.tab.get_by_test_id("stSkipToContent")
    skip.focus()
    expect(skip).to_be_focused()
    one.tab.keyboard.press("Enter")
    expect(one.tab.get_by_test_id("stMain")).to_be_focused()
    one.tab.keyboard.press("Tab")  # the first stop behind it
    first = one.tab.get_by_role("link", name=next(iter(TITLES.values())), exact=True)
    expect(first).to_be_focused()
    expect(first).to_have_css("outline-style", "solid")
    seen = set()
    for module in reversed(TITLES):
        one.tab.get_by_role("link", name=TITLES[module], exact=True).click()
        one.tab.wait_for_url(lambda url, path=PATHS[module]: urlsplit(url).path == path)
        one.tab.wait_for_url("**?*")
        expect(one.tab).to_have_title(f"{TITLES[module]} · costmodel")
        one.settle().figures()
        for width in WIDTHS:
            one.fits(width)
        seen.add(one.tab.locator("h1").first.inner_text())
    assert len(seen) == len(PAGES)


def test_a_phone_has_the_navigation_on_the_page(visitor):
    one = visitor(390).open()
    one.tab.get_by_role("link", name=TITLES["formulas"], exact=True).click()
    expect(one.tab.locator("h1").first).to_contain_text("formula")
    expect(one.tab.locator("h1").first).to_be_in_viewport()


def test_a_layer_goes_along_to_a_page_where_typing_a_design_follows_at_once(visitor):
    one = visitor().open("/?m=96")
    one.tab.get_by_role("link", name=TITLES["design"], exact=True).click()
    one.tab.wait_for_url("**/design?**m=96**")
    expect(one.tab.get_by_label("Channels in", exact=True)).to_have_value("96")
    stages = one.tab.get_by_label("Stages", exact=True)
    stages.fill("m, r m i -> r\nr, n q j -> n")
    stages.press("Control+Enter")
    error = one.tab.get_by_role("alert").filter(has_text="Input axis 'r'")
    expect(error.first).to_be_visible()
    stages.fill("m, r m i j -> r\nr, n r -> n")
    stages.press("Control+Enter")
    expect(one.tab.get_by_text("full 3×3").first).to_be_visible()
    one.settle()
    assert one.query()["stages"] == "m, r m i j -> r\nr, n r -> n"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("explore-map", "/explore?view=map"),
        ("explore-trade-off", "/explore?view=trade-off"),
        ("network-bars", "/network?picture=bars&table=compare"),
        ("measured-roofline", "/measured?times=roofline"),
        ("measured-predicted", "/measured?times=predicted"),
        ("measured-form", "/measured?times=measure"),
        ("verified-counters", "/verified?evidence=counters"),
        ("verified-published", "/verified?evidence=published"),
    ],
)
def test_a_view_is_accessible_and_fits(visitor, axe, name, path):
    one = visitor(390).open(path)
    one.figures()
    assert axe(one) == []
    one.photograph(f"{name}-390-light")
    assert one.tab.evaluate("() => document.documentElement.scrollWidth") <= 390
