"""Certificates: agreement on finitely many points that proves a formula for all sizes.

A count is a polynomial in every size, of a degree that its formula shows. Two polynomials of degree
at most d_i in their i-th variable that agree on a grid of d_i + 1 distinct values per variable are
equal. So if an outside counter's number is a polynomial of at most these degrees (the one
assumption), agreement on such a grid proves it equal to ours for ALL sizes.

Where a formula rounds, or divides by a hyper-parameter, it is a polynomial only on sizes that come
out even: the hyper-parameter is then fixed to a few values, the sizes are multiples of `SCALE`, and
the certificate says both.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from multiprocessing import get_context
from typing import Any

from sympy import Expr, Poly, Symbol, expand, sympify

from costmodel.counting import count
from costmodel.errors import VariantError
from costmodel.layer import ConvLayer
from costmodel.symbolic import symbol
from costmodel.table import Table
from costmodel.variant import VARIANTS, Variant
from costmodel.verify import prepare
from costmodel.verify.modules import build
from costmodel.verify.oracles import ORACLES

COLUMNS = ("variant", "metric", "degrees", "where", "points", "oracle", "version", "result")
#: The oracles that count, with the metric that each counts and the package whose version matters.
COUNTERS = {
    "parameters": ("params", "torch"),
    "torch": ("macs", "torch"),
    "fvcore": ("macs", "fvcore"),
}
#: Sizes are multiples of this where a formula rounds; every small factor divides it.
SCALE = 12
_FIXED: dict[bool, tuple[Any, ...]] = {False: (2, 4), True: (Fraction(1, 4), Fraction(1, 2))}
_SIZES = ("m", "n", "h", "w")


@dataclass(frozen=True)
class Grid:
    """A unisolvent grid for one metric of one variant.

    formula: the polynomial that is claimed. degrees: in each variable. fixed: hyper-parameters that
    are no variables. scale: what m, n, h and w are multiples of. values: per variable, one more
    than the degree.
    """

    variant: Variant
    metric: str
    formula: Expr
    degrees: dict[str, int]
    fixed: dict[str, Any]
    scale: int
    values: dict[str, tuple[int, ...]]

    @property
    def where(self) -> str:
        """What is assumed of the sizes, "" for nothing."""
        parts = [f"{name}={value}" for name, value in self.fixed.items()]
        if self.scale != 1:
            parts.append(f"{', '.join(_SIZES)} divisible by {self.scale}")
        return "; ".join(parts)

    def points(self) -> Iterator[dict[str, int]]:
        """Every point, as values by variable."""
        for combination in itertools.product(*self.values.values()):
            yield dict(zip(self.values, combination, strict=True))

    def place(self, point: dict[str, int]) -> tuple[ConvLayer, dict[str, Any]]:
        """The layer and the hyper-parameters of a point."""
        return _layer(self.variant, point, self.scale), {
            **self.fixed,
            **{name: point[name] for name in self.variant.hyper if name in point},
        }


def certify(
    variants: Iterable[str | Variant] | None = None, *, processes: int = 2
) -> Table:
    """Run the grid of every variant and metric against every counter.

    Args:
        variants: ids or `Variant` values; None is every one that has a module.
        processes: how many work side by side.

    Returns:
        A row per (variant, metric, fixed values, oracle); `result` is "proved", or the first point
        that differs.
    """
    selected = [VARIANTS[v] if isinstance(v, str) else v for v in variants or VARIANTS.values()]
    wanted = [variant for variant in selected if not variant.algorithm_of]
    if processes > 1 and len(wanted) > 1:
        # a fresh interpreter per worker: torch's threads do not survive a fork
        with ProcessPoolExecutor(processes, get_context("spawn"), initializer=prepare) as pool:
            found = list(pool.map(_rows, wanted, chunksize=1))
    else:
        found = [_rows(variant) for variant in wanted]
    return Table(COLUMNS, [row for rows in found for row in rows])


def _rows(variant: Variant) -> list[dict[str, Any]]:
    return [
        {
            "variant": variant.id,
            "metric": grid.metric,
            "degrees": " ".join(f"{name}:{degree}" for name, degree in grid.degrees.items()),
            "where": grid.where,
            "points": sum(1 for _ in grid.points()),
            "oracle": oracle,
            "version": version(COUNTERS[oracle][1]).partition("+")[0],
            "result": compared(grid, oracle),
        }
        for metric in dict.fromkeys(metric for metric, _ in COUNTERS.values())
        for grid in grids(variant, metric)
        for oracle in COUNTERS
        if COUNTERS[oracle][0] == metric
    ]


def compared(grid: Grid, oracle: str) -> str:
    """ "proved" if the oracle's count is the formula's value at every point, else the first not."""
    for point in grid.points():
        layer, hyper = grid.place(point)
        claimed = int(grid.formula.xreplace({symbol(n): v for n, v in point.items()}))
        got = ORACLES[oracle].got(build(grid.variant, layer, **hyper))
        if got != claimed:
            text = " ".join(f"{name}={value}" for name, value in point.items())
            return f"differs at {text}: formula {claimed}, {oracle} {got}"
    return "proved"


def grids(variant: Variant, metric: str) -> list[Grid]:
    """The grids that certify a metric: one, or one per choice of what has to be fixed."""
    found = []
    for fixed in _choices(variant, metric):
        for scale in (1, SCALE):
            formula = _formula(variant, metric, fixed, scale)
            variables = _variables(formula)
            if formula.is_polynomial(*variables):
                break
        poly = Poly(formula, *variables)
        degrees = {v.name: poly.degree(v) for v in variables}
        values = _legal(variant, metric, formula, degrees, fixed, scale)
        found.append(Grid(variant, metric, formula, degrees, fixed, scale, values))
    return found


def _choices(variant: Variant, metric: str) -> list[dict[str, Any]]:
    """Values for the hyper-parameters in which the formula is no polynomial."""
    formula = _formula(variant, metric, {}, 1)
    names = [
        name
        for name, hyper in variant.hyper.items()
        if hyper.real or not formula.is_polynomial(symbol(name))
    ]
    options = [_FIXED[variant.hyper[name].real] for name in names]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*options)]


def _formula(variant: Variant, metric: str, fixed: dict[str, Any], scale: int) -> Expr:
    letters = {name: symbol(name) for name in ("i", "j", "l", *_SIZES, "d")}
    layer = _layer(variant, letters, scale)
    hyper = {n: symbol(n, h.real) for n, h in variant.hyper.items()} | fixed
    return expand(sympify(count(variant, layer, **hyper)[metric]))


def _layer(variant: Variant, sizes: dict[str, Any], scale: int) -> ConvLayer:
    """The layer of a point: a rectangular window, "same" padding, stride 1, one image."""
    dims = 2 if 2 in variant.dims else max(variant.dims)
    kernel, size = {
        1: (("i",), ("w",)),
        2: (("i", "j"), ("h", "w")),
        3: (("l", "i", "j"), ("d", "h", "w")),
    }[dims]
    fields: dict[str, Any] = {
        "kernel": tuple(sizes.get(name, 1) for name in kernel),
        "in_channels": sizes.get("m", 1) * scale,
        "out_channels": sizes.get("n", 1) * scale,
        "size": tuple(sizes.get(name, 1) * scale for name in size),
    }
    for name, value in variant.domain.items():
        fields[name] = (value,) * dims if isinstance(fields.get(name), tuple) else value
    if fields.get("padding") == "valid":  # the sizes are those of the output grid
        fields["size"] = tuple(
            s + k - 1 for s, k in zip(fields["size"], fields["kernel"], strict=True)
        )
    return ConvLayer(**fields)


def _variables(formula: Expr) -> list[Symbol]:
    return sorted(formula.free_symbols, key=lambda s: s.name)


def _legal(
    variant: Variant,
    metric: str,
    formula: Expr,
    degrees: dict[str, int],
    fixed: dict[str, Any],
    scale: int,
) -> dict[str, tuple[int, ...]]:
    """Values for every variable such that each point of the grid is a layer that can be built.

    Sizes that the formula does not depend on stand in with one value, so that layers are complete.
    """
    names = [*_SIZES, "i", "j", "l", "d", *(n for n in variant.hyper if n in degrees)]
    for m, n, hyper in itertools.product((12, 60, 32), (12, 60, 32), (1, 4, 12)):
        # kernel sides from 2 and grid sizes from 3: pairwise distinct, and with every tap in use
        start = {"m": m, "n": n, "h": 3, "w": 5, "d": 4, "i": 2, "j": 3, "l": 2}
        if scale != 1:
            start |= {"m": max(m // 12, 1), "n": max(n // 12, 1), "h": 1, "w": 1, "d": 1}
        step = {"m": m, "n": n} if scale == 1 else {}
        values = {}
        for name in names:
            first = start.get(name, hyper)
            stride = step.get(name, hyper if name in variant.hyper else 1)
            values[name] = tuple(first + stride * t for t in range(degrees.get(name, 0) + 1))
        grid = Grid(variant, metric, formula, degrees, fixed, scale, values)
        if all(_fits(grid, point) for point in grid.points()):
            return values
    raise VariantError(
        f"{variant.id}: no grid of layers that all fit was found; allowed are variants with one"
    )


def _fits(grid: Grid, point: dict[str, int]) -> bool:
    try:
        layer, hyper = grid.place(point)
        count(grid.variant, layer, **hyper)
        taps = [a for line in grid.variant.lines for a in line.weights if a.pattern]
        return not taps or all(v <= 4 for n, v in point.items() if n in grid.variant.hyper)
    except VariantError:
        return False


def unproved(table: Table) -> Sequence[dict[str, Any]]:
    """The rows whose grid found a difference."""
    return [dict(row) for row in table.rows if row["result"] != "proved"]
