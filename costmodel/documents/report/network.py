"""The report of a network, or of a plan: what every layer costs, at sizes of one's choice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from costmodel.core.numbers import Number
from costmodel.core.polynomial import Polynomial
from costmodel.core.readable import exact, in_text, ratio
from costmodel.core.variant import VARIANTS
from costmodel.documents.report.page import code, listed, page, slider_row
from costmodel.documents.report.programs import FUNCTIONS
from costmodel.documents.report.sliders import Slider
from costmodel.errors import CostModelError
from costmodel.formulas.printing.javascript import JavaScript
from costmodel.formulas.printing.mathml import mathml
from costmodel.network import columns
from costmodel.network.bounded import bounded
from costmodel.network.conditions import sentence
from costmodel.network.guards import Guard
from costmodel.network.kinds import KINDS
from costmodel.network.network import Network
from costmodel.network.views import TOTAL, layers
from costmodel.plots.live import live_bars
from costmodel.plots.palette import NEUTRAL, kind_color, style_of
from costmodel.typed import write_pairs, write_shapes

#: The costs shown, in the order of the columns.
_COSTS = ("macs", "params")
_WORDS = {"N": "images", "H": "input rows", "W": "input columns", "L": "input positions"}
_IMAGES = 64  # where a slider of images ends at least
_MET = {">=": ">= 0n", "==": "=== 0n", "!=": "!== 0n"}
_BARS = 40  # that a person still reads


class _Live(NamedTuple):
    """The network in letters: its sliders, its table, and the conditions of both."""

    sliders: tuple[Slider, ...]
    rows: Sequence[Mapping[str, Any]]
    guards: tuple[Guard, ...]


def network_report(
    network: Network,
    sentences: Iterable[str] = (),
    made_by: str = "",
    same_as: str = "",
    stated: Mapping[str, Number] | None = None,
) -> str:
    """A page of HTML that shows a network per layer and in total, and counts it at other sizes.

    Args:
        network: as it is, or after `replace`: then every layer stands before and after.
        sentences: what else is to be said first, such as the proof of a plan.
        made_by: the command that makes the page, "" for none.
        same_as: the command that prints the same numbers, without `--at`; "" for none.
        stated: the sizes that it has to be told even where they are not moved.

    Where the network has no closed formula in its sizes the page has no sliders and says why.

    Raises `MissingDependencyError` where Plotly or latex2mathml is not installed.
    """
    costs = [columns.column(key, network) for key in _COSTS]
    labels = {cost.key: cost.label for cost in costs}
    replaced = network.replacement is not None
    table = layers(network, ())
    live, why = _opened(network)
    script = "const COUNTS = null;"
    if live is not None:
        try:
            script = _script(live, replaced)
        except CostModelError as error:
            live, why = None, str(error)
    sizes = dict(stated or {})
    moved = {slider.name for slider in live.sliders} if live is not None else set()
    if same_as:
        fixed = [f"--at {name}={value}" for name, value in sizes.items() if name not in moved]
        same_as = " ".join([same_as, *fixed])
    first = [f"--at {name}={value}" for name, value in sizes.items() if name in moved]
    told = " ".join([same_as, *first]) if same_as else ""
    body = _body(network, table.rows, labels, live, why, tuple(sentences), made_by, told)
    data = {
        "name": network.name,
        "metrics": [{"key": key, "words": in_text(labels[key])} for key in _COSTS],
        "replaced": replaced,
        "rows": [_facts(row, replaced) for row in table.rows[:-1]],
        "first": [_values(row, replaced) for row in table.rows],
        "most": _BARS,
        "rest": NEUTRAL,
        "figure": live_bars(""),
        "same": same_as,
        "start": {} if live is None else {s.name: str(s.value) for s in live.sliders},
        "stated": sorted(moved & sizes.keys()),
    }
    return page(f"Network {network.name}", body, data, script, ("network.js",))


def _opened(network: Network) -> tuple[_Live | None, str]:
    """The network in letters; None and why, where it has no closed formula."""
    try:
        rebuild = network.rebuild()
        letters = {
            name: value
            for name, value in (rebuild.defaults if rebuild else {}).items()
            if rebuild is not None and name not in rebuild.ratios and isinstance(value, int)
        }
        opened, guards = bounded(network, tuple(letters))
    except CostModelError as error:
        return None, str(error)
    own = tuple(
        Slider(
            name,
            _WORDS.get(name, "size"),
            1,
            max(2 * value, _IMAGES if name == "N" else 1),
            value,
        )
        for name, value in letters.items()
    )
    return _Live(own, layers(opened, ()).rows, guards), ""


def _keys(replaced: bool) -> list[str]:
    """The columns whose numbers move."""
    sides = ("", "_before") if replaced else ("",)
    return [f"{key}{side}" for key in _COSTS for side in sides]


def _values(row: Mapping[str, Any], replaced: bool) -> list[str | None]:
    """The numbers of a row as the texts of integers, which no reader of JSON rounds."""
    cells = [row.get(key) for key in _keys(replaced)]
    return [None if cell is None else str(cell) for cell in cells]


def _script(live: _Live, replaced: bool) -> str:
    """`COUNTS`, the numbers of all rows at some sizes, and `HOLDS`, whether they are true there."""
    names = {slider.name: f"at[{json.dumps(slider.name)}]" for slider in live.sliders}
    counts, holds = (JavaScript(names, FUNCTIONS) for _ in range(2))
    rows = []
    for row in live.rows:
        cells = [row.get(key) for key in _keys(replaced)]
        texts = ["null" if cell is None else counts.value(cell) for cell in cells]
        rows.append(f"[{', '.join(texts)}]")
    met = [f"{holds.value(g.value)} {_MET[g.relation]}" for g in live.guards]
    return (
        f"const COUNTS = (at) => {{\n  {_lines(counts)}return [\n    "
        + ",\n    ".join(rows)
        + f",\n  ];\n}};\nconst HOLDS = (at) => {{\n  {_lines(holds)}"
        f"return {' && '.join(met) or 'true'};\n}};"
    )


def _lines(script: JavaScript) -> str:
    return "".join(f"{line}\n  " for line in script.lines)


def _facts(row: Mapping[str, Any], replaced: bool) -> dict[str, Any]:
    """A row of the figure; Plotly reads some HTML in labels, so they hold none."""
    variant = str(row.get("variant")) if replaced else ""
    color = style_of(VARIANTS[variant]).color if variant in VARIANTS else kind_color(row["kind"])
    return {"label": escape(row["layer"]), "kind": escape(_kind(row)), "color": color}


def _kind(row: Mapping[str, Any]) -> str:
    kind = str(row.get("kind") or "")
    return KINDS[kind].label if kind in KINDS else kind


def _body(
    network: Network,
    rows: Sequence[Mapping[str, Any]],
    labels: Mapping[str, str],
    live: _Live | None,
    why: str,
    sentences: tuple[str, ...],
    made_by: str,
    same_as: str,
) -> str:
    replaced = network.replacement is not None
    *layer_rows, total = rows
    cells = "".join(_row(str(i), row, replaced) for i, row in enumerate(layer_rows))
    cells += _row(TOTAL, total, replaced)
    picks = "".join(f'<option value="{key}">{escape(labels[key])}</option>' for key in _COSTS)
    conventions = [columns.column(key, network).note + "." for key in _COSTS]
    conventions += network.footnotes
    if network.source:
        conventions.append(f"Source: {network.source}.")
    conventions.append(
        "Every number is an exact integer; ratios are rounded to four digits. A cell with – is "
        "not modelled: it is in no total."
    )
    said = "".join(f"<p>{escape(text)}</p>" for text in sentences)
    shown = write_shapes(network.input_shapes) if network.input_shapes else ""
    at = f"<p>First shown for the input {escape(shown)}.</p>" if shown else ""
    made = f"<p>Made with <code>{escape(made_by)}</code>.</p>" if made_by else ""
    same = (
        "<p>The same numbers at the sizes shown, from the command line:</p>"
        + code(same_as, "command")
        if same_as
        else ""
    )
    heads = "".join(_heads(labels[key], replaced) for key in _COSTS)
    place = '<th scope="col" class="text">in its place</th>' if replaced else ""
    return f"""<p class="lead" id="lead" aria-live="polite">{_lead(total, labels, replaced)}</p>
{said}<div class="columns">{_form(live, why)}
<div class="results">
<p class="problem" id="problem" role="alert" hidden>{escape(_needed(live))}</p>
<section><h2>Where the cost lies</h2>
<p><label for="metric">Bars show</label> <select id="metric">{picks}</select></p>
<div id="figure" role="img" aria-label="Bars of the cost of each layer; the table has the same
 numbers"></div></section>
{_formulas(live, labels, replaced)}
<section><h2>Every layer</h2>
<div class="wide"><table id="table"><caption>Exact counts, in the order in which the layers
 run.</caption><thead><tr><th scope="col">layer</th>
<th scope="col" class="text kind">kind</th>{place}{heads}</tr>
</thead><tbody>{cells}</tbody></table></div></section>
<section><h2>How this was counted</h2>{listed(conventions)}{at}{same}{made}
</section></div></div>"""


def _heads(label: str, replaced: bool) -> str:
    names = [label, f"{label} before", "ratio"] if replaced else [label]
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)


def _form(live: _Live | None, why: str) -> str:
    if live is None or not live.sliders:
        reason = why or "it has no sizes that could move"
        return f'<p class="sizes">No sliders: {escape(reason)}.</p>'
    return (
        '<form class="sizes" id="sizes"><fieldset><legend>The input</legend>'
        f"{''.join(map(slider_row, live.sliders))}"
        '<button type="reset">Back to the sizes of this report</button></fieldset></form>'
    )


def _needed(live: _Live | None) -> str:
    """What is said where the formulas do not hold."""
    if live is None or not live.guards:
        return ""
    return f"The formulas hold for {sentence(live.guards)}; other sizes have no numbers here."


def _formulas(live: _Live | None, labels: Mapping[str, str], replaced: bool) -> str:
    """The totals in letters, with their conditions."""
    if live is None:
        return ""
    parts = []
    for key in _COSTS:
        for side, words in (("_before", " before"), ("", " after")) if replaced else (("", ""),):
            value: Number = live.rows[-1][f"{key}{side}"]
            cell = f"{TOTAL} {key}{side}"
            if isinstance(value, Polynomial):
                text = f"{mathml(value.to_latex())} = "
                parts.append(
                    f'<p class="formula">{escape(labels[key])}{words} = {text}'
                    f'<output data-cell="{cell}"></output></p>'
                )
    holds = sentence(live.guards)
    parts.append(f"<p>Exact{f' for {escape(holds)}' if holds else ' at every size'}.</p>")
    return f"<section><h2>In letters</h2>{''.join(parts)}</section>"


def _row(key: str, row: Mapping[str, Any], replaced: bool) -> str:
    cells = ""
    for cost in _COSTS:
        now, before = row.get(cost), row.get(f"{cost}_before")
        cells += f'<td data-cell="{key} {cost}">{_cell(now)}</td>'
        if replaced:
            share = ratio(now / before if before and now is not None else None)
            cells += f'<td data-cell="{key} {cost}_before">{_cell(before)}</td>'
            cells += f'<td data-cell="{key} {cost} ratio">{share}</td>'
    place = f'<td class="text">{escape(_place(row))}</td>' if replaced else ""
    kind = ' class="total"' if key == TOTAL else ""
    return (
        f'<tr{kind}><th scope="row">{escape(str(row["layer"]))}</th>'
        f'<td class="text kind">{escape(_kind(row))}</td>{place}{cells}</tr>'
    )


def _place(row: Mapping[str, Any]) -> str:
    """What stands in a layer's place, or why nothing does."""
    if row.get("variant"):
        return " ".join(filter(None, (row["variant"], write_pairs(row.get("hyper") or {}, ", "))))
    said = (row.get("status"), row.get("reason"))
    return ": ".join(str(text) for text in said if text)


def _cell(value: Number | None) -> str:
    return "–" if value is None else exact(value)


def _lead(total: Mapping[str, Any], labels: Mapping[str, str], replaced: bool) -> str:
    parts = []
    for key in _COSTS:
        now, before = total[key], total.get(f"{key}_before")
        text = f"{exact(now)} {in_text(labels[key])}"
        if replaced:
            text += f" instead of {exact(before)} ({ratio(now / before if before else None)})"
        parts.append(text)
    return escape(f"In all {' and '.join(parts)}.")
