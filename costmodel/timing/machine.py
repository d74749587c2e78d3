"""Machine: what a time was measured on, so that it is never compared with another one's."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, replace
from typing import Any

from costmodel.errors import InputError, MissingDependencyError, unknown

#: Number formats that can be measured, by the name that torch gives them, and bytes of one number.
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "float64": 8}
_CPU_INFO = "/proc/cpuinfo"


@dataclass(frozen=True)
class Machine:
    """Everything that a measured time depends on besides the layer.

    processor: model of the CPU or GPU. device: "cpu" or "cuda". threads: of torch, within one
    operation. torch: its version. dtype: of weights and activations. channels_last: memory order of
    2-D and 3-D activations. compiled: whether `torch.compile` made the code.
    """

    processor: str
    device: str = "cpu"
    threads: int = 1
    torch: str = ""
    dtype: str = "float32"
    channels_last: bool = False
    compiled: bool = False

    def to_json(self) -> str:
        """The same text for the same machine: what the store finds it by."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Machine:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))

    def replace(self, **facts: Any) -> Machine:
        """The same machine with some facts changed."""
        return replace(self, **facts)

    def __str__(self) -> str:
        options = [f"{self.threads} thread{'s' * (self.threads != 1)}"] * (self.device == "cpu")
        options += [f"torch {self.torch}", self.dtype]
        options += ["channels last"] * self.channels_last + ["compiled"] * self.compiled
        return f"{self.processor} ({', '.join(options)})"


def this_machine(
    device: str = "cpu",
    *,
    threads: int = 1,
    dtype: str = "float32",
    channels_last: bool = False,
    compiled: bool = False,
) -> Machine:
    """The machine that this process runs on.

    Raises:
        InputError: an unknown device or dtype, a device that is not there, or more threads than
            processors.
        MissingDependencyError: PyTorch is not installed.
    """
    torch = load_torch()
    if device not in ("cpu", "cuda"):
        raise InputError(unknown("device", device, ("cpu", "cuda")))
    if dtype not in BYTES:
        raise InputError(unknown("dtype", dtype, BYTES))
    cores = os.cpu_count() or 1
    if not 1 <= threads <= cores:
        raise InputError(f"threads is {threads}; allowed are 1 to {cores}, the processors here")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device is 'cuda', but torch sees no such device here; allowed is 'cpu'")
    name = torch.cuda.get_device_name() if device == "cuda" else processor()
    return Machine(name, device, threads, torch.__version__, dtype, channels_last, compiled)


def here(like: Machine) -> Machine:
    """This machine, run as another one is; raises what `this_machine` does."""
    return this_machine(
        like.device,
        threads=like.threads,
        dtype=like.dtype,
        channels_last=like.channels_last,
        compiled=like.compiled,
    )


def processor() -> str:
    """The model of the processor, as the system calls it."""
    return system_line(_CPU_INFO, "model name") or platform.processor() or platform.machine()


def system_line(path: str, name: str) -> str:
    """What a file of the system says behind a name; "" where there is no such file or name."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = (line.partition(":") for line in file if line.startswith(name))
            return next((value.strip() for _, _, value in lines), "")
    except OSError:
        return ""  # not Linux


def load_torch() -> Any:
    """PyTorch; without it, one sentence says how to install it."""
    try:
        import torch
    except ImportError:
        raise MissingDependencyError("torch", "measuring", "torch") from None
    return torch
