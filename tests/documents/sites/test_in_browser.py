"""Sites built with exactly the set-up that the page documents: a browser shows their formulas."""

import re
import shutil
import subprocess
from urllib.parse import unquote, urlsplit

import pytest

from costmodel.documents.request import Target, render
from tests.documents.sites.building import ROOT, registered, run

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGE = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
CDN = "https://cdn.jsdelivr.net/npm/"
LAYER = "k=3x5 m=12 n=20 size=17x22"
BLOCKS = (
    "formula basis macs",
    "solve bottleneck r",
    f"derivation cp macs {LAYER} stride=2 r=7",
    "formulas variants=standard,basis,ghost",
    f"figure bars file=bars.svg variants=standard,basis {LAYER} b=2",
)
INLINE = ("breakeven basis b", "ratio basis")


def documented(language, name):
    """The block of code in our page that stands for a file of this name."""
    blocks = re.findall(rf"```{language}\n(?:#|//) {name}\n(.*?)```", PAGE, re.DOTALL)
    (block,) = blocks
    return block


def asked():
    """How many formulas there are in what the directives give."""
    found = [render(block, Target("markdown", False, "plan.md")) for block in BLOCKS]
    text = "\n".join([*found, *(render(text, Target("markdown", True, "")) for text in INLINE)])
    return text.count("```math") + len(re.findall(r"\$[^$\n]+\$", text))


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """MathJax as npm has it, which stands for the network that a test does not reach."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine: there is no MathJax to show formulas")
    folder = tmp_path_factory.mktemp("npm")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "mathjax@4.1.3"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"npm cannot install MathJax here: {done.stderr.strip()[-200:]}")
    return folder / "node_modules"


@pytest.fixture
def shown(chromium, packages):
    """A function that opens a page from disk and waits until its formulas are shown."""
    page = chromium.new_page()
    page.set_default_timeout(60_000)

    def answer(route):
        url = unquote(urlsplit(route.request.url).path.removeprefix("/npm/"))
        local = packages / re.sub(r"(?<=[\w-])@[\w.]+", "", url)
        if route.request.url.startswith(CDN) and local.is_file():
            route.fulfill(path=local)
        else:
            route.abort()

    page.route(re.compile("^https?://"), answer)

    def opened(path):
        page.goto(path.as_uri())
        page.wait_for_function("() => window.MathJax?.startup?.promise")
        page.evaluate("() => MathJax.startup.promise")
        return page

    yield opened
    page.close()


def check(page):
    """What a page shows: every formula without an error, as mathematics, and the figure."""
    assert page.locator("mjx-container").count() == asked() >= 15
    assert page.locator("mjx-merror").count() == 0
    assert page.locator("mjx-mfrac").count() >= 4
    assert "\\frac" not in page.locator("body").inner_text()
    wide = page.locator("img[src*='.svg']").evaluate_all("all => all.map(i => i.naturalWidth)")
    assert len(wide) == 1
    assert all(wide)


def test_sphinx_shows_formulas_in_both_of_its_languages(tmp_path, shown):
    (tmp_path / "conf.py").write_text("project = 'x'\n" + documented("python", "conf.py"))
    rst = "".join(f".. costmodel:: {block}\n\n" for block in BLOCKS)
    inline = " and ".join(f":costmodel:`{text}`" for text in INLINE)
    stem = f"layer stem: {LAYER}"
    (tmp_path / "index.rst").write_text(
        f"Title\n=====\n\n{rst}\nIt is {inline}.\n\n.. costmodel:: {stem}\n\n"
        ".. costmodel:: compare @stem variants=basis columns=macs\n\n"
        "It takes :costmodel:`value standard macs @stem`.\n\n.. toctree::\n\n   other\n"
    )
    markdown = "".join(f"```{{costmodel}} {block}\n```\n\n" for block in BLOCKS)
    inline = " and ".join(f"{{costmodel}}`{text}`" for text in INLINE)
    (tmp_path / "other.md").write_text(
        f"# Other\n\n{markdown}\nIt is {inline}.\n\n```{{costmodel}} {stem}\n```\n\n"
        "It takes {costmodel}`value standard macs @stem`.\n"
    )
    result = run(["sphinx", "-q", "-W", "-b", "html", ".", "out"], tmp_path)
    assert result.returncode == 0, result.stderr
    for name in ("index.html", "other.html"):
        page = shown(tmp_path / "out" / name)
        check(page)
        assert "It takes 1,346,400." in page.locator("body").inner_text()


def test_mkdocs_shows_formulas(tmp_path, shown):
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: x\nuse_directory_urls: false\n" + documented("yaml", "mkdocs.yml")
    )
    scripts = tmp_path / "docs" / "javascripts"
    scripts.mkdir(parents=True)
    (scripts / "mathjax.js").write_text(documented("javascript", "docs/javascripts/mathjax.js"))
    deep = tmp_path / "docs" / "deep"
    deep.mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Start\n")
    blocks = "".join(f"<!-- costmodel: {b} -->\n<!-- /costmodel -->\n\n" for b in BLOCKS)
    inline = " and ".join(f"<!-- costmodel: {text} --><!-- /costmodel -->" for text in INLINE)
    (deep / "page.md").write_text(f"# Page\n\n{blocks}It is {inline}.\n")
    result = run(["mkdocs", "build", "-q"], tmp_path, path=[registered(tmp_path)])
    assert result.returncode == 0, result.stderr
    check(shown(tmp_path / "site" / "deep" / "page.html"))
    assert not (deep / "bars.svg").exists()  # the site has it, and the sources stay as they are
