"""`plan` on the command line: the library's tables, the way back, error texts."""

import json

import pytest

import costmodel as cm
from costmodel.cli.main import main

FEW = ("--variants", "basis,depthwise_separable,channel_svd")
IDS = ["basis", "depthwise_separable", "channel_svd"]


def output(capsys, *arguments):
    assert main([*arguments]) == 0
    return capsys.readouterr().out


def test_a_plan_is_the_librarys_table(capsys):
    text = output(capsys, "plan", "alexnet", "--at-most", "macs=50%,params=99%", *FEW)
    net = cm.load("alexnet")
    assert text == cm.plan(net, {"macs": "50%", "params": "99%"}, variants=IDS).to_csv()


def test_every_option_reaches_the_library(capsys):
    typed = ["--minimize", "weight_bytes", "--at-least", "params=50M", "--where", "conv*"]
    typed += ["--keep", "conv1", "--multiple-of", "8", "--weight-bits", "8", *FEW]
    text = output(capsys, "plan", "alexnet", "--at-most", "macs=60%", *typed, "--format", "jsonl")
    plan = cm.plan(
        cm.load("alexnet").with_settings(weight_bits=8),
        {"macs": "60%"},
        {"params": "50M"},
        minimize="weight_bytes",
        where="conv*",
        keep="conv1",
        multiple_of=8,
        variants=IDS,
    )
    rows = [json.loads(line) for line in text.splitlines()]
    assert rows[-1]["weight_bytes"] == plan.value
    assert [row["variant"] for row in rows] == plan.column("variant")


def test_a_plan_in_a_file_is_read_back(capsys, tmp_path):
    path = str(tmp_path / "plan.csv")
    output(capsys, "plan", "alexnet", "--at-most", "macs=50%", *FEW, "-o", path)
    again = output(capsys, "network", "alexnet", "--plan", path, "--format", "jsonl")
    plan = cm.plan(cm.load("alexnet"), {"macs": "50%"}, variants=IDS)
    last = json.loads(again.splitlines()[-1])
    assert (last["macs"], last["params"]) == (plan.network.macs, plan.network.params)


def test_a_front_is_the_librarys_table(capsys):
    text = output(capsys, "plan", "alexnet", "--front", "macs,params", *FEW)
    assert text == cm.front(cm.load("alexnet"), "macs", "params", variants=IDS).to_csv()


def test_a_file_of_weights_is_planned_by_its_errors(capsys, tmp_path):
    torch = pytest.importorskip("torch", reason="no torch: pip install it")
    torch.manual_seed(1)
    nn = torch.nn
    model = nn.Sequential(nn.Conv2d(3, 14, 3), nn.ReLU(), nn.Conv2d(14, 10, (3, 5)))
    path = tmp_path / "model.pt"
    torch.save(model.state_dict(), path)
    ranked = ["channel_svd", "tucker2"]
    typed = ["--at-most", "params=60%", "--variants", ",".join(ranked), "--format", "jsonl"]
    rows = [json.loads(line) for line in output(capsys, "plan", str(path), *typed).splitlines()]
    weights = sum(p.numel() for name, p in model.named_parameters() if "weight" in name)
    assert rows[-1]["params_before"] == weights
    assert rows[-1]["params"] <= weights * 60 // 100
    assert "error" in rows[-1]["reason"]
    assert "proved" in rows[-1]["reason"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["alexnet", "--front", "macs,params", "--measure"], "--measure with --front"),
        (["alexnet"], "no budget; allowed is --at-most macs=50%, or --minimize"),
        (["alexnet", "--at-most", "macs"], "allowed is NAME=VALUE"),
        (["alexnet", "--at-most", "macs=1%,macs=2%"], "macs is given twice"),
        (["alexnet", "--at-most", "macs=0.01%"], "the least that any plan reaches is"),
        (["alexnet", "--front", "macs"], "--front macs; allowed are two measures"),
        (["alexnet", "--front", "macs,params", "--at-most", "macs=9%"], "with --front; allowed"),
        (["alexnet", "--at-most", "macs=9%", "--multiple-of", "0"], "allowed are integers from 1"),
        (["alexnet", "--at-most", "macs=9%", "--minimize", "error"], "weights are not known"),
        (["nothing", "--at-most", "macs=9%"], "unknown network 'nothing'"),
    ],
)
def test_wrong_calls_are_one_sentence(capsys, arguments, words):
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(main(["plan", *arguments, *FEW]))
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


SMALL = ["--variants", "basis,channel_svd", "--machine", "shipped/amd_epyc_1_thread"]


@pytest.mark.slow
def test_a_plan_is_timed_before_and_after(capsys):
    pytest.importorskip("torch", reason="no torch: pip install it")
    typed = ["--at-most", "ms=70%", "--minimize", "changed", *SMALL]
    text = output(capsys, "plan", "squeezenet", *typed, "--measure", "--format", "jsonl")
    *layers, total = map(json.loads, text.splitlines())
    replaced = [row for row in layers if row["status"] == "replaced"]
    assert replaced
    for row in (*replaced, total):
        assert row["low_ms"] <= row["predicted_ms"] <= row["high_ms"]
        assert row["before_low_ms"] <= row["before_ms"] <= row["before_high_ms"]
        assert row["measured_ms"] > 0
        speedup = row["measured_before_ms"] / row["measured_ms"]
        assert row["time_speedup"] == pytest.approx(speedup)
    assert total["faster"] > 0.9
    assert total["predicted_ms"] < total["before_ms"]


def test_predicted_times_stand_beside_a_plan_about_something_else(capsys):
    typed = ["--at-most", "macs=60%", "--minimize", "params", *SMALL]
    assert "before_ms" not in output(capsys, "plan", "alexnet", *typed[:-2])
    text = output(capsys, "plan", "alexnet", *typed, "--time")
    names = text.splitlines()[0].split(",")
    assert {"before_ms", "predicted_ms", "faster", "machine"} <= {*names}
    assert "measured_ms" not in names
