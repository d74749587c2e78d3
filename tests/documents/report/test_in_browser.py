"""Reports in a browser, offline: what a reader moves is counted as the command line counts it."""

from __future__ import annotations

import random
import shlex
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.comparing.count import count
from costmodel.core.readable import exact, ratio
from costmodel.documents.report.sliders import moved, sliders
from costmodel.errors import CostModelError

pytest.importorskip("plotly", reason="a report needs plotly: pip install '.[report]'")
pytest.importorskip("latex2mathml", reason="a report needs latex2mathml: pip install '.[report]'")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

POSITIONS = 200
LAYER = cm.ConvLayer(3, 64, 128, (56, 48))
VARIANTS = (
    *("standard", "depthwise", "grouped", "basis", "tucker2", "channel_svd", "fire", "ghost"),
    *("octave", "topological_1d", "winograd"),
)
#: Moves every input as a hand does, and reads what the page then shows.
DRIVE = """(positions) => positions.map(({at, own}) => {
  for (const button of document.querySelectorAll("[data-follow]:not([hidden])")) button.click();
  const type = (key, value, kind) => {
    const input = document.querySelector(`input[type=${kind}][data-at="${key}"]`);
    input.value = value;
    input.dispatchEvent(new Event("input", {bubbles: true}));
  };
  Object.entries(at).forEach(([key, value], i) => type(key, value, i % 2 ? "range" : "number"));
  for (const [key, value] of Object.entries(own)) type(key, value, "number");
  const cells = {};
  for (const cell of document.querySelectorAll("[data-cell]")) {
    const key = cell.dataset.cell;
    if (key in cells && cells[key] !== cell.textContent) cells[key] = "two different texts";
    else cells[key] = cell.textContent;
  }
  const problem = document.getElementById("problem");
  return {cells, problem: problem.hidden ? "" : problem.textContent,
          lead: document.getElementById("lead").textContent,
          rows: [...document.querySelectorAll("#table [data-row]")].map((row) => row.dataset.row),
          command: document.getElementById("command")?.textContent};
})"""


class Opened:
    """A page that was opened from disk without a network, and everything it asked for."""

    def __init__(self, tab: Any, path: Path) -> None:
        self.tab, self.path = tab, path
        self.asked: list[str] = []
        self.wrong: list[str] = []
        tab.on("request", lambda request: self.asked.append(request.url))
        tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        tab.on("console", lambda message: self.wrong.append(message.text))
        tab.goto(path.as_uri())
        tab.wait_for_selector("#figure .main-svg")

    def drive(self, positions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self.tab.evaluate(DRIVE, positions)

    def drawn(self, count: int) -> list[str]:
        """The numbers beside the bars, once there are so many."""
        self.tab.wait_for_function(
            "(n) => document.getElementById('figure').data[0].text.length === n", arg=count
        )
        return self.tab.evaluate("document.getElementById('figure').data[0].text")


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """`opened(text)` is a page with this text; in the end it has asked for nothing else."""
    pages: list[tuple[Any, Opened]] = []

    def new(text: str, name: str = "report.html", width: int = 1440, **options: Any) -> Opened:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, offline=True, **options
        )
        pages.append((context, Opened(context.new_page(), path)))
        return pages[-1][1]

    yield new
    for context, page in pages:
        assert page.asked == [page.path.as_uri()]
        assert page.wrong == []
        context.close()


def layer_position(generator: random.Random) -> dict[str, Any]:
    """A place for every slider, mostly within sizes at which most variants fit."""
    at = {s.name: generator.randint(s.low, s.high) for s in sliders(LAYER)}
    at |= {"k": generator.choice((1, 2, 3, 3, 5)), "s": generator.choice((1, 1, 1, 2, 3))}
    if generator.random() < 0.5:
        at |= {"m": 8 * generator.randint(1, 32), "n": 8 * generator.randint(1, 32)}
    own = {}
    if generator.random() < 0.5:
        own = {"basis.b": generator.randint(1, 16), "tucker2.r1": generator.randint(1, 90)}
        own |= {"ghost.q": generator.randint(2, 4), "fire.e1": generator.randint(1, 128)}
        own |= {"octave.alpha": generator.randint(0, 100)}
    return {"at": at, "own": own}


def counted(id: str, at: dict[str, int], own: dict[str, int]) -> Any:
    """What the library says there; None where the variant does not fit."""
    layer = moved(LAYER, sliders(LAYER), at)
    typed = {k.partition(".")[2]: v for k, v in own.items() if k.startswith(f"{id}.")}
    if "alpha" in typed:  # a real letter's slider counts parts
        typed["alpha"] = Fraction(typed["alpha"], 100)
    try:
        known = count(id, layer)
        return count(id, layer, hyper={**known.hyper, **typed}) if typed else known
    except CostModelError:
        return None


@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
def test_a_layer_is_counted_at_200_positions_as_the_library_counts_it(opened, capsys):
    text = cm.report(LAYER, VARIANTS)
    assert len(text.encode()) < 8_000_000
    page = opened(text)
    generator = random.Random(17)
    positions = [layer_position(generator) for _ in range(POSITIONS)]
    doubts = misfits = 0
    shown = page.drive(positions)
    for position, seen in zip(positions, shown, strict=True):
        found = {id: counted(id, **position) for id in VARIANTS}
        base, cells = found["standard"], seen["cells"]
        assert seen["problem"] == ""
        for id, counts in found.items():
            here = {key: cells[f"{id} {key}"] for key in ("params", "macs")}
            if cells[f"{id} letters"].startswith("not by this formula"):
                doubts += 1
                assert set(here.values()) == {"–"}
                continue
            misfits += counts is None
            for key, text in here.items():
                value = None if counts is None else counts[key]
                assert text == ("–" if value is None else exact(value)), (id, position)
                share = None if value is None else value / base[key]
                assert cells[f"{id} {key} ratio"] == ratio(share), (id, position)
            if counts is not None:
                words = ", ".join(f"{name}={value}" for name, value in counts.hyper.items())
                assert cells[f"{id} letters"] == words
        order = [found[id].macs for id in seen["rows"] if cells[f"{id} macs"] != "–"]
        assert order == sorted(order)
    assert misfits > POSITIONS  # refusing is tested as well
    assert doubts < 0.02 * POSITIONS * len(VARIANTS)

    last = shown[-1]
    ratios = [last["cells"][f"{id} macs ratio"] for id in last["rows"]]
    known = [text for text in ratios if text != "–"]
    assert [text.removesuffix(" ▸") for text in page.drawn(len(known))] == known


@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
def test_the_command_below_prints_the_numbers_above(opened, capsys):
    layer = LAYER.replace(stride=2, kernel=(3, 5))
    page = opened(
        cm.report(layer, ("standard", "basis", "tucker2", "octave"), hyper={"basis.b": "n/32"})
    )
    generator = random.Random(5)
    own = {s.name: s for s in sliders(layer)}
    positions = [
        {
            # with so many channels no share of them is empty, which no closed formula counts
            "at": {n: generator.randint(s.low, s.high) for n, s in own.items()}
            | {"n": 32 * i, "m": generator.randint(7, own["m"].high)},
            "own": {"tucker2.r2": generator.randint(1, 40), "octave.alpha": 15 * i}
            if i % 2
            else {},
        }
        for i in range(1, 6)
    ]
    for seen in page.drive(positions):
        assert main(shlex.split(seen["command"])[3:]) == 0
        head, *rows = (line.split(",") for line in capsys.readouterr().out.splitlines())
        assert len(rows) == 4
        for row in rows:
            cells = dict(zip(head, row, strict=True))
            for key in ("params", "macs"):
                assert seen["cells"][f"{cells['variant']} {key}"] == exact(int(cells[key]))


def network_table(network: cm.Network) -> list[dict[str, Any]]:
    return list(network.to_table(()).rows)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_network_is_counted_at_200_positions_as_the_library_counts_it(opened, replaced):
    network = cm.load("vgg11")
    number = POSITIONS if replaced else 20
    if replaced:
        network = network.replace("tucker2", where="conv3*", r1="m/4", r2=16)
    page = opened(cm.report(network))
    generator = random.Random(f"{replaced}")
    positions = [{"at": {"N": 3, "H": 31, "W": 80}, "own": {}}]
    positions += [
        {"at": {"N": generator.randint(1, 64), **{s: generator.randint(20, 448) for s in "HW"}}}
        | {"own": {}}
        for _ in range(number - 1)
    ]
    refused = 0
    for position, seen in zip(positions, page.drive(positions), strict=True):
        cells = seen["cells"]
        try:
            rows = network_table(network.at(**position["at"]))
        except CostModelError:
            refused += 1
            assert seen["problem"].startswith("The formulas hold for H ≥ 32 and W ≥ 32;")
            assert {v for k, v in cells.items() if not k.endswith("ratio")} == {"–"}
            continue
        assert seen["problem"] == ""
        for index, row in enumerate(rows):
            name = "total" if index == len(rows) - 1 else str(index)
            for key in ("macs", "params"):
                assert cells[f"{name} {key}"] == exact(row[key]), position
                if replaced:
                    before = row[f"{key}_before"]
                    assert cells[f"{name} {key}_before"] == exact(before)
                    share = row[key] / before if before else None
                    assert cells[f"{name} {key} ratio"] == ratio(share)
        assert exact(rows[-1]["macs"]) in seen["lead"]
    assert 0 < refused < number / 2


def test_digits_are_rounded_as_pythons_are(opened):
    page = opened(cm.report(LAYER, ("standard",)))
    generator = random.Random(3)
    pairs = [(1, 32), (3, 32), (5, 160), (99995, 10**5), (10**6, 1), (1, 10**4), (1, 3 * 10**5)]
    pairs += [(0, 7), (7, 7), (12345678, 1000), (99999, 100), (2**80 + 1, 2**80), (1, 2**90)]
    pairs += [(99996, 10**8), (123456, 10), (10**9 - 1, 1), (10**9, 1), (99999, 10)]
    pairs += [(generator.randint(0, 10**k), generator.randint(1, 10**k)) for k in range(1, 40)] * 9
    pairs += [(generator.getrandbits(300), generator.getrandbits(280) + 1) for _ in range(50)]
    texts = page.tab.evaluate(
        "(pairs) => pairs.map(([a, b]) => [ratioText(share(BigInt(a), BigInt(b))),"
        " grouped(BigInt(a))])",
        [[str(a), str(b)] for a, b in pairs],
    )
    for (a, b), (shown, grouped) in zip(pairs, texts, strict=True):
        assert shown == ratio(a / b), Fraction(a, b)
        assert grouped == exact(a)
    floors = page.tab.evaluate(
        "[[7n,2n],[-7n,2n],[7n,-2n],[-8n,2n],[5n,0n]].map((p) => floorDiv(...p).toString())"
    )
    assert floors == ["3", "-4", "-4", "-4", "0"]


def test_it_reads_without_a_script_and_for_everybody(opened, chromium, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for name, look, width, text in (
        ("layer", "dark", 1440, cm.report(LAYER, ("standard", "winograd", "fire", "basis"), b=3)),
        (
            "network",
            "light",
            390,
            cm.report(cm.load("resnet18").replace("basis", where="layer4.*", b=2)),
        ),
    ):
        page = opened(text, f"{name}.html", width, color_scheme=look)
        quiet = chromium.new_context(java_script_enabled=False, offline=True)
        still = quiet.new_page()
        still.goto(page.path.as_uri())
        plain = still.locator("table [data-cell]").all_text_contents()
        assert sorted(plain) == sorted(page.tab.locator("table [data-cell]").all_text_contents())
        assert still.locator("#lead").text_content() == page.tab.locator("#lead").text_content()
        quiet.close()
        found = axe.Axe().run(page.tab).response["violations"]
        assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found] == []
        for width in (1440, 390):
            page.tab.set_viewport_size({"width": width, "height": 900})
            page.tab.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        page.tab.emulate_media(media="print")
        page.tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.tab.locator("details:not([open])").count() == 0
        assert not page.tab.locator("input[type=range]").first.is_visible()
        assert all(
            head.is_visible() for head in page.tab.locator("thead :is(th, button):not(.kind)").all()
        )
        color = "document.getElementById('figure').layout.font.color"
        assert page.tab.evaluate(color) == "#000000"  # also of a dark screen
        page.tab.emulate_media(media="screen")
        page.tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.tab.evaluate(color) != "#000000"


def test_names_of_somebody_else_are_text(opened, tmp_path):
    name = "</script><script>document.title='run'</script><img src=x onerror=alert(1)>&amp;"
    layers = tmp_path / "layers.csv"
    layers.write_text(
        "name,kind,kernel,in_channels,out_channels,height,width\n"
        f'"{name}",conv,3,8,16,12,10\nlast,conv,1,16,4,12,10\n'
    )
    page = opened(cm.report(cm.from_csv(str(layers)), sentences=(name,)))
    assert page.tab.locator("tbody th").first.text_content() == name
    assert page.tab.evaluate("document.scripts.length") == 3
    assert page.tab.title() == "Network layers"
    assert "No sliders: network 'layers' is a list of layers at fixed sizes" in (
        page.tab.locator(".sizes").text_content()
    )
    assert page.drawn(2)
    assert page.tab.evaluate("document.querySelectorAll('img').length") == 0
