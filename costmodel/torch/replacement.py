"""What if, on a live model: the layers that a replacement names, replaced by runnable modules."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from costmodel.core.bound import BoundVariant
from costmodel.core.hyper import together
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError, unknown
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.network.selection import Selector
from costmodel.torch.lowering import CONVOLUTIONS
from costmodel.torch.model_layers import check_any_size, layers_of
from costmodel.torch.modules import VariantModule, module_of
from costmodel.torch.take_over import share_weights, take_over

_CONVOLUTIONS = tuple(CONVOLUTIONS.values())
#: What the layers of a replacement start from.
INITS = ("random", "weights")
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


def replace(
    model: nn.Module,
    plan: Network | Mapping[str, BoundVariant] | Variant | str,
    where: Selector = None,
    *,
    init: str = "random",
    input_shape: Any = None,
    pays: bool = True,
    by: str | Iterable[str] = "macs",
    scales: str = "tensor",
    hyper: Mapping[str, Number | str] | None = None,
    **letters: Number | str,
) -> nn.Module:
    """A copy of a model with some layers replaced; the model itself is left as it is.

    Args:
        model: the model. Of a plan, the one that its network was captured from.
        plan: a network after `Network.replace` (its replaced operations are taken), a mapping of
            module paths to bound variants, or a variant, which is then put in place of the layers
            that `where` selects.
        where, pays, by, hyper, letters: of a variant, as `Network.replace` takes them.
        init: what the new layers start from: "random", PyTorch's initial weights, or "weights", the
            best factors of the trained kernels (`cm.factorize`), with the trained biases.
        input_shape: of a variant, the shape of the model's input, as for `cm.from_torch`. Without
            it every layer is judged on a grid of its own, and variants whose modules depend on the
            size of the grid are refused.
        scales: of a variant with words of its own for weights, see `build`.

    Returns:
        A model that runs, whose count is exactly the plan's: `cm.from_torch(new, shape).macs` is
        `plan.macs`, and so for the parameters. New layers are on the device and in the dtype of
        those that they replace, and keep the hooks of their forward; what stands behind them, such
        as a batch normalisation, is left as it is. A tensor that several layers share is shared by
        what replaces them.

    Raises:
        VariantError: the model has no such layer, a layer that is no plain convolution or linear
            layer, one module that runs several times and would be replaced only sometimes, or a
            variant that does not fit or, with `init="weights"`, has no factors.
        InputError: trained weights that are no finite numbers.
    """
    if not isinstance(model, nn.Module):
        raise CostModelError(f"model is {type(model).__name__}; allowed is a torch.nn.Module")
    if init not in INITS:
        raise CostModelError(unknown("start of the new layers", init, INITS))
    given = together(hyper, letters)
    if isinstance(plan, Variant) or (isinstance(plan, str) and plan in VARIANTS):
        network = layers_of(model, where, input_shape)
        plan = network.replace(plan, where, pays=pays, by=by, hyper=given)
        placed = input_shape is not None
    elif not isinstance(plan, Network | Mapping):
        raise CostModelError(
            f"plan is {plan!r}; allowed are a network after `replace`, a variant, and {_MAP}"
        )
    elif where is not None or given or input_shape is not None:
        raise CostModelError(
            "where, input_shape and values of letters belong to a variant; allowed with a plan are "
            "init and scales"
        )
    else:
        placed = True
    wanted = _by_path(plan, model) if isinstance(plan, Network) else dict(plan)
    new = copy.deepcopy(model)
    shared: dict[Any, VariantModule] = {}
    for path, bound in wanted.items():
        if not isinstance(bound, BoundVariant):
            raise CostModelError(f"plan has {bound!r} at {path!r}; allowed is {_MAP}")
        old = _layer(new, path)
        body = _built(old, bound, path, scales)
        if not placed:
            check_any_size(body)
        example = old.weight
        body = body.to(device=example.device, dtype=example.dtype)
        key = (id(old.weight), _meaning(bound))
        if init == "weights":
            take_over(body, old, path, scales, shared.get(key))
        shared.setdefault(key, body)
        share_weights(body, shared[key])
        for parameter in body.parameters():
            parameter.requires_grad_(example.requires_grad)
        made = _in_place_of(old, body).train(old.training)
        made.__dict__.update({k: v for k, v in vars(old).items() if k.startswith("_forward_")})
        if old is new:
            return made
        for parent in list(new.modules()):
            for name, child in parent.named_children():
                if child is old:
                    setattr(parent, name, made)
    return new


def _by_path(plan: Network, model: nn.Module) -> dict[str, BoundVariant]:
    """Module path → what stands in its place, the same in all its runs.

    A convolution with a computed kernel is no run of the module that it is called in. Operations
    have the name of the tensor that they read: where several modules share it, each gets what its
    own run was replaced by.
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
        bounds = [op.bound for op in ops if op.bound is not None]
        sharing = [other for other in _sharing(model, path) if other not in runs]
        if not sharing:
            replacements[path] = bounds[0]
        for other in [path, *sharing] if sharing else ():
            replacements[other] = _own_run(_layer(model, other), bounds, other)
    return replacements


def _sharing(model: nn.Module, path: str) -> list[str]:
    """The paths of other modules that read the same weight."""
    weight = _layer(model, path).weight
    return [
        name
        for name, module in model.named_modules()
        if name != path and getattr(module, "weight", None) is weight
    ]


def _own_run(module: nn.Module, bounds: list[BoundVariant], path: str) -> BoundVariant:
    """Which of the runs of one tensor is this module's, by the geometry that a module states."""
    if isinstance(module, nn.Linear):
        return bounds[0]
    assert isinstance(module, _CONVOLUTIONS)
    stated = (module.stride, module.dilation, module.bias is not None)
    same = [b for b in bounds if (b.layer.stride, b.layer.dilation, b.layer.bias) == stated]
    pads = [b for b in same if b.layer.pads == tuple((p, p) for p in module.padding)]
    found = pads or same
    if not found or len({b.layer.pads for b in found}) > 1:
        raise VariantError(
            f"module {path!r} shares its weight with others, and which of their runs is its own is "
            "not known; allowed is a mapping of module paths to bound variants"
        )
    return found[0]


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


def _built(old: nn.Module, bound: BoundVariant, path: str, scales: str) -> VariantModule:
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
    return module_of(bound, scales)


def _in_place_of(old: nn.Module, body: nn.Module) -> nn.Module:
    """A variant's module with what the layer did around its convolution."""
    if isinstance(old, nn.Linear):
        return OnVectors(body)
    widths = _own_padding(old)
    return Padded(body, *widths) if widths is not None else body


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
