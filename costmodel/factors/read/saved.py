"""Weights out of a file that PyTorch has saved, without running anything in it.

Such a file is a pickle, which could name any function to be called. It is read with
`weights_only=True` alone, which refuses that. A module saved whole names the classes of its layers;
those of `torch.nn` are replaced by empty shells that only hold what stood in them, so that not even
PyTorch's own classes are built; a file that needs any other class is refused.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.errors import InputError
from costmodel.factors.read.stored import MAX_TENSORS, Weights, check_file, from_tensors
from costmodel.network.read.torch.reader import pytorch

_LAYERS = "torch.nn.modules."
_CODE = (
    "allowed is a state dict, torch.save(model.state_dict(), path), or a module that consists of "
    "PyTorch's own layers"
)
_MAX_DEPTH = 64


class Shell:
    """What is left of a saved object: its attributes, and nothing that could run."""

    held: Mapping[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        self.held = dict(state) if isinstance(state, Mapping) else {}


def read_saved(path: str, title: str | None = None) -> Weights:
    """The layers of a state dict, or of a module of PyTorch's own layers.

    What is in one of today's files stays on disk until it is asked for; files from before PyTorch
    1.6 are read whole.

    Args:
        path: the file.
        title: what to call it in sentences; the path unless given.

    Raises:
        InputError: the file needs code, or is none that PyTorch has saved.
        MissingDependencyError: PyTorch is not installed.
    """
    title = title or path
    torch = pytorch()
    check_file(path, title, _CODE)
    zipped = zipfile.is_zipfile(path)
    if zipped:
        _check_zip(path, title)
    shells = _shells(path, title) if zipped else []
    try:
        with torch.serialization.safe_globals(shells), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about how old the file is
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except Exception as error:  # of a foreign file: pickle's, zip's and torch's own kinds
        raise InputError(_why(title, error)) from None
    return _weights(torch, state, title)


def _check_zip(path: str, title: str) -> None:
    """PyTorch stores without compression; what is compressed could grow without end."""
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"{title!r} is a broken file ({error}); {_CODE}") from None
    if any(r.filename.endswith("/constants.pkl") for r in records):
        raise InputError(f"{title!r} is a TorchScript program, which is never run; {_CODE}")
    packed = [r.filename for r in records if r.compress_type != zipfile.ZIP_STORED]
    if packed:
        raise InputError(f"{title!r} holds compressed data in {packed[0]!r}; {_CODE}")


def _shells(path: str, title: str) -> list[tuple[type, str]]:
    """A shell for each of the classes that the file names; one that is no layer is refused."""
    from torch.serialization import get_unsafe_globals_in_checkpoint

    try:
        names = get_unsafe_globals_in_checkpoint(path)
    except Exception as error:
        raise InputError(_why(title, error)) from None
    foreign = sorted(name for name in names if not _is_layer(name))
    if foreign:
        raise InputError(f"{title!r} needs code, {foreign[0]}, which is never run; {_CODE}")
    return [(type("Shell", (Shell,), {}), name) for name in names]


def _is_layer(name: str) -> bool:
    from torch import nn

    return name.startswith(_LAYERS) and isinstance(getattr(nn, name.rpartition(".")[2], None), type)


def _why(title: str, error: Exception) -> str:
    """One sentence for what PyTorch says in many."""
    said = str(error)
    if wanted := re.search(r"(?:GLOBAL|class) ([\w.]+)", said):
        return f"{title!r} needs code, {wanted[1].strip('.')}, which is never run; {_CODE}"
    return f"{title!r} is no file that PyTorch has saved ({type(error).__name__}); {_CODE}"


def _weights(torch: Any, state: Any, title: str) -> Weights:
    found: dict[str, Any] = {}
    if isinstance(state, torch.Tensor):
        found["weight"] = state
    else:
        for name, tensor in _tensors(torch, state, "", 0):
            found[name] = tensor
            if len(found) > MAX_TENSORS:
                raise InputError(f"{title!r} holds more than {MAX_TENSORS:,} tensors")
    if not found:
        raise InputError(f"{title!r} holds no tensors; {_CODE}")
    found = _unwrapped(state, found)
    first: dict[object, str] = {}
    also: dict[str, tuple[str, ...]] = {}
    for name, tensor in list(found.items()):
        _check_stored(name, tensor)
        key = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        owner = first.setdefault(key, name) if tensor.numel() else name
        if owner != name:  # one tensor under two names
            also[owner] = (*also.get(owner, ()), name)
            del found[name]
    facts = {name: (tuple(t.shape), t.dtype) for name, t in found.items()}
    return from_tensors(title, facts, lambda name: _numbers(torch, found[name]), also)


def _check_stored(name: str, tensor: Any) -> None:
    """A tensor may be a view of few numbers that claims to be many."""
    if tensor.layout is not pytorch().strided or tensor.is_quantized:
        raise InputError(f"tensor {name!r} is sparse or quantised; allowed are dense weights")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise InputError(
            f"tensor {name!r} claims {tensor.numel():,} numbers and stores fewer; allowed is a "
            "tensor that is stored whole"
        )


def _numbers(torch: Any, tensor: Any) -> Any:
    return (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).detach().numpy()


def _tensors(torch: Any, value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Every tensor below a value, by its dotted name; a module's are named as its state dict's."""
    if depth > _MAX_DEPTH:
        raise InputError(f"{path[:80]!r} lies {depth} levels deep; allowed are {_MAX_DEPTH}")
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, Shell):
        for part in ("_parameters", "_buffers", "_modules"):
            yield from _tensors(torch, value.held.get(part), path, depth + 1)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            name = f"{path}.{key}" if path else str(key)
            yield from _tensors(torch, inner, name, depth + 1)


def _unwrapped(state: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Names without the key of the one dictionary that holds the weights, as in checkpoints."""
    if not isinstance(state, Mapping):
        return found
    inner = [str(key) for key, value in state.items() if isinstance(value, Mapping | Shell)]
    holding = [
        key for key in inner if any(n.startswith(f"{key}.") and "weight" in n for n in found)
    ]
    if len(holding) != 1 or any(not n.startswith(tuple(f"{k}." for k in inner)) for n in found):
        return found
    prefix = f"{holding[0]}."
    return {n.removeprefix(prefix): t for n, t in found.items() if n.startswith(prefix)}
