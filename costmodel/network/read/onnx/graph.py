"""From a graph to operations: a row per node, weights as parameters of the nodes that read them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from costmodel.errors import CostModelError, InputError
from costmodel.network.kinds import KINDS
from costmodel.network.operation import COUNTED, FREE, NOT_MODELLED, NetOp, Parameter
from costmodel.network.read.onnx.constants import Constants, is_made, named_some
from costmodel.network.read.onnx.loading import onnx_module, short
from costmodel.network.read.onnx.numbers import Numbers
from costmodel.network.read.onnx.operators import FLOATS, SAME_ELEMENTS, kind_of
from costmodel.network.read.onnx.products import PRODUCTS, NodeRule, NodeView, Product
from costmodel.network.read.onnx.shapes import Shape, Shapes
from costmodel.network.read.onnx.tensors import Tensors

_DOMAINS = ("", "ai.onnx", "com.microsoft")
#: Attributes that the rules read, by the type that they have to be of.
_TYPES = {
    **dict.fromkeys(
        ("strides", "dilations", "pads", "kernel_shape", "output_padding", "output_shape"),
        "integers",
    ),
    **dict.fromkeys(("group", "transA", "transB", "q_num_heads", "kv_num_heads"), "an integer"),
    **dict.fromkeys(("auto_pad", "equation", "mode"), "a text"),
}


class Reader:
    """Reads the nodes of one model.

    Args:
        shapes: shapes of its tensors.
        label: the file's name, for messages.
        numbers: what is known of the numbers of its stored tensors.
    """

    def __init__(self, shapes: Shapes, label: str, numbers: Mapping[str, Numbers]) -> None:
        self.onnx = onnx_module()
        self.shapes = shapes
        self.label = label
        self.ops: list[NetOp] = []
        self.tensors = Tensors(shapes)
        # constant tensor → the stored tensor that it is, "" for a computed one
        self.constants: dict[str, str] = {}
        self.counts: dict[str, int] = {}  # stored tensor → elements
        self.floats: set[str] = set()
        self.made: set[str] = set()  # constants that the graph makes rather than stores
        self.read: set[str] = set()
        self.folded: list[str] = []  # products into whose weights a normalisation was folded
        graph = shapes.model.graph
        sides = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        self.uses = Constants(graph, sides, numbers, PRODUCTS)

    def run(self) -> list[NetOp]:
        """The operations, and one row for stored weights that nothing reads."""
        graph = self.shapes.model.graph
        for tensor in graph.initializer:
            self._store(tensor.name, tuple(tensor.dims), tensor.data_type in FLOATS)
        given = [value.name for value in graph.input if value.name not in self.constants]
        self.tensors.step((), given)
        for node in graph.node:
            self._node(node)
        self.tensors.step([value.name for value in graph.output], ())
        left = [n for n in self.counts if n in self.floats and n not in self.read | self.made]
        if left:
            held = tuple(Parameter(self.counts[n], "other", n) for n in left)
            self.ops.append(
                NetOp("unused", "unused", parameters=held, status=FREE, operator="initializer")
            )
        return self.ops

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of the file's constants."""
        if not self.folded:
            return self.uses.notes
        names = named_some(self.folded)
        return (
            f"Normalisations are folded into the weights of {names}: their scales and shifts are "
            "no parameters of this file.",
            *self.uses.notes,
        )

    def _store(self, name: str, shape: Shape, floating: bool) -> None:
        self.constants[name] = name
        self.counts[name] = prod(shape)
        if floating:
            self.floats.add(name)

    def _node(self, node: Any) -> None:
        attributes = self._attributes(node)
        tensor: Any = attributes.get("value")
        if node.op_type == "Constant" and not node.domain and node.output and _is_tensor(tensor):
            self.shapes.constant(node.output[0], tensor)
            floating = tensor.data_type in FLOATS
            self._store(node.output[0], tuple(tensor.dims), floating and len(tensor.dims) > 0)
            if len(tensor.dims) == 0 or not floating:
                self.counts.pop(node.output[0])  # a number in the graph, not a weight
            return
        self.shapes.visit(node)
        inputs = [i for i in node.input if i]
        modelled = node.domain in _DOMAINS and node.op_type in PRODUCTS
        rule = PRODUCTS[node.op_type] if modelled else None
        if rule is None and self._folded(node, inputs):
            return
        view = NodeView(
            f"operation {self._name(node, '')!r} ({node.op_type}) of {self.label!r}",
            attributes,
            tuple(node.input),
            tuple(self.shapes.get(i) if i else None for i in node.input),
            tuple(i in self.constants for i in node.input),
            self.shapes.get(node.output[0]) if node.output else None,
        )
        products = self._counted(rule, view) if rule is not None else None
        before = len(self.ops)
        if products is not None:
            self._products(node, view, products)
        else:
            self._plain(node, view, "other" if rule is not None else self._kind(node, view))
        self.tensors.node(node, range(before, len(self.ops)))

    @staticmethod
    def _counted(rule: NodeRule, view: NodeView) -> list[Product] | None:
        """What a rule says; a file may state anything, so what no rule expects is refused too."""
        try:
            return rule(view)
        except CostModelError:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise view.fail(
                f"has shapes and attributes that do not fit each other ({short(error)})"
            ) from error

    def _folded(self, node: Any, inputs: list[str]) -> bool:
        """Whether a node only prepares constants; its outputs are constants then."""
        if not all(i in self.constants for i in inputs) or any(
            _has_graph(a) for a in node.attribute
        ):
            return False
        if not inputs and node.op_type.startswith("Random"):
            return False
        for output in node.output:
            shape = self.shapes.get(output)
            if node.op_type in SAME_ELEMENTS and inputs:
                self.constants[output] = self.constants[inputs[0]]
                self.read.update(self.constants[i] for i in inputs[1:])
            elif node.op_type == "ConstantOfShape" and shape is not None:
                # Stands for a stored weight in files that were made small, which name it so; in
                # others it is a weight only where a layer reads it as one.
                value = next((a.t.data_type for a in node.attribute if a.name == "value"), 1)
                self._store(output, shape, value in FLOATS)
                if inputs != [f"{output}__SHAPE"]:
                    self.made.add(output)
                self.read.update(self.constants[i] for i in inputs)
            else:
                self.constants[output] = ""
                roots = [self.constants[i] for i in inputs]
                self.read.update(roots)
                stored = [
                    r
                    for r in roots
                    if r in self.floats and r not in self.made and self.counts.get(r, 0) > 1
                ]
                if stored:  # weights are computed from weights: the computation reads them
                    counts = {r: self._trained(r) for r in stored}
                    held = tuple(Parameter(n, "weight", r) for r, n in counts.items() if n)
                    self._add(node, "elementwise", held, work=prod(shape or (0,)), shape=shape)
        return True

    def _kind(self, node: Any, view: NodeView) -> str:
        if node.domain not in _DOMAINS:
            return "other"
        if node.op_type == "Gather" and view.is_constant(0) and self._root(view, 0) in self.floats:
            return "embedding"
        if node.op_type == "Resize" and view.attributes.get("mode", "nearest") == "nearest":
            return "shape"
        return kind_of(node.op_type)

    def _root(self, view: NodeView, place: int) -> str:
        return self.constants.get(view.inputs[place], "")

    # -- rows ------------------------------------------------------------------------------------
    def _products(self, node: Any, view: NodeView, products: list[Product]) -> None:
        if not products:
            self._plain(node, view, "elementwise")
        for product in products:
            held = self._held(view, product.weights, "weight")
            held += self._held(view, product.biases, "bias")
            held += product.held
            self._add(
                node,
                product.kind,
                held,
                layer=product.layer,
                matmul=product.matmul,
                given_macs=product.macs,
                shape=view.out,
                suffix=product.suffix,
                weight=self._root(view, product.weights[0]) if product.weights else "",
            )
            if self._is_folded(node, view, product):
                self.folded.append(self.ops[-1].name)
        places = {i for p in products for i in (*p.weights, *p.biases)}
        self._settings(view, places)

    def _is_folded(self, node: Any, view: NodeView, product: Product) -> bool:
        """Whether an exporter has folded a normalisation into a product.

        It says so, or has computed what a file else holds as it was trained: the kernel of a
        convolution, or both the weight and the bias of a linear layer.
        """
        if any("FuseBatchNorm" in entry.value for entry in node.metadata_props):
            return True
        roots = [self._root(view, place) for place in (*product.weights, *product.biases)]
        if node.op_type in ("Conv", "ConvTranspose"):
            return is_made(roots[0])
        return node.op_type == "Gemm" and len(roots) == 2 and all(map(is_made, roots))

    def _plain(self, node: Any, view: NodeView, kind: str) -> None:
        roles = "norm" if kind == "norm" else "other"
        settings = self.uses.places(node)
        places = [i for i in range(len(view.inputs)) if settings.get(i) != "setting"]
        held = self._held(view, places, roles)
        self._settings(view, set(places))
        out = view.out
        x = next((s for s in view.shapes if s is not None), None)
        if kind == "pool":
            work = _pool_work(node.op_type, view, x, out)
        elif kind == "norm":
            work = prod(x) if x is not None else None
        else:
            work = prod(out) if out is not None else None
        if work is None and KINDS[kind].column:
            kind, work = "other", 0  # its shape is not known: not a zero, but not modelled
        self._add(node, kind, held, work=work or 0, shape=out)

    def _settings(self, view: NodeView, counted: set[int]) -> None:
        """Constants that a node reads without having them as weights are not unused either."""
        for place, name in enumerate(view.inputs):
            if place not in counted and name in self.constants:
                self.read.add(self.constants[name])

    def _held(self, view: NodeView, places: Any, role: str) -> tuple[Parameter, ...]:
        held = []
        for place in places:
            if place >= len(view.inputs) or view.inputs[place] not in self.constants:
                continue
            root = self._root(view, place)
            if root not in self.counts:
                continue
            self.read.add(root)
            if root in self.made and role == "other":
                continue
            quantised = role == "weight"  # a weight in eight bits is a weight
            if root in self.floats or quantised or role == "bias":
                count = self._trained(root)
                if count:
                    held.append(Parameter(count, role, root))
        return tuple(held)

    def _trained(self, root: str) -> int:
        """How many numbers of a stored tensor are parameters."""
        return self.uses.trained(root) if root in self.uses.shapes else self.counts[root]

    def _add(
        self,
        node: Any,
        kind: str,
        parameters: tuple[Parameter, ...],
        *,
        work: int = 0,
        shape: Shape | None = None,
        suffix: str = "",
        weight: str = "",
        **facts: Any,
    ) -> None:
        column = KINDS[kind].column
        status = NOT_MODELLED if kind == "other" else COUNTED if column else FREE
        name = self._name(node, weight)
        self.ops.append(
            NetOp(
                f"{name}.{suffix}" if suffix else name,
                kind,
                work=work if status == COUNTED and column != "macs" else 0,
                parameters=parameters,
                status=status,
                operator=node.op_type if not node.domain else f"{node.domain}.{node.op_type}",
                shape=shape or (),
                **facts,
            )
        )

    @staticmethod
    def _name(node: Any, weight: str) -> str:
        """A dotted path: the weight's own where it has one, else the node's."""
        path, dot, last = weight.rpartition(".")
        if dot and last in ("weight", "weight_quantized") and path:
            return path
        name = node.name or (node.output[0] if node.output else node.op_type)
        return name.strip("/").replace("/", ".") or node.op_type

    def _attributes(self, node: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for attribute in node.attribute:
            try:
                value = self.onnx.helper.get_attribute_value(attribute)
            except ValueError as error:
                raise InputError(
                    f"operation {node.name!r} of {self.label!r} has a broken attribute "
                    f"{attribute.name!r} ({error})"
                ) from None
            if isinstance(value, bytes):
                value = value.decode("utf-8", "replace")
            wanted = _TYPES.get(attribute.name)
            if wanted is not None and not _is(value, wanted):
                raise InputError(
                    f"operation {node.name!r} of {self.label!r} has attribute {attribute.name!r} "
                    f"of another type; allowed is {wanted}"
                )
            values[attribute.name] = value
        return values


def _is(value: Any, wanted: str) -> bool:
    if wanted == "integers":
        return isinstance(value, list | tuple) and all(isinstance(v, int) for v in value)
    return isinstance(value, str if wanted == "a text" else int)


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "dims") and hasattr(value, "raw_data")


def _has_graph(attribute: Any) -> bool:
    return bool(attribute.g.node or attribute.graphs)


def _pool_work(operator: str, view: NodeView, x: Shape | None, out: Shape | None) -> int | None:
    """Elements read, once per window they lie in."""
    kernel = view.attributes.get("kernel_shape")
    if kernel and not operator.startswith("Reduce"):
        return prod(out) * prod(kernel) if out is not None else None
    return prod(x) if x is not None else None
