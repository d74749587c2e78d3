"""Values show themselves in notebooks: a small one is really run."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import costmodel as cm
from costmodel.documents.sites.notebook import variant_latex
from tests.formulas.reading import balanced

pytestmark = pytest.mark.slow

LAYER = cm.ConvLayer((3, 5), 12, 20, (17, 22))
ROOT = Path(cm.__file__).parent.parent


def test_a_notebook_shows_variants_and_tables(tmp_path):
    cells = [
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\nimport costmodel as cm",
        "cm.VARIANTS['basis']",
        "cm.compare(cm.ConvLayer((3, 5), 12, 20, (17, 22)), ['basis'], b=2)",
        "cm.ConvLayer((3, 5), 12, 20, (17, 22))",
        "cm.load('resnet18')",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = tmp_path / "small.ipynb"
    nbformat.write(book, path)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    run = subprocess.run([*command, str(path)], capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stderr[-2000:]
    outputs = [cell.outputs[0].data for cell in nbformat.read(path, 4).cells if cell.outputs]
    variant, table, layer, network = outputs
    assert variant["text/latex"] == variant_latex(cm.VARIANTS["basis"])
    assert "<table " in table["text/html"]
    assert f"{cm.count('basis', LAYER, b=2).macs:,}" in table["text/markdown"]
    assert "3×5 convolution" in layer["text/markdown"]
    assert "1,814,073,344" in network["text/markdown"]
    assert "<table " in network["text/html"]


def test_a_variant_shows_formulas_and_ratio():
    source = variant_latex(cm.VARIANTS["basis"])
    assert source.startswith("$$\\begin{aligned}\n\\text{Parameters} &= ")
    assert r"\text{MACs} &= \left(k^{2} + n\right) b m h w" in source
    assert r"\frac{b}{n} + \frac{b}{k^{2}}" in source
    assert "ratio" not in variant_latex(cm.VARIANTS["standard"])
    assert balanced(source)


def test_outside_a_notebook_nothing_is_registered_and_nothing_loaded():
    code = "import sys, costmodel; assert 'IPython' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    code = "import IPython, costmodel"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
