"""Weights of a PyTorch model: the modules that a plan can replace, each kernel read in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.layer import ConvLayer
from costmodel.errors import InputError
from costmodel.factors.inputs import second_moments
from costmodel.factors.read.stored import (
    ALLOWED,
    StoredLayer,
    Weights,
    channels_first,
    check_kernel,
    layer_of_shape,
)
from costmodel.network.read.torch.named import named_model
from costmodel.network.read.torch.reader import from_torch, pytorch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_LAYERS = "allowed are convolution and linear layers"
_NO_INPUT = (
    "The input's shape is not given: multiplies are those of one output position at stride 1."
)


def read_model(source: str, inputs: Sequence[tuple[int, ...]] = ()) -> Weights:
    """The layers of the model that `package.module:callable` names.

    Args:
        source: a module, or what gives one when it is called without arguments.
        inputs: shapes of the inputs, for the grids of its layers.

    Raises:
        InputError: there is no such model, or it has no layers.
        MissingDependencyError: PyTorch is not installed.
    """
    model = named_model(source)
    if not isinstance(model, pytorch().nn.Module):
        raise InputError(f"{source!r} is a function; allowed is a torch.nn.Module")
    return weights_of(model, source, inputs)


def weights_of(model: Any, title: str, inputs: Sequence[tuple[int, ...]] = ()) -> Weights:
    """The convolution and linear layers of a module, each tensor once."""
    placed = _placed(model, inputs)
    layers: dict[int, StoredLayer] = {}
    for path, module in model.named_modules():
        kind = _kind(module)
        if kind is None:
            continue
        weight = module.weight
        if id(weight) in layers:
            first = layers[id(weight)]
            layers[id(weight)] = StoredLayer(
                first.name, first.layer, first.load, kind, first.placed, (*first.also, path)
            )
            continue
        name = path or title
        check_kernel(name, weight.shape, weight.dtype)
        transposed = kind == "conv_transpose"
        groups = getattr(module, "groups", 1)
        layer = placed.get(path) or layer_of_shape(weight.shape, groups, transposed)
        layers[id(weight)] = StoredLayer(name, layer, _Reader(weight), kind, path in placed)
    if not layers:
        raise InputError(f"{title!r} has no convolution or linear layers; {ALLOWED}")
    return Weights(title, tuple(layers.values()), () if inputs else (_NO_INPUT,))


def seen_by(model: Any, inputs: Any, layers: Mapping[str, ConvLayer]) -> dict[str, list[Array]]:
    """What the layers of a module see when it runs on some inputs: second moments of their patches.

    Args:
        model: it runs once, without gradients, as it is in `eval()`.
        inputs: a tensor, batch first, or a tuple of the forward's arguments.
        layers: by module path, as they run; a transposed one is left out.

    Returns:
        By module path `second_moments`, added up over all runs of a layer.
    """
    torch = pytorch()
    found: dict[str, list[Array]] = {}

    def look(path: str) -> Any:
        module = model.get_submodule(path)
        linear = _kind(module) == "linear"

        def hook(_: Any, arguments: Any) -> None:
            (x, *_rest) = arguments
            own = second_moments(layers[path], x.reshape(-1, x.shape[-1]) if linear else x)
            before = found.get(path, [0.0] * len(own))
            found[path] = [one + other for one, other in zip(before, own, strict=True)]

        return module.register_forward_pre_hook(hook)

    paths = [path for path, layer in layers.items() if not layer.transposed]
    handles, training = list(map(look, paths)), model.training
    try:
        with torch.no_grad():
            model.eval()(*(inputs if isinstance(inputs, tuple) else (inputs,)))
    finally:
        model.train(training)
        for handle in handles:
            handle.remove()
    return found


def _placed(model: Any, inputs: Sequence[tuple[int, ...]]) -> dict[str, Any]:
    """The layers by module path, as they run; the first run of one that runs several times."""
    if not inputs:
        return {}
    network = from_torch(model, input_shape=inputs[0] if len(inputs) == 1 else tuple(inputs))
    found: dict[str, Any] = {}
    for op in network.ops:
        if op.layer is not None and op.has_weights:
            found.setdefault(op.name.partition("#")[0], op.layer)
    return found


def _kind(module: Any) -> str | None:
    from torch import nn

    if isinstance(module, nn.Linear):
        return "linear"
    if isinstance(module, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        return "conv_transpose"
    return "conv" if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d) else None


def kernel_of(module: Any) -> Any:
    """The kernel of a convolution or linear layer, (n, m/groups, *window), as an array."""
    kind = _kind(module)
    if kind is None:
        raise InputError(f"module is {type(module).__name__}; {_LAYERS}")
    array = _Reader(module.weight)()
    if kind == "conv_transpose":
        array = channels_first(array, module.groups)
    return array.reshape((*array.shape, *[1] * (3 - array.ndim)))


class _Reader:
    """Reads a parameter where it lies."""

    def __init__(self, weight: Any) -> None:
        self.weight = weight

    def __call__(self) -> Any:
        torch, tensor = pytorch(), self.weight.detach().cpu()
        return (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()
