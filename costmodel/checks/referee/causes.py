"""Causes: why another counter's number differs from the exact count. One sentence each.

A cause is a label that the rules of a convention give to what they change; the sum of all causes is
the whole difference, and what no rule explains stands under `UNEXPLAINED`.
"""

from __future__ import annotations

from costmodel.registry import Registry

#: One sentence per cause, in order of declaration.
CAUSES = Registry[str]("cause")


def _add(key: str, sentence: str) -> str:
    CAUSES.add(key, sentence)
    return key


FUNCTIONAL = _add("functional", "a convolution or linear layer called as a function is missed")
SUBCLASS = _add("subclass", "a subclassed or parametrised layer is missed: its type is another")
SCRIPTED = _add("scripted", "a compiled module is missed: nothing inside it can be hooked")
MATMUL = _add("matmul", "a product of two tensors is missed, or counted by another formula")
ATTENTION = _add("attention", "the fused attention operator is missed")
SAME = _add("padding_same", "a convolution with padding='same' counts as zero")
TRANSPOSED = _add(
    "transposed", "a transposed convolution is counted at its output grid: times stride² and more"
)
GROUPS = _add("groups", "the groups of a transposed convolution are counted wrongly")
BATCH = _add("batch", "the batch, or the positions of a linear layer, are taken as one")
UNBATCHED = _add("unbatched", "an input without a batch axis is misread")
EINSUM = _add("einsum", "einsum is counted by another formula than what runs")
WEIGHTS = _add("weight_factors", "every trained factor of a weight is counted like a weight")
SHARED = _add("shared", "a module with several owners or runs is counted another number of times")
GRID = _add("grid", "the size of the output is computed by another rule than PyTorch's")
FACTOR = _add("flop_factor", "a multiply-accumulate counts as two FLOPs")
BIAS = _add("bias", "additions of biases are counted")
NORM = _add("norm", "normalisations are counted")
ACTIVATION = _add("activation", "activations are counted")
POOL = _add("pool", "pooling and reductions are counted")
ELEMENTWISE = _add("elementwise", "element-wise arithmetic and interpolation are counted")
ROUNDING = _add("rounding", "the sum is cut to an integer")
UNEXPLAINED = "unexplained"
