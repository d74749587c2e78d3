"""A network as the tree that the dotted names of its operations spell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from costmodel.core.numbers import Number
from costmodel.network.columns import Quantity, column
from costmodel.network.operations import Operations, Part

_MAX_DEPTH = 50  # no module stands deeper; names come from files that nobody vouches for


@dataclass(frozen=True)
class Node:
    """A module of the tree: its own name, the operations in it and below, and what is below."""

    name: str
    path: str
    parts: tuple[Part, ...]
    children: tuple[Node, ...]

    @property
    def params(self) -> Number:
        """Parameters of everything below, shared tensors where they are first used."""
        return self.total(column("params")) or 0

    @property
    def macs(self) -> Number:
        """Multiply-accumulates of everything below."""
        return self.total(column("macs")) or 0

    def total(self, cost: Quantity) -> Number | None:
        """One quantity of everything below; None where nothing there has it."""
        return cost.total(self.parts)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """Every module with its depth, parents first."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def __str__(self) -> str:
        return "\n".join(
            f"{'  ' * depth}{node.name}  params={node.params}  macs={node.macs}"
            for depth, node in self.walk()
        )


def tree(network: Operations) -> Node:
    """The operations as the tree that their dotted names spell."""
    return _node(network.name, "", network.parts(), 0)


def _node(name: str, path: str, parts: Sequence[Part], depth: int) -> Node:
    below: dict[str, list[Part]] = {}
    for part in parts:
        names = part[0].name.split(".", _MAX_DEPTH)  # a name of more parts is a leaf with the rest
        if len(names) > depth:
            below.setdefault(names[depth], []).append(part)
    children = tuple(
        _node(child, f"{path}.{child}" if path else child, inner, depth + 1)
        for child, inner in below.items()
    )
    return Node(name, path, tuple(parts), children)
