"""The command that prints on a terminal what a page shows."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from costmodel.parsing import layer_from

#: Layer inputs by the command's flags, where they differ from `--name`.
_FLAGS = {"k": "-k", "m": "-m", "n": "-n"}
_SWITCHES = ("bias", "transposed")
# What the command itself assumes.
_ASSUMED = {"stride": "1", "padding": "same", "dilation": "1", "groups": "1", "batch": "1"}


def compare_command(
    layer: Mapping[str, str],
    variants: Iterable[str],
    metrics: Iterable[str],
    settings: Mapping[str, object],
) -> str:
    """`python -m costmodel compare …` for a layer given by its input texts.

    Args:
        layer: texts by the names of `parsing.LAYER_NAMES`.
        variants, metrics: what is shown; no metrics is the command's own choice.
        settings: hyper-parameters by `variant.letter`.
    """
    words = ["python", "-m", "costmodel", "compare"]
    size = layer_from(layer).size  # one number is a square: the command is told both
    for name, text in layer.items():
        if name in _SWITCHES:
            words += [f"--{name}"] if text == "yes" else []
        elif name == "size":
            words += ["--size", "x".join(map(str, size))]
        elif _ASSUMED.get(name) != text:
            words += [_FLAGS.get(name, f"--{name}"), text]
    words += ["--variants", ",".join(variants)]
    chosen = ",".join(metrics)
    words += ["--metrics", chosen] if chosen else []
    for name, value in settings.items():
        words += ["--set", f"{name}={value}"]
    return shlex.join(words)
