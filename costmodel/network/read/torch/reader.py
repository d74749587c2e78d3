"""from_torch: a network from a PyTorch module or callable, without weights or data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from costmodel.errors import InputError, MissingDependencyError
from costmodel.network.network import Network


def from_torch(
    model: Callable[..., Any],
    input_shape: Any,
    *,
    dtype: Any = None,
    name: str | None = None,
) -> Network:
    """The network that one forward of a model runs.

    The forward runs on the meta device: no data is made, no weight is read, nothing is computed.
    Every convolution, linear layer, matrix product and attention product that really runs is
    counted, wherever it is called from; shared modules each time they run, unused ones never
    (their parameters are rows of the kind "unused", so that `params` is the sum of `numel` of all
    the model's parameters). Trained tensors that the forward reads besides those (in a list, in a
    closure, packed in a quantised layer) count too, and a note names them. What else runs is listed
    by operator; numbers that leave PyTorch for NumPy or Python are a row that is not modelled.
    Threads that the forward starts count like itself. The model is left as it was.

    Args:
        model: a module, or any callable on tensors. It runs in the mode it is in
            (`model.eval()` or `model.train()`).
        input_shape: shape of the input, batch first; several shapes for several inputs; or a
            mapping of argument names to shapes. A tensor stands for its shape and dtype.
        dtype: dtype of the inputs (one, one for each, or a mapping by name), such as "int64" for
            token ids; the default is that of the model's parameters, and integers for inputs that
            turn out to be looked up in a table.
        name: what to call the network; the default is the model's class.

    Raises:
        InputError: the forward fails on inputs of these shapes, or a shape is none.
        MissingDependencyError: PyTorch is not installed.
    """
    torch = pytorch()
    from costmodel.network.read.torch.formula import rebuild
    from costmodel.network.read.torch.inputs import read_inputs
    from costmodel.network.read.torch.run import capture

    if not callable(model):
        raise InputError(f"model is {model!r}; allowed are PyTorch modules and callables")
    inputs = read_inputs(model, input_shape, dtype)
    captured = capture(model, inputs)
    taken = captured.inputs or inputs
    title = name or getattr(model, "__name__", None) or type(model).__name__
    return Network(
        title,
        captured.ops,
        source=f"PyTorch {torch.__version__.split('+')[0]}",
        input_shapes=inputs.shapes,
        notes=captured.notes,
        rebuild=lambda: rebuild(model, taken),
        steps=lambda: captured.steps,
    )


def pytorch() -> Any:
    """The module `torch`; `MissingDependencyError` where it is not installed."""
    try:
        import torch
    except ImportError:
        raise MissingDependencyError("torch", "reading a PyTorch model", "torch") from None
    return torch
