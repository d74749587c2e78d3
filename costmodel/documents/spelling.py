"""The command that prints on a terminal what a page shows."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import layer_options, stated
from costmodel.core.variant import Variant
from costmodel.network.replacing import judged
from costmodel.typed import said_once, write_pairs


def compare_command(
    layer: Mapping[str, str],
    variants: Iterable[str],
    metrics: Iterable[str],
    settings: Mapping[str, object],
) -> str:
    """`python -m costmodel compare …` for a layer given by its input texts.

    Args:
        layer: texts by the names of `LAYER_OPTIONS`.
        variants, metrics: what is shown; no metrics is the command's own choice.
        settings: hyper-parameters by `variant.letter`.
    """
    chosen = ",".join(metrics)
    asked = ["--metrics", chosen] if chosen else []
    return shlex.join([*_of_layer("compare", layer, variants), *asked, *_each("--set", settings)])


def report_command(
    layer: Mapping[str, str], variants: Iterable[str], settings: Mapping[str, object]
) -> str:
    """`python -m costmodel report …` of a layer; arguments as of `compare_command`."""
    words = _of_layer("report", layer, variants)
    return shlex.join([*words, *_each("--set", settings), "-o", "report.html"])


def _of_layer(command: str, layer: Mapping[str, str], variants: Iterable[str]) -> list[str]:
    words = ["python", "-m", "costmodel", command, *layer_options(layer)]
    return [*words, "--variants", ",".join(variants)]


def measure_command(
    layer: Mapping[str, str],
    variants: Iterable[str],
    settings: Mapping[str, object],
    rounds: int,
) -> list[str]:
    """The words of `python -m costmodel measure …`; arguments as of `compare_command`."""
    words = _of_layer("measure", layer, variants)
    return [*words, "--rounds", str(rounds), *_each("--set", settings)]


def _each(option: str, values: Mapping[str, object]) -> list[str]:
    """An option once for every `NAME=VALUE`."""
    return [word for name, value in values.items() for word in (option, write_pairs({name: value}))]


def compare_directive(
    layer: Mapping[str, str],
    variants: Iterable[str],
    metrics: Iterable[str],
    settings: Mapping[str, object],
) -> str:
    """The same as a directive for documents; arguments as of `compare_command`."""
    options = {**stated(layer), "variants": ",".join(variants)}
    chosen = ",".join(metrics)
    options |= {"metrics": chosen} if chosen else {}
    return _directive("compare", {**options, **settings})


def formulas_command(variants: Iterable[str], notation: str, metric: str, format: str) -> str:
    """`python -m costmodel formulas …`."""
    words = ["python", "-m", "costmodel", "formulas", "--variants", ",".join(variants)]
    return shlex.join([*words, "--notation", notation, "--metric", metric, "--format", format])


def network_command(
    source: str,
    sizes: Mapping[str, str],
    view: str,
    metrics: Iterable[str],
    replacements: Sequence[str] = (),
    pays: bool = True,
    by: Iterable[str] = ("macs",),
    where: str = "",
    settings: Mapping[str, object] | None = None,
) -> str:
    """`python -m costmodel network …`.

    Args:
        source: a shipped network's name, or a file.
        sizes: texts of sizes that differ from the network's own.
        view: one of `--view`, or "compare" for a row per variant.
        metrics: columns; none is the command's own choice.
        replacements: what is put in place of which layers, one after the other: "layer1.*=cp,r=8".
        pays: whether it has to pay. by: the metrics in which it has to.
        where, settings: for a row per variant, which layers and which values.
    """
    words = ["python", "-m", "costmodel", "network", source]
    words += _each("--at", sizes)
    if view == "compare":
        words += ["--compare"]
        words += ["--where", where] if where else []
        words += _each("--set", settings or {})
    else:
        words += ["--view", view] if view != "layers" else []
        words += ["--metrics", chosen] if (chosen := ",".join(metrics)) else []
        words += [word for one in replacements for word in ("--replace", one)]
        if replacements:
            usual = judged(None, metrics)
            words += ["--by", ",".join(by)] if pays and list(by) != usual else []
            words += [] if pays else ["--costlier"]
    return shlex.join(words)


@dataclass(frozen=True)
class PlanAsked:
    """A plan as it was asked for: what its command, its call and its block say.

    source: a network's name, or a file. sizes: texts of sizes that differ from the network's own.
    budget: a measure and the most that it may be. minimize: the objective. choices: further
    arguments of `costmodel.plan` by name, those that are not usual: variants, where, keep,
    multiple_of, machine.
    """

    source: str
    sizes: Mapping[str, str]
    budget: tuple[str, str]
    minimize: str
    choices: Mapping[str, object]

    @property
    def _texts(self) -> dict[str, str]:
        """The choices as they are typed."""
        return {
            name: value
            if isinstance(value, str)
            else ",".join(map(str, value))
            if isinstance(value, Iterable)
            else str(value)
            for name, value in self.choices.items()
        }

    def command(self) -> str:
        """`python -m costmodel plan …`."""
        words = ["python", "-m", "costmodel", "plan", self.source, *_each("--at", self.sizes)]
        words += ["--at-most", "=".join(self.budget), "--minimize", self.minimize]
        for name, text in self._texts.items():
            words += [f"--{name.replace('_', '-')}", text]
        return shlex.join(words)

    def directive(self) -> str:
        """The block of a document; "" for what a block cannot say: sizes, or a machine."""
        options = {"at_most": "=".join(self.budget), "minimize": self.minimize, **self._texts}
        if self.sizes or "machine" in options or any('"' in text for text in options.values()):
            return ""
        quoted = {k: f'"{text}"' if " " in text else text for k, text in options.items()}
        return _directive(f"plan {self.source}", quoted)

    def python(self) -> str:
        """The call, from reading the network to building the planned model."""
        ending = self.source.rpartition(".")[2] if "." in self.source else ""
        reader = f"from_{ending}" if ending in ("csv", "onnx") else "load"
        sizes = ", ".join(f"{name}={_python(text)}" for name, text in self.sizes.items())
        at = f".at({sizes})" if sizes else ""
        key, amount = self.budget
        lines = ["import costmodel as cm", "", f"network = cm.{reader}({self.source!r}){at}"]
        lines += ["plan = cm.plan(", "    network,", f"    at_most={{{key!r}: {amount!r}}},"]
        lines += [f"    minimize={self.minimize!r},"]
        lines += [f"    {name}={value!r}," for name, value in self.choices.items()]
        lines += [")", "print(plan)"]
        lines += ["# with the torch.nn.Module that the network describes, trained kernels kept:"]
        return "\n".join([*lines, '# model = plan.torch(model, init="weights")'])


def _python(text: str) -> str:
    """A size as Python has it: an integer, or a text such as '4/7'."""
    return text if text.isdecimal() else repr(text)


def formulas_directive(variants: Iterable[str], notation: str, metric: str) -> str:
    """The table of formulas as a directive for documents."""
    options = {"variants": ",".join(variants), "notation": notation, "metric": metric}
    return _directive("formulas", options)


def _directive(name: str, options: Mapping[str, object]) -> str:
    return f"{name} {write_pairs(options, ' ')}"


def definition_source(variant: Variant, layer: ConvLayer) -> str:
    """Python source that declares a variant, counts it on a layer, and builds its module."""
    lines = ["import costmodel as cm", "", "mine = cm.define(", f"    {variant.id!r},"]
    lines += [f"    {stage.strip()!r}," for stage in variant.stages.split("|")]
    lines += [f"    where={dict(variant.where)!r},"] if variant.where else []
    lines += [f"    {name}={hyper.default!r}," for name, hyper in variant.hyper.items()]
    plain = ConvLayer(layer.kernel, layer.in_channels, layer.out_channels, layer.size)
    lines += [")", "layer = cm.ConvLayer(", f"    size={layer.size!r},"]
    lines += [
        f"    {field.name}={said_once(getattr(layer, field.name))!r},"
        for field in fields(layer)
        if field.name in ("kernel", "in_channels", "out_channels")
        or getattr(layer, field.name) != getattr(plain, field.name)
    ]
    lines += [")", "print(cm.count(mine, layer))", "module = cm.torch.build(mine, layer)"]
    return "\n".join([*lines, "print(module)"])
