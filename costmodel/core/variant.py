"""Variant: a named list of stages with hyper-parameters; declaring one registers it.

A declaration holds what cannot be derived: the stages, what the letters mean, where it was
published and what was claimed there. Parameters, multiplies, formulas, modules, checks, table rows,
sliders and documentation all follow from it, in the rooms above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from costmodel.core import expression, notation
from costmodel.core.expression import Expr
from costmodel.core.hyper import Hyper
from costmodel.core.stage_line import EACH, RESERVED, WINDOWS, Sequence, StageLine
from costmodel.errors import NotationError, VariantError, unknown
from costmodel.registry import Registry

#: Families in the order in which tables list them; `custom` is for variants of the user's own.
FAMILIES = (
    "standard",
    "grouped",
    "separable",
    "basis",
    "low-rank",
    "block",
    "channel",
    "training",
    "algorithm",
    "custom",
)


@dataclass(frozen=True)
class Claim:
    """A closed form as published, to be compared with what the stages give.

    formula: in the source's letters (k, m, n, h, w: output grid, H, W: input grid, and the
    variant's own). quantity: a metric's key, "ratio" of MACs, or "break_even" with `of` its letter.
    dims: the number of spatial axes it is about. at: further symbols' values it assumes.
    """

    quantity: str
    formula: str
    source: str = ""
    of: str = ""
    dims: int = 2
    at: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Variant:
    """A convolution variant; see `notation` for the language of `stages`.

    Two declarations are two variants even where they say the same, since one's own can be declared
    anew under its id; so a variant is a key of its own in any cache.

    Args:
        id: the name under which it is registered.
        title: its name in running text.
        stages: the notation.
        summary: one sentence: what it does and what it saves.
        reference: where it was published: authors, title, venue or identifier.
        hyper: its hyper-parameters by letter.
        where: derived axis sizes by name, as expressions (`p = r/g`).
        claims: published closed forms.
        family: one of `FAMILIES`; groups variants in tables and colours.
        domain: layer fields that this variant is made for ({"kernel": 1}); others are refused.
        place: further facts of the layers whose place it takes in a network ({"out_size": 1} for
            the end of a classifier); on a layer alone it can be counted without them.
        gives_up: one sentence: what it can no longer do that the baseline can; "" of the baseline.
        wins: one sentence: when to prefer it.
        note: anything a reader must know about its counts.
        training: FLOPs per training step beyond the forward and backward pass, as an expression of
            the layer (per group), for variants that change the training and not the layer.
        every: the hyper-parameter that says in how many training steps it falls due once, if any.
        weight_bits, activation_bits: hyper-parameters that set the word lengths, if any.
        algorithm_of: the id of the variant whose function this computes by another algorithm.
        baseline: the one variant that all others are compared with.
        common: whether it is among the few that an overview starts with.
    """

    id: str
    stages: str
    title: str = ""
    summary: str = ""
    reference: str = ""
    hyper: Mapping[str, Hyper] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    family: str = "custom"
    domain: Mapping[str, Any] = field(default_factory=dict)
    place: Mapping[str, Any] = field(default_factory=dict)
    gives_up: str = ""
    wins: str = ""
    note: str = ""
    training: str = ""
    every: str = ""
    weight_bits: str = ""
    activation_bits: str = ""
    algorithm_of: str = ""
    baseline: bool = False
    common: bool = False

    def __post_init__(self) -> None:
        for name in self.hyper:
            if name in RESERVED:
                raise VariantError(
                    f"hyper-parameter {name!r} of variant {self.id!r} has a reserved name; "
                    f"allowed are names other than {', '.join(RESERVED)}"
                )
        if self.every and self.every not in self.hyper:
            raise VariantError(unknown(f"hyper-parameter of {self.id}", self.every, self.hyper))
        if self.family not in FAMILIES:
            raise VariantError(unknown("family", self.family, FAMILIES))
        if self.family == "custom":  # the catalogue's are checked by its tests, not at every start
            _check_names(self)

    # -- parsed parts, kept ----------------------------------------------------------------------
    @cached_property
    def sequence(self) -> Sequence:
        """The parsed stages."""
        return notation.parse(self.stages)

    @cached_property
    def derived(self) -> dict[str, Expr]:
        """The parsed derived sizes, in order of declaration."""
        return {name: expression.parse(text) for name, text in self.where.items()}

    @property
    def training_flops(self) -> Expr | None:
        """The parsed cost of a training step's extra work, None where there is none."""
        return expression.parse(self.training) if self.training else None

    @property
    def left_out(self) -> str:
        """What is counted, but not computed by its module: a sentence, "" where there is none."""
        if self.weight_bits or self.activation_bits:
            return (
                "Its module computes in floating point, with weights rounded to the grid of their "
                "word; activations are not rounded, and no time is saved."
            )
        if self.training:
            return "Its module is the layer alone: the work that training adds is counted only."
        return ""

    @cached_property
    def lines(self) -> list[StageLine]:
        """Every stage line in reading order."""
        return self.sequence.stages()

    @property
    def names_depth(self) -> bool:
        """Whether the notation names the depth axis `l`, and so is meant for 3-D literally."""
        return any("l" in line.windows for line in self.lines)

    @cached_property
    def dims(self) -> frozenset[int]:
        """The numbers of spatial axes that this notation is defined for."""
        if self.names_depth:
            return frozenset({3})
        used = {name for line in self.lines for name in line.windows}
        allowed = {1, 2, 3}
        for line in self.lines:
            channels = set(line.output_names) | set(line.input_names)
            if channels & WINDOWS or not line.isotropic:
                allowed &= {2} if "j" in used else {1, 2}
            if (macs := line.option("macs")) and {"h", "H"} & set(macs.names()):
                allowed &= {2}  # an explicit count that names rows and columns has just these
        return frozenset(allowed)

    @property
    def usual_dims(self) -> int:
        """The number of spatial axes that its formulas are written for: 2 wherever it can."""
        return 2 if 2 in self.dims else max(self.dims)


class UnknownVariantError(VariantError, KeyError):
    """No variant has this id."""

    __str__ = VariantError.__str__


class Variants(Registry[Variant]):
    """The variants by id, family by family, the baseline first."""

    def add(self, key: str, entry: Variant) -> Variant:
        """Register a variant; an id can be taken once, but one's own can be redefined."""
        taken = self._read().get(key) if entry.family == "custom" else None
        if taken is None:
            return super().add(key, entry)
        if taken.family != "custom":
            raise VariantError(
                f"variant {key!r} is in the catalogue already; allowed is an id of your own"
            )
        return self._put(key, entry)

    @property
    def baseline(self) -> Variant:
        """The variant that ratios and break-evens refer to."""
        return next(variant for variant in self.values() if variant.baseline)

    def remove(self, key: str) -> None:
        """Forget a variant of the user's own; the catalogue stays as it is."""
        if self[key].family != "custom":
            raise VariantError(f"variant {key!r} belongs to the catalogue; allowed are your own")
        super().remove(key)


#: Every declared variant by id; each file of `variants/` declares some.
VARIANTS = Variants(
    "variant",
    package="costmodel.variants",
    order=lambda v: (FAMILIES.index(v.family), not v.baseline, v.id),
    error=VariantError,
    unknown_error=UnknownVariantError,
)


def declare(id: str, stages: str, **facts: Any) -> Variant:
    """Declare and register a variant; the arguments are those of `Variant`."""
    return VARIANTS.add(id, Variant(id, stages, **facts))


def _check_names(variant: Variant) -> None:
    """Refuse a declaration that uses an unknown name, with a caret under it."""
    known = {*RESERVED, *variant.hyper} - {EACH}
    for name, expr in variant.derived.items():
        if name in RESERVED or name in variant.hyper:
            raise VariantError(
                f"derived size {name!r} of variant {variant.id!r} hides another name; allowed are "
                "new names"
            )
        _check_expression(expr, known, variant)
        known.add(name)
    if variant.training_flops:
        _check_expression(variant.training_flops, known, variant)
    before = known - set(variant.hyper) - set(variant.derived)
    for name, hyper in variant.hyper.items():
        if isinstance(hyper.default, str) and not hyper.real:
            _check_expression(expression.parse(hyper.default), before, variant)
        if hyper.upto:
            _check_expression(expression.parse(hyper.upto), known, variant)
        before.add(name)
    axes = {*known, *WINDOWS, EACH} - {"h", "w", "H", "W", "taps"}
    for line in variant.lines:
        for axis in line.axes:
            for name in axis.names:
                if name not in axes:
                    raise NotationError(
                        f"axis {name!r} has no size: it is neither reserved nor a hyper-parameter",
                        variant.stages,
                        axis.at,
                        sorted(axes),
                    )
    for expr, at in variant.sequence.expressions():
        _check_expression(expr, known, variant, at)


def _check_expression(expr: Expr, known: set[str], variant: Variant, at: int | None = None) -> None:
    """Refuse unknown names; `at` is where its item begins in the stages."""
    for name in expr.names():
        if name not in known:
            text, start = expr.text, 0
            if at is not None:
                text, start = variant.stages, variant.stages.index(expr.text, at)
            word = re.compile(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])").search(text, start)
            raise NotationError(
                f"unknown name {name!r} in variant {variant.id!r}",
                text,
                word.start() if word else start,
                sorted(known),
            )
