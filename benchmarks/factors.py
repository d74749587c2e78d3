"""Factors of ResNet-50's convolutions: errors of all ranks, beside tensorly's functions.

    python -m benchmarks.factors [LAYERS]

Kernels are random numbers in the shapes of the shipped network; how long a decomposition takes does
not depend on them. Ours is one call of `errors` for each layer and variant, every rank and every
pair of ranks with its parameters and multiplies, in double precision. Theirs is the least that
those ranks take with tensorly's own functions, in the kernel's single precision and without any
costs: the singular value decomposition of the same unfolding, and for Tucker-2 those of both sides
and the rotated core. LAYERS is how many layers to take, spread over the network; all of them unless
given. Before that, fits at equal ranks: errors and seconds of both, ours from three starts.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy
import tensorly
from tensorly.decomposition import parafac, partial_tucker
from tensorly.tenalg import multi_mode_dot
from tensorly.tenalg.svd import truncated_svd

import costmodel as cm
from costmodel.core.layer import ConvLayer
from costmodel.table import Table

NETWORK = "resnet50"


def kernels(count: int | None) -> list[tuple[ConvLayer, Any]]:
    """Layers of the network with random kernels, (n, m, rows, columns) in single precision."""
    layers = [op.layer for op in cm.load(NETWORK).ops if op.layer is not None and op.kind == "conv"]
    chosen = layers if count is None else layers[:: -(-len(layers) // count)]
    random = numpy.random.default_rng(0)
    return [
        (layer, random.standard_normal((layer.out_channels, layer.in_channels, *layer.kernel),
                                       dtype=numpy.float32))
        for layer in chosen
    ]  # fmt: skip


def _svd(matrix: Any) -> Any:
    return truncated_svd(matrix, n_eigenvecs=min(matrix.shape))


def _core(kernel: Any) -> None:
    sides = [_svd(tensorly.unfold(kernel, mode))[0] for mode in (0, 1)]
    multi_mode_dot(kernel, sides, modes=[0, 1], transpose=True)


def _batched(matrices: Any) -> None:
    for matrix in matrices:
        _svd(matrix)


#: What each variant takes with tensorly's functions.
THEIRS: dict[str, Callable[[Any], Any]] = {
    "channel_svd": lambda k: _svd(tensorly.unfold(k, 0)),
    "channel_svd_in": lambda k: _svd(tensorly.unfold(k, 1)),
    "spatial_svd": lambda k: _svd(
        k.transpose(1, 2, 0, 3).reshape(k.shape[1] * k.shape[2], k.shape[0] * k.shape[3])
    ),
    "basis": lambda k: _batched(k.transpose(1, 0, 2, 3).reshape(k.shape[1], k.shape[0], -1)),
    "decoupled": lambda k: _batched(k.reshape(*k.shape[:2], -1)),
    "tucker2": _core,
}


def seconds(action: Callable[[], Any]) -> float:
    """How long a call takes, once."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def figures(count: int | None = None) -> Table:
    """A row per variant and their sum: seconds of both, and how many times ours is faster."""
    found = kernels(count)
    rows, sums = [], [0.0, 0.0]
    for variant, theirs in THEIRS.items():
        ours = sum(
            seconds(lambda v=variant, k=k, layer=layer: cm.errors(k, v, layer=layer).arrays)  # type: ignore[misc]
            for layer, k in found
        )
        beside = sum(seconds(lambda k=k, other=theirs: other(k)) for _, k in found)  # type: ignore[misc]
        rows.append((variant, ours, beside))
        sums = [sums[0] + ours, sums[1] + beside]
    rows.append(("all", *sums))
    cells = [
        {"variant": name, "layers": len(found), "seconds": ours, "tensorly_seconds": other,
         "times_faster": other / ours}
        for name, ours, other in rows
    ]  # fmt: skip
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    names = ("variant", "layers", "seconds", "tensorly_seconds", "times_faster")
    return Table(names, cells, (f"Most memory at once, tensorly's included: {memory:.2f} GB.",))


def falling(shape: tuple[int, ...]) -> Any:
    """A kernel with falling spectra on every side, as trained ones have them."""
    random = numpy.random.default_rng(1)
    kernel = random.standard_normal(shape)
    for axis, side in enumerate(shape):
        mixing = numpy.linalg.qr(random.standard_normal((side, side)))[0]
        mixing = mixing * numpy.geomspace(1, 0.05, side)
        kernel = numpy.moveaxis(numpy.tensordot(mixing, kernel, (0, axis)), 0, axis)
    return kernel


def _their_tucker(kernel: Any, r1: int, r2: int) -> Any:
    (core, sides), _ = partial_tucker(kernel, [r2, r1], modes=[0, 1], n_iter_max=100, tol=1e-7)
    return multi_mode_dot(core, sides, modes=[0, 1])


def _their_cp(kernel: Any, r: int) -> Any:
    found = parafac(kernel, r, n_iter_max=100, init="svd", tol=1e-7, random_state=0)
    return tensorly.cp_to_tensor(found)


def fits(shapes: tuple[tuple[int, ...], ...] = ((64, 48, 3, 3), (128, 96, 3, 3))) -> Table:
    """Fits at equal ranks: the errors and the seconds of both."""
    cells = []
    for n, m, *window in shapes:
        kernel = falling((n, m, *window))
        cases: list[tuple[str, dict[str, int], Callable[..., Any]]] = [
            ("tucker2", {"r1": m // 4, "r2": n // 4}, _their_tucker),
            ("cp", {"r": n // 4}, _their_cp),
        ]
        for variant, ranks, rule in cases:
            found: list[Any] = []
            ours = seconds(lambda: found.append(cm.factorize(kernel, variant, hyper=ranks)))  # noqa: B023
            other = seconds(lambda: found.append(rule(kernel, **ranks)))  # noqa: B023
            left = float(numpy.linalg.norm(kernel - found[1]) / numpy.linalg.norm(kernel))
            cells.append(
                {"kernel": "x".join(map(str, kernel.shape)), "variant": variant, "ranks": ranks,
                 "error": found[0].error, "tensorly_error": left, "seconds": ours,
                 "tensorly_seconds": other}
            )  # fmt: skip
    return Table(tuple(cells[0]), cells)


if __name__ == "__main__":
    print(fits().to_text())
    print(figures(int(sys.argv[1]) if len(sys.argv) > 1 else None).to_text(), end="")
