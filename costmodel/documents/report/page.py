"""The file: everything that a report needs, in one page that loads nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from costmodel.documents.report.sliders import Slider
from costmodel.files import package_path, read_text
from costmodel.plots.live import plotly_script

# No address is ever asked, whatever stands in the page; Plotly needs neither.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


def page(
    title: str, body: str, data: Mapping[str, Any], counts: str, scripts: Iterable[str]
) -> str:
    """The whole page.

    Args:
        title: of the window and of the page, as plain text.
        body: HTML below the title, already escaped.
        data: what the script needs to know, as JSON.
        counts: JavaScript that defines `COUNTS`.
        scripts: names of the scripts of this folder that run, in order.
    """
    shown = "\n".join(_own(name) for name in ("exact.js", "live.js", *scripts))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{_own("page.css")}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
<script>{plotly_script()}</script>
<script type="application/json" id="data">{_json(data)}</script>
<script>
"use strict";
{shown}
{_script(counts)}
start();
</script>
</body>
</html>
"""


def slider_row(slider: Slider, owner: str = "") -> str:
    """A slider with a box to type the same number into; `owner` is the variant of a letter."""
    key = escape(f"{owner}.{slider.name}" if owner else slider.name)
    words = escape(f"{slider.label}")
    bounds = f'min="{slider.low}" value="{slider.value}" step="1" data-at="{key}"'
    return (
        f'<div class="slider"><label for="at-{key}"><b>{escape(slider.name)}</b> {words}</label>'
        f'<input type="range" id="at-{key}" {bounds} max="{slider.high}">'
        f'<input type="number" inputmode="numeric" aria-label="{words}, typed" {bounds} '
        f'max="{slider.most}"></div>'
    )


def code(text: str, id: str = "") -> str:
    """A command or a notation, as it is typed."""
    named = f' id="{id}"' if id else ""
    return f"<pre{named}><code>{escape(text)}</code></pre>"


def listed(sentences: Iterable[str]) -> str:
    """Sentences as a list, escaped; nothing for none."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _own(name: str) -> str:
    return read_text(package_path("documents", "report", name), dash=False)


def _json(value: Any) -> str:
    """JSON that no text in it can end: `<` is written as its number."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script(source: str) -> str:
    """A script whose strings cannot end its element; `<` also stands between numbers there."""
    return source.replace("</", "<\\/").replace("<!--", "<\\!--")
