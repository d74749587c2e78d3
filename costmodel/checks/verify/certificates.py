"""Certificates: agreement on finitely many layers that proves a formula for layers of all sizes.

Two polynomials whose degree in each variable is at most d, and that agree on a grid with d + 1
distinct values of each variable, are equal. A variant's count is a polynomial in the layer's sizes
and in the hyper-parameters (or a quotient of two, or one on each residue class), and its degrees
can be read off the formula. So where an outside counter agrees with the formula on such a grid, and
its count is of no higher degree (the one assumption), the two are equal at all sizes.

docs/certificates.md says what exactly is proved.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from typing import Any

from sympy import Expr, lambdify

from costmodel.checks.evidence import CERTIFICATE, PROVED
from costmodel.checks.verify.counters import on_meta, torch_counts
from costmodel.checks.verify.grids import SETTINGS, LayerGrid, Lettered, default_value, layer_grid
from costmodel.checks.verify.interpolation import size_classes
from costmodel.checks.verify.oracles import fvcore_analysis, fvcore_count, fvcore_parameters
from costmodel.checks.verify.prepare import prepare, side_by_side
from costmodel.core.bound import BoundVariant
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, unknown
from costmodel.formulas.formula import formula
from costmodel.formulas.printing.printers import text
from costmodel.table import Table
from costmodel.torch.modules import VariantModule

CERTIFIED = ("params", "macs")
NONE = "no certificate"
#: Further points of each class, with other values, where a higher degree would show itself.
BEYOND = 4
_BATCH = 512

#: What an outside counter says of each of many variants on layers: the values of `CERTIFIED`.
Count = Callable[[Sequence[BoundVariant]], Iterable[tuple[int, int]]]


@dataclass(frozen=True)
class OutsideCounter:
    """A counter of another project that certifies.

    package: whose version matters. load: raises where it is not installed. settings: kinds of
    layers to certify on, of which the first that a variant fits is taken.
    """

    package: str
    load: Callable[[], Any]
    count: Count
    settings: tuple[str, ...]


def _torch(bounds: Sequence[BoundVariant]) -> Iterator[tuple[int, int]]:
    for counted in torch_counts([on_meta(bound) for bound in bounds]):
        yield counted.params, counted.macs


def _fvcore(bounds: Sequence[BoundVariant]) -> Iterator[tuple[int, int]]:
    for bound in bounds:
        module = VariantModule(bound)
        yield fvcore_parameters(module), fvcore_count(module)


#: Every one by key. fvcore takes ten times as long as torch, and so has the smaller grids.
COUNTERS: dict[str, OutsideCounter] = {
    "torch": OutsideCounter("torch", prepare, _torch, ("any stride", "stride 1", "transposed")),
    "fvcore": OutsideCounter(
        "fvcore", fvcore_analysis, _fvcore, ("stride 1, square kernel", "transposed")
    ),
}


def certify(
    variants: Iterable[str | Variant] | None = None,
    counters: Iterable[str] | None = None,
    *,
    processes: int | None = None,
) -> Table:
    """Run the grids of every variant against every outside counter.

    Args:
        variants: ids or `Variant` values; None is every registered one.
        counters: keys of `COUNTERS`; None is all.
        processes: how many work side by side; None is one per core.

    Returns:
        A row per (variant, metric, kind of layer, counter). `result` is "proved", or the first
        layer that differs, or why there is no certificate.
    """
    chosen = [VARIANTS.of(v) for v in variants or VARIANTS]
    keys = list(counters or COUNTERS)
    for key in keys:
        if key not in COUNTERS:
            raise CostModelError(unknown("witness", key, COUNTERS))
        COUNTERS[key].load()
    tasks = list(itertools.product(chosen, keys))
    # The longest first, or a worker would end alone with one of them.
    order = sorted(tasks, key=lambda task: -len(task[0].lines))
    parts = dict(zip(order, side_by_side(_rows, order, processes), strict=True))
    return Table(CERTIFICATE, [row for task in tasks for row in parts[task]])


def refuted(table: Table) -> list[dict[str, Any]]:
    """The rows in which a counter disagrees; those without a metric compare nothing."""
    return [dict(row) for row in table.rows if row.get("metric") and row["result"] != PROVED]


def uncertified(table: Table) -> list[str]:
    """Variants that have no certificate at all."""
    proved = {row["variant"] for row in table.rows if row["result"] == PROVED}
    return [v for v in dict.fromkeys(table.column("variant")) if v not in proved]


@dataclass(frozen=True)
class Certificate:
    """Formulas of one variant on one kind of layer, and the grids that decide about them.

    formulas: by metric, in the letters of `lettered`. grids: one for each class of sizes.
    """

    lettered: Lettered
    formulas: Mapping[str, Expr]
    grids: tuple[LayerGrid, ...]

    @property
    def points(self) -> int:
        """Layers on all grids together."""
        return sum(map(len, self.grids))

    def degrees(self, metric: str) -> str:
        """The degree of a metric in every letter, the largest of all classes."""
        letters = self.lettered.letters
        parts = [g.size_class.degrees([self.formulas[metric]], letters) for g in self.grids]
        held = {letter for grid in self.grids for letter in grid.size_class.held}
        return " ".join(
            f"{letter}:{max(part[letter] for part in parts)}"
            for letter in letters
            if letter not in held
        )

    @property
    def classes(self) -> str:
        """The values held and the residues told apart, "" where one polynomial is all there is."""
        classes: dict[str, None] = {}
        for grid in self.grids:
            held = str(grid.size_class)
            steps = [f"{s} mod {p}" for s, (p, _) in grid.size_class.steps.items()]
            classes[": ".join(filter(None, (held, ", ".join(steps))))] = None
        return "; ".join(filter(None, classes))

    def differences(self, count: Count) -> dict[str, str]:
        """The first layer on which a counter differs, by metric; "" where there is none."""
        differences = dict.fromkeys(self.formulas, "")
        for grid in self.grids:
            letters = list(grid.values)
            values = {
                metric: lambdify(letters, grid.size_class.quotient(formula), "math")
                for metric, formula in self.formulas.items()
            }
            points = itertools.chain(grid, grid.beyond(BEYOND))
            while batch := list(itertools.islice(points, _BATCH)):
                got = count([bound for _, bound in batch])
                for (at, bound), numbers in zip(batch, got, strict=True):
                    for metric, number in zip(CERTIFIED, numbers, strict=True):
                        if metric not in values or differences[metric]:
                            continue
                        above, below = values[metric](*at.values())
                        if above != below * number:
                            differences[metric] = _difference(grid, at, bound, above, below, number)
        return differences


def certificate(
    variant: Variant, setting: str, formulas: Mapping[str, Expr] | None = None
) -> Certificate:
    """The formulas of a variant, and grids of layers that prove or refute them.

    Args:
        variant: a variant with a module.
        setting: key of `SETTINGS`.
        formulas: by metric; None is what the project says, `costmodel.formulas.formula`.

    Raises:
        CostModelError: there is no certificate, with the reason.
    """
    lettered = Lettered(variant, SETTINGS[setting])
    claimed = formulas or {m: formula(variant, m, lettered.layer) for m in CERTIFIED}
    # by which a rounding may divide
    held = {lettered.hyper[n]: (default_value(hyper),) for n, hyper in variant.hyper.items()}
    exprs = list(claimed.values())
    grids = tuple(
        layer_grid(lettered, size_class, size_class.degrees(exprs, lettered.letters))
        for size_class in size_classes(exprs, held)
    )
    return Certificate(lettered, claimed, grids)


def _rows(task: tuple[Variant, str]) -> list[dict[str, Any]]:
    variant, key = task
    counter = COUNTERS[key]
    base = {
        "variant": variant.id,
        "oracle": key,
        "version": version(counter.package).partition("+")[0],
    }
    if variant.algorithm_of:
        why = f"an algorithm of {variant.algorithm_of} is no module that a counter could run"
        return [{**base, "result": f"{NONE}: {why}"}]
    reasons: list[str] = []
    for setting in counter.settings:
        try:
            made = certificate(variant, setting)
            differences = made.differences(counter.count)
        except CostModelError as error:
            reasons.append(str(error))
            continue
        return [
            {
                **base,
                "metric": metric,
                "formula": text(made.formulas[metric], own=variant.hyper),
                "layers": setting,
                "degrees": made.degrees(metric),
                "classes": made.classes,
                "points": made.points,
                "result": differences[metric] or PROVED,
            }
            for metric in CERTIFIED
        ]
    return [{**base, "result": f"{NONE}: {'; '.join(reasons)}"}]


def _difference(
    grid: LayerGrid, at: Mapping[Any, int], bound: BoundVariant, above: int, below: int, got: int
) -> str:
    sizes = {str(s): grid.size_class.size(s, t) for s, t in at.items()}
    sizes |= {str(s): value for s, value in grid.size_class.held.items()}
    point = " ".join(f"{name}={value}" for name, value in sizes.items())
    return f"differs at {point} ({bound.layer}): formula {Fraction(above, below)}, counted {got}"
