"""Blocks in documents: found, refreshed, checked; everything outside stays byte for byte."""

import os
import stat

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.core.layer_text import read_layer
from costmodel.documents import embedding
from costmodel.documents.blocks import DocumentError, Status
from costmodel.documents.embedding import process
from costmodel.documents.request import DIRECTIVES, Target, render, split
from costmodel.errors import CostModelError, InputError

LAYER = "k=3x5 m=12 n=20 size=17x22"
VALUE = f"value standard macs {LAYER}"
MACS = "1,346,400"


def document(body="", close="/costmodel", directive=VALUE):
    return f"Before: <!-- costmodel: {directive} -->{body}<!-- {close} --> after.\n"


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
    with pytest.raises(DocumentError) as caught:
        process(text, "plan.md")
    assert str(caught.value).startswith(f"plan.md:{line}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


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
    assert capsys.readouterr().out == f"{path}:1: new: {VALUE}\n"
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
    with pytest.raises(DocumentError, match="'-' in a document; allowed are a network's name"):
        process(f"<!-- costmodel: {directive} -->\n<!-- /costmodel -->\n")


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\u202e"])
def test_a_directive_has_printable_signs(sign):
    with pytest.raises(DocumentError, match="in a directive; allowed are printable"):
        process(document(directive=f"network a{sign}.csv"))


def test_numbers_in_directives_are_short():
    for value in ("1e99999999", "1e9999", "٣"):
        with pytest.raises(DocumentError, match="allowed are numbers of up to"):
            process(document(directive=f"value octave macs {LAYER} alpha={value}"))
