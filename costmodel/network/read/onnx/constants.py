"""Constants: which of a graph's stored tensors are parameters, told by what reads them.

A file does not say which of its tensors were trained. Their use does: weights and biases of
products, scales and shifts of normalisations and tables that are looked up in are parameters; what
places, conditions, ranges and masks are made of is not. What is only added or multiplied may be
either, and is judged by its numbers and by who has named it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from costmodel.network.read.onnx.numbers import SAME_NUMBERS, Numbers

#: Inputs of operators by what they are; all others are mixed in: added, multiplied, joined.
_PLACE_ROWS = """
    Conv FusedConv NhwcConv ConvTranspose: 1 weight, 2 bias
    ConvInteger: 1 weight, 2 setting, 3 setting
    QLinearConv: 3 weight, 8 bias
    MatMul FusedMatMul TransposeMatMul: 0 weight, 1 weight
    MatMulInteger: 0 weight, 1 weight, 2 setting, 3 setting
    QLinearMatMul: 0 weight, 3 weight
    Gemm: 0 weight, 1 weight, 2 bias
    QGemm: 0 weight, 3 weight, 6 bias
    LSTM GRU RNN: 1 weight, 2 weight, 3 bias, 5 state, 6 state, 7 weight
    BatchNormalization: 1 norm, 2 norm, 3 setting, 4 setting
    InstanceNormalization LayerNormalization GroupNormalization RMSNormalization: 1 norm, 2 norm
    PRelu: 1 table
    Gather GatherElements GatherND: 0 table, 1 setting
    Where: 0 setting
    QuantizeLinear DequantizeLinear Clip: 1 setting, 2 setting
    Pad Resize: 1 setting, 2 setting, 3 setting
"""
_PLACES: dict[str, dict[int, str]] = {
    operator: {int(place): use for place, use in map(str.split, uses.split(","))}
    for operators, _, uses in (line.partition(":") for line in _PLACE_ROWS.strip().splitlines())
    for operator in operators.split()
}
#: Two products whose left side is data where both sides are stored.
_PAIRS = frozenset(("MatMul", "FusedMatMul", "Gemm", "TransposeMatMul"))
_PATTERN_NAMES = """
    Equal Greater GreaterOrEqual Less LessOrEqual Not And Or Xor Range OneHot EyeLike
    ConstantOfShape Shape Size NonZero Scatter ScatterElements ScatterND Compress TopK ArgMax ArgMin
    IsNaN IsInf
"""
#: Operators that make places, conditions and masks: nothing that goes into them was trained.
_PATTERNS = frozenset(_PATTERN_NAMES.split())
_TRAINED = frozenset(("weight", "bias", "norm", "table", "mixed"))
_PRODUCT_STEMS = "linear matmul mm bmm addmm baddbmm einsum conv1d conv2d conv3d convolution"
_COMPUTED_STEMS = f"""
    {_PRODUCT_STEMS} view reshape permute transpose expand unsqueeze squeeze slice select index cat
    stack clone add sub mul div neg exp sqrt rsqrt pow sigmoid tanh softmax sum mean full zeros ones
    arange where to _to_copy repeat flatten contiguous
"""
#: Names that exporters give to what they have computed or met in passing; state dictionaries have
#: no such names. PyTorch's newer one takes the operators' names: "unsqueeze_3".
_MADE = re.compile(
    r"onnx::\w+|val_\d+|lifted_tensor_\d+|.*_output_\d+|"
    rf"({'|'.join(_COMPUTED_STEMS.split())})(_\d+)?"
)
_PRODUCT = re.compile(rf"({'|'.join(_PRODUCT_STEMS.split())})(_\d+)?")
#: Tensors that the computation of one weight goes through at most.
_MOST_STEPS = 100


def is_made(name: str) -> bool:
    """Whether an exporter has named a tensor, not the author of the model."""
    return _MADE.fullmatch(name) is not None


def named_some(names: Sequence[str]) -> str:
    """The first of some names, and how many there are."""
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return f"{shown} ({len(names)} in all)" if len(names) > 3 else shown


class Constants:
    """Uses of a graph's stored tensors.

    Args:
        graph: the graph.
        shapes: sides of every stored tensor, by name.
        numbers: what is known of their numbers.
        products: operators whose results are counted, also where both sides are stored.
    """

    def __init__(
        self,
        graph: Any,
        shapes: Mapping[str, tuple[int, ...]],
        numbers: Mapping[str, Numbers],
        products: Iterable[str],
    ) -> None:
        self.numbers = numbers
        self.shapes = {**shapes, **_in_nodes(graph)}
        self.products = frozenset(products)
        self.uses: dict[str, set[str]] = {}
        self.in_nodes = {n.output[0] for n in graph.node if n.op_type == "Constant" and n.output}
        self.copies: set[str] = set()
        self._looked: set[str] = set()
        self.repeated: list[str] = []
        self.computed: list[str] = []
        self.advance: list[str] = []
        self.projected = [n.name or n.output[0] for n in graph.node if self._is_projected(n)]
        self._makers = self._folded(graph)
        self._read(graph)

    # -- what reads what -------------------------------------------------------------------------
    def _folded(self, graph: Any) -> dict[str, Any]:
        """Constants that nodes compute, with the nodes: all their inputs are constants."""
        known = {tensor.name for tensor in graph.initializer} | self.in_nodes
        makers = {}
        for node in graph.node:
            inputs = [i for i in node.input if i]
            plain = not any(a.g.node or a.graphs for a in node.attribute)
            if inputs and plain and node.op_type not in self.products and known.issuperset(inputs):
                makers.update(dict.fromkeys(node.output, node))
                known.update(node.output)
        self._known = known
        return makers

    def _read(self, graph: Any) -> None:
        for node in reversed(graph.node):
            places = self.places(node)
            quantised = node.op_type.startswith("QLinear")
            default = "setting" if quantised or node.op_type in _PATTERNS else "mixed"
            folded = bool(node.output) and node.output[0] in self._makers
            given: set[str] = set()
            for output in node.output if folded else ():
                given |= self.uses.get(output, set())
            if given and node.op_type not in SAME_NUMBERS:
                given = {"mixed" if use == "weight" else use for use in given}
            for place, name in enumerate(node.input):
                if name not in self._known:
                    continue
                use = places.get(place, default)
                new = given if folded and use != "setting" else {use}
                self.uses.setdefault(name, set()).update(new)
                if use in ("weight", "norm") and not folded:
                    self._find_copies(name)

    def places(self, node: Any) -> dict[int, str]:
        """What a node's inputs are, by place."""
        places = _PLACES.get(node.op_type, {})
        stored = [name in self._known for name in node.input[:2]]
        if node.op_type in _PAIRS and stored == [True, True]:
            return {**places, 0: "data"}
        if self._is_projected(node):
            return dict.fromkeys(range(8), "setting")
        return places

    def _is_projected(self, node: Any) -> bool:
        """Whether an LSTM's two initial states are of two sizes, which ONNX's cannot be.

        PyTorch's exporter (torch 2.13) writes projected layers so, with weights cut short.
        """
        if node.op_type != "LSTM" or len(node.input) < 7:
            return False
        hidden, cell = (self.shapes.get(node.input[place], ()) for place in (5, 6))
        return bool(hidden and cell) and hidden[-1] != cell[-1]

    def _find_copies(self, name: str) -> None:
        """Of as many numbers, only one of those that a weight is computed from was trained."""
        if name not in self._makers or name in self._looked:
            return
        self._looked.add(name)
        by_size: dict[int, list[str]] = {}
        for leaf in self._leaves(name):
            size = self._elements(leaf)
            if size > 1 and not self._is_plain(leaf):
                by_size.setdefault(size, []).append(leaf)
        for leaves in by_size.values():
            named = [leaf for leaf in leaves if not is_made(leaf)]
            made = [leaf for leaf in leaves if is_made(leaf)]
            self.copies.update(made if named else made[1:])

    def _leaves(self, name: str) -> list[str]:
        """Stored tensors that a computed one is made of, settings and patterns left out.

        None where it takes more steps than any exporter writes for one weight.
        """
        found, seen, left = [], {name}, [name]
        while left:
            if len(seen) > _MOST_STEPS:
                return []
            name = left.pop()
            node = self._makers.get(name)
            if node is None:
                found += [name] if name in self.shapes else []
            elif node.op_type not in _PATTERNS:
                places = self.places(node)
                inputs = [i for p, i in enumerate(node.input) if i and places.get(p) != "setting"]
                left += [i for i in reversed(inputs) if i not in seen]
                seen.update(inputs)
        return found

    # -- what was trained ------------------------------------------------------------------------
    def _elements(self, name: str) -> int:
        count = 1
        for side in self.shapes[name]:
            count *= side
        return count

    def _is_plain(self, name: str) -> bool:
        """Whether a tensor that an exporter has named holds one number over and over."""
        known = self.numbers.get(name)
        return (is_made(name) or name in self.in_nodes) and known is not None and known.distinct < 2

    def trained(self, name: str) -> int:
        """How many of a stored tensor's numbers were trained; 0 for masks, copies and settings."""
        uses, count = self.uses.get(name, set()), self._elements(name)
        if name in self.copies:
            return 0
        if not uses or uses & {"weight", "bias"}:
            return count
        made, known = is_made(name), self.numbers.get(name)
        if uses <= {"setting", "data", "state"}:
            return count if "state" in uses and not made and name not in self.in_nodes else 0
        if self._is_plain(name):
            return 0
        if uses & {"norm", "table"}:
            return count
        if name in self.in_nodes or (made and count == 1):
            return 0
        if made and _PRODUCT.fullmatch(name):
            self._note(self.advance, name)
            return 0
        if known is not None and known.distinct == 2 and known.zero and count > 2:
            return 0  # a mask
        if made and known is not None and known.spread < count:
            self._note(self.repeated, name)
            return known.spread
        if made and count > 1:
            self._note(self.computed, name)
        return count

    @staticmethod
    def _note(names: list[str], name: str) -> None:
        if name not in names:
            names.append(name)

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of constants that do not show what they are."""
        said = []
        if self.repeated:
            said.append(
                "The exporter has spread tables over their places; every number in them is one "
                f"parameter: {named_some(self.repeated)}."
            )
        if self.computed:
            said.append(
                "Constants that the exporter has computed, which may hold other numbers than were "
                f"trained: {named_some(self.computed)}."
            )
        if self.advance:
            said.append(
                "Products that the exporter has computed in advance are not in the file, and in no "
                f"total: {named_some(self.advance)}."
            )
        if self.projected:
            said.append(
                "ONNX's LSTM has no projection, and the exporter has cut the weights of "
                f"{named_some(self.projected)}; counted are the layers that their states belong to."
            )
        return tuple(said)


def _in_nodes(graph: Any) -> dict[str, tuple[int, ...]]:
    """Sides of the tensors in a graph's `Constant` nodes, by the name of the output."""
    return {
        node.output[0]: tuple(attribute.t.dims)
        for node in graph.node
        if node.op_type == "Constant" and node.output
        for attribute in node.attribute
        if attribute.name == "value"
    }
