"""Network: what one forward pass of a model runs, and everything that can be asked of it."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import FullRankWarning
from costmodel.network import replace, savings, tree, views
from costmodel.network.operations import FREE_LETTERS, Operations
from costmodel.network.selection import Selector
from costmodel.table import Table


@dataclass(frozen=True, repr=False)
class Network(Operations):
    """A network as the list of operations that it runs; see `Operations` for the arguments."""

    def __repr__(self) -> str:
        missing = f", {len(self.unmodelled)} not modelled" if self.unmodelled else ""
        return (
            f"<Network {self.name}: {len(self.ops)} operations{missing}, "
            f"params={self.params}, macs={self.macs}>"
        )

    def _repr_html_(self) -> str:
        return self.to_table()._repr_html_()

    def _repr_markdown_(self) -> str:
        return self.to_table().to_markdown()

    def at(self, **sizes: Number) -> Network:
        """The same network recounted at other sizes, such as `at(H=320, W=256)`.

        Layers that were replaced are replaced again.

        Raises:
            CostModelError: a letter that the network does not have, or a source (a table of
                layers) that does not say how sizes follow from each other.
        """
        return replace.at(self, **sizes)

    def with_settings(self, **settings: Number) -> Network:
        """The same network under other conventions, such as `with_settings(weight_bits=8)`.

        Args:
            settings: fields of `Settings`; those not given stay.

        Raises:
            CostModelError: an unknown setting, or a value that it cannot have.
        """
        return dataclasses.replace(self, settings=self.settings.replace(**settings))

    # -- closed formulas -------------------------------------------------------------------------
    def polynomial(self, metric: str = "macs", free: Sequence[str] = FREE_LETTERS) -> Number:
        """A total as a polynomial in some sizes and floors of them, exact under `conditions`."""
        from costmodel.network import formula  # what only counts needs no polynomials

        return formula.polynomial(self, metric, free)

    def formula(self, metric: str = "macs", free: Sequence[str] = FREE_LETTERS) -> Any:
        """A total as a SymPy expression in some sizes, exact at every size that it holds for.

        Args:
            metric: "macs", "params" or another column of the table.
            free: the letters left open; the others keep the values that the network was read with.

        Returns:
            A SymPy expression with floors kept and like terms collected. It holds for every size at
            which each layer still has an output. Where a model's forward asks about its sizes, it
            is a `Piecewise` with the answers as its condition.

        Raises:
            CostModelError: a letter that the network does not have, or a network from a table of
                layers, which does not say how sizes follow from each other.
        """
        from costmodel.network import formula

        return formula.expression(self, metric, free)

    def compiled(
        self, metric: str = "macs", free: Sequence[str] = FREE_LETTERS
    ) -> Callable[..., int]:
        """The formula as a function of the free sizes, in that order or by name; exact ints.

        The function raises `CostModelError` at sizes outside the formula's conditions.
        """
        from costmodel.network import formula

        return formula.counter(self, metric, free)

    def conditions(self, free: Sequence[str] = FREE_LETTERS) -> str:
        """For which sizes the formulas hold ("H ≤ 64 and H divisible by 7"), "" for all.

        They are the answers to what a model's forward asks about its sizes.
        """
        from costmodel.network import formula

        return formula.holds_for(self, free)

    # -- what if ---------------------------------------------------------------------------------
    def replace(
        self,
        variant: str | Variant,
        where: Selector = None,
        *,
        pays: bool = True,
        by: str | Iterable[str] = "macs",
        hyper: Mapping[str, Number] | None = None,
        **letters: Number,
    ) -> Network:
        """The network with a variant in place of some layers.

        Args:
            variant: an id, or a `Variant`.
            where: which layers: a name pattern such as "layer3.*" or a text of conditions
                (`selection.parse`), a compiled regular expression, a `Where` or a mapping of its
                fields, or a function of the operation; None is every convolution with a window of
                more than one tap that is not depthwise.
            pays: replace only where it pays; False replaces wherever it fits.
            by: the metric in which it has to pay; of several, one has to fall.
            hyper, letters: the variant's hyper-parameters (`b=4`, or `hyper={"basis.b": 4}`).

        Returns:
            A `Network` whose `to_changes()` lists every selected layer before and after, and
            those left alone with the reason; every table has a note of how many there are.

        Raises:
            VariantError: an unknown variant or hyper-parameter, or one that fits no selected layer.
            CostModelError: a selection that no layer meets.

        Warns:
            FullRankWarning: a rank above full rank in some layers, which costs more and can express
                nothing more.
        """
        result = replace.put(self, variant, where, pays=pays, by=by, hyper=hyper, **letters)
        if said := replace.above_full_rank_in(result):
            warnings.warn(said, FullRankWarning, stacklevel=2)
        return result

    # -- views -----------------------------------------------------------------------------------
    def to_table(
        self, metrics: Iterable[str] | str | None = None, everything: bool = False
    ) -> Table:
        """One row per operation and a last row `total`; see `views.layers`."""
        return views.layers(self, metrics, everything)

    def to_changes(self) -> Table:
        """After a replacement, one row per selected layer with both costs and their difference."""
        return views.changes(self)

    def by_kind(self, metrics: Iterable[str] | str | None = None) -> Table:
        """One row per kind of operation, with shares."""
        return views.by_kind(self, metrics)

    def by_stage(self, depth: int = 1, metrics: Iterable[str] | str | None = None) -> Table:
        """One row per module at a depth of the dotted names, with shares."""
        return views.by_stage(self, metrics, depth)

    def shares(self, metric: str = "macs") -> Table:
        """Operations by falling cost, with their share and the running sum."""
        return views.shares(self, metric)

    def savings(
        self, metric: str = "macs", variants: Iterable[str | Variant] | None = None
    ) -> Table:
        """What each variant would save in place of each layer; see `savings.savings`."""
        return savings.savings(self, metric, variants)

    def tree(self) -> tree.Node:
        """The modules as a tree, each with the counts of everything below it."""
        return tree.tree(self)
