"""`factorize`: trained kernels in the form of a variant, with their error beside their cost."""

from __future__ import annotations

import argparse
import os
from contextlib import nullcontext

from costmodel.cli.options import (
    add_inputs,
    add_output,
    add_settings,
    add_sizes,
    emit,
    ids,
    say,
)
from costmodel.cli.timing_options import progress_of
from costmodel.core.variant import VARIANTS
from costmodel.errors import InputError, VariantError

HELP = "trained weights as factors: error and cost of variants, layer by layer"
EXAMPLES = (
    "costmodel factorize model.pt --format table",
    "costmodel factorize model.safetensors --variants tucker2 --set r1=m/4 --set r2=n/4",
    "costmodel factorize model.onnx --variants channel_svd --choose energy=0.95",
    "costmodel factorize my.models:net --input 1x3x224x224 --where 'layer3.*' --variants all",
    "costmodel factorize model.pt --variants spatial_svd --choose macs=50% -o factors.safetensors",
)
_FACTORS = ".safetensors"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "source",
        metavar="MODEL",
        help="a .pt or .pth of PyTorch, .safetensors, .onnx or .npy file, none of which is ever "
        "executed, or package.module:callable",
    )
    add_inputs(parser)
    add_sizes(parser)
    what = parser.add_argument_group("what")
    what.add_argument("--variants", type=ids, help="ids separated by commas, or all [common ones]")
    add_settings(parser)
    what.add_argument(
        "--choose",
        metavar="HOW",
        help="how to choose the ranks not set, layer by layer: energy=0.95, error=0.1, gap, evbmf, "
        "gavish_donoho, macs=30%% [each variant's defaults]",
    )
    what.add_argument(
        "--where",
        metavar="CONDITIONS",
        help="which layers: 'layer3.*', kernel=3, kind=linear, share=2%%, with commas for all of "
        "them [windows of more than one tap]",
    )
    add_output(parser, other=(_FACTORS,))


def run(args: argparse.Namespace) -> int:
    """Print a row per layer and variant; with -o FILE.safetensors, write the factors too."""
    from costmodel.factors.layers import factorized, select, table, usual_variants
    from costmodel.factors.read.sources import open_weights
    from costmodel.factors.store import FactorFile

    variants = [VARIANTS.of(id) for id in args.variants or VARIANTS]
    if "--variants" not in args.typed:
        variants = usual_variants()
    kept = os.path.splitext(args.output or "")[1].lower() == _FACTORS
    if kept and len(variants) > 1:
        raise InputError(
            f"-o {args.output} with {len(variants)} variants; allowed is one, as --variants ID"
        )
    weights = open_weights(args.source, args.inputs, args.at)
    layers = select(weights, args.where)
    rows, skipped = [], []
    with FactorFile(args.output) if kept else nullcontext() as file:
        for result in factorized(layers, variants, args.settings, args.choose, progress_of(args)):
            if file is not None and result.factors is not None:
                file.add(result.stored.name, result.factors)
            if (row := result.row) is not None:
                rows.append(row)
            else:
                skipped.append(result.skipped)
        if not rows:
            raise VariantError(skipped[0][1])
    found = table(rows, skipped, weights.notes)
    say(args, *found.notes)
    args.output = None if kept else args.output
    emit(found, args)
    return 0
