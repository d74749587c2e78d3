"""Counters in processes of their own: what comes back, and what goes wrong inside."""

import dataclasses
import sys
import threading
import types

import pytest

import costmodel as cm
from costmodel.checks.referee import process
from costmodel.checks.referee.process import Answer, ask, ask_cases
from costmodel.checks.referee.report import OWN, convention_table, referee
from costmodel.checks.referee.suite import rows
from costmodel.checks.referee.tool import TOOLS
from costmodel.cli.main import main
from costmodel.errors import InputError
from costmodel.network.read.library import available

pytestmark = pytest.mark.slow

SMALL = "tests.checks.referee.networks:small"
INPUT = (2, 3, 15, 21)


def test_numbers_beside_each_other_itemised_to_zero():
    table = referee(SMALL, [INPUT], ["fvcore", "torch", "thop"])
    own = next(row for row in table if row["tool"] == OWN)
    assert own["number"] > 0
    for tool in ("fvcore", "torch", "thop"):
        of_tool = [row for row in table if row["tool"] == tool]
        assert of_tool[0]["difference"] == of_tool[0]["number"] - own["number"] != 0
        assert sum(row["amount"] for row in of_tool[1:]) == of_tool[0]["difference"]
        assert (of_tool[-1]["cause"], of_tool[-1]["amount"]) == ("unexplained", 0)
        assert of_tool[0]["version"] == TOOLS[tool].version


def test_a_shipped_network_has_the_exact_count_of_its_list(capsys):
    command = ["referee", "squeezenet", "--tools", "torch", "--format", "json", "-q"]
    assert main(command) == 0
    import json

    found = json.loads(capsys.readouterr().out)
    listed = found if isinstance(found, list) else found["rows"]
    assert listed[0]["number"] == cm.load("squeezenet").macs
    assert listed[1]["number"] == 2 * listed[0]["number"]


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize("tool", ["fvcore", "thop"])
def test_conventions_of_shipped_networks_name_every_layer_and_start_at_the_exact_count(name, tool):
    table, network = convention_table(name, [], tool), cm.load(name)
    macs: dict[str, int] = {}
    for row in table.rows[:-1]:
        macs[row["layer"]] = macs.get(row["layer"], 0) + row["macs"]
    assert {k: v for k, v in macs.items() if v} == {op.name: op.macs for op in network.layers}
    assert macs.keys() <= {op.name for op in network}
    assert table.rows[-1]["macs"] == network.macs
    assert sum(row["macs"] for row in table.rows[:-1]) == table.rows[-1]["macs"]
    assert sum(row[tool] for row in table.rows[:-1]) == table.rows[-1][tool]


def test_the_convention_on_the_command_line_is_what_the_tool_prints(capsys):
    shape = "x".join(map(str, INPUT))
    assert main(["network", SMALL, "--input", shape, "--convention", "thop", "-q"]) == 0
    header, *_, total = capsys.readouterr().out.splitlines()
    assert header == "layer,call,macs,thop,causes"
    assert int(total.split(",")[3]) == ask(TOOLS["thop"], SMALL, [INPUT]).value


def test_a_counter_that_hangs_is_a_row_within_its_limit():
    answer = ask(TOOLS["torch"], "tests.checks.referee.test_processes:hang", [(1, 2, 3)], limit=6)
    assert answer == Answer(error="no answer within 6 s")


def hang(x):
    """A forward that never ends, and leaves the processor to others meanwhile."""
    threading.Event().wait()


def test_a_counter_that_dies_is_a_row_with_the_reason():
    answer = ask(TOOLS["torch"], "tests.checks.referee.test_processes:die", [(1, 2, 3)])
    assert answer.value is None
    assert answer.error.startswith("exit code 7")


def die(x):
    """A forward that takes the process with it."""
    import os

    os._exit(7)


def test_a_forward_that_raises_is_the_answer():
    answer = ask(TOOLS["torch"], "tests.checks.referee.test_processes:refuse", [(1, 2, 3)])
    assert answer == Answer(error="RuntimeError: not today")


def refuse(x):
    """A forward that raises."""
    raise RuntimeError("not today")


def test_an_unknown_tool_is_named_with_its_neighbours(capsys):
    assert main(["referee", "resnet18", "--tools", "fvcor"]) == 2
    assert "did you mean 'fvcore'" in capsys.readouterr().err
    assert main(["network", "resnet18", "--convention", "thopp"]) == 2
    assert "did you mean 'thop'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["resnet18", "--conformance"],
        ["resnet18", "--limit", "0"],
        ["--conformance", "--input", "1x3x8x9"],
        ["no_such_network"],
        [SMALL],
    ],
)
def test_options_that_say_nothing_are_refused(options, capsys):
    assert main(["referee", *options]) == 2
    assert "allowed" in capsys.readouterr().err


def test_a_missing_tool_is_a_row_with_the_command(declared):
    missing = dataclasses.replace(TOOLS["thop"], package="no_such_package")
    declared(TOOLS, "thop", missing)
    table = referee(SMALL, [INPUT], ["thop"])
    assert table.rows[-1]["status"] == "not installed: pip install no_such_package"
    assert ask_cases(missing, list(rows()))["conv2d"].error == missing.missing


def test_without_torch_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["referee", "resnet18", "--tools", "fvcore"]) == 3
    assert "requirements" in capsys.readouterr().err


def test_lines_that_are_no_answers_are_passed_over():
    text = 'noise\n{"case": "a", "value": 3}\n{"case": "b", "error": "no"}\n{"case": "c", "va'
    assert process._answers(text) == {"a": Answer(3), "b": Answer(error="no")}


def test_a_call_without_a_rule_is_one_sentence():
    from costmodel.checks.referee.report import recorded_model

    with pytest.raises(InputError, match=r"F\.conv2d at 0 on 6×12×14"):
        TOOLS["calflops"].convention.read(recorded_model("unbatched"))


def test_a_new_tool_is_one_declaration():
    from costmodel.errors import CostModelError

    with pytest.raises(CostModelError, match="declared twice"):
        TOOLS.add("torch", TOOLS["torch"])
    assert isinstance(TOOLS["torch"].count, types.FunctionType)
