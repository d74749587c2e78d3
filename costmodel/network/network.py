"""Network: the operations that one forward pass runs, and their totals.

Totals are exact: multiply-accumulates of everything that multiplies, and every parameter tensor
once, however many operations read it. What is not modelled stays visible: as a row, in
`unmodelled`, and in a note under every table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import Number
from costmodel.errors import CostModelError, unknown
from costmodel.network.operation import NOT_MODELLED, ROLES, NetOp, Parameter, summed

if TYPE_CHECKING:
    from costmodel.core.bound import BoundVariant
    from costmodel.core.variant import Variant
    from costmodel.network.replace import Replaced
    from costmodel.network.selection import Selector
    from costmodel.network.views import Node
    from costmodel.table import Table

#: The letters of a closed formula unless others are asked for: batch, input rows, input columns.
FREE_LETTERS = ("N", "H", "W")

#: Shapes of a network's inputs, batch first.
Shapes = tuple[tuple[Number, ...], ...]


@dataclass(frozen=True)
class Rebuild:
    """How to get the same network's operations at other sizes; the hook that formulas go through.

    defaults: the letters that may be set or left free ("N", "H", "W", a width multiplier …) with
    the values that the network was read with.
    build: letters' values (all of them; ints, or polynomials of `network.polynomial`) → the
    operations, in the same order and with the same names as at the defaults, and the input shapes.
    ratios: the letters that are not integers (multipliers of width or resolution).
    """

    defaults: Mapping[str, Number]
    build: Callable[[Mapping[str, Number]], tuple[Sequence[NetOp], Shapes]]
    ratios: tuple[str, ...] = ()


@dataclass(frozen=True)
class Network:
    """A network as the list of operations that it runs.

    Args:
        name: what to call it.
        ops: its operations in the order in which they run; repeated names get "#2", "#3", ….
        source: where it was read from, with the citation where there is one.
        input_shapes: shapes of its inputs, batch first.
        notes: sentences that belong under every total (how it was read, what was assumed).
        rebuild: how to recount it at other sizes, or a function that finds out when it is asked;
            None where the source cannot tell.
    """

    name: str
    ops: tuple[NetOp, ...]
    source: str = ""
    input_shapes: Shapes = ()
    notes: tuple[str, ...] = ()
    rebuild: Rebuild | Callable[[], Rebuild | None] | None = field(
        default=None, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "ops", unique_names(self.ops))

    def __len__(self) -> int:
        return len(self.ops)

    def __iter__(self) -> Iterator[NetOp]:
        return iter(self.ops)

    def __getitem__(self, name: str) -> NetOp:
        for op in self.ops:
            if op.name == name:
                return op
        raise CostModelError(unknown("operation", name, (op.name for op in self.ops)))

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

    # -- totals ----------------------------------------------------------------------------------
    @property
    def macs(self) -> Number:
        """Multiply-accumulates of convolutions, linear layers and matrix products."""
        return summed(op.macs for op in self.ops)

    @property
    def tensors(self) -> tuple[Parameter, ...]:
        """Every parameter tensor once, in the order of first use."""
        return tuple(t for own in self.own_tensors() for t in own)

    def own_tensors(self) -> list[tuple[Parameter, ...]]:
        """Per operation, the tensors that no earlier operation has read: they sum to the total."""
        seen: set[Hashable] = set()
        result = []
        for op in self.ops:
            own = []
            for tensor in op.tensors:
                if tensor.id is None or tensor.id not in seen:
                    own.append(tensor)
                    seen.add(tensor.id)
            result.append(tuple(own))
        return result

    @property
    def params(self) -> Number:
        """Parameters, shared tensors once: the sum of `numel`."""
        return summed(t.count for t in self.tensors)

    def counted(self, role: str) -> Number:
        """Parameters of one role (weight, bias, norm, other), shared tensors once."""
        if role not in ROLES:
            raise CostModelError(unknown("role of a parameter", role, ROLES))
        return summed(t.count for t in self.tensors if t.role == role)

    @property
    def weights(self) -> Number:
        """Weights of convolutions and linear layers."""
        return self.counted("weight")

    @property
    def biases(self) -> Number:
        """Biases of convolutions and linear layers."""
        return self.counted("bias")

    @property
    def norm_params(self) -> Number:
        """Scales and shifts of normalisations."""
        return self.counted("norm")

    @property
    def other_params(self) -> Number:
        """Every other trained number: embeddings, positions, tokens, scales."""
        return self.counted("other")

    # -- parts -----------------------------------------------------------------------------------
    @property
    def layers(self) -> tuple[NetOp, ...]:
        """The operations that multiply: convolutions, linear layers and matrix products."""
        return tuple(op for op in self.ops if op.column == "macs")

    @property
    def plan(self) -> dict[str, BoundVariant]:
        """What stands in place of which layer: variant and hyper-parameters by operation name."""
        return {op.name: op.bound for op in self.ops if op.bound is not None}

    @property
    def unmodelled(self) -> tuple[NetOp, ...]:
        """The operations whose work is in no column because no rule covers them."""
        return tuple(op for op in self.ops if op.status == NOT_MODELLED)

    @property
    def footnotes(self) -> tuple[str, ...]:
        """What has to stand under every total."""
        missing = Counter(op.operator or op.kind for op in self.unmodelled)
        if not missing:
            return self.notes
        listed = ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in missing.items())
        count = missing.total()
        verb = "operation is" if count == 1 else "operations are"
        return (*self.notes, f"{count} {verb} not modelled and in no total: {listed}.")

    @property
    def hook(self) -> Rebuild | None:
        """How to recount it at other sizes, resolved."""
        return self.rebuild() if callable(self.rebuild) else self.rebuild

    def at(self, **sizes: Number) -> Network:
        """The same network recounted at other sizes, such as `at(H=320, W=256)`.

        Raises `CostModelError` for a letter that the network does not have, or where its source
        (a table of layers) does not say how sizes follow from each other.
        """
        hook = self.hook
        if hook is None:
            raise CostModelError(
                f"network {self.name!r} is a list of layers at fixed sizes; allowed are networks "
                "from a model or a generator, which know how sizes follow from each other"
            )
        for letter in sizes:
            if letter not in hook.defaults:
                raise CostModelError(unknown("size", letter, hook.defaults))
        values = {**hook.defaults, **sizes}
        ops, shapes = hook.build(values)
        again = replace(hook, defaults=values)  # what comes next starts from these sizes
        return replace(self, ops=tuple(ops), input_shapes=shapes, rebuild=again)

    # -- closed formulas -------------------------------------------------------------------------
    def polynomial(self, metric: str = "macs", free: Sequence[str] = FREE_LETTERS) -> Number:
        """A total as a polynomial in some sizes and floors of them, exact at every size."""
        from costmodel.core.polynomial import symbol
        from costmodel.network import columns

        hook = self.hook
        ratios = hook.ratios if hook else ()
        letters = {name: symbol(name, name not in ratios) for name in free}
        return columns.total(self.at(**letters), metric)

    def formula(self, metric: str = "macs", free: Sequence[str] = FREE_LETTERS) -> Any:
        """A total as a SymPy expression in some sizes, exact at every input size.

        Args:
            metric: "macs", "params" or another column of the table.
            free: the letters left open; the others keep the values that the network was read with.

        Returns:
            A SymPy expression with floors kept and like terms collected. It holds for every size at
            which each layer still has an output.

        Raises:
            CostModelError: a letter that the network does not have, or a network from a table of
                layers, which does not say how sizes follow from each other.
        """
        from costmodel.formulas.letters import public
        from costmodel.network.formula import to_sympy

        return public(to_sympy(self.polynomial(metric, free)))

    def compiled(
        self, metric: str = "macs", free: Sequence[str] = FREE_LETTERS
    ) -> Callable[..., int]:
        """The formula as a function of the free sizes, in that order or by name; exact ints."""
        from costmodel.core.compiled import compiled

        return compiled(self.polynomial(metric, free), free)

    # -- what if ---------------------------------------------------------------------------------
    def replace(
        self,
        variant: str | Variant,
        where: Selector | Mapping[str, Any] = None,
        *,
        pays: bool = True,
        by: str = "macs",
        **hyper: Number,
    ) -> Replaced:
        """The network with a variant in place of some layers.

        Args:
            variant: an id, or a `Variant`.
            where: which layers: a name pattern such as "layer3.*" or a text of conditions
                (`selection.parse`), a compiled regular expression, a `Where` or a mapping of its
                fields, or a function of the operation; None is every convolution with a window of
                more than one tap that is not depthwise.
            pays: replace only where the metric `by` falls; False replaces wherever it fits.
            by: the column that has to fall.
            hyper: the variant's hyper-parameters (`b=4`, or `**{"basis.b": 4}`).

        Returns:
            A `Network` whose `to_changes()` lists every selected layer before and after, and
            those left alone with the reason.

        Raises:
            VariantError: an unknown variant or hyper-parameter, or one that fits no selected layer.
            CostModelError: a selection that no layer meets.
        """
        from costmodel.network.replace import put

        return put(self, variant, where, pays=pays, by=by, **hyper)

    # -- views -----------------------------------------------------------------------------------
    def to_table(
        self, metrics: Iterable[str] | str | None = None, everything: bool = False
    ) -> Table:
        """One row per operation and a last row `total`; see `views.table`."""
        from costmodel.network import views

        return views.table(self, metrics, everything)

    def by_kind(self, metrics: Iterable[str] | str | None = None) -> Table:
        """One row per kind of operation, with shares."""
        from costmodel.network import views

        return views.by_kind(self, metrics)

    def by_stage(self, depth: int = 1, metrics: Iterable[str] | str | None = None) -> Table:
        """One row per module at a depth of the dotted names, with shares."""
        from costmodel.network import views

        return views.by_stage(self, depth, metrics)

    def shares(self, metric: str = "macs") -> Table:
        """Operations by falling cost, with their share and the running sum."""
        from costmodel.network import views

        return views.shares(self, metric)

    def tree(self) -> Node:
        """The modules as a tree, each with the counts of everything below it."""
        from costmodel.network import views

        return views.tree(self)


def unique_names(ops: Iterable[NetOp]) -> tuple[NetOp, ...]:
    """The operations, with "#2", "#3" appended to names that stand already."""
    seen: dict[str, int] = {}
    result = []
    for op in ops:
        count = seen[op.name] = seen.get(op.name, 0) + 1
        if count > 1:
            name = f"{op.name}#{count}"
            while name in seen:
                count = seen[op.name] = count + 1
                name = f"{op.name}#{count}"
            seen[name] = 1
            op = replace(op, name=name)
        result.append(op)
    return tuple(result)
