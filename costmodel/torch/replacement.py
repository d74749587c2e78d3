"""What if, on a live model: the layers that a replacement names, replaced by runnable modules."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from costmodel.core.bound import BoundVariant
from costmodel.errors import CostModelError, VariantError
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.torch.lowering import CONVOLUTIONS
from costmodel.torch.modules import build

_CONVOLUTIONS = tuple(CONVOLUTIONS.values())
_MAP = "a mapping of module paths to bound variants (`cm.count(variant, layer).bound`)"


class Padded(nn.Module):
    """A variant behind the padding that the layer did itself ("reflect", or uneven zeros)."""

    def __init__(self, body: nn.Module, widths: tuple[int, ...], mode: str) -> None:
        super().__init__()
        self.body, self.widths, self.mode = body, widths, mode

    def forward(self, x: Tensor) -> Tensor:
        """The variant's output on the padded input."""
        return self.body(functional.pad(x, self.widths, self.mode))


class OnVectors(nn.Module):
    """A variant of a linear layer: the vectors are the positions of a 1-D convolution."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """(…, in_features) to (…, out_features)."""
        rows = x.reshape(-1, x.shape[-1])
        out = self.body(rows.t().unsqueeze(0)).squeeze(0).t()
        return out.reshape(*x.shape[:-1], out.shape[-1])


def replace(model: nn.Module, plan: Network | Mapping[str, BoundVariant]) -> nn.Module:
    """A copy of a model with the planned layers replaced; the model itself is left as it is.

    Args:
        model: the model that the plan's network was captured from.
        plan: a network after `Network.replace` (its replaced operations are taken), or a mapping of
            module paths to bound variants.

    Returns:
        A model that runs, whose count is exactly the plan's: `cm.from_torch(new, shape).macs` is
        `plan.macs`, and so for the parameters. New layers have PyTorch's initial weights, on the
        device and in the dtype of those that they replace, and the hooks of their forward.

    Raises:
        VariantError: the model has no such layer, a layer that is no plain convolution or linear
            layer, or one module that runs several times and would be replaced only sometimes.
    """
    if not isinstance(model, nn.Module):
        raise CostModelError(f"model is {type(model).__name__}; allowed is a torch.nn.Module")
    if not isinstance(plan, Network | Mapping):
        raise CostModelError(f"plan is {plan!r}; allowed are a network after `replace`, and {_MAP}")
    wanted = _by_path(plan) if isinstance(plan, Network) else dict(plan)
    new = copy.deepcopy(model)
    for path, bound in wanted.items():
        if not isinstance(bound, BoundVariant):
            raise CostModelError(f"plan has {bound!r} at {path!r}; allowed is {_MAP}")
        old = _layer(new, path)
        made = _built(old, bound, path)
        example = next(iter(old.parameters()))
        made = made.to(device=example.device, dtype=example.dtype).train(old.training)
        made.__dict__.update({k: v for k, v in vars(old).items() if k.startswith("_forward_")})
        if old is new:
            return made
        for parent in list(new.modules()):
            for name, child in parent.named_children():
                if child is old:
                    setattr(parent, name, made)
    return new


def _by_path(plan: Network) -> dict[str, BoundVariant]:
    """Module path → what stands in its place, the same in all its runs.

    A convolution with a computed kernel is no run of the module that it is called in.
    """
    replacements: dict[str, BoundVariant] = {}
    runs: dict[str, list[NetOp]] = {}
    for op in plan.ops:
        if op.layer is not None and op.has_weights:
            runs.setdefault(op.name.partition("#")[0], []).append(op)
    for path, ops in runs.items():
        kinds = {_meaning(op.bound) for op in ops}
        if kinds == {None}:
            continue
        if len(kinds) > 1:
            raise VariantError(
                f"module {path!r} runs {len(ops)} times and is not replaced alike in all of them; "
                "allowed is one replacement for all runs"
            )
        assert ops[0].bound is not None
        replacements[path] = ops[0].bound
    return replacements


def _meaning(bound: BoundVariant | None) -> Any:
    if bound is None:
        return None
    return bound.variant.id, tuple(sorted(dict(bound.hyper).items()))


def _layer(model: nn.Module, path: str) -> nn.Module:
    """The module at a path; for a model that is one layer, the model itself."""
    try:
        layer = model.get_submodule(path)
    except AttributeError:
        layer = model
        if type(model) not in (*_CONVOLUTIONS, nn.Linear):
            raise VariantError(
                f"the model has no module {path!r}; allowed are the paths of its own layers"
            ) from None
    if type(layer) not in (*_CONVOLUTIONS, nn.Linear):
        raise VariantError(
            f"module {path!r} is a {type(layer).__name__}; allowed are PyTorch's own convolution "
            "and linear layers"
        )
    return layer


def _built(old: nn.Module, bound: BoundVariant, path: str) -> nn.Module:
    layer = bound.layer
    weight = old.weight
    assert isinstance(weight, Tensor)
    transposed = isinstance(old, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d)
    n = weight.shape[1] * getattr(old, "groups", 1) if transposed else weight.shape[0]
    m = weight.shape[0] if transposed else weight.shape[1] * getattr(old, "groups", 1)
    kernel = tuple(weight.shape[2:]) or (1,)
    if (layer.in_channels, layer.out_channels, layer.kernel) != (m, n, kernel):
        raise VariantError(
            f"the plan replaces a layer of {layer.in_channels} → {layer.out_channels} channels "
            f"with kernel {layer.kernel} at {path!r}, but the model has {m} → {n} and {kernel}"
        )
    made: nn.Module = build(bound.variant, bound.layer, bound.hyper)
    if isinstance(old, nn.Linear):
        return OnVectors(made)
    widths = _own_padding(old)
    return Padded(made, *widths) if widths is not None else made


def _own_padding(old: nn.Module) -> tuple[tuple[int, ...], str] | None:
    """Padding that PyTorch does before the convolution proper, which the captured layer lacks."""
    if isinstance(old, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        return None
    assert isinstance(old, nn.Conv1d | nn.Conv2d | nn.Conv3d)
    widths = tuple(old._reversed_padding_repeated_twice)
    if old.padding_mode != "zeros":
        return widths, old.padding_mode
    pairs = list(zip(widths[::2], widths[1::2], strict=True))
    if old.padding == "same" and any(before != after for before, after in pairs):
        # only the odd zero comes before; the even rest is the convolution's own padding
        return tuple(w for before, after in pairs for w in (0, after - before)), "constant"
    return None
