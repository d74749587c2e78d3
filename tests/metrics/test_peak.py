"""Peak activation memory: against an interpreter whose tensors Python itself frees."""

from __future__ import annotations

import pytest

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.bound import (
    BoundBlock,
    BoundItem,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
)
from costmodel.core.numbers import Number, product
from costmodel.core.stage import BoundStage
from costmodel.core.variant import Variant
from costmodel.metrics.metric import METRICS
from tests.metrics.layers import CATALOGUE, fitting


class Arena:
    """Memory that is counted: reference counts say when a tensor is no longer held."""

    def __init__(self) -> None:
        self.alive = self.peak = self.made = 0


class Tensor:
    def __init__(self, arena: Arena, size: int) -> None:
        self.arena, self.size, self.number = arena, size, arena.made
        arena.made += 1
        arena.alive += size
        arena.peak = max(arena.peak, arena.alive)

    def __del__(self) -> None:
        self.arena.alive -= self.size


class Value:
    """A view: channels on a grid, and the tensors that hold them."""

    def __init__(self, tensors: list[Tensor], channels: int, grid: tuple[Number, ...]) -> None:
        self.tensors, self.channels, self.grid = tensors, channels, grid

    def made_since(self, number: int) -> bool:
        return all(tensor.number >= number for tensor in self.tensors)


class Interpreter:
    """Runs a program on paper; the last reader takes a value out of the list that it lies in."""

    def __init__(self, bound: BoundVariant) -> None:
        self.arena = Arena()
        self.copies = bound.layer.groups * bound.layer.batch
        result = self.run(bound.program, [self.new(bound.env["m"], bound.layer.size)])
        assert (result.channels, result.grid) == (bound.env["n"], bound.layer.out_size)

    def new(self, channels: int, grid: tuple[Number, ...]) -> Value:
        return Value([Tensor(self.arena, self.copies * channels * product(grid))], channels, grid)

    def run(self, sequence: BoundSequence, hold: list[Value]) -> Value:
        for item in sequence.items:
            self.step(item, hold)
        return hold.pop()

    def step(self, item: BoundItem, hold: list[Value]) -> None:
        if isinstance(item, BoundStage):
            hold[0] = self.new(item.out_channels // item.groups, item.out_grid)
        elif isinstance(item, BoundResample):
            hold[0] = self.new(hold[0].channels, item.out_grid)
        elif isinstance(item, BoundSlice):
            hold[0] = Value(hold[0].tensors, item.high - item.low, hold[0].grid)
        elif isinstance(item, BoundBlock):
            for _ in range(item.times):
                hold.append(self.block(item, hold))

    def block(self, block: BoundBlock, hold: list[Value]) -> Value:
        first = self.arena.made
        results: list[Value] = []
        for branch in block.branches[:-1]:
            results.append(self.run(branch, [hold[0]]))
            self.add(results, block.mode, first)
        results.append(self.run(block.branches[-1], [hold.pop()]))
        self.add(results, block.mode, first)
        if block.mode == "sum":
            if len(results) > 1:
                return self.new(results[0].channels, results[0].grid)
            return results[0]
        tensors = [tensor for value in results for tensor in value.tensors]
        return Value(tensors, sum(v.channels for v in results), results[0].grid)

    def add(self, results: list[Value], mode: str, first: int) -> None:
        """Add all results up in the place of one that the block itself has written."""
        places = [value for value in results if value.made_since(first)]
        if mode == "sum" and places:
            results[:] = places[:1]


def bytes_of(bound: BoundVariant) -> int:
    bits = 32
    if bound.variant.activation_bits:
        bits = bound.hyper[bound.variant.activation_bits]
    return -(-Interpreter(bound).arena.peak * bits // 8)


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_the_catalogue(variant: Variant) -> None:
    for each in fitting(variant):
        assert METRICS["peak_memory"].of(each) == bytes_of(each), each.layer


BLOCKS = {
    "a chain": "m, p m -> p | p, n p i j -> n",
    "residual": "{ = + m, m i j -> m }",
    "residual, repeated": "{ = + m, p m -> p | p, o p i j -> o }^4",
    "added twice": "{ = + m, m i j -> m + m, m i j -> m }",
    "identities first": "{ = + = + m, m i j -> m }",
    "identity last": "{ m, p m -> p | p, o p i j -> o + = }",
    "residual where shapes match": "{ =? + m, p m -> p | p, o p i j -> o }",
    "residual where none match": "{ =? + m, p m -> p } | p, o p i j -> o",
    "identities only": "{ = + = } | m, m i j -> m",
    "nested": "{ = + m, m i j -> m | { = + m, p m -> p | p, o p -> o } }",
    "concatenated": "{ m, p m -> p & m, p m i j -> p & = } | :m | m, m i j -> m",
    "sliced": "{ :p | p, p i j -> p & p: }",
    "sliced and added": "{ :p | p, p i j -> p + m-p: | p, p i j -> p } | p, o p -> o",
    "pooled": "{ /2 | m, m i j -> m | *2 + m, m -> m }",
    "repeated within branches": "{ { = + m, m i j -> m }^3 & m, p m -> p } | :m | m, m -> m",
}


@pytest.mark.parametrize("stages", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("p", [3, 5])
def test_blocks(stages: str, p: int) -> None:
    variant = cm.define("tried", stages, where={"o": "m"}, p=5, register=False)
    layer = cm.ConvLayer((3, 5), 8, 8, (7, 9), batch=2)
    bound = bind(variant, layer, p=p)
    assert METRICS["peak_memory"].of(bound) == bytes_of(bound)


def test_by_hand() -> None:
    layer = cm.ConvLayer((3, 5), 8, 20, (7, 9))
    assert cm.count("standard", layer).peak_memory == 4 * (8 + 20) * 63
    # channel SVD: 8 → 5 → 20 maps, of which two at a time are held
    assert cm.count("channel_svd", layer, r=5).peak_memory == 4 * (5 + 20) * 63
    assert cm.count("channel_svd", layer, r=50).peak_memory == 4 * (50 + 20) * 63
    first, second = cm.count("channel_svd", layer, r=5).stages
    assert (first.peak_memory, second.peak_memory) == (4 * 13 * 63, 4 * 25 * 63)


def test_words_are_packed_and_rounded_up() -> None:
    layer = cm.ConvLayer(3, 3, 4, (5, 7))
    counts = cm.count("standard", layer, cm.Settings(activation_bits=3))
    assert counts.peak_memory == -(-7 * 35 * 3 // 8) == 92


def test_repetitions_that_are_not_known_yet() -> None:
    import sympy

    L = sympy.Symbol("L", integer=True, positive=True)
    layer = cm.ConvLayer((3, 5), 8, 20, (7, 9))
    symbolic = cm.count("sic", layer, L=L).peak_memory
    for units in (1, 2, 3, 7):
        assert symbolic.subs(L, units) == cm.count("sic", layer, L=units).peak_memory
