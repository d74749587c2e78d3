"""Random agreement: every variant on layers that nobody chose, against counters from outside.

Layers of one to three dimensions with any stride, dilation, padding, groups, batch and bias, with
even kernels and transposed ones, and hyper-parameters over their ranges. A seed gives the same
layers again, however many processes share the work.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from costmodel.checks.verify.counters import on_meta, ones_count, torch_counts
from costmodel.checks.verify.oracles import fvcore_analysis, fvcore_count
from costmodel.checks.verify.prepare import side_by_side
from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.hyper import Hyper
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import layer_words
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.table import Table
from costmodel.torch.modules import VariantModule, output_shape

COLUMNS = ("variant", "hyper", "layer", "oracle", "expected", "got")
#: Layers up to this many MACs are small enough to be counted by convolutions of ones as well.
SMALL_MACS = 100_000
#: One of so many layers is counted by fvcore as well, which takes ten times as long as the rest.
FVCORE_EVERY = 100
_CHUNK = 250
_TRIES = 3000
_SIDES = {1: 40, 2: 18, 3: 9}  # longest input side by dimension


@dataclass
class Campaign:
    """What random layers have shown.

    layers: how many were checked; refused: how many more did not fit their variant.
    checks: comparisons by oracle. by_variant: layers by variant. disagreements: a row for each.
    """

    layers: int = 0
    refused: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    by_variant: Counter[str] = field(default_factory=Counter)
    disagreements: list[dict[str, Any]] = field(default_factory=list)

    @property
    def variants(self) -> int:
        """How many variants were checked."""
        return len(self.by_variant)

    @property
    def mismatches(self) -> Table:
        """A row for each disagreement: enough to see it again."""
        return Table(COLUMNS, self.disagreements)

    def compare(self, bound: BoundVariant, oracle: str, expected: Any, got: Any) -> None:
        """Note one comparison."""
        self.checks[oracle] += 1
        if expected != got:
            hyper = " ".join(f"{name}={value}" for name, value in bound.hyper.items())
            layer = layer_words(bound.layer)
            cells = (bound.variant.id, hyper, layer, oracle, str(expected), str(got))
            self.disagreements.append(dict(zip(COLUMNS, cells, strict=True)))

    def merge(self, other: Campaign) -> None:
        """Add what another process has seen."""
        self.layers += other.layers
        self.refused += other.refused
        self.checks += other.checks
        self.by_variant += other.by_variant
        self.disagreements += other.disagreements


def campaign(
    count: int,
    seed: int = 0,
    variants: Iterable[str | Variant] | None = None,
    *,
    processes: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Campaign:
    """Compare variants with outside counters on random layers.

    Args:
        count: layers in total, shared out evenly among the variants.
        seed: gives the same layers again.
        variants: ids or `Variant` values; None is every one that has a module.
        processes: how many work side by side (None: one per core); the result is the same.
        progress: called now and then with the number of layers checked so far.

    Returns:
        Of every layer parameters, output shape and torch's count are compared; of small ones also
        the sum of convolutions of ones, and of a sample fvcore's count.
    """
    chosen = [VARIANTS.of(v) for v in variants or VARIANTS]
    chosen = [variant for variant in chosen if not variant.algorithm_of]
    fvcore_analysis()  # now rather than in the middle, if it is not installed
    tasks = list(_tasks(chosen, count, seed))
    result = Campaign()
    for part in side_by_side(_run, tasks, processes):
        result.merge(part)
        if progress:
            progress(result.layers)
    return result


_Task = tuple[Sequence[Variant], str]


def _tasks(variants: Sequence[Variant], count: int, seed: int) -> Iterator[_Task]:
    for start in range(0, count, _CHUNK):
        numbers = range(start, min(start + _CHUNK, count))
        yield [variants[i % len(variants)] for i in numbers], f"{seed} {start}"


def _run(task: _Task) -> Campaign:
    """Check one random layer for each of the variants of a task."""
    variants, seed = task
    draw = random.Random(seed)
    part = Campaign(layers=len(variants))
    modules = []
    for variant in variants:
        module, refused = draw_module(draw, variant)
        modules.append(module)
        part.refused += refused
        part.by_variant[variant.id] += 1
    for module, counted in zip(modules, list(torch_counts(modules)), strict=True):
        bound = module.bound
        counts = Counts(bound)
        part.compare(bound, "parameters", counts.params, counted.params)
        part.compare(bound, "shape", output_shape(bound.layer), counted.shape)
        part.compare(bound, "torch", counts.macs, counted.macs)
        if counts.macs <= SMALL_MACS:
            part.compare(bound, "ones", counts.macs, ones_count(module))
        if draw.randrange(FVCORE_EVERY) == 0:
            part.compare(bound, "fvcore", counts.macs, _fvcore(bound))
    return part


def _fvcore(bound: BoundVariant) -> int | str:
    try:
        return fvcore_count(VariantModule(bound))
    except CostModelError as error:
        return str(error)


# -- drawing ---------------------------------------------------------------------------------------
def draw_module(draw: random.Random, variant: Variant) -> tuple[VariantModule, int]:
    """A variant on a random layer, on the meta device, and how many layers it refused before.

    Raises `VariantError` where it refuses all of many.
    """
    why = ""
    for refused in range(_TRIES):
        dims = draw.choice(sorted(variant.dims))
        hyper = {n: v for n, h in variant.hyper.items() if (v := draw_value(draw, h)) is not None}
        try:
            return on_meta(bind(variant, draw_layer(draw, dims, variant.domain), hyper)), refused
        except CostModelError as error:
            why = str(error)
    raise VariantError(
        f"{variant.id} fits none of {_TRIES} random layers; allowed are variants that fit some. "
        f"The last one: {why}"
    )


def draw_layer(draw: random.Random, dims: int, fixed: Mapping[str, Any]) -> ConvLayer:
    """A random layer; `fixed` are the fields that a variant prescribes.

    Raises `LayerError` where the numbers drawn do not go together.
    """

    def per_axis(*values: int) -> tuple[int, ...]:
        return tuple(draw.choice(values) for _ in range(dims))

    transposed = draw.random() < 0.25
    groups = draw.choice((1, 1, 1, 2, 3))
    step = draw.choice((1, 2, 4, 6, 12))  # divisors, as groups and tensors of channels need them
    padding = draw.choice(("same", "valid", per_axis(0, 1, 2, 3)))
    fields: dict[str, Any] = {
        "kernel": per_axis(1, 2, 3, 3, 4, 5),
        "in_channels": groups * step * draw.randint(1, 24 // step),
        "out_channels": groups * step * draw.randint(1, 24 // step),
        "size": tuple(draw.randint(1, _SIDES[dims]) for _ in range(dims)),
        "stride": per_axis(1, 1, 2, 3),
        "padding": padding,
        "dilation": per_axis(1, 1, 1, 2, 3),
        "groups": groups,
        "batch": draw.choice((1, 1, 2, 3)),
        "bias": draw.random() < 0.5,
        "transposed": transposed,
        "output_padding": per_axis(0, 0, 1) if transposed and padding != "same" else 0,
    }
    if "size" in fixed:
        fixed = {**fixed, "size": (fixed["size"],) * dims}
    return ConvLayer(**{**fields, **fixed})


def draw_value(draw: random.Random, hyper: Hyper) -> Number | None:
    """A random value of a hyper-parameter, or None for its default."""
    if draw.random() < 0.4:
        return None
    if hyper.real:
        below = draw.randint(1, 8)
        return Fraction(draw.randint(0, below), below)
    return draw.randint(hyper.low, max(hyper.low, hyper.high or 8))
