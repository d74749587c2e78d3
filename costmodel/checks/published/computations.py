"""How a published figure is computed again: a few kinds of computations, by name.

A figure names one with its arguments, as data: `network mobilenet macs alpha=3/4 H=192 W=192`. All
numbers come from the networks known by name and from the catalogue's stages; none is typed here.
Several computations are added and taken off with signs between blanks: `network vgg16 macs + …`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import lru_cache

from costmodel.comparing.count import count
from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import LAYER_NAMES, read_layer
from costmodel.core.numbers import Number, product
from costmodel.core.variant import VARIANTS
from costmodel.errors import InputError, unknown
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.network.read.library import load
from costmodel.typed import read_pair, read_sizes

Options = dict[str, str]
_Computation = Callable[[list[str], Options], Number]
_COMPUTATIONS: dict[str, _Computation] = {}

#: Parts of a network that tables tell apart.
PARTS: dict[str, Callable[[NetOp], bool]] = {
    "convolutions": lambda op: op.kind == "conv",
    "linear": lambda op: op.kind == "linear",
    "pointwise": lambda op: op.kind == "conv" and _taps(op) == 1,
    "depthwise": lambda op: op.kind == "conv" and _depthwise(op),
    "projections": lambda op: op.name.endswith("downsample"),
    "windows": lambda op: op.kind == "conv" and _taps(op) > 1 and not _depthwise(op),
}
#: A part may also be a pattern of names: `layer:inception3a.*`.
_BY_NAME = "layer:"
_SIGNS = {"+": 1, "-": -1}


def compute(how: str) -> Fraction:
    """The exact value that a text asks for.

    Raises:
        InputError: a computation, a part or an argument that does not exist.
    """
    total, sign, words = Fraction(0), 1, list[str]()
    for word in [*how.split(), "+"]:
        if word in _SIGNS:
            total += sign * _single(words)
            sign, words = _SIGNS[word], []
        else:
            words.append(word)
    return total


def _single(parts: list[str]) -> Fraction:
    """One computation without signs."""
    name, words = (parts or [""])[0], parts[1:]
    if name not in _COMPUTATIONS:
        raise InputError(unknown("computation", name, _COMPUTATIONS))
    options = dict(read_pair(word) for word in words if "=" in word)
    return Fraction(_COMPUTATIONS[name]([word for word in words if "=" not in word], options))


def _computation(function: _Computation) -> _Computation:
    _COMPUTATIONS[function.__name__.strip("_")] = function
    return function


@_computation
def _network(words: list[str], options: Options) -> Number:
    """A total of a known network: NAME METRIC [only=PART | but=PART] [classes=N] [letters]."""
    name, metric = words
    rest = dict(options)
    chosen, left_out = rest.pop("only", ""), rest.pop("but", "")
    classes = rest.pop("classes", "")
    network = _loaded(name, tuple(sorted(rest.items())))
    if classes:
        network = _with_classes(network, int(classes))
    ops: Iterable[NetOp] = network.ops
    if chosen:
        ops = list(filter(_part(chosen), ops))
        if not ops:
            raise InputError(f"only={chosen} is no layer of {name}; allowed are parts that it has")
    if left_out:
        out = _part(left_out)
        ops = (op for op in ops if not out(op))
    total: Number = getattr(Network(name, tuple(ops)), metric)
    return total


@_computation
def _share(words: list[str], options: Options) -> Number:
    """A part of a network's total in percent: NAME METRIC only=PART [letters]."""
    whole = {key: value for key, value in options.items() if key != "only"}
    return 100 * Fraction(_network(words, options)) / Fraction(_network(words, whole))


@_computation
def _percent_of(words: list[str], options: Options) -> Number:
    """A number that was printed elsewhere, in percent of a total: NUMBER NAME METRIC [parts]."""
    number, *rest = words
    return 100 * Fraction(number) / Fraction(_network(rest, options))


@_computation
def _times(words: list[str], options: Options) -> Number:
    """A total times a number that was printed elsewhere: NUMBER NAME METRIC [parts]."""
    number, *rest = words
    return Fraction(number) * Fraction(_network(rest, options))


@_computation
def _times_less(words: list[str], options: Options) -> Number:
    """How many times a number goes into a total: NUMBER NAME METRIC [parts]."""
    number, *rest = words
    return Fraction(_network(rest, options)) / Fraction(number)


@_computation
def _layer(words: list[str], options: Options) -> Number:
    """A metric of a variant on one layer: VARIANT METRIC k= m= n= size= … [hyper-parameters]."""
    variant, metric = words
    layer, hyper = _layer_and_hyper(options)
    value: Number = count(variant, layer, hyper=hyper)[metric]
    return value


@_computation
def _per_output(words: list[str], options: Options) -> Number:
    """Multiplies per number of the output: VARIANT k= m=1 n= size= … [hyper-parameters]."""
    (variant,) = words
    layer, hyper = _layer_and_hyper(options)
    outputs = layer.out_channels * product(layer.out_size) * layer.batch
    return Fraction(count(variant, layer, hyper=hyper).macs, outputs)


@_computation
def _ratio(words: list[str], options: Options) -> Number:
    """A metric of a variant in percent of the standard layer's; arguments as of `layer`."""
    layer, _ = _layer_and_hyper(options)
    whole = count(VARIANTS.baseline, layer)[words[1]]
    return 100 * Fraction(_layer(words, options)) / Fraction(whole)


@_computation
def _maps(words: list[str], options: Options) -> Number:
    """Numbers in a feature map with a share of its channels at half the resolution, in percent."""
    share = Fraction(options["share"])
    channels, size = int(options["n"]), read_sizes(options["size"])
    low = share * channels
    if low.denominator > 1 or any(side % 2 for side in size):
        raise InputError(f"share={share} of {channels} channels at {size}; allowed are whole ones")
    half = tuple(side // 2 for side in size)
    kept = (channels - low) * product(size) + low * product(half)
    return 100 * kept / (channels * product(size))


def _layer_and_hyper(options: Options) -> tuple[ConvLayer, dict[str, Number]]:
    geometry = {key: value for key, value in options.items() if key in LAYER_NAMES}
    hyper = {key: Fraction(value) for key, value in options.items() if key not in geometry}
    return read_layer(geometry), {key: _whole(value) for key, value in hyper.items()}


def _whole(value: Fraction) -> Number:
    return int(value) if value.denominator == 1 else value


@lru_cache(maxsize=8)
def _loaded(name: str, letters: tuple[tuple[str, str], ...]) -> Network:
    """A network at some sizes; the figures of a table often ask for one several times in a row."""
    network = load(name)
    if not letters:
        return network
    return network.at(**{letter: _whole(Fraction(value)) for letter, value in letters})


def _part(name: str) -> Callable[[NetOp], bool]:
    if name.startswith(_BY_NAME):
        pattern = name.removeprefix(_BY_NAME)
        return lambda op: fnmatchcase(op.name, pattern)
    if name not in PARTS:
        raise InputError(unknown("part of a network", name, PARTS))
    return PARTS[name]


def _with_classes(network: Network, classes: int) -> Network:
    """The network with another number of outputs of its last layer."""
    *ops, last = network.ops
    assert last.layer is not None
    return Network(
        network.name,
        (*ops, replace(last, layer=last.layer.replace(out_channels=classes), parameters=None)),
    )


def _taps(op: NetOp) -> int:
    (stage,) = bind(VARIANTS.baseline, op.layer).stages if op.layer else ()
    return int(product(g.kernel for g in stage.geometry))


def _depthwise(op: NetOp) -> bool:
    return op.layer is not None and op.layer.groups == op.layer.in_channels > 1
