"""compare(): the one table."""

import re

import pytest

import costmodel as cm
from costmodel.comparing.compare import with_layer
from costmodel.core.layer_text import LAYER_OPTIONS, read_layer
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, VariantError

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22), stride=(2, 1))


def test_columns_and_order_are_the_promised_ones():
    table = cm.compare(LAYER)
    assert table.names[:5] == ("variant", "params", "macs", "params_ratio", "macs_ratio")
    assert table.column("variant")[0] == cm.VARIANTS.baseline.id
    assert table.rows[0]["macs_ratio"] == 1


def test_cells_are_what_count_says():
    for row in cm.compare(LAYER).rows:
        counts = cm.count(row["variant"], LAYER)
        assert (row["params"], row["macs"]) == (counts.params, counts.macs)
        assert row["macs_ratio"] == counts.macs / cm.count("standard", LAYER).macs
        assert type(row["macs"]) is int


def test_every_variant_is_a_row_or_is_left_out_with_a_reason():
    box = LAYER.replace(size=(9, 17, 22), kernel=3, stride=1)
    table = cm.compare(box)
    shown, left_out = set(table.column("variant")), dict(table.skipped)
    assert shown | set(left_out) == set(cm.VARIANTS)
    assert "3-D" in left_out["spatial_svd"]
    with pytest.raises(VariantError, match="spatial_svd"):
        cm.compare(box, ["spatial_svd"])


def test_a_given_value_that_is_not_allowed_is_not_hidden():
    with pytest.raises(VariantError, match="'b' of basis is 0"):
        cm.compare(LAYER, b=0)


def test_a_letter_is_for_all_and_a_dotted_one_for_one():
    table = cm.compare(LAYER, ["basis", "shared_basis"], b=2, **{"basis.b": 3})
    assert table.column("hyper") == [{"b": 3}, {"b": 2}]


@pytest.mark.parametrize(
    ("hyper", "words"),
    [
        ({"z": 3}, "unknown hyper-parameter 'z': allowed are b"),
        ({"bases.b": 3}, "unknown variant 'bases': did you mean 'basis'"),
        ({"basis.r": 3}, "unknown hyper-parameter of basis 'r': allowed are b"),
    ],
)
def test_unknown_hyper_parameters(hyper, words):
    with pytest.raises(VariantError, match=words):
        cm.compare(LAYER, ["standard", "basis"], **hyper)


def test_metrics_can_be_chosen():
    assert cm.compare(LAYER, ["basis"], ["macs"]).names == (
        "variant",
        "macs",
        "macs_ratio",
        "hyper",
    )
    assert set(cm.METRICS) <= set(cm.compare(LAYER, ["basis"], "all").names)
    with pytest.raises(CostModelError, match="unknown metric 'flop'"):
        cm.compare(LAYER, ["basis"], ["flop"])


def test_conventions_stand_under_the_table():
    assert len(cm.compare(LAYER).notes) == 2
    assert "padding zeros included" in cm.compare(LAYER).notes[1]


def test_a_variant_value_need_not_be_registered():
    mine = Variant("mine", "m, r m i -> r | r, n r j -> n", hyper={"r": cm.Hyper(7, "rank")})
    assert cm.compare(LAYER, [mine, "standard"]).column("variant") == ["mine", "standard"]


def test_a_comparison_keeps_what_was_counted():
    found = cm.compare(LAYER, ["basis", "standard", "basis"], ["macs"], b=3)
    basis = found.counts["basis"]
    assert (found.layer, basis.macs) == (LAYER, cm.count("basis", LAYER, b=3).macs)
    assert found.baseline.variant is cm.VARIANTS.baseline
    assert [variant.id for variant in found.variants] == ["basis", "standard", "basis"]
    assert [metric.key for metric in found.metrics] == ["macs"]
    assert [row["hyper"] for row in found] == [{"b": 3}, {}, {"b": 3}]
    assert cm.compare(LAYER, ["basis"]).baseline.macs == cm.count("standard", LAYER).macs


def test_a_comparison_is_rendered_as_its_table():
    found = cm.compare(LAYER, ["standard", "basis"], "all", b=3)
    table = found.to_table()
    assert (table.columns, table.rows, table.notes) == (found.columns, found.rows, found.notes)
    for name in ("to_csv", "to_json", "to_jsonl", "to_markdown", "to_latex", "to_text"):
        assert getattr(found, name)() == getattr(table, name)()
    assert found.to_dataframe().equals(table.to_dataframe())
    assert found._repr_html_() == table._repr_html_()
    assert str(found) == str(table)
    assert len(found) == len(list(found)) == 2
    assert cm.compare(LAYER.replace(stride=1), ["basis"]).skipped == ()


def test_columns_state_their_conventions():
    settings = cm.Settings(flops_per_mac=1)
    found = cm.compare(LAYER, ["basis"], ["macs", "flops"], settings)
    by_key = {column.key: column for column in found.columns}
    assert by_key["flops"] == cm.METRICS["flops"].column(settings)
    assert "flops_per_mac = 1" in by_key["flops"].convention
    assert by_key["macs_ratio"].label == "MACs ratio"
    assert "standard convolution" in by_key["macs_ratio"].convention
    assert by_key["hyper"].label == "Settings"


def test_every_metric_that_is_asked_for_has_its_ratio():
    table = cm.compare(LAYER, ["standard", "basis"], "all", b=3)
    for key in cm.METRICS:
        own, whole = cm.count("basis", LAYER, b=3)[key], cm.count("standard", LAYER)[key]
        assert table.rows[1][f"{key}_ratio"] == (own / whole if whole else None)
        assert {key, f"{key}_ratio"} <= set(table.names)


def test_rows_can_carry_the_layer():
    layer = cm.ConvLayer((3, 5), 12, 20, (17, 22), stride=(2, 1), bias=True)
    table = with_layer(cm.compare(layer, ["standard", "basis"]), layer)
    row = table.rows[1]
    assert row["layer"] == "k=3x5 m=12 n=20 size=17x22 stride=2x1 bias=yes"
    assert read_layer(dict(word.split("=") for word in row["layer"].split())) == layer
    for option in LAYER_OPTIONS:
        value = row[option.field]
        assert option.read(str(value)) == option.read(option.write(getattr(layer, option.field)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cm.compare("basis", LAYER), "layer is 'basis'; allowed is a ConvLayer"),
        (lambda: cm.compare(7), "layer is 7; allowed is a ConvLayer"),
        (lambda: cm.compare(LAYER, LAYER), "unknown variant '"),
        (lambda: cm.compare(LAYER, 7), "unknown variant '7'"),
        (lambda: cm.compare(LAYER, ["basis", None]), "unknown variant 'None'"),
        (lambda: cm.count(LAYER, "basis"), "unknown variant '"),
        (lambda: cm.count("basis", None), "layer is None; allowed is a ConvLayer"),
        (lambda: cm.formula(LAYER), "unknown variant '"),
        (lambda: cm.load("alexnet").replace(5), "unknown variant '5'"),
    ],
)
def test_arguments_of_another_kind_are_one_sentence_of_ours(call, words):
    with pytest.raises(CostModelError, match=re.escape(words)):
        call()


def test_a_comparison_of_many_variants_prints_as_one_line():
    layer = cm.ConvLayer(3, 64, 128, (56, 41))
    few = cm.compare(layer, ["standard", "basis"])
    assert repr(few) == "<Comparison of standard, basis on k=3 m=64 n=128 size=56x41>"
    many = repr(cm.compare(layer))
    assert f" and {len(cm.compare(layer).variants) - 3} more on k=3" in many
    assert len(many) < 120


def test_equal_comparisons_are_equal_and_can_be_looked_up():
    layer = cm.ConvLayer(kernel=3, in_channels=12, out_channels=20, size=(9, 8))
    one, same = (cm.compare(layer, ["standard", "basis"], b=3) for _ in range(2))
    other = cm.compare(layer, ["standard", "basis"], b=5)
    assert one == same != other
    assert {one: "kept"}[same] == "kept"
    assert len({hash(cm.compare(layer, "basis", b=b)) for b in range(1, 10)}) == 9
