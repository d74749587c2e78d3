"""Factors out of a file, in the place of a model's layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.cli.main import main
from costmodel.errors import CostModelError, VariantError


def net() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 8, (3, 2), stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, groups=2),
        nn.Flatten(),
        nn.Linear(12 * 4 * 6, 5),
    ).eval()


X = torch.linspace(-1, 1, 2 * 3 * 11 * 14).view(2, 3, 11, 14)


def test_a_file_of_factors_makes_the_model_that_replace_makes(tmp_path: Path) -> None:
    path = str(tmp_path / "factors.safetensors")
    call = ["factorize", f"{__name__}:net", "--variants", "spatial_svd", "-o", path, "-q"]
    assert main(call) == 0
    model = net()
    new = cm.torch.use_factors(model, cm.read_factors(path))
    want = cm.torch.replace(model, "spatial_svd", init="weights", pays=False)
    assert [type(m).__name__ for m in new] == [type(m).__name__ for m in want]
    with torch.no_grad():
        assert torch.allclose(new(X), want(X), atol=1e-6)
        assert not torch.allclose(new(X), model(X), atol=1e-3)


def test_at_full_rank_the_model_computes_what_it_did() -> None:
    model = net()
    factors = {
        "0": cm.factorize(model[0].weight, "channel_svd", r=8),
        "3": cm.factorize(model[3].weight, "tucker2", groups=2, r1=4, r2=6),
        "5": cm.factorize(model[5].weight, "channel_svd", r=5),
    }
    for shape in (None, tuple(X.shape)):
        new = cm.torch.use_factors(model, factors, input_shape=shape)
        with torch.no_grad():
            assert torch.allclose(new(X), model(X), atol=1e-5)
    one = cm.torch.use_factors(model[0], {"": factors["0"]})
    with torch.no_grad():
        assert torch.allclose(one(X), model[0](X), atol=1e-5)


@pytest.mark.parametrize(
    ("factors", "error", "words"),
    [
        (3, CostModelError, "factors are 3; allowed is a mapping"),
        ({"0": "tucker2"}, CostModelError, "factors have 'tucker2' at '0'; allowed"),
        ({"7": cm.factorize(numpy.eye(4), "channel_svd", r=2)}, VariantError, "unknown layer"),
        ({"1": cm.factorize(numpy.eye(4), "channel_svd", r=2)}, VariantError, "unknown layer"),
        (
            {"0": cm.factorize(numpy.ones((8, 3, 3, 3)), "channel_svd", r=2)},
            VariantError,
            r"0: factors of the shapes .*; allowed are",
        ),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    factors: Any, error: type[CostModelError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        cm.torch.use_factors(net(), factors)
    assert "\n" not in str(caught.value)
