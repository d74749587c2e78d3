"""What runs is what the stages count."""

from __future__ import annotations

import pytest

import costmodel as cm
from costmodel.errors import CostModelError, InputError, VariantError
from costmodel.timing.case import Case
from costmodel.timing.convolution import CLASSES, of_layer

LAYERS = [
    cm.ConvLayer((3, 5), 24, 36, (17, 14), batch=2),
    cm.ConvLayer(3, 16, 32, (9, 13), stride=2, groups=2),
    cm.ConvLayer(3, 24, 36, (5, 8, 7)),
    cm.ConvLayer(1, 24, 36, (17, 14)),
]


@pytest.mark.parametrize("variant", list(cm.VARIANTS))
def test_convolutions_multiply_as_often_as_the_variant(variant: str) -> None:
    fitting = 0
    for layer in LAYERS:
        declared = cm.VARIANTS[variant]
        try:
            case = Case(layer.replace(**declared.domain), variant)
            bound = case.bound
        except CostModelError:
            continue
        fitting += 1
        if not declared.algorithm_of:
            assert (
                sum(conv.macs for conv in case.convolutions)
                == cm.count(declared, case.layer)["macs"]
            )
            assert all(conv.kind in CLASSES for conv in case.convolutions)
        assert Case.from_key(case.key) == case
        assert bound.variant.id == variant
    assert fitting or cm.VARIANTS[variant].dims


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        ("dense", cm.ConvLayer(3, 8, 12, (9, 7))),
        ("pointwise", cm.ConvLayer(1, 8, 12, (9, 7))),
        ("strided pointwise", cm.ConvLayer(1, 8, 12, (9, 7), stride=2)),
        ("strided", cm.ConvLayer(3, 8, 12, (9, 7), stride=2)),
        ("dilated", cm.ConvLayer(3, 8, 12, (9, 7), dilation=2)),
        ("one axis", cm.ConvLayer((1, 5), 8, 12, (9, 7))),
        ("depthwise", cm.ConvLayer(3, 8, 8, (9, 7), groups=8)),
        ("grouped", cm.ConvLayer(3, 8, 12, (9, 7), groups=4)),
        ("transposed", cm.ConvLayer(3, 8, 12, (9, 7), transposed=True)),
        ("vector", cm.ConvLayer(1, 8, 12, (1,))),
    ],
)
def test_classes(kind: str, layer: cm.ConvLayer) -> None:
    conv = of_layer(layer)
    assert conv.kind == kind
    assert conv.macs == cm.count("standard", layer).macs
    assert conv.weights == cm.count("standard", layer).params


def test_a_case_with_hyper_parameters_is_read_back() -> None:
    case = Case(LAYERS[0], "tucker2", (("r1", 5), ("r2", 7)))
    assert Case.from_key(case.key) == case
    assert dict(case.bound.hyper) == {"r1": 5, "r2": 7}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"variant": "basis"}'])
def test_other_text_is_no_case(text: str) -> None:
    with pytest.raises(InputError, match="no timed case"):
        Case.from_key(text)


def test_a_variant_that_does_not_fit_is_refused() -> None:
    with pytest.raises(VariantError):
        _ = Case(cm.ConvLayer(3, 24, 36, (9, 7)), "depthwise").bound
