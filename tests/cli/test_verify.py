"""`verify` and its other two questions, `--certify` and `--random`: rows, summaries, exit codes."""

import pytest

from costmodel.checks.evidence import CERTIFICATE, PROVED
from costmodel.checks.verify import certificates
from costmodel.checks.verify.random_layers import COLUMNS
from costmodel.cli.commands import verify as command
from costmodel.cli.main import main
from costmodel.core.stage import BoundStage
from costmodel.table import Table


def test_rows_and_exit_code_0(capsys):
    assert main(["verify", "--variants", "basis", "--oracles", "parameters,torch"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("variant,layer,oracle,expected,got,ok,note\nbasis,k=3x5 m=12")
    assert ",false," not in out
    assert "0 differ" in err


def test_a_difference_is_exit_code_1(capsys, monkeypatch):
    monkeypatch.setattr(BoundStage, "macs", property(lambda stage: 7))
    assert main(["verify", "--variants", "basis", "--oracles", "torch", "--quiet"]) == 1
    assert ",torch,14," in capsys.readouterr().out  # two stages


def fake(monkeypatch, result):
    cells = ("basis", "macs", "b*m", "stride 1", "b:1", "", 4, "torch", "2.13.0", result)
    row = {column.key: cell for column, cell in zip(CERTIFICATE, cells, strict=True)}
    table = Table(CERTIFICATE, [row])
    monkeypatch.setattr(certificates, "certify", lambda *_: table)
    return table


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "data_path", lambda name: str(tmp_path / name))
    return tmp_path / "certificates.csv"


def test_certify_renews_the_kept_certificates(monkeypatch, kept, capsys):
    table = fake(monkeypatch, PROVED)
    assert main(["verify", "--certify", "--format", "jsonl"]) == 0
    assert kept.read_text(encoding="utf-8") == table.to_csv()
    out, err = capsys.readouterr()
    assert out == table.to_jsonl()
    assert "1 certificates of 1 variants, 0 refuted" in err


def test_certify_keeps_no_refuted_or_partial_certificates(monkeypatch, kept, tmp_path):
    fake(monkeypatch, "differs at m=3: formula 4, counted 5")
    assert main(["verify", "--certify", "--quiet"]) == 1
    fake(monkeypatch, PROVED)
    assert main(["verify", "--certify", "--variants", "basis", "--quiet"]) == 0
    assert main(["verify", "--certify", "--quiet", "-o", str(tmp_path / "own.csv")]) == 0
    assert not kept.exists()
    assert (tmp_path / "own.csv").exists()


@pytest.mark.slow
def test_certify_prints_a_row_per_certificate(capsys):
    assert main(["verify", "--certify", "--variants", "linear"]) == 0
    out, err = capsys.readouterr()
    assert out.count(",proved") == 4
    assert "4 certificates of 1 variants, 0 refuted" in err


@pytest.mark.slow
def test_random_prints_the_seed_and_no_rows(capsys):
    assert main(["verify", "--random", "42", "--seed", "9"]) == 0
    out, err = capsys.readouterr()
    assert out == ",".join(COLUMNS) + "\n"
    assert "seed 9" in err
    assert "42 layers of 42 variants" in err
    assert "0 mismatches" in err


@pytest.mark.slow
def test_random_prints_mismatches_and_ends_with_1(capsys, monkeypatch):
    monkeypatch.setattr(BoundStage, "macs", property(lambda stage: 7))
    assert main(["verify", "--random", "3", "--seed", "9", "--variants", "basis", "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(",".join(COLUMNS) + "\nbasis,b=")
    assert err == ""


@pytest.mark.slow
def test_random_chooses_a_seed_and_prints_it(capsys):
    assert main(["verify", "--random", "1", "--variants", "linear"]) == 0
    assert "costmodel: seed " in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [["--seed", "3"], ["--random", "2", "--oracles", "torch"], ["--certify", "--random", "2"]],
)
def test_options_that_do_not_go_together(options, capsys):
    assert main(["verify", *options]) == 2
    assert "allowed" in capsys.readouterr().err


def test_an_unknown_variant_is_exit_code_2(capsys):
    assert main(["verify", "--variants", "bases"]) == 2
    assert "did you mean 'basis'" in capsys.readouterr().err
