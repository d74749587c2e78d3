"""The report of a layer: every variant on it, at whatever sizes the reader chooses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from costmodel.comparing.compare import Comparison
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import LAYER_OPTIONS, USUAL, layer_words, write_layer
from costmodel.core.numbers import Number, is_exact
from costmodel.core.readable import exact, in_text, ratio
from costmodel.core.variant import VARIANTS, Variant
from costmodel.documents.report.entry import Entry, section
from costmodel.documents.report.page import code, listed, page, slider_row
from costmodel.documents.report.programs import outputs, program
from costmodel.documents.report.sliders import Slider, hyper_sliders, sliders
from costmodel.documents.spelling import compare_command
from costmodel.errors import CostModelError, InputError
from costmodel.metrics.metric import METRICS, Metric
from costmodel.plots.layout import label_of, name_of
from costmodel.plots.live import live_bars
from costmodel.plots.palette import style_of
from costmodel.typed import write_pairs

#: What the figure and the order of the rows are about until the reader chooses.
_FIRST = "macs"


def layer_report(
    comparison: Comparison,
    given: Mapping[str, Mapping[str, Number]] | None = None,
    chosen: Sequence[str] | None = None,
    made_by: str = "",
) -> str:
    """A page of HTML that shows a comparison and counts it at other sizes.

    Args:
        comparison: what `compare` gave, of a layer of numbers and the metrics shown by default.
        given: by variant, the values of letters as they were typed; the others are defaults, which
            follow the layer.
        chosen: the ids of the variants that were asked for; None for all that there are.
        made_by: the command that makes the page, "" for none.

    Raises:
        InputError: a layer with symbols or arrays in it.
        MissingDependencyError: Plotly or latex2mathml is not installed.
    """
    layer = comparison.layer
    if not all(map(is_exact, (*layer.size, *layer.kernel, layer.in_channels, layer.out_channels))):
        raise InputError(f"a report of {layer}; allowed is a layer of integers")
    metrics = sorted((m for m in METRICS.values() if m.shown), key=lambda m: m.key != _FIRST)
    keys = [metric.key for metric in metrics]
    typed = given or {}
    own = sliders(layer)
    skipped = dict(comparison.skipped)
    entries = [
        _entry(VARIANTS.of(id), comparison, keys, typed.get(id, {}))
        for id in (v.id for v in (*comparison.variants, *map(VARIANTS.of, skipped)))
    ]
    functions, never = {}, {}
    for index, entry in enumerate(entries):
        id = entry.variant.id
        try:
            functions[id] = _functions(entry, layer, own, keys)
        except CostModelError as error:
            entries[index] = entry = entry._replace(letters=())
            try:  # too many letters to follow at once: they stay as they are
                functions[id] = _functions(entry, layer, own, keys)
            except CostModelError:
                if entry.counted is not None:
                    functions[id] = _only_here(entry, own, str(error))
                else:
                    never[id] = skipped[id]
    live = sorted(
        (entry for entry in entries if entry.variant.id in functions),
        key=lambda entry: _place(entry, keys),
    )
    data = {
        "baseline": VARIANTS.baseline.id,
        "baselineTitle": VARIANTS.baseline.title,
        "metrics": [{"key": m.key, "label": m.label, "words": in_text(m.label)} for m in metrics],
        "variants": [_facts(entry) for entry in live],
        "figure": live_bars("", 1),
        "command": _tokens(layer, own, chosen, typed),
    }
    counts = ",\n".join(f"  {json.dumps(id)}: {text}" for id, text in functions.items())
    base = VARIANTS.baseline
    if base.id not in functions:  # it is what ratios are to, whether it has a row or not
        entry = Entry(base, (), {}, {k: comparison.baseline[k] for k in keys}, {})
        counts += f",\n  {json.dumps(base.id)}: {_functions(entry, layer, own, keys)}"
    return page(
        f"Convolution {layer_words(layer)}",
        _body(comparison, live, never, own, metrics, made_by, chosen, typed),
        data,
        f"const COUNTS = {{\n{counts}\n}};\nconst OUTPUTS = {outputs(layer, own)};",
        ("layer.js",),
    )


def _entry(
    variant: Variant, comparison: Comparison, keys: Sequence[str], given: Mapping[str, Number]
) -> Entry:
    counts = comparison.counts.get(variant.id)
    counted = None if counts is None else {key: counts[key] for key in keys}
    letters = hyper_sliders(comparison.layer, variant, given)
    return Entry(variant, letters, given, counted, {} if counts is None else counts.hyper)


def _functions(entry: Entry, layer: ConvLayer, own: Sequence[Slider], keys: Sequence[str]) -> str:
    """What the variant costs: with its letters as they were typed, and with all of them moved."""
    followed = program(entry.variant, layer, own, keys, entry.hyper)
    text = followed.javascript()
    moved = "null"
    if entry.letters:
        names = {slider.name for slider in entry.letters}
        rest = {name: value for name, value in entry.hyper.items() if name not in names}
        moved = program(entry.variant, layer, own, keys, rest, entry.letters).javascript()
    return f"{{followed: {text}, given: {moved}}}"


def _only_here(entry: Entry, own: Sequence[Slider], why: str) -> str:
    """What is known at the sizes of the report alone, because the rules cannot be followed."""
    assert entry.counted is not None
    taken = ", ".join(slider.name for slider in own)
    here = " && ".join(f"{slider.name} === {slider.value}n" for slider in own)
    counted = ", ".join(f'"{key}": {value}n' for key, value in entry.counted.items())
    doubt = json.dumps(f"no closed formula ({why})", ensure_ascii=False)
    return (
        f"{{followed: ({{{taken}}}) => {here} ? {{metrics: {{{counted}}}, hyper: {{}}}} "
        f": {{doubt: {doubt}}}, given: null}}"
    )


def _place(entry: Entry, keys: Sequence[str]) -> tuple[Any, ...]:
    """Order of the rows: by the first metric, what does not fit last."""
    if entry.counted is None:
        return (1, 0)
    return (0, entry.counted[keys[0]])


def _facts(entry: Entry) -> dict[str, Any]:
    variant = entry.variant
    moved = {slider.name for slider in entry.letters}
    return {
        "id": variant.id,
        "title": name_of(variant),
        "label": label_of(variant).replace("<br>", " "),
        "color": style_of(variant).color,
        "fixed": {n: str(v) for n, v in entry.values.items() if variant.hyper[n].real},
        "letters": list(variant.hyper),
        "moved": sorted(moved),
        # a real letter: of how many parts of one, and of how many it is at first
        "parts": {s.name: str(s.parts) for s in entry.letters if s.parts},
        "first": {s.name: str(s.value) for s in entry.letters if s.parts},
    }


def _tokens(
    layer: ConvLayer,
    own: Sequence[Slider],
    chosen: Sequence[str] | None,
    given: Mapping[str, Mapping[str, Number]],
) -> dict[str, Any]:
    """The words of `compare` that print the same numbers, with letters where sliders are."""
    texts = write_layer(layer)
    options = []
    for option in LAYER_OPTIONS:
        value = getattr(layer, option.field)
        values = list(value) if isinstance(value, tuple) else [value]
        parts: list[Any] = [None] * len(values)
        for slider in own:
            if slider.field == option.field:
                for axis in slider.axes:
                    parts[axis] = slider.name
        if None not in parts:
            once = option.field != "size"
            usual = USUAL.get(option.name)
            options.append({"flag": option.flags[0], "parts": parts, "once": once, "usual": usual})
        elif USUAL.get(option.name) != texts[option.name]:
            words = option.flags[:1] if option.is_flag else (option.flags[0], texts[option.name])
            options.append({"text": " ".join(words)})
    if layer.dims == 1:
        options.append({"text": "--dims 1"})
    if chosen is not None:
        options.append({"text": f"--variants {','.join(chosen)}"})
    typed = {f"{id}.{name}": value for id, own in given.items() for name, value in own.items()}
    return {
        "start": "python -m costmodel compare",
        "options": options,
        "given": {name: str(value) for name, value in typed.items()},
    }


def _body(
    comparison: Comparison,
    live: Sequence[Entry],
    never: Mapping[str, str],
    own: Sequence[Slider],
    metrics: Sequence[Metric],
    made_by: str,
    chosen: Sequence[str] | None,
    given: Mapping[str, Mapping[str, Number]],
) -> str:
    layer = comparison.layer
    base = comparison.baseline
    values = {f"{id}.{name}": v for id, letters in given.items() for name, v in letters.items()}
    ids = [v.id for v in comparison.variants] if chosen is None else chosen
    same = compare_command(write_layer(layer), ids, (), values)
    conventions = [m.column(base.settings).note + "." for m in metrics]
    conventions.append(
        "k is the side of the window, m and n are the input and output channels, H and W the input "
        "grid, h and w the output grid, s is the stride; other letters are the variant's own."
    )
    conventions.append(f"What no slider moves: {_fixed(layer, own)}.")
    conventions.append(
        "Every number is an exact integer; the script of this page counts with the same formulas, "
        "printed with their roundings. Ratios are rounded to four digits."
    )
    rows = "".join(_row(entry, base, metrics) for entry in live)
    heads = "".join(
        f'<th scope="col" aria-sort="{"ascending" if index == 0 else "none"}">'
        f'<button type="button" data-sort="{m.key}">{escape(m.label)}</button></th>'
        f'<th scope="col">ratio</th>'
        for index, m in enumerate(metrics)
    )
    picks = "".join(f'<option value="{m.key}">{escape(m.label)}</option>' for m in metrics)
    left = listed(f"{id}: {reason}" for id, reason in never.items())
    sources = f"<p>Made with <code>{escape(made_by)}</code>.</p>" if made_by else ""
    return f"""<p class="lead" id="lead" aria-live="polite">{_lead(live, base, metrics[0])}</p>
<div class="columns">
<form class="sizes" id="sizes"><fieldset><legend>The layer</legend>
{"".join(map(slider_row, own))}
<p>Output grid: <output id="grid">{"×".join(map(str, layer.out_size))}</output></p>
<button type="reset">Back to the sizes of this report</button>
</fieldset></form>
<div class="results">
<p class="problem" id="problem" role="alert" hidden></p>
<section><h2>Against the {escape(VARIANTS.baseline.title)}</h2>
<p><label for="metric">Bars show the ratio of</label> <select id="metric">{picks}</select></p>
<div id="figure" role="img" aria-label="Bars of the ratio of each variant; the table has the same
 numbers"></div></section>
<section><h2>Every variant</h2>
<div class="wide"><table id="table"><caption>Exact counts and their ratios to the
 {escape(VARIANTS.baseline.title)}; a heading sorts.</caption>
<thead><tr><th scope="col">variant</th>{heads}<th scope="col" class="text">letters</th></tr></thead>
<tbody>{rows}</tbody></table></div>{left and f"<p>Not for such layers:</p>{left}"}</section>
<section><h2>One by one</h2>
{"".join(section(entry, layer, metrics) for entry in live)}</section>
<section><h2>How this was counted</h2>{listed(conventions)}
<p>The same numbers at the sizes shown, from the command line:</p>{code(same, "command")}{sources}
</section></div></div>"""


def _fixed(layer: ConvLayer, own: Sequence[Slider]) -> str:
    moved = {slider.field for slider in own}
    texts = write_layer(layer)
    rest = {o.name: texts[o.name] for o in LAYER_OPTIONS if o.field not in moved}
    return write_pairs(rest, ", ")


def _row(entry: Entry, base: Any, metrics: Sequence[Metric]) -> str:
    variant = entry.variant
    cells = ""
    for metric in metrics:
        value, share = "–", "–"
        if entry.counted is not None:
            number, whole = entry.counted[metric.key], base[metric.key]
            value, share = exact(number), ratio(number / whole if whole else None)
        key = f"{variant.id} {metric.key}"
        cells += f'<td data-cell="{key}">{value}</td><td data-cell="{key} ratio">{share}</td>'
    letters = write_pairs(entry.values, ", ") if entry.counted is not None else "does not fit"
    kind = ' class="baseline"' if variant.baseline else ""
    return (
        f'<tr data-row="{variant.id}"{kind}><th scope="row">'
        f'<a href="#variant-{variant.id}">{escape(name_of(variant))}</a></th>{cells}'
        f'<td class="text" data-cell="{variant.id} letters">{escape(letters)}</td></tr>'
    )


def _lead(live: Sequence[Entry], base: Any, metric: Metric) -> str:
    whole = base[metric.key]
    fewest = live[0]
    assert fewest.counted is not None
    value = fewest.counted[metric.key]
    return escape(
        f"The {VARIANTS.baseline.title} takes {exact(whole)} "
        f"{in_text(metric.label)}; fewest: "
        f"{name_of(fewest.variant)} with {exact(value)} ({ratio(value / whole)})."
    )
