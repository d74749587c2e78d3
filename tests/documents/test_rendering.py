"""What directives give is read by the real thing: KaTeX for Markdown, TeX for LaTeX."""

import json
import re
import shutil
import subprocess

import pytest

import costmodel as cm
from costmodel.documents.embedding import process
from costmodel.documents.request import DIRECTIVES, Target, render
from costmodel.formulas.alphabets import ALPHABETS
from costmodel.formulas.formula import formula
from costmodel.formulas.printing.printers import latex

KATEX = "katex@0.19.1"
# Reads a list of [formula, displayed] from stdin; prints those that KaTeX refuses.
SCRIPT = """
const katex = require("katex");
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const refused = [];
for (const [source, displayMode] of formulas) {
  try { katex.renderToString(source, {displayMode, throwOnError: true, strict: "error"}); }
  catch (error) { refused.push([source, error.message]); }
}
console.log(JSON.stringify(refused));
"""


@pytest.fixture(scope="module")
def katex(tmp_path_factory):
    """A function that gives the formulas that KaTeX refuses."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("no npm and node on this machine: KaTeX is not asked")
    folder = tmp_path_factory.mktemp("katex")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", KATEX]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"npm cannot install {KATEX} here: {done.stderr.strip()[-200:]}")

    def refused(formulas):
        run = subprocess.run(
            ["node", "-e", SCRIPT],
            cwd=folder,
            input=json.dumps(formulas),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return json.loads(run.stdout)

    return refused


def mathematics(markdown):
    """[formula, displayed] of every fence and every inline formula."""
    fences = re.findall(r"```math\n(.*?)```", markdown, re.DOTALL)
    rest = re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)
    return [[f, True] for f in fences] + [[f, False] for f in re.findall(r"\$([^$\n]+)\$", rest)]


@pytest.mark.slow
def test_katex_renders_every_formula_of_every_variant(katex):
    found = []
    for variant in cm.VARIANTS.values():
        own = tuple(variant.hyper)
        for notation in ALPHABETS:
            for metric in ("params", "macs"):
                source = latex(formula(variant, metric), notation, own)
                found.append([source, True])
    assert len(found) > 200
    assert katex(found) == []


@pytest.mark.slow
def test_katex_renders_what_every_directive_gives(katex, tmp_path):
    render("formula basis macs", Target("markdown", True, ""))  # registers the directives
    formulas = []
    for directive in DIRECTIVES.values():
        target = Target("markdown", False, str(tmp_path / "plan.md"))
        formulas += mathematics(render(directive.example, target))
    pages = mathematics(process(DOCUMENT, "plan.md").text)
    assert len(pages) >= 4
    assert katex([*formulas, *pages]) == []


def test_katex_can_refuse(katex):
    assert katex([[r"\operatorname{a} \label{b}", True]]) != []


DOCUMENT = """
Inline <!-- costmodel: formula basis macs --><!-- /costmodel -->.

<!-- costmodel: derivation cp macs k=3x5 m=12 n=20 size=17x22 stride=2 -->
<!-- /costmodel -->

<!-- costmodel: breakeven bottleneck r -->
<!-- /costmodel -->

<!-- costmodel: formulas variants=standard,ghost,octave,sic -->
<!-- /costmodel -->
"""

LATEX = r"""\documentclass{article}
\usepackage{amsmath,graphicx}
\begin{document}
We pay
% costmodel: value basis macs k=3x5 m=12 n=20 size=17x22 b=2
% /costmodel
multiplies:
% costmodel: derivation basis macs k=3x5 m=12 n=20 size=17x22 b=2
% /costmodel
% costmodel: formula tucker2 macs notation=pytorch
% /costmodel
% costmodel: ratio ghost
% /costmodel
% costmodel: breakeven bottleneck r
% /costmodel
% costmodel: formulas variants=standard,basis,ghost
% /costmodel
% costmodel: compare k=3x5 m=12 n=20 size=17x22 variants=standard,depthwise_separable,basis b=2
% /costmodel
% costmodel: network resnet18 view=kinds columns=kind,params,macs
% /costmodel
% costmodel: figure bars file=bars.pdf k=3x5 m=12 n=20 size=17x22 variants=standard,basis
% /costmodel
\end{document}
"""


@pytest.mark.slow
def test_a_latex_document_compiles(tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("no pdflatex on this machine: the LaTeX output is not compiled")
    result = process(LATEX, str(tmp_path / "plan.tex"))
    (tmp_path / "plan.tex").write_text(result.text)
    for path, content in result.files:
        (tmp_path / path.rpartition("/")[2]).write_bytes(content)
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "plan.tex"],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-1500:]
    assert (tmp_path / "plan.pdf").stat().st_size > 5000


def test_a_sweep_of_any_number_of_axes_has_the_rows_of_the_library():
    target = Target("markdown", False, "")
    layer = cm.ConvLayer(3, 24, 36, (17, 14))
    where = "macs<=900000"
    line = f'sweep over="b=1:3 n=12,36" variants=basis,standard m=24 n=36 size=17x14 where={where}'
    found = cm.sweep("basis,standard", layer, {"b": "1:3", "n": "12,36"}, "macs", where=where)
    text = render(line, target)
    assert text == found.to_table().select(["variant", "b", "out_channels", "macs"]).to_markdown()
    assert render(f"{line} front=macs columns=b", target).splitlines()[2:] == ["| 1 |"]
    with pytest.raises(cm.CostModelError, match="variants= is missing"):
        render('sweep over="b=1:3" m=24 n=36 size=17x14', target)
    with pytest.raises(cm.CostModelError, match="values= with over"):
        render('sweep over="b=1:3" values=3 variants=basis m=24 n=36 size=17x14', target)
