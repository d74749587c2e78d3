"""Plan: one option per layer, the best under budgets, with what is proved of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from costmodel.core.numbers import Number
from costmodel.core.readable import exact
from costmodel.network import columns
from costmodel.network.change import Choice
from costmodel.network.network import Network
from costmodel.network.replace import put_each
from costmodel.planning.limits import Limit
from costmodel.planning.measures import LARGEST_ERROR, OWN, Measures
from costmodel.table import Column, Table, Tabular
from costmodel.timing.comparison import Timed
from costmodel.timing.machine import Machine
from costmodel.timing.measure.protocol import ROUNDS
from costmodel.timing.networks import Measured, measured, network_with_time
from costmodel.timing.opened import Opened


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Tabular):
    """What is put in place of which layer, and what is proved of it.

    before: the network as it was. choices: what stands in place of which layer; layers that are not
    in it stay as they are. objective: what was made as small as possible. limits: the budgets that
    hold. value, bound: the objective, and what no plan within the budgets is below. proved: whether
    none is better (of real numbers, by more than the steps of 2⁻⁴⁰ in which they are compared).
    totals: the measures that limits and objective are about. options: how many there were to
    choose from, in `layers` layers. timed: whose predicted times are shown, None for none. really:
    the times that were measured, None where none were.
    """

    before: Network
    choices: Mapping[str, Choice]
    objective: str
    limits: tuple[Limit, ...]
    value: Number
    bound: Number
    proved: bool
    totals: Mapping[str, Number]
    options: int
    layers: int
    timed: Timed | None = None
    really: Measured | None = None

    @property
    def gap(self) -> float:
        """How far from the best it is at most, as a share of its value."""
        return 0.0 if self.proved else float((self.value - self.bound) / abs(self.value))

    @cached_property
    def network(self) -> Network:
        """The network with the choices in place, counted anew."""
        return put_each(self.before, self.choices)

    @property
    def proof(self) -> str:
        """One sentence: the objective, its bound, and what follows."""
        value, bound = said(self.value), said(self.bound)
        of = f"of {self.options:,} options in {self.layers} layers"
        if self.proved:
            return f"{self.objective} {value} is the least there is, proved ({of})."
        return (
            f"{self.objective} {value}, not proved: no plan is below {bound}, so at most "
            f"{self.gap:.2%} of it could be saved ({of})."
        )

    @property
    def decision(self) -> str:
        """One sentence: what is replaced within which budgets."""
        count = len(self.choices)
        names = ", ".join(dict.fromkeys(c.variant.id for c in self.choices.values())) or "nothing"
        within = f" within {' and '.join(map(str, self.limits))}" if self.limits else ""
        return f"{count} of {self.layers} layers are replaced (by {names}){within}."

    # -- as a table --------------------------------------------------------------------------------
    @cached_property
    def _table(self) -> Table:
        shown = [key for key in self.totals if key not in (*OWN, "params", "macs")]
        table = self.network.to_table(shown)
        if self.timed is None:
            return table
        return network_with_time(table, self.network, self.timed, self.really)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those of the network with the choices in place."""
        return self._table.columns

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One per layer, before and after, and the total with the proof."""
        *layers, total = self._table.rows
        return [*layers, {**total, "reason": self.proof}]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided, the proof, and the notes of the network."""
        return (self.decision, self.proof, *self._table.notes)

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """Nothing is left out."""
        return ()

    def __repr__(self) -> str:
        return f"<Plan of {self.before.name}: {self.decision} {self.proof}>"

    def with_time(self, opened: Opened) -> Plan:
        """The same plan with predicted times in its table, before and after, with intervals."""
        return replace(self, timed=Timed(opened))

    def measure(self, machine: Machine, rounds: int = ROUNDS) -> Plan:
        """The same plan with the network and its replaced layers timed, before and after.

        Args:
            machine: what to run on, as `costmodel.timing.machine.this_machine` gives it.
            rounds: the least time of so many counts.

        Raises:
            InputError: a plan that replaces nothing, or a layer that does not fit in memory.
        """
        return replace(self, really=measured(self.network, machine, rounds))

    def torch(self, model: Any, init: str = "random") -> Any:
        """A copy of the model that the network was captured from, with the plan carried out.

        Args:
            model: the `torch.nn.Module`; it is left as it is.
            init: "weights" starts from the best factors of the trained kernels, "random" from
                PyTorch's initial weights.
        """
        from costmodel.torch.replacement import replace

        return replace(model, self.network, init=init)


def said(value: Number) -> str:
    """A total as a person reads it."""
    return exact(value) if isinstance(value, int) else f"{float(value):.6g}"


def made(
    network: Network,
    found: Measures,
    limits: tuple[Limit, ...],
    objective: str,
    places: Sequence[int],
    bound: Number = None,
    proved: bool = True,
) -> Plan:
    """The plan that takes the option at each place, counted anew.

    bound: what no plan within the limits is below; None is the plan's own value.
    """
    choices = {
        op.name: choice
        for decision, place in zip(found.decisions, places, strict=True)
        if (choice := decision.choices[place]) is not None
        for op in decision.ops
    }
    totals: dict[str, Number] = {}
    for key, parts in found.parts.items():
        taken = [part[place] for part, place in zip(parts, places, strict=True)]
        if key == LARGEST_ERROR:
            totals[key] = max(taken, default=0.0) ** 0.5
        else:
            totals[key] = found.totals[key] + sum(taken)
    value = totals[objective]
    result = Plan(
        network,
        {op.name: choices[op.name] for op in network.ops if op.name in choices},
        objective,
        limits,
        value,
        value if bound is None else min(bound, value),
        proved,
        totals,
        sum(map(len, found.decisions)),
        sum(len(decision.ops) for decision in found.decisions),
        found.timed,
    )
    for key, total in totals.items():
        again = total if key in OWN else columns.total(result.network, key)
        if again != total:  # an option's cost was worked out beside the network: it must agree
            raise AssertionError(f"{key} of the plan is {again}, and {total} by its options")
    return result
