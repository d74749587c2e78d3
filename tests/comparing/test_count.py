"""count() and binding: exact numbers, grids carried from stage to stage, errors."""

import numpy as np
import pytest

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.errors import CostModelError, VariantError

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=12, out_channels=20, size=(17, 22), stride=(2, 1))


def test_standard_by_hand():
    counts = cm.count("standard", LAYER)
    assert counts.params == 3 * 5 * 12 * 20
    assert counts.macs == 3 * 5 * 12 * 20 * 9 * 22


def test_a_pointwise_first_stage_pays_at_the_input_resolution():
    first, window, last = cm.count("tucker2", LAYER, r1=7, r2=8).stages
    assert first.macs == 12 * 7 * 17 * 22
    assert window.macs == 3 * 5 * 7 * 8 * 9 * 22
    assert last.macs == 8 * 20 * 9 * 22


def test_split_windows_stride_one_axis_at_a_time():
    rows, columns = bind(cm.VARIANTS["spatial_svd"], LAYER.replace(stride=2), r=7).stages
    assert rows.out_grid == (9, 22)
    assert columns.out_grid == (9, 11)


def test_sharing_divides_parameters_and_not_multiplies():
    basis, shared = (cm.count(v, LAYER, b=4) for v in ("basis", "shared_basis"))
    assert basis.params - shared.params == (12 - 1) * 4 * 15
    assert basis.macs == shared.macs


def test_groups_of_the_layer_split_every_variant():
    layer = LAYER.replace(groups=4)
    part = LAYER.replace(in_channels=3, out_channels=5)
    for variant in ("standard", "depthwise_separable", "basis", "cp"):
        assert cm.count(variant, layer).macs == 4 * cm.count(variant, part).macs
        assert cm.count(variant, layer).params == 4 * cm.count(variant, part).params


def test_batch_multiplies_work_and_not_parameters():
    one, three = (cm.count("cp", LAYER.replace(batch=b), r=7) for b in (1, 3))
    assert three.macs == 3 * one.macs
    assert three.params == one.params


def test_bias_is_one_per_output_channel_at_the_last_stage():
    plain, biased = (cm.count("tucker2", LAYER.replace(bias=b), r1=7, r2=8) for b in (False, True))
    assert biased.params - plain.params == 20
    assert [b.params - p.params for b, p in zip(biased.stages, plain.stages, strict=True)] == [
        0,
        0,
        20,
    ]
    assert biased.macs == plain.macs


def test_one_dimension_and_three():
    line = cm.ConvLayer(5, 6, 10, (31,), stride=2)
    assert cm.count("cp", line, r=4).params == 4 * (6 + 5 + 10)
    box = cm.ConvLayer((3, 5, 7), 6, 10, (9, 11, 13))
    assert cm.count("standard", box).macs == 105 * 60 * 9 * 11 * 13
    assert cm.count("cp", box, r=4).params == 4 * (6 + 3 + 5 + 7 + 10)
    with pytest.raises(VariantError, match="the layer is 3-D; allowed are 2-D layers"):
        cm.count("spatial_svd", box)


def test_transposed_stages_count_input_positions():
    layer = LAYER.replace(transposed=True, stride=2)
    assert cm.count("standard", layer).macs == 15 * 12 * 20 * 17 * 22
    rows, columns = cm.count("spatial_svd", layer, r=7).stages
    assert rows.macs == 3 * 12 * 7 * 17 * 22
    assert columns.macs == 5 * 7 * 20 * 34 * 22


def test_very_large_sizes_stay_exact():
    big = cm.ConvLayer(3, 10**6, 10**6 + 1, (10**5, 10**5 + 1))
    counts = cm.count("standard", big)
    assert counts.macs == 9 * 10**6 * (10**6 + 1) * 10**5 * (10**5 + 1)
    assert counts.macs > 2**63


def test_arrays_give_the_numbers_of_every_cell():
    ranks = np.array([3, 7, 11])
    layer = LAYER.replace(size=(np.array([17, 18, 19]), 22))
    macs = cm.count("tucker2", layer, r1=ranks, r2=8).macs
    for index, (rank, height) in enumerate(zip(ranks, (17, 18, 19), strict=True)):
        exact = cm.count("tucker2", LAYER.replace(size=(height, 22)), r1=int(rank), r2=8).macs
        assert macs[index] == exact


def test_defaults_follow_the_layer():
    assert cm.count("tucker2", LAYER).hyper == {"r1": 6, "r2": 10}


@pytest.mark.parametrize(
    ("variant", "hyper", "words"),
    [
        ("basis", {"b": 0}, "hyper-parameter 'b' of basis is 0; allowed are integers from 1 up"),
        ("basis", {"b": 1.5}, "is 1.5; allowed are integers"),
        ("basis", {"r": 3}, "basis: unknown hyper-parameter 'r': allowed are b"),
        ("grouped", {"g": 8}, "12 channels are not divisible by g = 8"),
        ("bases", {}, "unknown variant 'bases': did you mean 'basis'"),
    ],
)
def test_errors_name_the_value_and_what_is_allowed(variant, hyper, words):
    with pytest.raises(VariantError) as caught:
        cm.count(variant, LAYER, **hyper)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_metric_is_an_attribute_error_with_the_valid_ones():
    counts = cm.count("standard", LAYER)
    with pytest.raises(AttributeError, match="unknown metric 'mac': did you mean 'macs'"):
        _ = counts.mac
    with pytest.raises(CostModelError, match="unknown metric 'mac'"):
        counts["mac"]


def test_repr_shows_the_numbers():
    assert repr(cm.count("basis", LAYER, b=2)) == "<basis, b=2: params=840, macs=166320>"


def test_counts_of_arrays_do_not_wrap():
    """int32 channels gave −1,879,048,192 multiplies here."""
    channels = np.array([64, 128], dtype=np.int32)
    layer = cm.ConvLayer(3, channels, channels[::-1], (224, 224), batch=np.array([32, 32], "int8"))
    single = cm.ConvLayer(3, 64, 128, (224, 224), batch=32)
    for id, letters in {"standard": {}, "basis": {"b": np.array([4, 4], dtype=np.uint8)}}.items():
        found = cm.count(id, layer, **letters)
        expected = cm.count(id, single, **dict.fromkeys(letters, 4))
        assert found.macs[0] == expected.macs > 2**31
        assert found.bops[0] == expected.bops > 2**41
    large = cm.count("standard", layer.replace(batch=np.array([10**18, 1])))
    assert large.macs[0] == 9 * 64 * 128 * 224**2 * 10**18


def test_relative_values_are_of_the_layer():
    assert cm.count("tucker2", LAYER, r1="m/4", r2="ceil(n/3)").hyper == {"r1": 3, "r2": 7}
    with pytest.raises(CostModelError, match="n/3"):
        cm.count("tucker2", LAYER, r2="n/3")
