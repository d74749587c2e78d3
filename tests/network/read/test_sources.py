"""Where a network comes from: names and files."""

import pytest

import costmodel as cm
from costmodel.errors import InputError
from costmodel.network.read.sources import open_network


def test_a_shipped_name_goes_before_a_file_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resnet18").write_text("")
    assert open_network("resnet18") == cm.load("resnet18")
    (tmp_path / "resnet18.csv").write_text("name,kind,in_channels,out_channels\nfc,linear,3,4\n")
    assert open_network("resnet18.csv").macs == 12


def test_inputs_of_a_shipped_network():
    net = open_network("alexnet", [(2, 3, 199, 163)])
    assert net.macs == cm.load("alexnet").at(N=2, H=199, W=163).macs
    for inputs in ([(1, 4, 227, 227)], [(1, 3, 227)], [(1, 3, 227, 227)] * 2):
        with pytest.raises(InputError):
            open_network("alexnet", inputs)
