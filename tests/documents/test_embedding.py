"""Blocks in documents: found, refreshed, checked; everything outside stays byte for byte."""

import os
import stat

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.core.layer_text import read_layer
from costmodel.documents import embedding
from costmodel.documents.blocks import Status
from costmodel.documents.embedding import process
from costmodel.documents.request import DIRECTIVES, Target, render, split
from costmodel.errors import CostModelError, InputError

LAYER = "k=3x5 m=12 n=20 size=17x22"
VALUE = f"value standard macs {LAYER}"
MACS = "1,346,400"


def document(body="", close="/costmodel", directive=VALUE):
    return f"Before: <!-- costmodel: {directive} -->{body}<!-- {close} --> after.\n"


def wrong(text, path="document.md"):
    """The sentence about the first thing that is wrong in a document."""
    error, *_ = process(text, path).wrong
    return str(error)


def test_an_inline_number_and_its_checksum():
    first = process(document())
    assert first.blocks[0][1] is Status.NEW
    assert f"-->{MACS}<!-- /costmodel " in first.text
    assert first.text.startswith("Before: <!--")
    assert first.text.endswith("--> after.\n")
    again = process(first.text)
    assert again.blocks[0][1] is Status.FRESH
    assert again.text == first.text


def test_a_changed_directive_is_stale_and_a_changed_number_is_an_edit():
    text = process(document()).text
    stale = process(text.replace("m=12", "m=13"))
    assert stale.blocks[0][1] is Status.STALE
    assert MACS not in stale.text
    edited = process(text.replace(MACS, "1,346,401"))
    assert edited.blocks[0][1] is Status.EDITED
    assert "1,346,401" in edited.text
    assert MACS in process(edited.text, force=True).text


def test_text_that_nobody_generated_is_not_overwritten():
    result = process(document(body="precious"))
    assert result.blocks[0][1] is Status.EDITED
    assert "precious" in result.text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_and_prefixes_are_kept(newline):
    lines = [
        "# Plan",
        f"> <!-- costmodel: compare {LAYER} variants=standard columns=variant,macs -->",
        "> <!-- /costmodel -->",
        "tail without end",
    ]
    text = newline.join(lines)
    result = process(text)
    assert result.text.count("\r\n") == (result.text.count("\n") if newline == "\r\n" else 0)
    assert f"> | standard | {MACS} |{newline}" in result.text
    assert result.text.endswith(newline + "tail without end")
    assert process(result.text).blocks[0][1] is Status.FRESH
    other = result.text.replace("\r\n", "\n")
    assert process(other).blocks[0][1] is Status.FRESH  # a checkout may change the line ends


def test_markers_in_code_are_text():
    text = f"```\n{document()}```\n\n`{document().strip()}` and ~~~\n"
    result = process(text)
    assert result.blocks == ()
    assert result.text == text


def test_latex_comments():
    text = f"A\n% costmodel: {VALUE}\n% /costmodel\nB\r\n"
    result = process(text, "plan.tex")
    assert "\n1{,}346{,}400\r\n% /costmodel " in result.text
    assert process(result.text, "plan.tex").blocks[0][1] is Status.FRESH


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x\n" + document(directive="valu standard"), 2, "unknown directive 'valu': did you mean"),
        (document(directive="value standard"), 1, "has 1 words after the directive"),
        (document(directive=f"{VALUE} as=roman"), 1, "as='roman'; allowed are grouped, plain, si"),
        (document(directive="value standard macs k=3 m=12 n=20"), 1, "size= is missing"),
        (document(directive="value standard macs k=x m=1 n=2 size=3"), 1, "k='x'; allowed"),
        (document(directive=f"value standard flop {LAYER}"), 1, "unknown metric 'flop'"),
        (document(directive=f"value standrd macs {LAYER}"), 1, "did you mean 'standard'"),
        (document(directive=f"{VALUE} z=3"), 1, "unknown hyper-parameter 'z'"),
        (document(directive=f'{VALUE} "'), 1, "an unclosed quote"),
        (document(directive=f"{VALUE} m=12"), 1, "option 'm' is given twice"),
        ("\n\n<!-- costmodel: value -->\n", 3, "never closed"),
        ("\n<!-- /costmodel -->\n", 2, "closed that was not opened"),
        ("<!-- costmodel: a -->\n<!-- costmodel: b -->\n", 2, "inside the block of line 1"),
        (document(directive=f"compare {LAYER}"), 1, "a table within a line"),
        (document(directive=""), 1, "an empty directive"),
    ],
)
def test_errors_name_file_line_and_what_is_allowed(text, line, words):
    said = wrong(text, "plan.md")
    assert said.startswith(f"plan.md:{line}: ")
    assert words in said
    assert "\n" not in said


def test_values_cannot_break_out_of_their_place():
    with pytest.raises(CostModelError, match="unknown variant"):
        render('compare k=3 m=2 n=3 size=5 variants="standard|<b>"', Target("markdown", False, ""))


def test_split_keeps_quoted_values_together():
    assert split('a b x=1 y="two words"') == (["a", "b"], {"x": "1", "y": "two words"})


def test_every_directives_example_renders(tmp_path):
    render(VALUE, Target("markdown", True, ""))
    assert DIRECTIVES
    for found in DIRECTIVES.values():
        for syntax in ("markdown", "latex"):
            target = Target(syntax, False, str(tmp_path / "plan.md"))
            assert found.render is not None
            assert render(found.example, target).strip()


def test_the_command_refreshes_checks_and_shows(tmp_path, capsys):
    path = tmp_path / "plan.md"
    path.write_bytes(b"\xef\xbb\xbf" + document().encode())
    path.chmod(0o600)
    assert main(["embed", "--check", str(path)]) == 1
    told = f"{path}:1: new: {VALUE}\n1 block in 1 document, 0 fresh\n"
    assert capsys.readouterr().out == told
    assert main(["embed", "--diff", str(path)]) == 0
    assert f"+\ufeffBefore: <!-- costmodel: {VALUE} -->{MACS}" in capsys.readouterr().out
    assert main(["embed", str(path)]) == 0
    assert path.read_bytes().startswith(b"\xef\xbb\xbfBefore")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = os.stat(path).st_mtime_ns
    assert main(["embed", str(path)]) == 0
    assert os.stat(path).st_mtime_ns == before  # nothing to change, nothing written
    assert main(["embed", "--check", str(path)]) == 0


def test_hand_edited_output_is_refused_unless_forced(tmp_path, capsys):
    path = tmp_path / "plan.md"
    path.write_text(process(document()).text.replace(MACS, "7"))
    text = path.read_text()
    assert main(["embed", str(path)]) == 1
    assert f"{path}:1: edited by hand" in capsys.readouterr().err
    assert path.read_text() == text
    assert main(["embed", "--force", str(path)]) == 0
    assert MACS in path.read_text()


def test_a_wrong_document_leaves_every_file_untouched(tmp_path, capsys):
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text(document())
    bad.write_text(document(directive="nonsense"))
    assert main(["embed", str(good), str(bad)]) == 2
    assert good.read_text() == document()
    assert f"{bad}:1: unknown directive 'nonsense'" in capsys.readouterr().err
    assert main(["embed", str(tmp_path / "missing.md")]) == 2
    latin = tmp_path / "latin.md"
    latin.write_bytes("é".encode("latin-1"))
    assert main(["embed", str(latin)]) == 2


def test_a_figure_stands_beside_its_document_and_is_checked(tmp_path, capsys):
    path = tmp_path / "plan.md"
    ask = f'figure bars file=plan-macs.svg variants=standard,basis {LAYER} b=2 alt="Half."'
    path.write_text(f"<!-- costmodel: {ask} -->\n<!-- /costmodel -->\n")
    assert main(["embed", str(path)]) == 0
    assert "\n![Half.](plan-macs.svg)\n" in path.read_text()
    figure = tmp_path / "plan-macs.svg"
    first = figure.read_bytes()
    assert first.startswith(b"<?xml")
    assert b"basis convolution" in first
    figure.write_bytes(b"<svg/>")
    assert main(["embed", "--check", str(path)]) == 1
    assert f"{figure}:1: stale figure" in capsys.readouterr().out
    assert main(["embed", str(path)]) == 0
    assert figure.read_bytes() == first  # the same figure is the same bytes


def test_a_curve_marks_a_budget_and_full_rank():
    ask = f"figure curve file=a.svg over=tucker2.r1 values=4,8,16,40 variants=tucker2 {LAYER}"
    target = Target("markdown", False, "plan.md", {})
    plain = render(ask, target)
    without = target.files["a.svg"]
    said = render(f"{ask} at_most=60% full_rank=yes", target)
    layer = read_layer(dict(part.split("=") for part in LAYER.split()))
    found = cm.solve("tucker2", "r1", at_most={"macs": "60%"}, layer=layer)
    full = cm.full_rank("tucker2", "r1", layer)
    assert found.to_text() in said
    assert f"Full rank is {full}." in said
    assert f"full rank {full}".encode() in target.files["a.svg"]
    assert f"r1 = {found.largest}".encode() in target.files["a.svg"]
    assert target.files["a.svg"] != without
    assert "Full rank" not in plain
    with pytest.raises(CostModelError, match="at_most= with over=kernel; allowed is over=variant"):
        render(
            f"figure curve file=a.svg over=kernel values=1,3 variants=cp {LAYER} at_most=60%",
            target,
        )


@pytest.mark.parametrize("name", ["../out.svg", "/etc/x.svg", "x.png", "", "a b.svg"])
def test_a_figures_file_is_a_plain_name_beside_the_document(name):
    with pytest.raises(InputError, match="allowed is a plain name"):
        render(f'figure bars file="{name}" {LAYER}', Target("markdown", False, "plan.md"))


def test_a_document_that_is_saved_meanwhile_is_left_as_it_is(tmp_path, monkeypatch, capsys):
    path = tmp_path / "plan.md"
    path.write_text(document())

    def saved(*args, **kwargs):
        path.write_text("A paragraph of somebody's.\n" + document())
        return render(*args, **kwargs)

    monkeypatch.setattr(embedding, "render", saved)
    assert main(["embed", str(path)]) == 2
    assert path.read_text() == "A paragraph of somebody's.\n" + document()
    assert "was changed while it was worked on" in capsys.readouterr().err


def test_a_figure_is_not_written_through_a_link(tmp_path, capsys):
    path, secret = tmp_path / "plan.md", tmp_path / "secret"
    secret.write_bytes(b"secret")
    (tmp_path / "a.svg").symlink_to(secret)
    path.write_text(
        f"<!-- costmodel: figure bars file=a.svg variants=basis {LAYER} b=2 -->\n"
        "<!-- /costmodel -->\n"
    )
    assert main(["embed", "--check", str(path)]) == 1
    assert main(["embed", str(path)]) == 2
    assert secret.read_bytes() == b"secret"
    assert "nothing is written through it" in capsys.readouterr().err


@pytest.mark.parametrize("directive", ["network -", "network - view=kinds", "total - macs"])
def test_a_document_does_not_wait_for_standard_input(directive, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    said = wrong(f"<!-- costmodel: {directive} -->\n<!-- /costmodel -->\n")
    assert "'-' in a document; allowed are a network's name" in said


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\u202e"])
def test_a_directive_has_printable_signs(sign):
    assert "in a directive; allowed are printable" in wrong(document(directive=f"network a{sign}"))


def test_numbers_in_directives_are_short():
    for value in ("1e99999999", "1e9999", "٣"):
        said = wrong(document(directive=f"value octave macs {LAYER} alpha={value}"))
        assert "allowed are numbers of up to" in said


def blocks(*directives):
    return "\n".join(f"<!-- costmodel: {d} -->\n<!-- /costmodel -->\n" for d in directives)


def test_all_that_is_wrong_or_stale_is_said_at_once(tmp_path, capsys):
    first, second = tmp_path / "first.md", tmp_path / "second.md"
    first.write_text(blocks(VALUE, "nonsense", f"value cp maccs {LAYER}") + "<!-- /costmodel -->\n")
    second.write_text("\n" + blocks("total resnet19 macs", VALUE, VALUE))
    for options in ([], ["--check"], ["--diff"]):
        assert main(["embed", *options, str(first), str(second)]) == 2
        told = capsys.readouterr()
        places = [line.split(": ")[2] for line in told.err.splitlines()]
        assert places == [f"{first}:4", f"{first}:7", f"{first}:9", f"{second}:2"]
        if options == ["--check"]:
            stale = [line.partition(": ")[0] for line in told.out.splitlines()]
            assert stale == [f"{first}:1", f"{second}:5", f"{second}:8"]
        assert MACS not in first.read_text() + second.read_text()


def test_a_block_within_a_block_hides_no_other(tmp_path):
    text = f"<!-- costmodel: {VALUE} -->\n" + blocks(VALUE, "nonsense")
    result = process(text)
    assert [error.line for error in result.wrong] == [2, 5]
    assert [block.line for block, _ in result.blocks] == [2]


def test_success_is_counted_and_files_without_blocks_are_named(tmp_path, capsys, monkeypatch):
    full, half = tmp_path / "full.md", tmp_path / "half.md"
    full.write_text(blocks(VALUE, VALUE))
    half.write_text(blocks(VALUE))
    empty = [tmp_path / f"empty{i}.md" for i in range(6)]
    for path in empty:
        path.write_text("No block.\n")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["embed", str(full)]) == 0
    assert capsys.readouterr().err == "costmodel: 2 blocks in 1 document, 2 refreshed\n"
    assert main(["embed", str(full), str(half), "-q"]) == 0
    assert main(["embed", "--check", str(full), str(half), str(empty[0])]) == 0
    assert (
        capsys.readouterr().out == f"3 blocks in 2 documents, all fresh; no block in {empty[0]}\n"
    )
    assert main(["embed", "--check", *map(str, empty)]) == 0
    told = ", ".join(map(str, empty[:3]))
    assert capsys.readouterr().out == f"no block in {told} and 3 more\n"
    assert main(["embed", "--check", "--quiet", str(full)]) == 0
    assert capsys.readouterr().out == ""


STEM = "k=7x5 m=3 n=64 size=61x47 stride=2"


def test_a_layer_has_a_name_in_the_rest_of_its_document():
    text = f"<!-- costmodel: layer stem: {STEM} -->\n\n"
    named = text + blocks(
        "value basis macs @stem b=2",
        "compare n=96 @stem variants=standard,cp",
    )
    spelt = blocks(
        f"value basis macs {STEM} b=2",
        f"compare {STEM.replace('n=64', 'n=96')} variants=standard,cp",
    )
    found = [block.body for block, _ in process(process(named).text).blocks]
    assert found == [block.body for block, _ in process(process(spelt).text).blocks]
    assert process(named).text.startswith(text)  # the definition itself stays
    assert process(process(named).text).changed is False
    wide = "<!-- costmodel: layer wide: @stem n=80 -->\n"
    narrow = process(text + wide + blocks("value standard params @wide as=plain"))
    assert f"\n{7 * 5 * 3 * 80}\n" in narrow.text


def test_layers_are_named_in_latex_too():
    text = (
        f"% costmodel: layer stem: {STEM}\n% costmodel: value standard params @stem\n% /costmodel\n"
    )
    assert "\n6{,}720\n" in process(text, "plan.tex").text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            blocks("value cp macs @stem"),
            1,
            "unknown layer '@stem': allowed are none, defined above",
        ),
        (
            f"<!-- costmodel: layer stem: {STEM} -->\n" + blocks("value cp macs @steam"),
            2,
            "did you mean '@stem'?",
        ),
        (
            f"<!-- costmodel: layer a: {STEM} -->\n<!-- costmodel: layer a: {STEM} -->\n",
            2,
            "layer 'a' is defined twice",
        ),
        ("<!-- costmodel: layer a: k=3 m=2 -->\n", 1, "n= is missing"),
        (f"<!-- costmodel: layer a: {STEM} b=3 -->\n", 1, "unknown layer option 'b'"),
        (f"<!-- costmodel: layer a {STEM} -->\n", 1, "allowed is 'layer NAME: k=3"),
        (f"<!-- costmodel: layer {STEM} -->\n", 1, "allowed is 'layer NAME: k=3"),
        (f"<!-- costmodel: layer a b: {STEM} -->\n", 1, "allowed is 'layer NAME: k=3"),
        (f"<!-- costmodel: layer 3x: {STEM} -->\n", 1, "allowed is 'layer NAME: k=3"),
        (
            f"<!-- costmodel: layer a: {STEM} -->\n" + blocks("total resnet18 macs @a"),
            2,
            "a layer with total, which is about none",
        ),
        (
            f"<!-- costmodel: layer a: {STEM} -->\n" + blocks("value cp macs @a @a"),
            2,
            "@a, @a; allowed is one layer",
        ),
    ],
)
def test_a_named_layer_that_is_wrong_is_said(text, line, words):
    said = wrong(text, "plan.md")
    assert said.startswith(f"plan.md:{line}: ")
    assert words in said


def test_shares_as_percent():
    def given(directive, syntax="markdown"):
        return render(directive, Target(syntax, True, ""))

    layer = read_layer(dict(part.split("=") for part in LAYER.split()))
    share = cm.count("basis", layer, b=3).macs / cm.count("standard", layer).macs
    line = f"share basis macs {LAYER} b=3 as=percent"
    assert given(line) == f"{100 * share:.4g}%"
    assert given(line, "latex") == f"{100 * share:.4g}\\%"
    assert given(f"share basis macs {LAYER} b=3") == f"{share:.4g}"
    many = cm.count("inverted_residual", layer, e=90).macs / cm.count("standard", layer).macs
    assert given(f"share inverted_residual macs {LAYER} e=90 as=percent") == f"{100 * many:,.0f}%"
    net = cm.load("alexnet")
    part = net.replace("cp", r=24).macs / net.macs
    assert given("total alexnet macs replace=cp r=24 as=percent") == f"{100 * part:.4g}%"
    for directive in (f"{VALUE} as=percent", "total alexnet macs as=percent"):
        with pytest.raises(InputError, match="as='percent'; allowed are grouped, plain, si"):
            given(directive)
