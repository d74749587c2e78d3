"""Design your own: what is typed becomes numbers, formulas, code; mistakes get a caret."""

import subprocess
import sys

import pytest

from costmodel import VARIANTS, ConvLayer, count
from costmodel.checks.verify import bounded
from costmodel.comparing.explain import explain
from costmodel.core.draft import draft
from costmodel.dashboard.sections import checking
from costmodel.formulas.derivation import derivation
from costmodel.formulas.formula import ratio
from costmodel.formulas.printing import printers

LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
TYPED = "m, r m i -> r\nr, n r j -> n"


@pytest.fixture
def opened(page):
    return page("design")


def latex(opened):
    return "\n".join(element.value for element in opened.app.latex)


def test_the_first_view_is_a_working_example(opened):
    mine = draft(TYPED, {}, {"r": 16})
    assert opened.app.info[0].value == explain(count(mine, LAYER))
    assert derivation(count(mine, LAYER)).latex() in latex(opened)
    assert printers.latex(ratio(mine), own=("r",)) in latex(opened)


def test_typing_changes_everything(opened):
    typed = "m, m b i j -> m b\nm b, n m b -> n"
    opened.set("stages", typed)
    opened.set("size b", 5)
    mine = draft(typed, {}, {"b": 5})
    counts = count(mine, LAYER)
    assert opened.app.info[0].value == explain(counts)
    assert counts.macs == count("basis", LAYER, b=5).macs
    bars = opened.chart("chart-mine")["data"][0]
    assert bars["x"][-1] == counts.macs / count("standard", LAYER).macs
    titles = [header.value.replace("\\", "") for header in opened.app.header]
    others = [count(v, LAYER).macs for v in VARIANTS.values() if v.common]
    less = sum(macs < counts.macs for macs in others)
    (said,) = [title for title in titles if title.startswith("Your design: ×")]
    assert said.endswith(f"{less} of the {len(others)} others need fewer")
    captions = [caption.value.replace("\\", "") for caption in opened.app.caption]
    assert any(f"counted exactly on the layer {LAYER}" in text for text in captions)
    assert opened.query["sizes"] == "b=5"
    assert opened.query["stages"] == typed


def test_the_layer_reaches_it(opened):
    opened.set("n", 32).set("stride", "2")
    layer = LAYER.replace(out_channels=32, stride=2)
    assert opened.app.info[0].value == explain(count(draft(TYPED, {}, {"r": 16}), layer))


def test_derived_sizes(opened):
    opened.set("stages", "m, c m i j -> c\nc, n c -> n").set("derived", "c = ceil(n/q)")
    opened.set("size q", 4)
    mine = draft("m, c m i j -> c\nc, n c -> n", {"c": "ceil(n/q)"}, {"q": 4})
    assert opened.app.info[0].value == explain(count(mine, LAYER))


@pytest.mark.parametrize(
    "id", [v.id for v in VARIANTS.values() if not any(h.real for h in v.hyper.values())]
)
def test_the_catalogue_is_where_one_can_start(page, id):
    variant = VARIANTS[id]
    opened = page("design", n="64")
    opened.set("start", id)
    assert opened.widget("stages").value.split("\n") == variant.stages.split(" | ")
    if 2 not in variant.dims:
        opened.set("size", "9x17x14")
    elif "kernel" in variant.domain:
        opened.set("k", str(variant.domain["kernel"]))
    assert not opened.errors


def test_a_start_takes_over_the_numbers(opened):
    opened.set("start", "tucker2")
    assert opened.query["sizes"] == "r1=32,r2=64"
    counts = count("tucker2", LAYER)
    assert f"{counts.macs:,}".replace(",", "{,}") in latex(opened)


@pytest.mark.parametrize(
    ("typed", "cause", "caret"),
    [
        ("m, n m i j", "'->' is missing", None),
        ("m, r m i -> r\nr, n q -> n", "Input axis 'r' is neither", "  r, n q -> n\n  ^"),
        ("", "An empty declaration", None),
        ("<script>alert(1)</script>", "", None),
    ],
)
def test_a_mistake_is_shown_where_it_is(opened, typed, cause, caret):
    opened.set("stages", typed)
    (error,) = opened.errors
    assert cause in error
    if caret:
        assert caret in opened.app.code[0].value
    opened.set("stages", "m, n m i j -> n")
    assert not opened.errors


def test_an_error_names_the_layer_s_own_sizes_and_stands_above_what_follows(opened):
    opened.set("stages", "m, r m i j -> r")
    (error,) = opened.errors
    assert "n = 128" in error
    order = [getattr(e, "key", None) or getattr(e, "type", "") for e in opened.elements()]
    assert order.index("stages") < order.index("error") < order.index("size r") < order.index("k")
    opened.set("n", 16)
    assert not opened.errors


def test_stages_that_do_not_fit_together(opened):
    opened.set("stages", "m, r m -> r\nm, n m -> n")
    (error,) = opened.errors
    assert "reads" in error


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [("derived", "c", "allowed is NAME = EXPRESSION"), ("derived", "c = 1/", "")],
)
def test_mistakes_in_derived_sizes(opened, key, value, sentence):
    opened.set(key, value)
    (error,) = opened.errors
    assert sentence in error


def test_typed_names_are_never_markup(opened):
    opened.set("stages", "m, a_b m i j -> a_b\na_b, n a_b -> n")
    assert not opened.errors
    assert "<script" not in opened.text()


def test_the_link_restores_the_view(page, opened):
    opened.set("stages", "m, m b i j -> m b\nm b, n m b -> n").set("size b", 7)
    again = page("design", **opened.query)
    assert again.app.info[0].value == opened.app.info[0].value
    assert again.widget("size b").value == 7
    assert not again.notices


@pytest.mark.slow
def test_hostile_links_do_no_harm(page):
    opened = page("design", stages="m" * 1900, sizes="r=-1,r=99999999999999,x=__import__('os')")
    assert opened.errors
    opened = page("design", stages="m" * 5000)
    assert len(opened.notices) == 1


@pytest.mark.slow
def test_the_code_shown_runs(opened, tmp_path):
    pytest.importorskip("torch", reason="the module needs torch: pip install '.[torch]'")
    opened.set("stride", "2x1").set("bias", True)
    (source,) = [e.value for e in opened.app.code if e.value.startswith("import costmodel")]
    done = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    counts = count(draft(TYPED, {}, {"r": 16}), LAYER.replace(stride=(2, 1), bias=True))
    assert f"macs={counts.macs}" in done.stdout
    assert "Conv2d" in done.stdout


@pytest.mark.slow
def test_the_check_agrees(opened):
    pytest.importorskip("fvcore", reason="checking needs fvcore: pip install '.[torch]'")
    opened.set("m", 12).set("n", 20).set("size", "17x22")
    opened.widget("check").click()
    opened.run()
    (sentence,) = [element.value for element in opened.app.success]
    assert "agree to the last digit" in sentence
    assert any("Conv2d" in e.value for e in opened.app.code)


@pytest.mark.slow
def test_a_check_that_is_too_large_is_refused(opened):
    pytest.importorskip("fvcore", reason="checking needs fvcore: pip install '.[torch]'")
    opened.set("m", 100000).set("size r", 100000)
    opened.widget("check").click()
    opened.run()
    assert "too large to be built here" in opened.errors[0]


def test_a_check_without_torch_is_a_hint(opened, monkeypatch):
    monkeypatch.setattr(bounded, "find_spec", lambda name: None)
    monkeypatch.setattr(checking, "behind", lambda wall, what, function, *args: function(*args))
    opened.widget("check").click()
    opened.run()
    assert "pip install" in opened.app.info[-1].value
