"""The Plan page: the front's plan at every budget, and everything that is said of it."""

import shlex

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.dashboard import parts
from costmodel.dashboard.forms import plan_form
from costmodel.dashboard.state import fronts
from costmodel.documents.request import Target, render
from costmodel.planning.front import Front
from costmodel.planning.left_alone import left_alone
from costmodel.plots import plan_words
from costmodel.timing.comparison import Timed
from costmodel.timing.networks import network_with_time
from costmodel.timing.opened import open_times

FEW = ["basis", "channel_svd"]
#: A small network and few options, so that nothing takes long.
ASKED = {"network": "alexnet", "allowed": ",".join(FEW)}
TABLE = b"""# name: tiny
name,kind,in_channels,out_channels,kernel,height,width,stride,padding,bias,norm
conv1,conv,3,16,3,31,29,2,1,0,2
$x$ <b>,conv,16,24,3,16,15,1,1,1,0
fc,linear,24,10,,,,,,1,
"""


@pytest.fixture
def opened(page):
    return page("plan", **ASKED)


@pytest.fixture(scope="module")
def front():
    return cm.front(cm.load("alexnet"), "macs", "changed", variants=FEW, keeping="params")


@pytest.fixture
def taken(monkeypatch):
    """The plans that were offered for download, last one last."""
    found = []
    original = parts.csv_button
    monkeypatch.setattr(
        parts,
        "csv_button",
        lambda table, *names: (found.append(table), original(table, *names)),
    )
    return found


@pytest.fixture
def reports(monkeypatch):
    """What makes the pages to send, last one last."""
    made = []
    monkeypatch.setattr(parts, "report_button", lambda make, name: made.append(make))
    return made


def totals(opened):
    return {metric.label: metric.value for metric in opened.app.metric}


def code(opened, start):
    (text,) = [c.value for c in opened.app.code if c.value.startswith(start)]
    return text


def same(one, two):
    """Whether two plans put the same in place of the same layers, and cost the same."""

    def facts(plan):
        choices = {name: str(choice) for name, choice in plan.choices.items()}
        return choices, plan.network.macs, plan.network.params

    return facts(one) == facts(two)


@pytest.mark.slow
def test_the_first_view_is_the_plan_of_half_the_multiplies(page, taken):
    opened = page("plan")
    plan = cm.plan(cm.load("resnet18"), {"macs": "50%"})
    assert same(taken[-1], plan)
    shown = totals(opened)
    assert shown["MACs"] == f"{plan.network.macs:,}"
    assert shown["Parameters"] == f"{plan.network.params:,}"
    assert plan.proof[1:] in opened.app.success[0].value
    assert "proved" in plan.proof
    assert not opened.errors
    assert not opened.notices
    assert opened.query["most"] == "50%"
    share = plan.network.macs / plan.before.macs
    title = f"{plan.value} of {plan.layers} layers changed bring MACs to {100 * share:.3g} %"
    assert opened.app.header[0].value == title
    (front,) = [table for table in taken if isinstance(table, Front)]
    titles = [header.value.replace("\\", "") for header in opened.app.header]
    assert titles[1:3] == [plan_words.of_front(front), plan_words.by_layer(plan)]
    below = [caption.value.replace("\\", "") for caption in opened.app.caption]
    assert front.notes[0] in below
    assert any(text.endswith(f"From: {plan.before.source}.") for text in below)


def test_a_drag_is_the_plan_there_and_weighs_nothing_again(opened, front, taken, monkeypatch):
    weighed = []
    monkeypatch.setattr(fronts, "behind", lambda *_: weighed.append(1))
    stops = opened.widget("drag most").options
    assert len(stops) > 20
    for text in (stops[len(stops) // 3], stops[-1], stops[0]):
        opened.set("drag most", text)
        assert opened.query["most"] == text
        assert same(taken[-1], front.at(text))
        assert totals(opened)["MACs"] == f"{front.at(text).network.macs:,}"
    assert not weighed


def test_a_typed_budget_moves_the_slider_and_its_file_is_read_back(
    reports, opened, front, taken, tmp_path, capsys
):
    opened.set("most", "300M")
    assert same(taken[-1], front.at("300M"))
    assert front.place(opened.widget("drag most").value) == front.place("300M")
    path = tmp_path / "plan.csv"
    path.write_text(taken[-1].to_csv())
    assert main(["network", "alexnet", "--plan", str(path), "--format", "csv"]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert reports[-1]() == cm.report(front.at("300M"))
    shown = [totals(opened)[key].replace(",", "") for key in ("Parameters", "MACs")]
    assert last.split(",")[:4] == ["total", "", *shown]


@pytest.mark.parametrize(
    "query",
    [
        {"most": "40%"},
        {"most": "60M", "limit": "params", "only": "kernel=3", "keep": "conv2*"},
        {"multiple": "8", "at": "H=288"},
    ],
    ids=["budget", "a part", "eights"],
)
def test_command_call_and_block_are_the_same_plan(page, taken, capsys, tmp_path, query):
    opened = page("plan", **{**ASKED, **query})
    assert not opened.errors
    plan = taken[-1]
    assert plan.choices
    command = shlex.split(code(opened, "python -m"))[3:]
    assert main([*command, "--format", "csv"]) == 0
    assert capsys.readouterr().out == plan.to_csv()
    scope = {}
    exec(code(opened, "import costmodel").replace("print(plan)", ""), scope)
    assert same(scope["plan"], plan)
    blocks = [c.value for c in opened.app.code if c.value.startswith("<!-- costmodel: ")]
    assert bool(blocks) == ("at" not in query), "a block has the network at its own sizes"
    for block in blocks:
        directive = block.partition("costmodel: ")[2].partition(" -->")[0]
        text = render(directive, Target("markdown", False, str(tmp_path / "page.md")))
        assert f"{plan.network.macs:,}" in text


def test_what_is_asked_for_holds(page, taken):
    query = {"only": "conv[345]", "keep": "conv4", "multiple": "16", "most": "70%"}
    page("plan", **{**ASKED, **query})
    plan = taken[-1]
    assert set(plan.choices) <= {"conv3", "conv5"}
    assert plan.choices
    for op in plan.network.ops:
        if op.bound:
            assert op.bound.variant.id in FEW
            assert all(stage.out_channels % 16 == 0 for stage in op.bound.stages[:-1])


def test_a_budget_out_of_reach_says_the_least_and_shows_it(page, taken, front):
    opened = page("plan", **{**ASKED, "most": "0.1%"})
    (notice,) = opened.notices
    assert f"the least that any plan reaches is {front.totals(0)[0]:,}" in notice
    assert same(taken[-1], front.point(0))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"most": "some"}, "macs='some'; allowed are amounts"),
        ({"only": "nothing*"}, "No layer of alexnet is selected by where='nothing\\*'"),
        ({"keep": "kernel=many"}, "kernel=many"),
    ],
)
def test_what_means_nothing_is_a_sentence(page, query, said):
    opened = page("plan", **{**ASKED, **query})
    assert said.replace("\\", "") in " ".join([*opened.errors, *opened.notices])


def test_what_a_plan_cannot_be_about_is_said(page):
    opened = page("plan", **{**ASKED, "least": "macs"})
    assert opened.query["least"] == "changed", "the budget is of the same"
    assert opened.notices
    opened.set("least", "params")
    assert not opened.has("drag most")
    assert "One plan is the least in both" in opened.text()
    assert "1 point, exactly" in opened.text()
    opened.set("source", "weights")
    assert "costmodel plan model.pt --at-most macs=50% --minimize error" in opened.app.info[0].value
    assert not opened.errors


def test_the_view_says_what_the_plan_is(opened, front):
    plan = front.at("50%")
    line, before, chosen = opened.chart("chart-plan-front")["data"]
    drawn = list(zip(line["x"], line["y"], strict=True))
    assert drawn == sorted(drawn)
    corners = {front.totals(at) for at in front.corners}
    assert corners <= {*drawn} <= {front.totals(at) for at in range(len(front))}
    assert (before["x"], before["y"]) == ([front.network.macs], [0])
    assert (chosen["x"], chosen["y"]) == ([plan.network.macs], [plan.value])
    bars = {bar["name"]: bar for bar in opened.chart("chart-plan-layers")["data"]}
    assert sum(bars["before"]["x"]) == front.network.macs
    assert sum(sum(b["x"]) for name, b in bars.items() if name != "before") == plan.network.macs
    labels = {}
    for bar in bars.values():
        labels |= dict(zip(bar["y"], bar.get("text", [""] * len(bar["y"])), strict=True))
    for name, choice in plan.choices.items():
        for letter, value in choice.hyper:
            assert f"{letter}={value}" in labels[name]
    said = opened.widget("chart-plan-layers").proto.alt
    assert all(name in said for name in plan.choices)
    # what was replaced by what, and why the rest stays
    replaced, left = (frame.value for frame in opened.app.dataframe)
    assert list(replaced["layer"]) == list(plan.choices)
    assert list(left["layer"]) == [row["layer"] for row in left_alone(front, "50%")]
    assert set(replaced["layer"]) | set(left["layer"]) == {op.name for op in front.network.layers}
    assert set(left["why"]) == {"the budget is met without it"}
    # times are predicted, with intervals, on a machine that is named
    (name,) = plan_form.machines()
    timed = Timed(open_times(machine=f"shipped/{name}"))
    *_, last = network_with_time(plan.to_table(), plan.network, timed)
    assert totals(opened)["Predicted time"] == f"{last['predicted_ms']:.3g} ms"
    (metric,) = [m for m in opened.app.metric if m.label == "Predicted time"]
    assert str(timed.predictor.machine) in metric.help
    assert f"[{last['low_ms']:.3g} – {last['high_ms']:.3g}]" in metric.delta
    assert f"before {last['before_ms']:.3g} ms [{last['before_low_ms']:.3g} – " in metric.delta
    assert "faster with probability" in metric.help


def test_an_objective_of_time(page, taken, front):
    opened = page("plan", **{**ASKED, "allowed": "basis", "least": "ms"})
    assert not opened.errors
    machine = f"shipped/{plan_form.machines()[0]}"
    plan = cm.plan(
        cm.load("alexnet"), {"macs": "50%"}, minimize="ms", variants=["basis"], machine=machine
    )
    assert taken[-1].value == pytest.approx(plan.value, rel=1e-9)
    assert totals(opened)["Predicted ms, layers alone"] == f"{plan.value:.4g}"
    assert f"--machine {machine}" in code(opened, "python -m")


def test_every_measure_of_a_budget(page):
    opened = page("plan", **{**ASKED, "allowed": "basis", "most": "100%"})
    options = opened.widget("limit").options
    assert len(options) > 5
    for key in plan_form.fields()[3].options:
        opened.set("limit", key)
        assert not opened.errors
        assert not opened.notices
        assert opened.app.success
    assert opened.query["least"] == "changed"


# -- uploads ---------------------------------------------------------------------------------------


def test_without_a_file_the_page_says_what_to_do(page):
    opened = page("plan", source="upload")
    assert "not part of a link" in opened.app.info[0].value
    assert not opened.errors


def test_a_table_of_layers_is_planned_and_stays_in_the_session(
    page, taken, reports, tmp_path, capsys
):
    opened = page("plan", source="upload", allowed="basis,grouped")
    opened.upload(("tiny.csv", TABLE, "text/plain"))
    assert not opened.errors
    path = tmp_path / "tiny.csv"
    path.write_bytes(TABLE)
    plan = cm.plan(cm.from_csv(path), {"macs": "50%"}, variants=["basis", "grouped"])
    assert same(taken[-1], plan)
    words = [
        str(path) if w == "tiny.csv" else w for w in shlex.split(code(opened, "python -m"))[3:]
    ]
    assert main([*words, "--format", "csv"]) == 0
    assert capsys.readouterr().out == taken[-1].to_csv()
    # the page to send is the library's, made without the visitor's session
    assert reports[-1]() == cm.report(plan).replace(str(path), "tiny.csv")
    labels = [text for bar in opened.chart("chart-plan-layers")["data"] for text in bar["y"]]
    assert not any("<b>" in text for text in labels), "Plotly reads HTML"
    assert len(opened.app.session_state["_fronts"]) == 1
