"""The moving picture of the stages: it counts up to what the engine says, on any layer."""

import json
from urllib.parse import quote

import pytest

import costmodel as cm
from costmodel.plots.explainer import script, story
from tests.formulas.sampling import CATALOGUE, any_layers

expect = pytest.importorskip("playwright.sync_api", reason="no Playwright").expect

pytestmark = pytest.mark.browser

TYPED = "m, r m i -> r\nr, n r j -> n"
_TOTALS = """async ([script, stories]) => {
    const { total } = await import("data:text/javascript," + script);
    return stories.map((one) => total(one.stages).toString());
}"""


def totals(chromium, text, counted):
    """What a script counts on each layer, in the browser."""
    tab = chromium.new_page()
    try:
        return tab.evaluate(_TOTALS, [quote(text), [json.loads(one) for one in counted]])
    finally:
        tab.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
def test_its_counter_ends_with_the_engine_s_count_on_two_hundred_layers(chromium):
    counted = [one for v in CATALOGUE for one in any_layers(v, v.usual_dims, 5)]
    assert len(counted) >= 200
    stories = [json.dumps(story(one)) for one in counted]
    expected = [str(one.macs) for one in counted]
    assert totals(chromium, script(), stories) == expected
    # it can fail: without the axes that are summed, or at the wrong grid
    for right, wrong in (
        ("[...stage.outputs, ...stage.summed]", "[...stage.outputs]"),
        ("(g.transposed ? g.size : g.out)", "(g.size)"),
        ("stage.groups, stage.batch]);\n}", "stage.groups]);\n}"),
    ):
        assert right in script()
        assert totals(chromium, script().replace(right, wrong), stories[:60]) != expected[:60]


def test_it_counts_on_the_page_and_marks_axes_both_ways(visitor):
    one = visitor(reduced_motion="reduce").open("/design?m=6&n=10&size=17x14&sizes=r%3D4")
    layer = cm.ConvLayer(3, 6, 10, (17, 14))
    mine = cm.define("mine", *TYPED.split("\n"), r=4, register=False)
    counts = cm.count(mine, layer)
    count = one.tab.get_by_test_id("explainer-count")
    expect(count).to_have_text(f"{counts.macs:,} multiplies")  # at once: nothing moves
    expect(one.tab.get_by_role("button", name="Play")).to_be_visible()
    slider = one.tab.get_by_role("slider", name="Progress")
    slider.fill("1000")
    expect(count).to_have_text(f"{counts.stages[0].macs:,} multiplies")
    slider.fill("0")
    expect(count).to_have_text("0 multiplies")
    stage = one.tab.locator(".explainer .stage").first
    stage.locator(".formula [data-axis=i]").first.hover()
    expect(stage.locator(".cell.tap.lit")).to_have_count(3)
    expect(stage.locator("button.lit")).to_have_text("i = 3")
    stage.locator(".cell.here").hover()
    expect(stage.locator(".formula [data-axis=y].lit").first).to_be_visible()
    expect(stage.locator(".formula [data-axis=i].lit")).to_have_count(0)


def test_it_moves_by_itself_unless_that_is_not_wanted(visitor):
    one = visitor().open("/formulas?look=basis")
    button = one.tab.locator(".explainer .bar button")
    layer = cm.ConvLayer(3, 64, 128, (56, 56))
    expect(one.tab.get_by_test_id("explainer-count")).to_have_text(
        f"{cm.count('basis', layer).macs:,} multiplies"
    )
    expect(button).to_have_text("Play")
    button.click()
    expect(button).to_have_text("Pause")
