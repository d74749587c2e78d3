"""`solve` and `plan` in documents: every option does what the command's does."""

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.documents.request import Target, render
from costmodel.errors import CostModelError

LAYER = "k=3x5 m=12 n=20 size=17x22"
FLAGS = "-k 3x5 -m 12 -n 20 --size 17x22"


def given(directive, inline=True):
    return render(directive, Target("markdown", inline, "plan.md"))


def printed(capsys, words, *more):
    assert main([*words.split(), *more, "--quiet"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("directive", "words"),
    [
        (f"solve basis b at_most=macs=30% {LAYER}", f"solve basis b {FLAGS} --at-most macs=30%"),
        (
            f'solve tucker2 r1=r2 at_most="macs=60%,params=2k" multiple_of=2 {LAYER}',
            f"solve tucker2 r1=r2 {FLAGS} --at-most macs=60% --at-most params=2k --multiple-of 2",
        ),
        (
            f'solve tucker2 r2 same_as="basis,b=2" metric=params r1=5 {LAYER}',
            f"solve tucker2 r2 {FLAGS} --same-as basis,b=2 --metric params --set r1=5",
        ),
        (f"solve cp r {LAYER}", f"solve cp r {FLAGS}"),
        (
            f"solve cp r metric=bytes_moved stride=2 {LAYER}",
            f"solve cp r --metric bytes_moved --stride 2 {FLAGS}",
        ),
        ("solve ghost q", "solve ghost q"),
        ("solve basis b metric=params", "solve basis b --metric params"),
        ("solve basis b at_most=macs=50%", "solve basis b --at-most macs=50%"),
    ],
)
def test_solve_says_what_the_command_says(directive, words, capsys):
    told = printed(capsys, words, "--format", "text")
    assert f"{given(directive + ' in=text')}.\n" == told
    assert given(directive).startswith("$")


def test_solve_compares_with_another_variant():
    layer = cm.ConvLayer((3, 5), 12, 20, (17, 22))
    found = cm.break_even("cp", "r", layer=layer, than=("basis", {"b": 2}))
    assert given(f'solve cp r less_than="basis,b=2" {LAYER}') == f"${found.to_latex()}$"
    assert found.to_latex() != cm.break_even("cp", "r", layer=layer).to_latex()


@pytest.mark.parametrize(
    ("directive", "words"),
    [
        (f'solve cp r at_most=macs=9% same_as="basis,b=2" {LAYER}', "same_as=basis,b=2 with at_m"),
        (f"solve cp r at_most=macs=9% metric=params {LAYER}", "metric=params with at_most="),
        (f"solve cp r multiple_of=8 {LAYER}", "multiple_of=8 with no at_most= or same_as="),
        (f"solve cp r at_most=macs=9% multiple_of=x {LAYER}", "multiple_of='x'; allowed"),
        (f"solve cp r notation=pytorch {LAYER}", "notation=pytorch with a layer"),
        ("solve cp r stride=2", "m= is missing"),
        ("solve cp r in=verse", "in='verse'; allowed are formula, text"),
    ],
)
def test_an_option_of_solve_without_effect_is_refused(directive, words):
    with pytest.raises(CostModelError) as caught:
        given(directive)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("at_most=macs=60% variants=basis,cp", "--at-most macs=60% --variants basis,cp"),
        (
            "at_most=macs=70%,params=80% minimize=bytes_moved variants=tucker2 multiple_of=8",
            "--at-most macs=70%,params=80% --minimize bytes_moved --variants tucker2 "
            "--multiple-of 8",
        ),
        (
            "at_least=params=55% minimize=macs variants=cp where=conv* keep=conv2",
            "--at-least params=55% --minimize macs --variants cp --where conv* --keep conv2",
        ),
    ],
)
def test_plan_is_the_commands_plan(options, words, capsys):
    table = printed(capsys, f"plan alexnet {words}", "--format", "markdown")
    columns = table.splitlines()[0].strip("| ").split(" | ")
    assert given(f"plan alexnet {options} columns={','.join(columns)}", inline=False) == table
    usual = given(f"plan alexnet {options}", inline=False)
    assert usual.startswith("| layer | variant | hyper | params_before |")
    assert "proved" in usual


def test_tied_letters_stand_beside_a_named_layer():
    texts = dict(part.split("=") for part in LAYER.split())
    target = Target("markdown", True, "plan.md", layers={"stem": texts})
    tied = "solve tucker2 r2,r1=m/4 at_most=macs=60%"
    assert render(f"{tied} @stem", target) == given(f"{tied} {LAYER}")
    assert render("solve tucker2 @stem r2,r1=m/4 at_most=macs=60%", target) == given(
        f"{tied} {LAYER}"
    )
