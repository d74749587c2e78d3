"""torchinfo: parameters of leaf modules times the positions of their output ("mult-adds")."""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, CountingRule, Unit, Value
from costmodel.checks.referee.record import MODULE, Call, Record
from costmodel.checks.referee.rules import geometry, missed
from costmodel.checks.referee.tool import declare


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`summary(model, input_data=inputs, verbose=0).total_mult_adds`."""
    from torchinfo import summary

    data = list(inputs)
    return int(summary(model, input_data=data, verbose=0, mode="eval").total_mult_adds)


def _sees(call: Call, record: Record) -> bool:
    """Modules without modules inside, of any class."""
    return call.level == MODULE and not call.facts["children"]


def _parameters(unit: Unit, names: tuple[str, ...]) -> int:
    parameters = unit.call.facts["parameters"]
    return sum(shape.numel for name, shape in parameters.items() if name in names)


def _positions(unit: Unit) -> int:
    """The batch, and for what has "Conv" in its name the map, of the output."""
    out = unit.call.output
    if not out:
        return 0
    return prod((*out[:1], *out[2:])) if "Conv" in unit.call.name else out[0]


def _weight(unit: Unit, value: Value) -> Value:
    if not unit.seen or not unit.products:
        return value
    return _parameters(unit, ("weight",)) * _positions(unit)


def _factors(unit: Unit, value: Value) -> Value:
    """Parameters with "weight" or "bias" as part of their names, times two axes of the output."""
    if not unit.seen:
        return value
    parameters = unit.call.facts["parameters"]
    plain = ("weight", "bias")
    others = [n for n in parameters if n not in plain and any(part in n for part in plain)]
    return value + sum(parameters[n].numel for n in others) * prod(unit.call.output[:2])


def _weight_cause(unit: Unit) -> str:
    if not any("Conv" in base or base == "Linear" for base in unit.call.facts["bases"]):
        return causes.SCRIPTED if unit.call.facts["scripted"] else causes.FUNCTIONAL
    cause = geometry(unit)
    plain = "weight" in unit.call.facts["parameters"]
    if not plain:
        return causes.WEIGHTS
    return causes.BATCH if unit.call.name == "Linear" else cause


def _bias(unit: Unit, value: Value) -> Value:
    if not unit.seen or not unit.products:
        return value
    return value + _parameters(unit, ("bias",)) * _positions(unit)


def _scales(unit: Unit, value: Value) -> Value:
    if not unit.seen or unit.products:
        return value
    return value + _parameters(unit, ("weight", "bias")) * _positions(unit)


declare(
    "torchinfo",
    "summary(model, input_data=inputs).total_mult_adds",
    count,
    Convention(
        "trained numbers of each leaf module, biases and normalisations included, times the "
        "positions of its output",
        _sees,
        (
            missed(),
            CountingRule(_weight_cause, _weight),
            CountingRule(causes.WEIGHTS, _factors),
            CountingRule(causes.BIAS, _bias),
            CountingRule(causes.NORM, _scales),
        ),
    ),
)
