"""A plan in a file: which variant stands in place of which layer."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from costmodel.errors import CostModelError, InputError
from costmodel.files import read_text
from costmodel.network.change import Choice, read_choice
from costmodel.network.views import TOTAL
from costmodel.typed import read_cell

_NEEDED = ("layer", "variant", "hyper")


def read_choices(path: str) -> Mapping[str, Choice]:
    """The choices of a CSV as `network --replace`, `plan` and `Plan.to_csv` write it, by layer.

    A row without a variant is a layer that stays as it is; further columns are not read.

    Raises:
        InputError: a file that cannot be read, lacks a column, or names a layer twice.
        CostModelError: an unknown variant or hyper-parameter.
    """
    rows = _rows(path)
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise InputError(
            f"{path}: no column {' or '.join(missing)}; allowed is a table with the columns "
            f"{', '.join(_NEEDED)}, as `costmodel plan -o` writes it"
        )
    choices: dict[str, Choice] = {}
    seen = set()
    for row in rows:
        name, variant = read_cell(row["layer"] or ""), row["variant"]
        if name == TOTAL or not name:
            continue
        if name in seen:
            raise InputError(f"{path}: layer {name!r} stands twice; allowed is one row per layer")
        seen.add(name)
        if not variant:
            continue
        values = (row["hyper"] or "").replace(";", ",")
        try:
            choices[name] = read_choice(",".join(filter(None, (variant, values))))
        except CostModelError as error:
            raise InputError(f"{path}, layer {name}: {error}") from None
    return choices


def read_total(path: str) -> Mapping[str, str]:
    """The cells of the row `total` by column, which hold a plan's proof; empty without one.

    Raises `InputError` for a file that cannot be read.
    """
    return next((row for row in _rows(path) if row.get("layer") == TOTAL), {})


def _rows(path: str) -> csv.DictReader[str]:
    return csv.DictReader(io.StringIO(read_text(path)))
