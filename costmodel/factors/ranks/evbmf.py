"""The rank that variational Bayes finds in a noisy matrix, without being told the noise.

Nakajima, Sugiyama, Babacan, Tomioka, Global analytic solution of fully-observed variational
Bayesian matrix factorization, JMLR 14, 2013: the empirical variant, whose threshold and free energy
are functions of the singular values alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from costmodel.errors import MissingDependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_TAU = 2.5129  # times √α: their equation for the point below which a component is noise
_GRID = 200


def evbmf_rank(values: Array, rows: int, columns: int) -> int:
    """How many singular values of a matrix are signal; none of pure noise.

    Args:
        values: all min(rows, columns) singular values.
        rows, columns: of the matrix.

    Raises:
        MissingDependencyError: SciPy is not installed.
    """
    short, long = sorted((rows, columns))
    squares = numpy.sort(numpy.asarray(values, dtype=float) ** 2)[::-1]
    total = float(squares.sum())
    if total == 0:
        return 0
    alpha = short / long
    tau = _TAU * numpy.sqrt(alpha)
    edge = (1 + tau) * (1 + alpha / tau)
    noise = _noise(squares, short, long, alpha, edge)
    return int((squares > long * noise * edge).sum())


def _noise(squares: Array, short: int, long: int, alpha: float, edge: float) -> float:
    """The variance of the noise: where the free energy is least."""
    try:
        from scipy.optimize import minimize_scalar
    except ImportError:
        raise MissingDependencyError("scipy", "EVBMF", "weights") from None
    # their bounds: no more than so many components can be signal, and all may be noise
    most = max(int(numpy.ceil(short / (1 + alpha))) - 1, 0)
    upper = squares.sum() / (short * long)
    lower = max(squares[most] / (long * edge), squares[most:].mean() / long, upper * 1e-14)

    def energy(log_noise: float) -> float:
        return _free_energy(squares / (long * numpy.exp(log_noise)), alpha, edge)

    # it has several minima: the best of a grid, and from there the least nearby
    grid = numpy.linspace(numpy.log(lower), numpy.log(upper), _GRID)
    best = int(numpy.argmin([energy(point) for point in grid]))
    ends = grid[max(best - 1, 0)], grid[min(best + 1, _GRID - 1)]
    if ends[0] >= ends[1]:  # a matrix of one singular value
        return float(upper)
    found = minimize_scalar(energy, bounds=ends, method="bounded", options={"xatol": 1e-10})
    return float(numpy.exp(found.x))


def _free_energy(x: Array, alpha: float, edge: float) -> float:
    """Their Ω, up to a constant: x are the squared singular values by the noise's M·σ²."""
    safe = numpy.maximum(x, numpy.finfo(float).tiny)
    energy = safe - numpy.log(safe)
    signal = safe[safe > edge]
    middle = signal - (1 + alpha)
    tau = (middle + numpy.sqrt(middle**2 - 4 * alpha)) / 2
    gain = numpy.log1p(tau) + alpha * numpy.log1p(tau / alpha) - tau
    return float(energy.sum() + gain.sum())
