"""docs/networks.md shows what happens, and names every column and network."""

import re
import shlex
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.network.architectures.build import ARCHITECTURES
from costmodel.network.columns import names
from costmodel.network.read.csv.reader import COLUMNS, parse_csv
from costmodel.network.read.library import available, generated

TEXT = (Path(cm.__file__).parent.parent / "docs" / "networks.md").read_text(encoding="utf-8")
OWN = {"params", "macs", *names()} - set(cm.METRICS)


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
def test_python_blocks_run(code, capsys):
    try:
        exec(compile(code, "networks.md", "exec"), {})
    finally:
        ARCHITECTURES.remove("tiny")


@pytest.mark.parametrize("command", re.findall(r"^\$ python -m costmodel (.*)", TEXT, re.MULTILINE))
def test_commands_run(command, capsys):
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out


def test_the_example_table_can_be_read():
    (text,) = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)
    net = parse_csv(text, "example")
    assert (net.name, net.macs) == ("tiny", 3 * 3 * 3 * 16 * 16 * 16 + 160)


def test_the_list_of_networks_has_their_totals():
    rows = re.findall(r"^\| (\w+) \| ([\d,]+) \| ([\d,]+) \| ([\d×]+) \|$", TEXT, re.MULTILINE)
    assert [name for name, *_ in rows] == available()
    for name, params, macs, shape in rows:
        net = cm.load(name)
        assert (params, macs) == (f"{net.params:,}", f"{net.macs:,}")
        assert shape == "×".join(map(str, net.input_shapes[0]))


def test_the_further_sizes_are_listed():
    section = TEXT.partition("### Further sizes")[2].partition("##")[0]
    assert sorted(re.findall(r"`(\w+)`", section.partition("|---|")[2])) == generated()


def test_every_column_is_explained():
    for column in (*COLUMNS, *OWN):
        assert f"`{column}`" in TEXT, column
