"""Worker: asks one counter, in the process that `process.ask` starts for it.

    python -m costmodel.checks.referee.worker '{"tool": "fvcore", "source": "resnet18"}'
    python -m costmodel.checks.referee.worker '{"tool": "fvcore", "cases": true}'

Whatever a tool prints goes to standard error. Standard output has one JSON line per answer:
{"case": …, "value": …} or {"case": …, "error": "one sentence"}.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any, TextIO


def main(request: dict[str, Any], out: TextIO) -> None:
    """Answer a request, one line as soon as there is one."""
    from costmodel.checks.referee.tool import TOOLS

    tool = TOOLS[request["tool"]]
    if request.get("cases"):
        from costmodel.checks.referee.cases import CASES

        for name, case in CASES.items():
            model, inputs = case.build()
            with _restored():
                _say(out, name, tool, model, inputs)
            del model, inputs
            gc.collect()
        return
    from costmodel.checks.referee.sources import open_model

    opened = open_model(request["source"], [tuple(shape) for shape in request["inputs"]])
    args, kwargs = opened.inputs.tensors("cpu")
    if kwargs:
        raise ValueError("the model takes named inputs; counters take them by position")
    _say(out, "", tool, opened.model, tuple(args))


@contextlib.contextmanager
def _restored() -> Iterator[None]:
    """What a tool patches in PyTorch and does not take back, because it failed, is taken back."""
    import torch

    places: list[Any] = [torch, torch.nn.functional, torch.Tensor, torch.nn.Module, torch._C._nn]
    before = [dict(vars(place)) for place in places]
    try:
        yield
    finally:
        for place, kept in zip(places, before, strict=True):
            for name, value in list(vars(place).items()):
                if name in kept and kept[name] is not value:
                    setattr(place, name, kept[name])


def _say(out: TextIO, case: str, tool: Any, model: Any, inputs: tuple[Any, ...]) -> None:
    answer: dict[str, Any] = {"case": case}
    try:
        answer["value"] = _ask(tool, model, inputs)
    except Exception as error:  # the tool's code: whatever it raises is its answer
        lines = str(error).strip().splitlines()
        text = re.sub(r" at 0x[0-9a-f]+", "", lines[0])[:200] if lines else ""
        answer["error"] = f"{type(error).__name__}: {text}" if text else type(error).__name__
    out.write(json.dumps(answer) + "\n")
    out.flush()


def _ask(tool: Any, model: Any, inputs: tuple[Any, ...]) -> int:
    """A tool's number for a model in evaluation mode, without gradients."""
    import torch

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return int(tool.count(model, inputs))


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # also what compiled code prints
    with contextlib.redirect_stdout(sys.stderr):
        main(json.loads(sys.argv[1]), answers)
