"""The network that a directive is about: from where, at which sizes, with what put in place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from costmodel.documents import options
from costmodel.documents.request import Request, Target
from costmodel.errors import InputError
from costmodel.typed import read_names, read_setting

if TYPE_CHECKING:
    from costmodel.network.network import Network

#: What a directive may say of its network; the rule of each is the command's of that name.
OPTIONS = {
    "at": "sizes other than the network's own: H=320,W=320",
    "replace": "a variant put in place of layers; in quotes, with semicolons between several: "
    '"layer1.*=basis,b=4; layer4.*=cp"',
    "where": "which layers [windows of more than one tap, not depthwise]",
    "by": "replace where one of these metrics falls [what is shown, or macs]",
    "costlier": "yes: replace where none of them falls, too [no]",
    "plan": "a CSV file of `plan` or of a replacement, beside the document, put in place again",
}
_FILES = (".csv", ".onnx")


def opened(name: str, target: Target) -> Network:
    """A network by its name or its file, whose path is relative to the document.

    A document has no standard input to read one from, and runs no code.
    """
    from costmodel.network.read.sources import open_network

    if name == "-":
        raise InputError("network '-' in a document; allowed are a network's name, or a file")
    return open_network(beside(name, target) if name.lower().endswith(_FILES) else name)


def beside(path: str, target: Target) -> str:
    """A path that is meant from where the document stands."""
    return os.path.join(os.path.dirname(target.path), path)


def asked(
    name: str,
    request: Request,
    target: Target,
    shown: Iterable[str] | None,
    hyper: Mapping[str, Any],
) -> Network:
    """The network at the sizes asked for, with what was asked for put in place.

    Args:
        name: its name or file.
        request: whose options are read: those of `OPTIONS`.
        target: the document.
        shown: the metrics that the directive names, in which a replacement is judged.
        hyper: values of the replacement's hyper-parameters.
    """
    network = opened(name, target)
    given = request.options
    if "at" in given:
        # a colon stands for the sign as well, as in H:320
        pairs = [pair.replace(":", "=", 1) for pair in read_names(given["at"])]
        network = network.at(**dict(map(read_setting, pairs)))
    if "plan" in given:
        from costmodel.network.choices import read_choices
        from costmodel.network.replace import put_each

        others = ("replace", "where", "by", "costlier")
        options.refuse(request, [*others, *hyper], "plan=; allowed is one of them")
        return put_each(network, read_choices(beside(given["plan"], target)))
    if "replace" not in given:
        of_it = [*hyper, "where", "by", "costlier"]
        options.refuse(request, of_it, "no replace=; allowed is replace=VARIANT with it")
        return network
    from costmodel.network.replacing import judged, put_typed, says_all

    typed = [part.strip() for part in given["replace"].split(";") if part.strip()]
    if says_all(typed):
        why = "several replacements, or one that says which layers; allowed is all in replace="
        options.refuse(request, [*hyper, "where"], why)
    costlier = options.choice(request, "costlier", ("yes", "no"), "no") == "yes"
    if costlier:
        options.refuse(request, ["by"], "costlier=yes; allowed is one of them")
    return put_typed(
        network,
        typed,
        where=given.get("where"),
        hyper=hyper,
        by=judged(options.names(request, "by"), shown),
        pays=not costlier,
    )
