"""Spaces: the points of several variants in a stated order, and the columns of their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from costmodel.comparing.compare import VARIANT, choose_metrics
from costmodel.core.hyper import route, together
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import LAYER_OPTIONS
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.sweeping.bounds import WORD
from costmodel.sweeping.cells import Counter
from costmodel.sweeping.conditions import read_condition
from costmodel.sweeping.over import Value, facts_of, overs
from costmodel.sweeping.part import Part, part_of
from costmodel.sweeping.program import Impossible, Untraced
from costmodel.table import Column

#: Fields of a layer that are integers in every row; others are text as people type it.
_INTEGERS = ("in_channels", "out_channels", "groups", "batch")


class Place(NamedTuple):
    """A column of the rows.

    kind: "integer" (int64), "big" (an integer that may be larger), "real" or "text".
    source: "variant", ("hyper", letter), ("field", name) or a metric's key.
    """

    column: Column
    kind: str
    source: Any


@dataclass(frozen=True)
class Space:
    """Points in order: variant by variant; in each the last axis varies fastest.

    columns: what is in a row, None for everything.
    """

    parts: tuple[Part, ...]
    columns: tuple[str, ...] | None = None

    @property
    def points(self) -> int:
        """How many there are, those that fit no layer included."""
        return sum(part.points for part in self.parts)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The keys of what is counted."""
        return self.parts[0].metrics

    @property
    def settings(self) -> Settings:
        """The conventions."""
        return self.parts[0].settings

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same space, in every process."""
        text = repr((self.parts, self.columns)).encode()
        return hashlib.sha256(text).hexdigest()[:32]

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The columns of a row: the variant, its letters, the layer's fields, the metrics.

        They are the same for every space of these variants and metrics, so that files can be put
        together. A letter that another column is called like has its variant's name before it.
        """
        fields = [option.field for option in LAYER_OPTIONS]
        found = [Place(VARIANT, "text", "variant")]
        for letter in dict.fromkeys(name for p in self.parts for name in p.variant.hyper):
            name = letter
            if letter in (VARIANT.key, *fields, *METRICS):
                name = f"hyper.{letter}"
            real = any(
                p.variant.hyper[letter].real for p in self.parts if letter in p.variant.hyper
            )
            kind = "real" if real else self._kind(("hyper", letter))
            found.append(Place(Column(name), kind, ("hyper", letter)))
        for field in fields:
            kind = self._field_kind(field) if field in _INTEGERS else "text"
            found.append(Place(Column(field, field.replace("_", " ")), kind, ("field", field)))
        for key in self.metrics:
            whole = METRICS[key].whole
            kind = self._kind(key) if whole else "real"
            found.append(Place(METRICS[key].column(self.settings), kind, key))
        return tuple(found)

    @cached_property
    def shown(self) -> tuple[Place, ...]:
        """The columns that are wanted, in their order; an unknown one is an `InputError`."""
        if self.columns is None:
            return self.places
        known = {place.column.key: place for place in self.places}
        for name in self.columns:
            if name not in known:
                from costmodel.errors import unknown

                raise InputError(unknown("column", name, known))
        return tuple(known[name] for name in self.columns)

    def _field_kind(self, field: str) -> str:
        """Whether int64 holds what this field of the layer has."""
        values = [part.facts.get(field, 0) for part in self.parts]
        for over in {over for part in self.parts for over in part.axes if field in over.fields}:
            values += over.values
        return "big" if max(values) > WORD else "integer"

    def _kind(self, key: Any) -> str:
        """Whether int64 holds every value: decided by the limits of what the rules compute."""
        for part in self.parts:
            counter, whole = Counter(part), tuple((0, size) for size in part.shape)
            for choice, box in counter.pieces(whole):
                try:
                    program = counter.program(choice)
                except Impossible:
                    continue
                except Untraced:
                    return "big"
                value: Any = program.values.get(key, 0)
                if key in program.sums:
                    limits = program.bounds(box).of(program.sums[key])
                    value = limits.size if limits.size is not None else WORD + 1
                if abs(value) > WORD:
                    return "big"
        return "integer"


def space(
    variants: Iterable[str | Variant] | str | Variant,
    layer: ConvLayer | Mapping[str, Any],
    over: Mapping[str, Iterable[Value] | str],
    metrics: Iterable[str] | str | None = None,
    *,
    where: Sequence[str] | str = (),
    columns: Sequence[str] | None = None,
    settings: Settings = DEFAULTS,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Space:
    """The points of some variants; the arguments are those of `sweep`.

    layer: what does not vary; a mapping has the fields that are known, and where sizes vary `dims`
        may say how many axes one number has.
    """
    if isinstance(variants, str):
        variants = variants.split(",")
    chosen = [VARIANTS.of(v) for v in ([variants] if isinstance(variants, Variant) else variants)]
    if not chosen:
        raise InputError("no variants to sweep; allowed is one or more")
    facts = facts_of(layer) if isinstance(layer, ConvLayer) else dict(layer)
    dims = facts.pop("dims", None) or (len(facts["size"]) if "size" in facts else 2)
    axes = overs(over, chosen, dims)
    keys = tuple(metric.key for metric in choose_metrics(metrics))
    conditions = tuple(
        read_condition(text, chosen) for text in ([where] if isinstance(where, str) else where)
    )
    given = route(chosen, together(hyper, letters))
    parts = tuple(
        part_of(variant, facts, given[variant.id], axes, keys, settings, conditions)
        for variant in chosen
    )
    return Space(parts, None if columns is None else tuple(columns))
