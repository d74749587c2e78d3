"""Building blocks: a network as a function of its input, run with ints or with symbols.

An architecture is a function that is given a `Builder` and calls its methods in the order in which
the layers run; a feature map is a `Map` of channels and size. The same function gives the shipped
CSV (ints) and the closed formula in N, H, W and the multipliers (polynomials), because sizes only
ever go through `ConvLayer`'s own rules.

The builder notes which maps every step reads and writes, and peak memory follows from that. Work in
place: normalisations and activations behind a layer, and `into`. All else writes a map of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, is_symbolic, plain, product
from costmodel.core.output_size import pool_size
from costmodel.errors import CostModelError, InputError, LayerError
from costmodel.metrics.lifetimes import Step, Written
from costmodel.network.change import read_choice
from costmodel.network.network import Network
from costmodel.network.operation import NetOp, Parameter
from costmodel.network.operations import FREE_LETTERS, Rebuild, Recount
from costmodel.network.replace import substitute
from costmodel.registry import Registry
from costmodel.typed import read_number


@dataclass(frozen=True)
class Map:
    """A feature map: channels, and rows and columns (() once it is flat).

    tensor: the number of the tensor that it lies in; a part of a map lies where the whole does.
    """

    channels: Number
    size: tuple[Number, ...]
    tensor: int


class Builder:
    """Collects the operations of an architecture.

    Args:
        values: the letters of the network (batch N, input H and W, its multipliers).
        norm: parameters per channel of the normalisation after a convolution, 0 for none.
        bias: whether convolutions have a bias.
    """

    def __init__(self, values: Mapping[str, Number], norm: int = 0, bias: bool = True) -> None:
        self.values = values
        self.norm, self.bias = norm, bias
        self.ops: list[NetOp] = []
        self.steps: list[Step] = []
        self._tensors = 0
        self._path: list[str] = []

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Names inside begin with `name.`."""
        self._path.append(name)
        yield
        self._path.pop()

    @contextmanager
    def _located(self, name: str) -> Iterator[None]:
        """Errors inside name the layer: an input that is too small fails somewhere deep down."""
        try:
            yield
        except LayerError as error:
            raise LayerError(f"{self._name(name)}: {error}") from None

    def _name(self, name: str) -> str:
        return ".".join((*self._path, name))

    def scaled(self, channels: int) -> Number:
        """`channels` times the width multiplier if there is one; it has to be an integer."""
        alpha = self.values.get("alpha", 1)
        return integer(channels * alpha, f"{channels} channels times alpha = {alpha}")

    def whole(self, channels: Number) -> Number:
        """A channel count that has to be an integer from 1 up."""
        return integer(channels, "a channel count")

    # -- maps --------------------------------------------------------------------------------------
    def write(
        self, channels: Number, size: tuple[Number, ...], *reads: Map, op: NetOp | None = None
    ) -> Map:
        """A map of its own, from others: the result of an operation, or of what is no row."""
        made = Map(channels, size, self._tensors)
        self._tensors += 1
        places = (len(self.ops),) if op is not None else ()
        self.ops += [op] if op is not None else []
        written = Written(self.values["N"] * channels * positions(made))
        self.steps.append(Step(tuple(x.tensor for x in reads), (written,), places))
        return made

    def into(self, x: Map, *others: Map) -> Map:
        """`x` after others were added to it, or multiplied, in its place."""
        self.steps.append(Step(tuple(y.tensor for y in (x, *others))))
        return x

    def copied(self, x: Map) -> Map:
        """A copy, such as of channels in another order."""
        return self.write(x.channels, x.size, x)

    def pool(
        self, x: Map, kernel: int, stride: int, padding: int = 0, *, ceil: bool = False
    ) -> Map:
        """The map after pooling; `ceil` keeps the window that only partly lies inside."""
        size = tuple(pool_size(n, kernel, stride, padding, ceil_mode=ceil) for n in x.size)
        return self.write(x.channels, size, x)

    def resized(self, x: Map, *size: int) -> Map:
        """The map after adaptive (global) pooling to a fixed size."""
        return self.write(x.channels, size, x)

    def concat(self, *maps: Map) -> Map:
        """Maps of equal size, one behind the other along the channels, copied."""
        return self.write(sum(x.channels for x in maps), maps[0].size, *maps)

    # -- operations ------------------------------------------------------------------------------
    def conv(
        self,
        x: Map,
        name: str,
        channels: Number,
        kernel: int | tuple[int, int] = 1,
        *,
        stride: int = 1,
        padding: int | tuple[int, int] | str = 0,
        groups: Number = 1,
        bias: bool | None = None,
        norm: int | None = None,
        transposed: bool = False,
    ) -> Map:
        """A convolution with what the builder says of bias and normalisation."""
        with self._located(name):
            layer = ConvLayer(
                kernel,
                x.channels,
                channels,
                x.size,
                stride=stride,
                padding=padding,
                groups=groups,
                batch=self.values["N"],
                bias=self.bias if bias is None else bias,
                transposed=transposed,
            )
        each = self.norm if norm is None else norm
        op = NetOp.conv(self._name(name), layer, norm=each * channels)
        return self.write(channels, layer.out_size, x, op=op)

    def variant(self, x: Map, name: str, choice: str) -> Map:
        """A variant of the catalogue that keeps the map's channels and grid, without normalisation.

        Args:
            choice: as a file of layers has it, "group_channelwise,g=2,dc=8".
        """
        chosen = read_choice(choice)
        with self._located(name):
            layer = ConvLayer(1, x.channels, x.channels, x.size, padding=0, batch=self.values["N"])
            bound = bind(chosen.variant, layer, dict(chosen.hyper))
        op = substitute(NetOp.conv(self._name(name), layer), bound)
        return self.write(x.channels, x.size, x, op=op)

    def depthwise(self, x: Map, name: str, kernel: int = 3, **options: Any) -> Map:
        """One k×k filter per channel."""
        return self.conv(x, name, x.channels, kernel, groups=x.channels, **options)

    def excite(self, x: Map, squeezed: int) -> Map:
        """Squeeze-and-excitation: channel weights from two 1×1 convolutions on the pooled map."""
        with self.within("se"):
            y = self.conv(self.resized(x, 1, 1), "reduce", squeezed, bias=True, norm=0)
            return self.into(x, self.conv(y, "expand", x.channels, bias=True, norm=0))

    def normalise(self, x: Map, name: str) -> Map:
        """A normalisation of its own, scale and shift per channel, before a convolution."""
        work = x.channels * positions(x) * self.values["N"]
        own = (Parameter(2 * x.channels, "norm"),)
        op = NetOp(self._name(name), "norm", work=work, parameters=own)
        return self.write(x.channels, x.size, x, op=op)

    def transposed(self, x: Map, name: str, channels: Number, kernel: int, stride: int) -> Map:
        """A transposed convolution without padding."""
        return self.conv(x, name, channels, kernel, stride=stride, padding="valid", transposed=True)

    def project(self, x: Map, name: str, features: Number) -> Map:
        """A linear layer on every position of the map."""
        with self._located(name):
            op = NetOp.linear(
                self._name(name),
                x.channels,
                features,
                positions=positions(x),
                batch=self.values["N"],
            )
        return self.write(features, x.size, x, op=op)

    def product(
        self, name: str, *reads: Map, rows: Number, inner: Number, columns: Number, heads: Number
    ) -> Map:
        """A product of two activations per head."""
        batch = heads * self.values["N"]
        op = NetOp.product(self._name(name), rows, inner, columns, batch=batch)
        return self.write(heads * columns, (rows,), *reads, op=op)

    def table(self, name: str, count: Number) -> None:
        """Trained numbers that no layer has: positions, tokens."""
        self.ops.append(NetOp.table(self._name(name), count))

    def linear(self, x: Map, name: str, features: Number) -> Map:
        """A linear layer on everything in the map, flattened."""
        flat = replace(x, channels=x.channels * positions(x), size=())
        return self.project(flat, name, features)


def positions(x: Map) -> Number:
    """Pixels of a map."""
    return product(x.size)


def integer(value: Number, what: str) -> Number:
    """A size that has to be an integer from 1 up; symbols pass."""
    if is_symbolic(value):
        return value
    value = plain(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CostModelError(
            f"{what} is {value}; allowed are values that give an integer from 1 up"
        )
    return value


@dataclass(frozen=True)
class Architecture:
    """A declared network.

    id: its name in `data/networks`. title: for people. source: where it was published.
    run: the function that builds it from a map of the input.
    letters: what may be set, with the published values; "N", "H" and "W" always, and multipliers.
    shipped: whether it has a file in `data/networks`; the others are built when they are loaded.
    """

    id: str
    title: str
    source: str
    run: Callable[[Builder, Map], object]
    letters: Mapping[str, Number]
    options: Mapping[str, Any] = field(default_factory=dict)
    channels: int = 3
    shipped: bool = True

    def build(self, values: Mapping[str, Number]) -> Recount:
        """The network at the given letters' values, ints or symbols."""
        values = {name: _number(name, value) for name, value in values.items()}
        rho = values.get("rho", 1)
        size = tuple(
            integer(
                values[letter] * rho, f"input side {letter} = {values[letter]} times rho = {rho}"
            )
            for letter in ("H", "W")
        )
        builder = Builder(values, **self.options)
        self.run(builder, builder.write(self.channels, size))
        shapes = ((values["N"], self.channels, *size),)
        return Recount(builder.ops, shapes, steps=builder.steps)

    def network(self, **values: Number) -> Network:
        """The network at the published sizes, or at others."""
        return Network(self.id, (), self.source, rebuild=self.rebuild).at(**values)

    def rebuild(self) -> Rebuild:
        """How to recount it at other sizes."""
        ratios = tuple(name for name in self.letters if name not in FREE_LETTERS)
        return Rebuild(dict(self.letters), self.build, ratios)


#: Every declared architecture by id.
ARCHITECTURES = Registry[Architecture](
    "architecture", package="costmodel.network.architectures", order=lambda a: a.id
)


def declare(
    id: str,
    title: str,
    source: str,
    *,
    size: int = 224,
    multipliers: tuple[str, ...] = (),
    channels: int = 3,
    shipped: bool = True,
    **options: Any,
) -> Callable[[Callable[[Builder, Map], object]], Callable[[Builder, Map], object]]:
    """Declare the decorated function as an architecture.

    Args:
        size: side of the published input. multipliers: further letters, 1 as published.
        channels: of the input. shipped: as of `Architecture`. options: for the `Builder`.
    """

    def register(run: Callable[[Builder, Map], object]) -> Callable[[Builder, Map], object]:
        letters = {"N": 1, "H": size, "W": size, **dict.fromkeys(multipliers, 1)}
        made = Architecture(id, title, source, run, letters, options, channels, shipped)
        ARCHITECTURES.add(id, made)
        return run

    return register


def _number(name: str, value: Any) -> Number:
    """A letter's value: an int, a ratio (0.25, "1/4"), or a polynomial."""
    if is_symbolic(value) or (isinstance(value, int | Fraction) and not isinstance(value, bool)):
        return value
    try:
        return plain(read_number(str(value)))
    except InputError as error:
        raise CostModelError(f"{name} is {error}") from None
