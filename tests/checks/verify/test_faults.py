"""Oracles can fail: planted faults and mutants of the rules go red."""

from dataclasses import replace

import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.checks.verify.oracles import ORACLES, UnsupportedOperatorError, fvcore_flops
from costmodel.checks.verify.suite import check, failures, verify
from costmodel.core import bind as binding
from costmodel.core import grid
from costmodel.core.stage import BoundStage
from costmodel.torch.lowering import StageModule

LAYER = cm.ConvLayer((3, 5), 12, 20, (17, 22), stride=(2, 1))


def wrong(variant, oracles=("torch", "fvcore")):
    """The oracles that disagree on one variant, over the whole suite."""
    return {row["oracle"] for row in failures(verify([variant], oracles))}


# -- mutants of the counting rules ---------------------------------------------------------------
def wrong_resolution(self):
    positions = 1
    for g in self.geometry:
        positions *= g.out
    return self.out_channels * self.fan_in * positions * self.batch


def input_resolution(self):
    return self.out_channels * self.fan_in * self.in_grid[0] * self.out_grid[-1] * self.batch


def batch_ignored(self):
    return self.out_channels * self.fan_in * self.positions


def groups_ignored(self):
    return self.out_channels * self.fan_in * self.positions * self.batch * self.groups


def output_axes_ignored(self):
    return self.weights * self.positions * self.batch


@pytest.mark.parametrize(
    ("mutant", "variant"),
    [
        (wrong_resolution, "standard"),  # transposed layers count input positions
        (input_resolution, "tucker2"),
        (batch_ignored, "basis"),
        (groups_ignored, "standard"),
        (output_axes_ignored, "shared_basis"),
    ],
)
def test_mutants_of_the_multiply_rule_go_red(mutant, variant, monkeypatch):
    monkeypatch.setattr(BoundStage, "macs", property(mutant))
    assert wrong(variant) == {"torch", "fvcore"}


def test_sharing_ignored_goes_red(monkeypatch):
    honest = vars(BoundStage)["weights"].fget

    def unshared(self):
        kept = set(self.line.input_names) & set(self.line.output_names)
        extra = 1
        for name in kept - set(self.line.weight_names):
            extra *= self.sizes[name]
        return honest(self) * extra

    monkeypatch.setattr(BoundStage, "weights", property(unshared))
    assert wrong("shared_basis", ["parameters"]) == {"parameters"}


def test_bias_forgotten_goes_red(monkeypatch):
    monkeypatch.setattr(binding, "with_bias", lambda code, channels: (code, tuple(code.stages())))
    counts = cm.count("standard", LAYER.replace(bias=True))
    plain = nn.Conv2d(12, 20, (3, 5), (2, 1), (1, 2))
    assert counts.params != sum(p.numel() for p in plain.parameters())


def test_kernel_sides_swapped_goes_red(monkeypatch):
    honest = grid.Grid._layer_geometry

    def swapped(self, axis):
        found = honest(self, axis)
        return replace(found, kernel=self.layer.kernel[-1 - axis])

    monkeypatch.setattr(grid.Grid, "_layer_geometry", swapped)
    rows = check(cm.VARIANTS["standard"], LAYER, list(ORACLES.values()))
    assert any(row["ok"] is False for row in rows)


def test_stride_at_the_wrong_stage_goes_red(monkeypatch):
    monkeypatch.setattr(grid, "strided_size", lambda size, stride: size)
    assert "torch" in {
        row["oracle"]
        for row in check(cm.VARIANTS["spatial_bottleneck"], LAYER, list(ORACLES.values()))
        if row["ok"] is False
    }


# -- faults planted in modules, one per oracle -----------------------------------------------------
def broken(monkeypatch, change):
    """Every module built from now on is changed."""
    honest = StageModule.__init__

    def build(self, bound):
        honest(self, bound)
        change(self)

    monkeypatch.setattr(StageModule, "__init__", build)


def refused(oracle, variant="basis"):
    rows = list(check(cm.VARIANTS[variant], LAYER, [ORACLES[oracle]]))
    return [row["ok"] for row in rows] == [False]


def test_every_oracle_has_a_fault():
    assert set(ORACLES) == {"parameters", "shape", "ones", "torch", "fvcore", "einsum"}


def test_parameters_see_an_extra_tensor(monkeypatch):
    broken(monkeypatch, lambda m: setattr(m, "extra", nn.Parameter(torch.zeros(3))))
    assert refused("parameters")


def test_shape_sees_a_wrong_stride(monkeypatch):
    broken(monkeypatch, lambda m: setattr(m.conv, "stride", (1, 1)))
    assert refused("shape")


@pytest.mark.parametrize("oracle", ["ones", "torch", "fvcore"])
def test_counters_see_a_stage_at_the_wrong_resolution(oracle, monkeypatch):
    broken(monkeypatch, lambda m: setattr(m.conv, "stride", (1, 1)))
    assert refused(oracle)


def test_the_reference_sees_swapped_taps(monkeypatch):
    honest = StageModule.forward

    def flipped(self, x):
        kept = self.conv.weight.data
        self.conv.weight.data = kept.flip(2)
        result = honest(self, x)
        self.conv.weight.data = kept
        return result

    monkeypatch.setattr(StageModule, "forward", flipped)
    assert refused("einsum")


def test_an_operator_that_fvcore_does_not_count_is_a_failure():
    x = torch.randn(1, 12, 17, 22)
    same = nn.Conv2d(12, 20, 3, padding="same")  # fvcore alone would say 0, and pass
    with pytest.raises(UnsupportedOperatorError, match="_convolution_mode"):
        fvcore_flops(same, x)

    class Product(nn.Module):
        def forward(self, x):
            return x * x

    with pytest.raises(UnsupportedOperatorError, match="aten::mul"):
        fvcore_flops(Product(), x)
    assert fvcore_flops(nn.Conv2d(12, 20, 3, padding=1), x) == 9 * 12 * 20 * 17 * 22


def test_an_unsupported_operator_makes_the_row_fail(monkeypatch):
    honest = StageModule.forward
    monkeypatch.setattr(StageModule, "forward", lambda self, x: honest(self, x * 1.5))
    rows = list(check(cm.VARIANTS["basis"], LAYER, [ORACLES["fvcore"]]))
    assert rows[0]["ok"] is False
    assert "aten::mul" in rows[0]["note"]
