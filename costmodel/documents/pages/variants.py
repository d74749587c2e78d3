"""A page per variant: stages, formulas, break-even, an example, when it wins, where it is from.

Everything on a page follows from the declaration, so a page is never edited, only made again.
"""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.comparing.count import Counts, count
from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import layer_words
from costmodel.core.ranks import ranks
from costmodel.core.variant import VARIANTS, Variant
from costmodel.documents.request import Target, render
from costmodel.errors import CostModelError, VariantError
from costmodel.formulas.algebra import display
from costmodel.formulas.derivation import derivation
from costmodel.formulas.einsum import POSITIONS, einsum_formula
from costmodel.formulas.formula import formula
from costmodel.formulas.printing.printers import fence, latex
from costmodel.formulas.ranks import full_rank
from costmodel.formulas.rows import rows
from costmodel.markup import markdown_table
from costmodel.metrics.metric import METRICS

FOLDER = "docs/variants"
#: Layers for the example, the first that a variant fits; its own domain is put in.
_EXAMPLES = (
    ConvLayer(3, 64, 128, (56, 48)),
    ConvLayer(3, 128, 64, (56, 48)),
    ConvLayer(3, 64, 128, (16, 28, 24)),
)


def example(variant: Variant) -> Counts:
    """The variant on a layer that shows it, with its default hyper-parameters."""
    for layer in _EXAMPLES:
        try:
            return count(variant, layer.replace(**variant.domain))
        except VariantError:
            continue
    raise VariantError(f"{variant.id} fits none of the example layers")


def variant_pages() -> dict[str, bytes]:
    """Every page and its figure, by path from the root of the project."""
    files: dict[str, bytes] = {}
    for variant in VARIANTS.values():
        if variant.family != "custom":
            files[f"{FOLDER}/{variant.id}.md"] = page(variant, files).encode()
    files[f"{FOLDER}/index.md"] = _index().encode()
    return files


def page(variant: Variant, files: dict[str, bytes]) -> str:
    """The Markdown of one page; its figure is added to `files` by path."""
    parts = [
        f"# {_capital(variant.title)}",
        f"`{variant.id}`",
        variant.summary,
        *_stages(variant),
        *_letters(variant),
        *_costs(variant),
        *_example(variant),
        _figure(variant, files),
    ]
    if variant.gives_up:
        parts.append(f"## What it gives up\n\n{variant.gives_up}")
    if variant.wins:
        parts.append(f"## When it wins\n\n{variant.wins}")
    notes = "\n\n".join(filter(None, (variant.note, variant.left_out)))
    if notes:
        parts.append(f"## Note\n\n{notes}")
    parts.append(f"## Source\n\n{variant.reference}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _stages(variant: Variant) -> Iterator[str]:
    yield "## Stages"
    yield f"```text\n{variant.stages}\n```"
    for line in variant.lines:
        try:
            typeset = einsum_formula(line, "latex", bool(variant.domain.get("transposed")))
        except CostModelError:
            continue  # an explicit count computes the same function as its baseline
        yield f"`{line.text}`"
        yield fence(typeset).strip()
    yield POSITIONS


def _letters(variant: Variant) -> Iterator[str]:
    if not variant.hyper:
        return
    yield "## Hyper-parameters"
    found = ranks(variant, variant.usual_dims)
    rows = [
        (
            f"`{name}`",
            hyper.meaning,
            f"`{hyper.default}`",
            f"from {hyper.low}" + (f" to {hyper.high}" if hyper.high is not None else ""),
            *([_full_rank(variant, name) if name in found else ""] if found else ()),
        )
        for name, hyper in variant.hyper.items()
    ]
    heads = ("letter", "meaning", "default", "allowed", *(["full rank"] if found else ()))
    yield markdown_table(heads, rows).rstrip()
    if found:
        exact = all(rank.exact for rank in found.values())
        yield (
            "Above full rank, with the other sizes as they are, nothing more can be expressed"
            + ("" if exact else "; less may do")
            + ". A default ends there."
        )
    if variant.where:
        sizes = ", ".join(f"`{name} = {text}`" for name, text in variant.where.items())
        yield f"Derived sizes: {sizes}."


def _full_rank(variant: Variant, letter: str) -> str:
    return f"${latex(full_rank(variant, letter), own=tuple(variant.hyper))}$"


def _costs(variant: Variant) -> Iterator[str]:
    own = tuple(variant.hyper)
    yield "## Cost"
    yield (
        'Per image, at stride 1 with "same" padding; k is the side of the window, m and n are the '
        "input and output channels, h and w the output grid. Products with padding zeros are "
        "counted, biases are not."
    )
    for metric in METRICS.values():
        if metric.shown:
            shown = display(formula(variant, metric.key))
            yield f"{metric.label}{_even(shown.note)}:"
            yield fence(latex(shown.expr, own=own)).strip()
    if variant.baseline:
        return
    (row,) = rows([variant])
    if row.ratio is not None:
        shown = display(row.ratio, plain=True)
        yield f"Ratio of multiplies to the {VARIANTS.baseline.title}{_even(shown.note)}:"
        yield fence(latex(shown.expr, own=own)).strip()
    for even in row.break_evens:
        condition = even.to_latex()
        if even.limit is not None:
            limit = latex(even.limit, own=own)
            condition += rf" \quad \left(\to {limit} \text{{ for large }} {even.limit_in}\right)"
        yield f"Fewer multiplies while{_even(even.note)}:"
        yield fence(condition).strip()


def _even(note: str) -> str:
    return f" ({note})" if note else ""


def _example(variant: Variant) -> Iterator[str]:
    counts = example(variant)
    settings = ", ".join(f"{name} = {value}" for name, value in counts.hyper.items())
    yield "## Example"
    yield f"{_capital(str(counts.layer))}{': ' + settings if settings else ''}."
    for metric in METRICS.values():
        if metric.shown:
            yield f"{metric.label}:"
            yield derivation(counts, metric=metric.key).markdown().strip()


def _figure(variant: Variant, files: dict[str, bytes]) -> str:
    """MACs over the channels, or over the first hyper-parameter, as a ratio to the baseline."""
    if variant.baseline:
        return ""
    layer = example(variant).layer
    over, values = "channels", "16,32,64,128,256,512,1024"
    letter = next((name for name, h in variant.hyper.items() if not h.real), None)
    if letter:
        over, values = f"{variant.id}.{letter}", ",".join(map(str, _values(variant, letter)))
    ids = f"{VARIANTS.baseline.id},{variant.id}"
    text = (
        f"figure curve file={variant.id}.svg over={over} values={values} variants={ids} "
        + layer_words(layer)
    )
    target = Target("markdown", False, f"{FOLDER}/{variant.id}.md", files)
    return render(text, target).strip()


def _values(variant: Variant, letter: str) -> list[int]:
    """Values of a hyper-parameter that the example layer allows, about a dozen of them."""
    layer = example(variant).layer
    legal = []
    for value in (*range(1, 17), 20, 24, 32, 48, 64, 96, 128, 192, 256):
        try:
            bind(variant, layer, {letter: value})
        except CostModelError:
            continue
        legal.append(value)
    upto = max((v for v in legal if v <= 2 * max(legal[0], _default(variant, letter))), default=1)
    return [v for v in legal if v <= max(upto, legal[min(5, len(legal) - 1)])]


def _default(variant: Variant, letter: str) -> int:
    return int(example(variant).hyper[letter])


def _index() -> str:
    lines = [
        "# The catalogue",
        "",
        f"{sum(v.family != 'custom' for v in VARIANTS.values())} variants, by family; every page "
        "is generated from the declaration.",
    ]
    for family in dict.fromkeys(v.family for v in VARIANTS.values() if v.family != "custom"):
        lines += ["", f"## {_capital(family)}", ""]
        lines += [
            f"- [{v.title}]({v.id}.md): {v.summary}"
            for v in VARIANTS.values()
            if v.family == family
        ]
    return "\n".join(lines) + "\n"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
