"""Training towards low rank: the nuclear norm as a penalty, and as a step every T steps.

The nuclear norm of a matrix is the sum of its singular values. As a penalty beside the loss it is
one more term of the gradient in every step (Alvarez, Salzmann, Compression-aware training of deep
networks, NIPS 2017, arXiv:1711.02638). Its proximal step instead takes the same amount off every
singular value, so that small ones become exactly zero; done once in T steps it costs a T-th of the
decompositions (Xu et al., Trained rank pruning for efficient deep neural networks, 2019,
arXiv:1812.02402). The cost of either is the metric `penalty_flops` of the variant `nuclear_norm`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from costmodel.errors import CostModelError
from costmodel.network.selection import Selector
from costmodel.torch.unfoldings import unfoldings


def nuclear_norm(
    module: nn.Module, rows: str | Iterable[str] = "n", where: Selector = None
) -> Tensor:
    """The sum of the singular values of a module's unfolded kernels, to be added to a loss.

    Args:
        module: a model, or one layer. A tensor that several layers share counts once.
        rows: the axes of the rows of an unfolding ("n": the n × k²m matrix; "n j": the one of the
            spatial SVD), several of them, or "all" for one for every axis of every kernel.
        where: which layers, as `Network.replace` takes it; all convolution and linear layers
            unless given.

    Returns:
        A scalar that can be differentiated; of grouped layers, the sum over the groups.

    Raises:
        CostModelError: no such layer or unfolding.

    >>> import costmodel as cm, torch
    >>> layer = torch.nn.Linear(2, 2, bias=False)
    >>> _ = layer.weight.data.copy_(torch.tensor([[3.0, 0.0], [0.0, -4.0]]))
    >>> cm.torch.nuclear_norm(layer).item()
    7.0
    """
    parts = [
        torch.linalg.svdvals(_at_least_single(u.matrices)).sum()
        for u in unfoldings(module, rows, where)
    ]
    return torch.stack([part.to(parts[0].device) for part in parts]).sum()


class Shrinkage:
    """The proximal step of the nuclear norm, every T steps of a training.

        optimiser.step()
        shrinkage.step()

    Args:
        module: what is trained; its weights are changed in place.
        by: what each step takes off every singular value, down to zero. It is the step of
            `by · nuclear_norm`: for a penalty of λ and gradient descent at rate η, that is η·λ·T.
        every: T, steps from one to the next.
        rows, where: as for `nuclear_norm`; one unfolding, since the step of several at once has no
            closed form.

    steps: how often `step` was called. ranks: of every layer, the singular values that were left
    above zero by the last step, the largest over its groups; empty before the first.

    Raises:
        CostModelError: an amount that is no number from 0 up, a T below 1, no such layer.
    """

    def __init__(
        self,
        module: nn.Module,
        by: float,
        every: int = 1,
        rows: str = "n",
        where: Selector = None,
    ) -> None:
        if not isinstance(by, int | float) or not 0 <= by < math.inf:
            raise CostModelError(f"by is {by!r}; allowed are numbers from 0 up")
        if not isinstance(every, int) or isinstance(every, bool) or every < 1:
            raise CostModelError(f"every is {every!r}; allowed are integers from 1 up")
        found = unfoldings(module, rows, where)
        if len({id(u.weight) for u in found}) < len(found):
            raise CostModelError(
                f"rows {rows!r} are several unfoldings of one kernel; allowed is one for each"
            )
        self.by, self.every, self.steps = by, every, 0
        self.ranks: dict[str, int] = {}
        self._unfoldings = found

    @torch.no_grad()
    def step(self) -> bool:
        """Count one step of the training, and shrink if it is the T-th; whether it did."""
        self.steps += 1
        if self.steps % self.every:
            return False
        for unfolding in self._unfoldings:
            matrices = unfolding.matrices
            left, values, right = torch.linalg.svd(_at_least_single(matrices), full_matrices=False)
            kept = (values - self.by).clamp(min=0)
            unfolding.store(((left * kept.unsqueeze(-2)) @ right).to(matrices.dtype))
            self.ranks[unfolding.path] = int((kept > 0).sum(-1).max())
        return True


def _at_least_single(matrices: Tensor) -> Tensor:
    """Decompositions exist in single and double precision only."""
    return matrices if matrices.dtype in (torch.float32, torch.float64) else matrices.float()
