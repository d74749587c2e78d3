"""Rules of the ONNX operators that multiply matrices, attention and recurrent layers included."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from costmodel.core.layer import ConvLayer
from costmodel.network.operation import MatMul, Parameter
from costmodel.network.read.onnx.products import NodeView, Product, rule
from costmodel.network.read.onnx.shapes import Shape


def _matmul(view: NodeView, a_at: int, b_at: int) -> list[Product] | None:
    a, b = view.shape(a_at), view.shape(b_at)
    if a is None or b is None:
        return None
    if not a or not b:
        raise view.fail(f"multiplies shapes {a} and {b}; allowed are at least one axis each")
    left = (1, *a) if len(a) == 1 else a
    right = (*b, 1) if len(b) == 1 else b
    return _two_matrices(view, left, right, a_at, b_at, ())


def _two_matrices(
    view: NodeView, a: Shape, b: Shape, a_at: int, b_at: int, biases: tuple[int, ...]
) -> list[Product]:
    if a[-1] != b[-2]:
        raise view.fail(f"multiplies matrices of shapes {a} and {b}, whose inner sides differ")
    weights = tuple(i for i in (a_at, b_at) if view.is_constant(i))
    batch = _broadcast(view, a[:-2], b[:-2])
    rows, inner, columns = a[-2], a[-1], b[-1]
    alone = prod(b[:-2]) == 1, prod(a[:-2]) == 1
    if weights == (b_at,) and alone[0] and min(*a, *b) > 0:
        layer = ConvLayer(1, inner, columns, (prod(batch) * rows,), bias=bool(biases))
        return [Product("linear", layer, weights=weights, biases=biases)]
    if weights == (a_at,) and alone[1] and min(*a, *b) > 0:
        layer = ConvLayer(1, inner, rows, (prod(batch) * columns,), bias=bool(biases))
        return [Product("linear", layer, weights=weights, biases=biases)]
    product = MatMul(prod(batch), rows, inner, columns)
    kind = "linear" if weights else "matmul"
    return [Product(kind, matmul=product, weights=weights, biases=biases)]


def _broadcast(view: NodeView, a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
    result = []
    for p, q in pairs:
        if p != q and 1 not in (p, q):
            raise view.fail(f"multiplies batches of shapes {a} and {b}, which do not fit")
        result.append(q if p == 1 else p)
    return tuple(result)


@rule("MatMul", "FusedMatMul", "MatMulInteger", "TransposeMatMul")
def matmul(view: NodeView) -> list[Product] | None:
    """A (…, r, k) @ B (…, k, c), batches broadcast."""
    if not view.attributes.get("transA") and not view.attributes.get("transB"):
        return _matmul(view, 0, 1)
    a, b = view.shape(0), view.shape(1)
    if a is None or b is None or len(a) < 2 or len(b) < 2:
        return None
    return _two_matrices(view, *_turned(view, a, b), 0, 1, ())


@rule("QLinearMatMul")
def qlinear_matmul(view: NodeView) -> list[Product] | None:
    """a, its scale and zero point, b, its scale and zero point, y's scale and zero point."""
    return _matmul(view, 0, 3)


@rule("Gemm")
def gemm(view: NodeView) -> list[Product] | None:
    """A (r, k) @ B (k, c) + C, either side transposed where its flag says so."""
    a, b = view.shape(0), view.shape(1)
    if a is None or b is None:
        return None
    if len(a) != 2 or len(b) != 2:
        raise view.fail(f"multiplies shapes {a} and {b}; allowed are two axes each")
    biases = (2,) if view.has(2) and view.is_constant(2) else ()
    return _two_matrices(view, *_turned(view, a, b), 0, 1, biases)


@rule("QGemm")
def qgemm(view: NodeView) -> list[Product] | None:
    """A, its scale and zero point, B, its scale and zero point, C."""
    a, b = view.shape(0), view.shape(3)
    if a is None or b is None or len(a) != 2 or len(b) != 2:
        return None
    return _two_matrices(view, *_turned(view, a, b), 0, 3, (6,) if view.has(6) else ())


def _turned(view: NodeView, a: Shape, b: Shape) -> tuple[Shape, Shape]:
    """Both shapes as they are multiplied: transposed where the node's flags say so."""
    flags = (view.attributes.get(name) for name in ("transA", "transB"))
    left, right = (
        (*shape[:-2], shape[-1], shape[-2]) if flag else shape
        for shape, flag in zip((a, b), flags, strict=True)
    )
    return left, right


@rule("Einsum")
def einsum(view: NodeView) -> list[Product] | None:
    """A sum of products; more than two inputs are multiplied from the left, two at a time."""
    shapes = view.shapes
    equation = view.attributes.get("equation", "")
    if any(s is None for s in shapes):
        return None
    terms, result = _terms(view, equation, [s for s in shapes if s is not None])
    sizes: dict[str, int] = {}
    for letters, shape in zip(terms, shapes, strict=True):
        for letter, side in zip(letters, shape or (), strict=True):
            if sizes.setdefault(letter, side) not in (side, 1) and side != 1:
                raise view.fail(f"gives axis {letter!r} both size {sizes[letter]} and {side}")
            sizes[letter] = max(sizes[letter], side)
    weights = tuple(i for i in range(len(shapes)) if view.is_constant(i))
    if len(terms) < 2:
        return []
    macs = 0
    left = set(terms[0])
    for place in range(1, len(terms)):
        later = set(result).union(*terms[place + 1 :])
        both = left | set(terms[place])
        macs += prod(sizes[letter] for letter in both)
        left = both & later
    kind = "linear" if weights else "matmul"
    if len(terms) == 2:
        a, b, out = set(terms[0]), set(terms[1]), set(result)
        batch = a & b & out
        inner = (a | b) - out
        rows, columns = a - b - inner, b - a - inner

        def size(letters: set[str]) -> int:
            return prod(sizes[x] for x in letters)

        product = MatMul(size(batch), size(rows), size(inner), size(columns))
        return [Product(kind, matmul=product, weights=weights)]
    return [Product(kind, macs=macs, weights=weights)]


def _terms(view: NodeView, equation: str, shapes: Sequence[Shape]) -> tuple[list[str], str]:
    """One string of distinct letters per input, and the result's; "..." written out."""
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    spare = [chr(code) for code in range(0x100, 0x180)]
    names = [c for t in terms for c in t.replace("...", "")]
    if not text or len(terms) != len(shapes) or not all(c.isalpha() and c.isascii() for c in names):
        raise view.fail(
            f"has equation {equation!r}; allowed is one term per input, such as bi,io->bo"
        )
    dots = 0
    for term, shape in zip(terms, shapes, strict=True):
        plain = len(term.replace("...", ""))
        extra = len(shape) - plain
        if extra < 0 or (extra and "..." not in term):
            raise view.fail(f"has equation {equation!r}, but an input of {len(shape)} axes")
        dots = max(dots, extra if "..." in term else 0)
    rest = "".join(spare[:dots])
    written = []
    for term, shape in zip(terms, shapes, strict=True):
        extra = len(shape) - len(term.replace("...", ""))
        written.append(term.replace("...", rest[dots - extra :] if extra else ""))
    if arrow:
        result = right.replace("...", rest)
    else:
        joined = "".join(terms).replace("...", "")
        result = rest + "".join(sorted(c for c in set(joined) if joined.count(c) == 1))
    if not set(result) <= set("".join(written)):
        raise view.fail(f"has equation {equation!r}, whose result has an axis that no input has")
    return written, result


# -- attention and recurrent layers --------------------------------------------------------------
@rule("Attention")
def attention(view: NodeView) -> list[Product] | None:
    """Q, K, V (batch, heads, length, size) or (batch, length, heads·size); past keys and values."""
    q, k, v = view.shape(0), view.shape(1), view.shape(2)
    if q is None or k is None or v is None:
        return None
    heads = view.attributes.get("q_num_heads", 0)
    shared = view.attributes.get("kv_num_heads", 0)
    if len(q) == 3 and heads and shared:
        q = (q[0], heads, q[1], q[2] // heads)
        k = (k[0], shared, k[1], k[2] // shared)
        v = (v[0], shared, v[1], v[2] // shared)
    if not len(q) == len(k) == len(v) == 4:
        return None
    source = k[2]
    if view.has(4):
        past = view.shape(4)
        if past is None or len(past) != 4:
            return None
        source += past[2]
    batch = q[0] * q[1]
    return [
        Product("matmul", matmul=MatMul(batch, q[2], q[3], source), suffix="attention_scores"),
        Product("matmul", matmul=MatMul(batch, q[2], source, v[3]), suffix="attention_values"),
    ]


@rule("LSTM", "GRU", "RNN")
def recurrent(view: NodeView) -> list[Product] | None:
    """X (length, batch, inputs), W (directions, gates·hidden, inputs), R (…, hidden)."""
    projected = _projected(view)
    if projected is not None:
        return projected
    x, w, r = view.shape(0), view.shape(1), view.shape(2)
    if x is None or w is None or r is None:
        return None
    if len(x) != 3 or len(w) != 3 or len(r) != 3:
        raise view.fail(f"has inputs of shapes {x}, {w} and {r}; allowed are three axes each")
    macs = x[0] * x[1] * (prod(w) + prod(r))
    return [Product("linear", macs=macs, weights=(1, 2), biases=(3,) if view.has(3) else ())]


def _projected(view: NodeView) -> list[Product] | None:
    """An LSTM whose two initial states say that it is projected; see `constants`."""
    x, hidden, cell = view.shape(0), view.shape(5), view.shape(6)
    if x is None or not hidden or not cell or hidden[-1] == cell[-1] or len(x) != 3:
        return None
    directions, inputs, size, inner = cell[0], x[2], cell[-1], hidden[-1]
    weights = directions * (4 * size * (inputs + inner) + size * inner)
    held = [Parameter(weights, "weight", view.label)]
    if view.has(3):
        held.append(Parameter(directions * 8 * size, "bias", f"{view.label} bias"))
    return [Product("linear", macs=x[0] * x[1] * weights, held=tuple(held))]
