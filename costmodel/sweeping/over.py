"""What varies: a size of the layer or a hyper-parameter, with its values in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import LAYER_OPTIONS, input_size
from costmodel.core.variant import Variant
from costmodel.errors import InputError, unknown
from costmodel.typed import read_integer, read_value

#: One value: an int, one int per spatial axis, or a text or fraction of another kind.
Value = Any
#: What several fields of a layer take together, beside its own fields.
TOGETHER = {"channels": ("in_channels", "out_channels")}
_OPTIONS = {option.field: option for option in LAYER_OPTIONS}
_FIELDS = {**{option.name: option.field for option in LAYER_OPTIONS}, **{f: f for f in _OPTIONS}}


@dataclass(frozen=True)
class Over:
    """An axis of a space.

    name: a field of the layer (or `TOGETHER`), a letter, or `variant.letter`. values: in order.
    """

    name: str
    values: tuple[Value, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the layer that get the value; none for a hyper-parameter."""
        return TOGETHER.get(self.name, (self.name,) if self.name in _OPTIONS else ())

    @property
    def letter(self) -> str:
        """The letter of the hyper-parameter, "" for a field of the layer."""
        return "" if self.fields else self.name.rpartition(".")[2]

    def concerns(self, variant: Variant) -> bool:
        """Whether the points of a variant have this axis."""
        owner = self.name.rpartition(".")[0]
        return bool(self.fields) or (owner in ("", variant.id) and self.letter in variant.hyper)

    @property
    def tables(self) -> tuple[tuple[int, ...], ...] | None:
        """The integers of each spatial axis, in order; None where the values are of another kind.

        One table is the same integer for all axes.
        """
        if all(type(value) is int for value in self.values):
            return (self.values,)
        widths = {len(value) if isinstance(value, tuple) else 0 for value in self.values}
        return (
            tuple(zip(*self.values, strict=True)) if len(widths) == 1 and 0 not in widths else None
        )

    def __len__(self) -> int:
        return len(self.values)


def overs(
    given: Mapping[str, Iterable[Value] | str], variants: Sequence[Variant], dims: int
) -> tuple[Over, ...]:
    """Axes from names and values, checked.

    Args:
        given: what varies: fields of a layer by their name or letter (`out_channels`, `n`),
            `channels` for both, hyper-parameters of every variant that has the letter (`r`) or of
            one alone (`tucker2.r1`). Values are ints, one per spatial axis where one can have
            them, or texts as one types them: sizes, words, expressions such as `m/4`; one text
            for all is read by `read_values`.
        variants: those that are counted.
        dims: spatial axes of a size of one number.

    Raises `InputError` for an unknown name, a name that is given twice, and for no values.
    """
    result: dict[str, Over] = {}
    for name, values in given.items():
        field = called(name)
        known = Over(field, ())
        if not any(known.concerns(variant) for variant in variants):
            letters = {name for v in variants for name in v.hyper}
            own = {f"{v.id}.{name}" for v in variants for name in v.hyper}
            valid = [*dict.fromkeys([*_OPTIONS, *TOGETHER, *sorted(letters), *sorted(own)])]
            raise InputError(unknown("axis", name, valid))
        if field in result:
            raise InputError(f"axis {name!r} is given twice; allowed is once")
        values = read_values(values) if isinstance(values, str) else values
        read = tuple(_value(known, value, dims, variants) for value in values)
        if not read:
            raise InputError(f"axis {name!r} has no values; allowed is one or more")
        result[field] = Over(field, read)
    taken = [field for over in result.values() for field in over.fields]
    for field in taken:
        if taken.count(field) > 1:
            raise InputError(f"{field} is in two axes; allowed is one")
    return tuple(result.values())


def called(name: str) -> str:
    """What an axis is called: `out_channels` for its letter `n`; other names as they are."""
    return _FIELDS.get(name, name)


def read_values(text: str) -> tuple[str, ...]:
    """`1:9`, `8:512:8` (both ends included), `14,28,56x48`, `n/8,n/4` as texts, in order.

    Raises `InputError` for a range that is none, and for more values than an axis can have.
    """
    values: list[str] = []
    for part in text.split(","):
        ends = part.strip().split(":")
        if len(ends) == 1 and ends[0]:
            values.append(ends[0])
            continue
        try:
            low, high, *rest = (read_integer(end.strip()) for end in ends)
            step = rest[0] if rest else 1
            if len(rest) > 1 or step < 1 or high < low or high - low >= step * _MOST:
                raise InputError("")
        except (InputError, ValueError):
            raise InputError(
                f"{part.strip()!r}; allowed are values with commas between, and ranges FIRST:LAST "
                f"or FIRST:LAST:STEP of up to {_MOST:,} integers"
            ) from None
        values += map(str, range(low, high + 1, step))
    return tuple(values)


_MOST = 10_000_000


def facts_of(layer: ConvLayer) -> dict[str, Any]:
    """The fields of a layer, each said once where all spatial axes have the same."""
    values = {field: getattr(layer, field) for field in _OPTIONS}
    for field, value in values.items():
        if field != "size" and isinstance(value, tuple) and len(set(value)) == 1:
            values[field] = value[0]
    return values


def written(field: str, value: Any) -> Any:
    """A field's value as a cell: an int where it always is one, else the text that people type."""
    return value if _OPTIONS[field].read is read_integer else _OPTIONS[field].write(value)


def _value(over: Over, value: Value, dims: int, variants: Sequence[Variant]) -> Value:
    """A value as the layer or the variant takes it."""
    if over.letter:
        real = any(v.hyper[over.letter].real for v in variants if over.concerns(v))
        if real:
            return _real(over.name, value)
        value = read_value(value) if isinstance(value, str) else value
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise InputError(
                f"axis {over.name!r} holds {value!r}; allowed are integers, and expressions such "
                "as n/4"
            )
        return value
    field = over.fields[0]
    if isinstance(value, str):
        try:
            value = _OPTIONS[field].read(value)
        except InputError as error:
            raise InputError(f"axis {over.name!r}: {error}") from None
    if field == "size":
        sizes = tuple(value) if isinstance(value, tuple | list) else (value,)
        value = input_size(sizes, dims if len(sizes) == 1 else None)
    flag = isinstance(value, bool)
    numbers = value if isinstance(value, tuple) else (value,)
    if (not isinstance(value, str) and flag != _OPTIONS[field].is_flag) or not (
        flag or isinstance(value, str) or all(type(number) is int for number in numbers)
    ):
        raise InputError(f"axis {over.name!r} holds {value!r}; allowed are integers")
    return value


def _real(name: str, value: Value) -> Fraction:
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise InputError(
            f"axis {name!r} holds {value!r}; allowed are numbers like 0.25 or 1/4"
        ) from None
