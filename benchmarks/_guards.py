"""One model: its closed formula beside PyTorch's own counter at random sizes.

The formula is asked only inside what it says that it holds for. Where the counter does not count a
model as the capture does at the size that it was read at (operators without a rule), a capture at
the other size stands in its place, and the row says so.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import costmodel as cm
from costmodel.errors import CostModelError

EXACT, GUARDED, UNMET = "exact", "guarded", "guarded, none met"
REFUSED, NO_CAPTURE, WRONG = "refused", "not captured", "WRONG"
VERDICTS = (EXACT, GUARDED, UNMET, REFUSED, NO_CAPTURE, WRONG)
COLUMNS = ("model", "verdict", "letters", "inside", "outside", "no_run", "truth", "said")

#: Left open if the model takes other sizes in all of them: the first that have a formula.
_LETTERS = (("N", "H", "W"), ("H", "W"), ("N",))
_STEP = 32  # what many models want their sides to be a multiple of


def judge(
    model: nn.Module,
    shape: tuple[int, ...],
    seed: str,
    most: int = 12,
    doctored: Callable[[int], int] = int,
) -> dict[str, Any]:
    """A row of the campaign's table.

    Args:
        shape: of the input (N, C, H, W) that the formula is read at.
        seed: of the random sizes.
        most: sizes that are tried.
        doctored: what the formula says is passed through it; a test shows that a fault is seen.

    Returns:
        verdict; how many sizes the formula answered (`inside`) and did not (`outside`), at how many
        the model itself does not run (`no_run`); what is compared with (`truth`: counter, or
        capture); the conditions, the reason of a refusal, or the first size that is wrong (`said`).
    """
    row: dict[str, Any] = {**dict.fromkeys(COLUMNS, ""), "inside": 0, "outside": 0, "no_run": 0}
    model = model.eval().to("meta")
    try:
        net = cm.from_torch(copy.deepcopy(model), input_shape=shape)
    except CostModelError as error:
        return {**row, "verdict": NO_CAPTURE, "said": _line(error)}
    reference = {"N": shape[0], "H": shape[2], "W": shape[3]}
    row["truth"] = "counter" if counted(model, shape) == net.macs else "capture"
    opened = _opened(net)
    if isinstance(opened, str):
        return {**row, "verdict": REFUSED, "said": opened}
    free, formula, said = opened
    row["letters"] = " ".join(free)
    for sizes in _sizes(reference, random.Random(seed), most):
        sizes = {
            letter: sizes[letter] if letter in free else at for letter, at in reference.items()
        }
        there = (sizes["N"], shape[1], sizes["H"], sizes["W"])
        truth = counted(model, there) if row["truth"] == "counter" else _captured(model, there)
        answer = _answer(formula, {letter: sizes[letter] for letter in free})
        if truth is None:
            row["no_run"] += 1
        elif answer is None:
            row["outside"] += 1
        elif doctored(answer) == truth:
            row["inside"] += 1
        else:
            where = f"{answer} at {there}, where {truth} are counted"
            return {**row, "verdict": WRONG, "said": f"{where}; said to hold for {said or 'all'}"}
    verdict = EXACT if not said else GUARDED if row["inside"] else UNMET
    return {**row, "verdict": verdict, "said": said}


def summary(rows: list[dict[str, Any]]) -> str:
    """How many models have each verdict."""
    found = Counter(row["verdict"] for row in rows)
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if found[verdict])


def counted(model: nn.Module, shape: tuple[int, ...]) -> int | None:
    """Multiplies by PyTorch's counter, without numbers; None where the model does not run."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # it does not run on the meta device
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            copy.deepcopy(model)(torch.empty(shape, device="meta"))
    except Exception:  # whatever another's model raises at a size that it was not made for
        return None
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return int(counter.get_total_flops()) // 2


def _captured(model: nn.Module, shape: tuple[int, ...]) -> int | None:
    try:
        return int(cm.from_torch(copy.deepcopy(model), input_shape=shape).macs)
    except CostModelError:
        return None


def _opened(net: cm.Network) -> tuple[tuple[str, ...], Callable[..., int], str] | str:
    """The letters left open, the formula and what it holds for; or why there is none."""
    reason = ""
    for free in _LETTERS:
        try:
            return free, net.compiled("macs", free), net.conditions(free)
        except CostModelError as error:
            reason = reason or _line(error)
    return reason


def _answer(formula: Callable[..., int], sizes: dict[str, int]) -> int | None:
    """What the formula says; None outside of what it holds for."""
    try:
        return formula(**sizes)
    except CostModelError as error:
        if "lies outside the formula" not in str(error):
            raise
        return None


def _sizes(
    reference: dict[str, int], generator: random.Random, most: int
) -> Iterator[dict[str, int]]:
    """Sizes around those it was read at: any, near, multiples of 32, squares, its own."""

    def side(at: int) -> int:
        anywhere = generator.randint(max(at // 2, 1), 2 * at)
        near = generator.randint(max(at - 3, 1), at + 3)
        stepped = max(anywhere // _STEP, 1) * _STEP
        return generator.choice((anywhere, stepped, stepped, near, at))

    for _ in range(most):
        h, w = side(reference["H"]), side(reference["W"])
        if generator.random() < 0.4:
            w = h
        yield {"N": generator.randint(1, 3), "H": h, "W": w}


def _line(error: Exception) -> str:
    return str(error).splitlines()[0]
