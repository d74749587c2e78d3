"""Areas of the fuzz campaign: how a hostile input is made from a seed, and what is done with it.

Each area is a pair: `make(rng)` gives a value that JSON can hold, `run(value)` does with it what a
visitor, a file or a document would. A `CostModelError` is the right answer to nonsense; whatever
else is raised is a failure.
"""

from __future__ import annotations

import base64
import contextlib
import io
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "16",
    "64",
    "128",
    "-1",
    "00",
    "1_0",
    "٣",
    "0.25",
    ".5",
    "1/4",
    "1/0",
    "1e9",
    "1e9999",
    "1e99999999",
    "1e-400",
    "inf",
    "nan",
    "0x10",
    "999999999999999999",
    "9999999999999999999",
    "1+1",
    "3x5",
    "3x5x7",
    "56x56",
    "1x3x32x32",
    "30%",
    "10M",
    "same",
    "valid",
    "yes",
]
SIGNS = [*"{}()|&+*-/^:,=@~.'\"\\$<>%#;[] \t\n\0\x1b", "->", "=?", "\u202e", "é", "٣", "//"]
AXES = [
    "m",
    "n",
    "i",
    "j",
    "l",
    "x",
    "r",
    "q",
    "b",
    "h",
    "w",
    "H",
    "W",
    "taps",
    "m0",
    "e+c",
    "e~c",
    "e+-c",
    "i=3",
    "(i",
    "j)=T",
]


class Area(NamedTuple):
    """How an input is made, and what is done with it."""

    make: Callable[[random.Random], Any]
    run: Callable[[Any], object]


def mutated(rng: random.Random, text: str, words: list[str], most: int = 6) -> str:
    """A text with pieces cut, doubled, swapped or replaced."""
    for _ in range(rng.randint(0, most)):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.randint(0, 12))
        piece = rng.choice(
            [rng.choice(words), rng.choice(SIGNS), text[at:end] * rng.randint(0, 40), ""]
        )
        text = text[:at] + piece + text[rng.choice([at, end]) :]
    return text[:20_000]


# -- command line ----------------------------------------------------------------------------------
_COMMANDS = [
    "compare -k 3 -m 64 -n 128 --size 56x56 --variants standard,basis,octave --set b=4",
    "compare -m 64 -n 128 --size 56 --dims 1 --stride 2 --padding 1 --groups 2 --columns variant",
    "formulas --variants basis,cp --notation mobilenet --format latex",
    "network resnet18 --at H=320 --view stages --metrics params",
    "network mobilenet --at alpha=0.5 --replace basis --set b=2 --where share=2%",
    "network vgg16 --formula N,H,W",
    "predict -m 64 -n 128 --size 56x56 --store /nonexistent/times.sqlite",
    "embed --check /nonexistent.md",
]


def _make_words(rng: random.Random) -> list[str]:
    words = rng.choice(_COMMANDS).split()
    for _ in range(rng.randint(0, 4)):
        at = rng.randrange(1, len(words) + 1)
        kind = rng.randrange(4)
        if kind == 0 and at < len(words):
            words[at] = rng.choice(NUMBERS)
        elif kind == 1 and at < len(words):
            words[at] = mutated(rng, words[at], NUMBERS, 2).replace("\0", "")
        elif kind == 2:
            words.insert(at, rng.choice([*NUMBERS, "--format", "--set", "a=1", "-q", "--"]))
        elif at < len(words):
            del words[at]
    return words


def _run_words(words: list[str]) -> None:
    from costmodel.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    said = err.getvalue()
    # `embed --check` may find something; others have no exit code 1
    allowed = (0, 1, 2, 3) if words and words[0] == "embed" else (0, 2, 3)
    if code not in allowed or "Traceback" in said or (code == 2 and "error: " not in said):
        raise AssertionError(f"exit code {code}: {said[:400]}")


# -- notation --------------------------------------------------------------------------------------
_STAGES = [
    "m, r m i -> r\nr, n r j -> n",
    "{ m, m m0 i j -> m0 & = }^3 | m, n m -> n",
    "{ :n/2 | m, c m i j -> c & n/2: }^2",
    "m, n m i j -> n @ macs=((m+n-h)^9)^9",
    "{ =? + m, n m -> n | n, n i j -> n @ down=2 }^L | *2",
    "e+c, c e i j -> e | m, n m -> n",
]
_WHERE = ["", "c = ceil(n/q); p = r/g", "a=n*n; b=a*a; c=b*b; d=c*c; e=d*d; f=e*e", "c=gcd(m,n)^9"]


def _make_design(rng: random.Random) -> dict[str, Any]:
    words = [*AXES, *NUMBERS, "^900000", "{ ", " }", "min(m,n)", "max(", "^9"]
    return {
        "stages": mutated(rng, rng.choice(_STAGES), words, 5),
        "where": mutated(rng, rng.choice(_WHERE), words, 3)[:300],
        "value": rng.choice([1, 2, 16, 10**6]),
        "layer": [rng.choice([1, 3, 5]), rng.choice([6, 64, 10**6]), rng.choice([10, 128]), 17],
    }


def _run_design(design: dict[str, Any]) -> None:
    from costmodel.checks.verify.bounded import affordable
    from costmodel.comparing.count import count
    from costmodel.comparing.explain import explain
    from costmodel.core import draft
    from costmodel.core.layer import ConvLayer
    from costmodel.documents.spelling import definition_source
    from costmodel.formulas.essentials import essentials
    from costmodel.plots.diagram import stage_diagram

    where = draft.sizes(design["where"])
    letters = draft.letters(design["stages"], where)
    mine = draft.draft(design["stages"], where, dict.fromkeys(letters, design["value"]))
    kernel, channels, filters, side = design["layer"]
    layer = ConvLayer(kernel, channels, filters, (side, side + 9))
    counts = count(mine, layer)
    explain(counts), stage_diagram(counts), affordable(counts.bound)
    definition_source(mine, layer)
    essentials(counts, ("macs", "params"))


# -- files -----------------------------------------------------------------------------------------
_CSV = """# name: tiny
# input: 1x3x20x31
name,kind,in_channels,out_channels,kernel,height,width,stride,padding,dilation,groups,bias,repeat
stem,conv,3,8,3x5,20,31,2x1,1x2,,1,1,7
up,conv_transpose,8,6,2,10,31,2,valid,,2,0,1
fc,linear,7440,9,,,,,,,,yes,3
"""


def _make_csv(rng: random.Random) -> str:
    return mutated(rng, _CSV, [*NUMBERS, "conv", "10000", "n." * 500, "x" * 3000, "\r", ","], 8)


def _run_csv(text: str) -> None:
    from costmodel.network.read.uploads import read_upload
    from costmodel.network.views import VIEWS

    network = read_upload("a.csv", text.encode("utf-8", "replace"), {})
    network.to_table().to_text()
    for view in VIEWS.values():
        view.table(network, None).to_markdown()


def _onnx_bytes(rng: random.Random) -> bytes:
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    names, nodes = ["x"], []
    held = [
        numpy_helper.from_array(np.array(v, dtype=np.int64), f"c{i}")
        for i, v in enumerate(([1], [0, 1], 10**9, [2**31], [1] * 70, 0, [-1, 3], [4096, 4096]))
    ]
    weights = [[5, 3, 3, 3], [3, 4, 2, 2], [7, 5], [2**31, 2**31], [3, 1, 3, 3]]
    held += [
        TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=d)
        for i, d in enumerate(weights)
    ]
    operators = [
        "Conv",
        "ConvTranspose",
        "MatMul",
        "Gemm",
        "Relu",
        "Reshape",
        "Concat",
        "Gather",
        "Range",
        "Expand",
        "Add",
        "Shape",
        "ConstantOfShape",
        "Unsqueeze",
        "Einsum",
        "LSTM",
        "MaxPool",
        "Resize",
        "Slice",
        "Split",
        "Transpose",
        "Loop",
        "If",
        "Tile",
        "Pad",
        "Where",
        "Flatten",
        "BatchNormalization",
        "Attention",
    ]
    attributes = {
        "strides": [2, 1], "pads": [1, 1, 1, 1], "group": 3, "axis": 0, "kernel_shape": [3, 3],
        "dilations": [2], "output_shape": [9], "equation": "ij,jk->ik", "auto_pad": "SAME_UPPER",
        "hidden_size": 10**9, "num_outputs": 2, "perm": [1, 0],
    }  # fmt: skip
    for place in range(rng.randint(1, 25)):
        sources = [*names, *(t.name for t in held)]
        inputs = [rng.choice(sources) for _ in range(rng.randint(0, 4))]
        chosen = rng.sample(sorted(attributes), rng.randint(0, 3))
        given = {name: attributes[name] for name in chosen}
        outputs = [f"t{place}"] + [f"u{place}"] * rng.randint(0, 1)
        nodes.append(helper.make_node(rng.choice(operators), inputs, outputs, **given))
        names.append(outputs[0])
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, rng.choice([9, 2**31])])],
        [helper.make_tensor_value_info(names[-1], TensorProto.FLOAT, None)],
        initializer=held,
    )
    data = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", rng.choice([11, 17, 21]))], ir_version=8
    ).SerializeToString()
    return damaged(rng, data) if rng.random() < 0.4 else data


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Bytes with some of them changed, and sometimes the end cut off."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found[: rng.choice([len(found), rng.randrange(1, len(found))])])


def _make_onnx(rng: random.Random) -> str:
    return base64.b64encode(_onnx_bytes(rng)).decode()


def _run_onnx(text: str) -> None:
    from costmodel.network.read.uploads import read_upload

    network = read_upload("a.onnx", base64.b64decode(text), {})
    network.to_table().to_csv()


# -- documents -------------------------------------------------------------------------------------
_DIRECTIVES = [
    "value octave macs k=3 m=64 n=128 size=56x56 alpha=1/4",
    "compare k=3 m=64 n=128 size=56x56 b=4 columns=variant,macs",
    "network resnet18 view=stages columns=stage,params,macs",
    "total resnet18 macs as=si at=H:320",
    "sweep over=basis.b values=1,2,4,8 variants=standard,basis k=3 m=64 n=128 size=56x56",
    "formula basis macs",
]


def _make_document(rng: random.Random) -> str:
    directive = mutated(rng, rng.choice(_DIRECTIVES), [*NUMBERS, "-", "/dev/zero", "=", '"'], 4)
    return mutated(rng, f"A <!-- costmodel: {directive} -->\n<!-- /costmodel -->\n", SIGNS, 1)


def _run_document(text: str) -> None:
    from costmodel.documents.embedding import process

    process(text, "a.md").problems()


# -- addresses -------------------------------------------------------------------------------------
def _make_address(rng: random.Random) -> dict[str, str]:
    names = [
        "m",
        "n",
        "size",
        "k",
        "stride",
        "where",
        "sizes",
        "stages",
        "at",
        "b.r",
        "octave.alpha",
        "families",
        "look",
        "metric",
    ]
    return {rng.choice(names): mutated(rng, rng.choice(NUMBERS), NUMBERS, 4) for _ in range(5)}


def _run_address(query: dict[str, str]) -> None:
    from costmodel.core.layer_text import read_layer
    from costmodel.errors import CostModelError
    from costmodel.fields import (
        Flag,
        Integer,
        NamedSizes,
        OptionalInteger,
        OptionalReal,
        Several,
        Sizes,
        Text,
    )

    fields = [
        *(Integer("a", 1), OptionalInteger("b"), OptionalReal("c"), Flag("d"), Sizes("e")),
        *(Text("f"), NamedSizes("g"), Several("h", (), options=("a", "b"))),
    ]
    for text in query.values():
        for field in fields:
            with contextlib.suppress(CostModelError):
                value = field.read(text)
                field.check(value)
    read_layer({"m": query.get("m", "3"), "n": query.get("n", "4"), "size": query.get("size", "9")})


# -- store -----------------------------------------------------------------------------------------
def _make_store(rng: random.Random) -> str:
    from costmodel.core.layer import ConvLayer
    from costmodel.timing.case import Case
    from costmodel.timing.machine import Machine
    from costmodel.timing.roofline import Peaks
    from costmodel.timing.store.database import Store

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "times.sqlite")
        machine = Machine("a processor", torch="0")
        with Store(path) as store:
            cases = [Case(ConvLayer(3, 6, 10, (9, side))) for side in (5, 7, 8)]
            run = store.begin("one", machine, cases, 2)
            for turn in range(2):
                store.keep(run, turn, [(place, 0.5 + place) for place in range(3)])
            store.keep_peaks(machine, Peaks(1e9, 2e9, 1e-6))
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
        with open(path, "rb") as file:
            return base64.b64encode(damaged(rng, file.read())).decode()


def _run_store(text: str) -> None:
    from costmodel.timing import overview

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "times.sqlite")
        with open(path, "wb") as file:
            file.write(base64.b64decode(text))
        for machine in overview.machines_in(path):
            overview.stored(path, machine)


AREAS = {
    "command line": Area(_make_words, _run_words),
    "notation": Area(_make_design, _run_design),
    "csv": Area(_make_csv, _run_csv),
    "onnx": Area(_make_onnx, _run_onnx),
    "documents": Area(_make_document, _run_document),
    "addresses": Area(_make_address, _run_address),
    "store": Area(_make_store, _run_store),
}
