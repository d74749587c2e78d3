"""Navigation: every page is there, nothing heavy is imported for it, and no traceback is shown."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import costmodel.dashboard
from costmodel.dashboard.navigation import PAGES
from costmodel.files import package_path
from costmodel.metrics.metric import METRICS, costs

ROOT = Path(__file__).absolute().parents[2]
#: What no page imports, printed by a process that has drawn one.
HEAVY = 'print(sorted({"torch", "fvcore", "onnx", "sklearn"} & set(sys.modules)))'
MODULES = [module for module, _, _ in PAGES]


@pytest.mark.parametrize("module", MODULES)
def test_every_page_runs_and_states_itself_in_the_url(page, module):
    opened = page(module)
    assert opened.app.title[0].value
    assert opened.query
    assert not opened.errors
    assert not opened.notices


@pytest.mark.parametrize("module", MODULES)
def test_a_page_asks_for_no_format_and_calls_only_costs_so(page, module):
    opened = page(module)
    assert "figure" not in opened.query
    charts = [e for e in opened.elements() if getattr(e, "type", "") == "plotly_chart"]
    for chart in charts:
        assert json.loads(chart.proto.config)["toImageButtonOptions"]["format"] == "svg"
    labels = {METRICS[key].label for key in set(METRICS) - set(costs())}
    for widget in opened.app.selectbox:
        if "cost" in widget.label.lower() or widget.key in ("against", "of", "metric"):
            assert not labels.intersection(widget.options), widget.label


def test_every_page_module_is_in_the_navigation():
    folder = Path(costmodel.dashboard.__file__).parent / "pages"
    pages = {f.stem for f in folder.glob("*.py") if "\ndef page() -> None:" in f.read_text()}
    assert pages == set(MODULES)


def test_the_application_starts():
    app = AppTest.from_file(
        package_path("dashboard", "served", "script.py"), default_timeout=60
    ).run()
    assert not app.exception
    assert app.title


def test_a_mistake_is_a_sentence_and_a_line_in_the_log(monkeypatch, caplog):
    script = """
import sys, types
from costmodel.dashboard import navigation

def broken():
    raise RuntimeError("inner secret")

module = types.ModuleType("costmodel.dashboard.pages.broken")
module.page = broken
sys.modules["costmodel.dashboard.pages.broken"] = module
navigation.guarded("broken")()
"""
    app = AppTest.from_string(script).run()
    assert not app.exception
    (error,) = app.error
    assert "inner secret" not in error.value
    assert "reload the page" in error.value
    assert "inner secret" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_opening_a_page_does_not_import_torch(module):
    code = f"""
import logging, sys
logging.disable(logging.CRITICAL)
from streamlit.testing.v1 import AppTest
app = AppTest.from_string("from costmodel.dashboard.pages import {module}; {module}.page()")
app.default_timeout = 60
app.run()
assert not app.exception, app.exception
assert app.title
for box in [box for box in app.selectbox if box.key == "sort"]:
    box.set_value("time").run()
assert not app.exception, app.exception
{HEAVY}
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")


@pytest.mark.slow
def test_the_check_of_imports_can_fail():
    code = f"import sys, sklearn\n{HEAVY}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['sklearn']"
