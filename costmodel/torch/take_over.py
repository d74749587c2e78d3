"""Trained weights in the place of initial ones: the best factors of a layer's kernel.

The kernel goes through `factorize`, in NumPy and in the precision of the layer; the bias goes where
the variant's module has one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from costmodel.core.stage_axes import GROUPS
from costmodel.errors import CostModelError, InputError, VariantError
from costmodel.factors.factorize import factorize
from costmodel.factors.read.model import kernel_of
from costmodel.torch.lowering import StageModule
from costmodel.torch.modules import VariantModule, input_shape
from costmodel.torch.quantise import round_weights


@torch.no_grad()
def take_over(
    module: VariantModule,
    old: nn.Module,
    path: str,
    scales: str = "tensor",
    same: VariantModule | None = None,
) -> None:
    """Give a variant's module the weights and the bias of the layer that it replaces.

    Args:
        module: whose weights are set.
        old: the layer, `path` its name for sentences.
        scales: of weights on a grid, see `round_weights`.
        same: a module that has taken over the same kernel already: only the bias is set.

    Raises:
        VariantError: a variant that has no factors, or a rank above full rank.
        InputError: weights that are no finite numbers.
    """
    bias = old.bias
    if same is None:
        try:
            factors = factorize(
                kernel_of(old), module.variant, layer=module.layer, hyper=module.hyper
            )
        except VariantError as error:
            raise VariantError(f"{path or 'the layer'}: {error}") from None
        except InputError as error:
            raise InputError(f"{path or 'the layer'}: {error}") from None
        set_weights(module, [torch.from_numpy(weight) for weight in factors.weights])
        if module.variant.weight_bits:
            round_weights(module, int(module.hyper[module.variant.weight_bits]), scales)
    if isinstance(bias, Tensor):
        set_bias(module, bias)


def set_weights(module: VariantModule, weights: list[Tensor]) -> None:
    """Copy factors, in the order of the stages as they run, into the convolutions of a module.

    Raises:
        CostModelError: another number of factors than stages, or another shape.
    """
    stages = _stages(module)
    shapes = [tuple(stage.conv.weight.shape) for stage in stages]
    if [tuple(weight.shape) for weight in weights] != shapes:
        raise CostModelError(
            f"factors of the shapes {[tuple(w.shape) for w in weights]}; allowed are {shapes}, one "
            f"for each stage of {module.variant.id}"
        )
    for stage, weight in zip(stages, weights, strict=True):
        stage.conv.weight.data.copy_(weight)


def share_weights(module: VariantModule, other: VariantModule) -> None:
    """Let a module's convolutions have the very weights of another one's."""
    for stage, twin in zip(_stages(module), _stages(other), strict=True):
        stage.conv.weight = twin.conv.weight


def set_bias(module: VariantModule, bias: Tensor) -> None:
    """Write a layer's bias, one number per output channel, wherever the module adds one."""
    places = [p for name, p in module.named_parameters() if name.rpartition(".")[2] == "bias"]
    owners = [stage for stage in _stages(module) if stage.conv.bias is not None]
    if len(places) == 1 and (not owners or _in_order(owners[0])):
        places[0].data.copy_(bias)
        return
    # Several places, or channels in another order: the module itself says which is which channel.
    count = sum(place.numel() for place in places)
    numbers = torch.arange(1, count + 1, dtype=torch.float64, device=bias.device)
    dtype = places[0].dtype
    module.double()
    _write(places, numbers)
    zeros = torch.zeros(input_shape(module.layer.replace(batch=1)), dtype=torch.float64)
    out = module(zeros.to(bias.device))
    channel = {int(value): number for number, value in enumerate(out[0].flatten(1)[:, 0].tolist())}
    found = [bias[channel[number]] for number in range(1, count + 1)]
    module.to(dtype)
    _write(places, torch.stack(found))


def _write(places: list[nn.Parameter], values: Tensor) -> None:
    start = 0
    for place in places:
        end = start + place.numel()
        place.data.copy_(values[start:end])
        start = end


def _in_order(stage: StageModule) -> bool:
    """Whether the convolution writes its channels in the order of the notation."""
    return list(stage.result_axes) == [GROUPS, *stage.stage.line.output_names]


def _stages(module: nn.Module) -> list[StageModule]:
    return [part for part in module.modules() if isinstance(part, StageModule)]
