"""What directives give is read by the real thing: KaTeX for Markdown, TeX for LaTeX."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

import costmodel as cm
from costmodel.documents.blocks import Status
from costmodel.documents.embedding import process
from costmodel.documents.request import DIRECTIVES, Target, render
from costmodel.errors import InputError
from costmodel.formulas.alphabets import ALPHABETS
from costmodel.formulas.formula import formula
from costmodel.formulas.printing import typst
from costmodel.formulas.printing.printers import latex
from costmodel.table import pretty

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
\usepackage{amsmath,booktabs,graphicx}
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
% costmodel: formulas variants=standard,basis,cp columns=variant,macs,macs_break_even
% /costmodel

% costmodel: compare k=3x5 m=12 n=20 size=17x22 b=2 columns=variant,macs,macs_ratio
% /costmodel

So
% costmodel: solve basis b at_most=macs=30% k=3x5 m=12 n=20 size=17x22 in=text
% /costmodel
and
% costmodel: solve bottleneck r in=text
% /costmodel
% costmodel: solve bottleneck r
% /costmodel


% costmodel: network resnet18 view=kinds columns=kind,params,macs
% /costmodel

\noindent
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
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "plan.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    log = run.stdout.decode(errors="replace")
    assert run.returncode == 0, log[-1500:]
    assert (tmp_path / "plan.pdf").stat().st_size > 5000
    assert "Overfull" not in log  # the columns chosen fit the page
    wide = result.text.replace(" columns=variant,macs,macs_break_even", "")
    (tmp_path / "plan.tex").write_text(process(wide, str(tmp_path / "plan.tex")).text)
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=True)
    assert "Overfull" in run.stdout.decode(errors="replace")  # which it would say


TYPST = """
= Plan
We pay /* costmodel: value basis macs k=3x5 m=12 n=20 size=17x22 b=2 *//* /costmodel */ MACs, or
/* costmodel: share basis macs k=3x5 m=12 n=20 size=17x22 b=2 as=percent *//* /costmodel */ of them,
as /* costmodel: formula basis macs notation=pytorch *//* /costmodel */, where
/* costmodel: solve bottleneck r in=text */ /* /costmodel */ holds.

/* costmodel: solve bottleneck r */
/* /costmodel */

```typ
/* costmodel: this is code */
```
"""


@pytest.fixture(scope="module")
def compile_typst(tmp_path_factory):
    """A function from a document of Typst, with files beside it, to the pages as SVG."""
    typst = pytest.importorskip("typst", reason="no Typst: pip install typst")

    def compiled(source, files=()):
        folder = tmp_path_factory.mktemp("typst")
        (folder / "plan.typ").write_text(source)
        for path, content in files:
            (folder / path.rpartition("/")[2]).write_bytes(content)
        pages = typst.compile(str(folder / "plan.typ"), format="svg")
        return b"".join(pages) if isinstance(pages, list) else pages

    return compiled


def test_a_typst_document_compiles(compile_typst):
    render("formula basis macs", Target("typst", True, ""))  # registers the directives
    asked = [
        f"/* costmodel: {directive.example} */\n/* /costmodel */\n"
        for directive in DIRECTIVES.values()
    ]
    result = process(TYPST + "\n".join(asked), "plan.typ")
    assert result.wrong == ()
    assert len(result.blocks) == len(DIRECTIVES) + 5
    assert all(status is Status.NEW for _, status in result.blocks)
    pages = compile_typst(result.text, result.files)
    assert len(pages) > 50_000
    assert process(result.text, "plan.typ").changed is False or result.files
    assert f"{cm.count('basis', cm.ConvLayer((3, 5), 12, 20, (17, 22)), b=2).macs:,}/* /cost" in (
        result.text
    )


def test_typst_compiles_every_formula_of_every_variant(compile_typst):
    found = {
        typst.from_latex(latex(formula(variant, metric), notation, tuple(variant.hyper)))
        for variant in cm.VARIANTS.values()
        for notation in ALPHABETS
        for metric in ("params", "macs")
    }
    assert len(found) > 150
    table = render("formulas variants=standard,basis,ghost,octave", Target("typst", False, ""))
    pages = compile_typst("\n".join([*(f"$ {source} $" for source in sorted(found)), table]))
    assert len(pages) > 100_000
    for wrong in ("$ frac(a $", "$ stride $"):
        with pytest.raises(RuntimeError):
            compile_typst(wrong)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (r"\left(k^{2} + n\right) b m", "(k^(2) + n) b m"),
        (r"\frac{b}{n} + \sqrt{\frac{m}{n}}", "frac(b, n) + sqrt(frac(m, n))"),
        (r"\left\lfloor \frac{H - 1}{s} \right\rfloor + 1", "floor(frac(H - 1, s)) + 1"),
        (r"C_{\mathrm{in}} D_K^{2} c' \alpha", 'C_(upright("in")) D_(K)^(2) c\' alpha'),
        (r"1{,}234{,}567 \cdot 3", '"1,234,567" dot.op 3'),
        (r"\max\left(a, b\right)", r"max (a \, b)"),
        (r"r \in \{8, \ldots\}", r"r in \{ 8 \, dots.h \}"),
    ],
)
def test_formulas_of_typst(source, wanted):
    assert typst.from_latex(source) == wanted


@pytest.mark.parametrize("source", [r"\foo", r"\frac{a", "a}", r"\left[a\right]", r"a \\ b"])
def test_other_latex_is_refused_by_name(source):
    with pytest.raises(InputError, match="cannot be written in Typst"):
        typst.from_latex(source)


class Cells(HTMLParser):
    """The tags of a page, and the text of each cell of its tables."""

    def __init__(self):
        super().__init__()
        self.tags, self.cells, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data):
        if self.cells:
            self.cells[-1] += data.strip("\n")


def test_a_table_of_html_needs_no_other_file():
    table = cm.compare(cm.ConvLayer((3, 5), 12, 20, (17, 22)), ["standard", "basis"], b=2)
    page = "<p>Here:</p>\n<!-- costmodel: compare k=3x5 m=12 n=20 size=17x22 b=2 "
    page += "variants=standard,basis -->\n<!-- /costmodel -->\n"
    result = process(page, "plan.html")
    assert process(result.text, "plan.html").changed is False
    read = Cells()
    read.feed(result.text)
    shown = [pretty(row.get(name)) for row in table.rows for name in table.names]
    assert read.cells == [*table.names, *shown]
    assert set(read.attributes) == {"style", "scope"}  # no class and no address: it stands alone
    assert not {"script", "link", "style"} & set(read.tags)


def test_formulas_of_html_are_mathml():
    pytest.importorskip("latex2mathml", reason="no latex2mathml: pip install '.[report]'")
    inline = render("formula basis macs", Target("html", True, ""))
    assert inline.startswith("<math ")
    assert 'display="inline"' in inline
    for directive in ("solve bottleneck r", "derivation cp macs k=3 m=12 n=20 size=17x22 r=7"):
        block = render(directive, Target("html", False, ""))
        assert 'display="block"' in block
        assert not re.search(r"\\|<mi>&", block)  # nothing of LaTeX is left over
    assert block.count("<mtr>") == 3
    odd = cm.define("odd", "m, n m i j -> n", title="a < $b$", register=True)
    try:
        table = render("formulas variants=odd,basis,octave", Target("html", False, ""))
    finally:
        cm.VARIANTS.remove(odd.id)
    read = Cells()
    read.feed(table)
    assert read.tags.count("math") == 3 + 5 + 4
    assert read.cells[6] == "a < $b$"
    assert "\\" not in table


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
