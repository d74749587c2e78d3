"""Factors that were found elsewhere, in the place of a live model's layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from costmodel.core.bind import bind
from costmodel.errors import CostModelError, VariantError, unknown
from costmodel.factors.factors import Factors
from costmodel.torch.model_layers import check_any_size, layers_of
from costmodel.torch.modules import VariantModule
from costmodel.torch.replacement import replace
from costmodel.torch.take_over import set_bias, set_weights

_PAIRS = "a mapping of module paths to factors, as cm.read_factors gives it"


@torch.no_grad()
def use_factors(
    model: nn.Module,
    factors: Mapping[str, Factors] | Iterable[tuple[str, Factors]],
    *,
    input_shape: Any = None,
) -> nn.Module:
    """A copy of a model that computes with factors instead of some layers' kernels.

    Args:
        model: the model whose kernels were factorised; it is left as it is, and its biases are
            taken over.
        factors: by module path, as `cm.read_factors` gives them, or made by `cm.factorize`.
        input_shape: of the model's input, where a module depends on the size of its grid.

    Returns:
        A model that runs, as `replace` makes it.

    Raises:
        VariantError: no such layer, or one that the factors do not fit.

    >>> import costmodel as cm, torch
    >>> model = torch.nn.Sequential(torch.nn.Conv2d(4, 6, 3))
    >>> new = cm.torch.use_factors(model, {"0": cm.factorize(model[0].weight, "channel_svd", r=6)})
    >>> torch.allclose(new(torch.ones(1, 4, 5, 5)), model(torch.ones(1, 4, 5, 5)), atol=1e-5)
    True
    """
    if not isinstance(model, nn.Module):
        raise CostModelError(f"model is {type(model).__name__}; allowed is a torch.nn.Module")
    try:
        given = dict(factors)
    except (TypeError, ValueError):
        raise CostModelError(f"factors are {factors!r}; allowed is {_PAIRS}") from None
    known = {op.name: op.layer for op in layers_of(model, None, input_shape).layers}
    plan = {}
    for path, found in given.items():
        if not isinstance(found, Factors):
            raise CostModelError(f"factors have {found!r} at {path!r}; allowed is {_PAIRS}")
        layer = known.get(path)
        if layer is None:
            raise VariantError(unknown("layer of the model", path, known))
        plan[path] = bind(found.variant, layer, found.bound.hyper)
    new = replace(model, plan)
    for path, found in given.items():
        body = _body(new.get_submodule(path))
        if input_shape is None:
            check_any_size(body)
        try:
            set_weights(body, [torch.from_numpy(weight) for weight in found.weights])
        except CostModelError as error:
            raise VariantError(f"{path or 'the layer'}: {error}") from None
        bias = model.get_submodule(path).bias
        if isinstance(bias, Tensor):
            set_bias(body, bias)
    return new


def _body(module: nn.Module) -> VariantModule:
    """The variant's module inside what a replacement puts around it."""
    return next(part for part in module.modules() if isinstance(part, VariantModule))
