"""The layers of a source in the form of some variants, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from costmodel.comparing.count import count
from costmodel.core.hyper import route
from costmodel.core.numbers import Number, share
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.factors.errors import ERROR
from costmodel.factors.factorize import factorize
from costmodel.factors.factors import Factors
from costmodel.factors.ranks.choose import choose_rank
from costmodel.factors.read.stored import StoredLayer, Weights
from costmodel.network.selection import Selector, selector
from costmodel.table import Column, Table

#: Done and all; called after each pair of a layer and a variant.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Factorized:
    """One layer in the form of one variant.

    factors: None where it has none, and `reason` says why.
    """

    stored: StoredLayer
    variant: Variant
    factors: Factors | None
    reason: str = ""

    @property
    def row(self) -> dict[str, object] | None:
        """Values, error and cost for a table, None without factors."""
        if self.factors is None:
            return None
        counts, dense = self.factors.counts(), count(VARIANTS.baseline, self.stored.layer)
        return {
            "layer": self.stored.name,
            "variant": self.variant.id,
            "hyper": dict(self.factors.bound.hyper),
            "error": self.factors.error,
            "params": counts.weights,
            "macs": counts.macs,
            "params_ratio": share(counts.weights, dense.weights),
            "macs_ratio": share(counts.macs, dense.macs),
            "method": self.factors.method,
        }

    @property
    def skipped(self) -> tuple[str, str]:
        """The variant and why this layer has no factors in it, for a table."""
        return self.variant.id, f"{self.stored.name}: {self.reason}"


def usual_variants() -> list[Variant]:
    """The variants of an overview, but the layer itself."""
    return [v for v in VARIANTS.values() if v.common and not v.baseline]


def select(weights: Weights, where: Selector = None) -> list[StoredLayer]:
    """The layers of a source that are meant; the only one always is.

    Raises:
        CostModelError: a selection that no layer meets.
    """
    if where is None and len(weights.layers) == 1:
        return list(weights.layers)
    operations = [(layer, layer.operation) for layer in weights.layers]
    meant = selector(where, sum(op.macs for _, op in operations))
    chosen = [layer for layer, op in operations if meant(op)]
    if not chosen:
        raise CostModelError(
            f"no layer of {weights.name} is selected by {where!r}; allowed are the names, kernels "
            f"and kinds of its {len(weights.layers)} layers, such as "
            f"{', '.join(repr(layer.name) for layer in weights.layers[:3])}"
        )
    return chosen


def factorized(
    layers: Sequence[StoredLayer],
    variants: Sequence[Variant],
    hyper: Mapping[str, Number | str],
    choose: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Factorized]:
    """Each layer in the form of each variant, read and worked out when it is asked for.

    Args:
        layers: of a source; each kernel is read once and forgotten after its last variant.
        variants: what to put them into.
        hyper: values by letter, of all variants or "variant.letter" of one.
        choose: how to choose the ranks that are not given, as `choose_rank` takes it; each
            variant's defaults unless given.
        progress: told after each pair.

    Raises:
        InputError: a kernel that cannot be read, or holds no finite numbers.
        VariantError: values that none of the variants has.
    """
    values, done, whole = route(variants, hyper), 0, len(layers) * len(variants)
    for stored in layers:
        kernel = stored.kernel()
        for variant in variants:
            try:
                found = _one(kernel, stored, variant, values[variant.id], choose)
            except VariantError as error:
                yield Factorized(stored, variant, None, str(error))
            else:
                yield Factorized(stored, variant, found)
            done += 1
            if progress is not None:
                progress(done, whole)


def _one(
    kernel: object,
    stored: StoredLayer,
    variant: Variant,
    values: Mapping[str, Number | str],
    choose: str | None,
) -> Factors:
    if choose is not None and not set(variant.hyper) <= set(values):
        ranks = choose_rank(kernel, variant, choose, layer=stored.layer, hyper=values)
        values = {**values, **ranks}
    return factorize(kernel, variant, layer=stored.layer, hyper=values)


_COLUMNS = (
    Column("layer", "Layer"),
    Column("variant", "Variant"),
    Column("hyper", "Values"),
    ERROR,
    Column("params", "Parameters", "", "weights of the stages, without biases"),
    Column("macs", "MACs", "MAC", "multiply–accumulates of one forward pass"),
    Column("params_ratio", "Parameters, ratio", "×", "to the layer as it is"),
    Column("macs_ratio", "MACs, ratio", "×", "to the layer as it is"),
    Column("method", "Method"),
)


def table(
    rows: Sequence[Mapping[str, object]],
    skipped: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
) -> Table:
    """Rows of `Factorized.row`, and what was left out."""
    return Table(_COLUMNS, rows, (f"{ERROR.note}.", *notes), tuple(skipped))
