"""Measure what a variant costs in accuracy, and write data/accuracy/digits.csv.

python scripts/accuracy.py               every variant, three seeds: under ten minutes on two cores
python scripts/accuracy.py --seeds 1     quicker, with no spread
python scripts/accuracy.py --print       to standard output, and nothing is written

A small convolutional network learns scikit-learn's handwritten digits; then its 3×3 layers are put
into the form of each common variant, in three ways: with the factors of the trained kernels and
nothing else, with those and a brief training, and with initial weights and a whole training. The
page docs/accuracy.md is made from the file by scripts/pages.py, which trains nothing.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402

import costmodel as cm  # noqa: E402
from costmodel.core.variant import Variant  # noqa: E402
from costmodel.documents.pages.accuracy import BRIEF, FACTORS, SCRATCH, Run, write  # noqa: E402
from costmodel.errors import VariantError  # noqa: E402
from costmodel.files import write_whole  # noqa: E402

PATH = ROOT / "data" / "accuracy" / "digits.csv"
SHAPE = (1, 1, 8, 8)
#: Which layers are replaced: the first has one input channel, and a fiftieth of the multiplies.
WHERE = "kernel=3,share=0.1"
#: Parts of the largest value of a hyper-parameter that makes sense.
PARTS = (8, 4, 2)
SEEDS = (0, 1, 2)
EPOCHS, BRIEF_EPOCHS = 8, 2
RATE, BRIEF_RATE = 4e-3, 1e-3
#: What stands in place of the layers: a variant's id, its values as texts, the network with it.
Form = tuple[str, dict[str, str], "cm.Network | None"]
_BATCH, _TIMED_BATCH, _TIMED_ROUNDS = 64, 128, 25


@dataclass(frozen=True)
class Data:
    """Images (count, 1, 8, 8) from 0 to 1, and which digit each shows."""

    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


def digits() -> Data:
    """The 1,797 images, a quarter of them for the test; the same split for every seed."""
    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images, dtype=torch.float32).view(-1, *SHAPE[1:]) / 16
    parts = train_test_split(
        x, torch.tensor(labels), test_size=0.25, stratify=labels, random_state=0
    )
    return Data((parts[0], parts[2]), (parts[1], parts[3]))


def network() -> nn.Sequential:
    """Three convolutions with batch normalisation: 527,000 multiplies, 20,000 parameters."""

    def block(m: int, n: int) -> list[nn.Module]:
        return [nn.Conv2d(m, n, 3, padding=1, bias=False), nn.BatchNorm2d(n), nn.ReLU()]

    return nn.Sequential(
        *block(1, 16),
        *block(16, 32),
        nn.MaxPool2d(2),
        *block(32, 48),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(48, 10),
    )


def train(model: nn.Module, data: Data, epochs: int, rate: float, seed: int) -> nn.Module:
    """Adam with a falling rate; the order of the images follows from the seed."""
    images, labels = data.train
    chance = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    steps = epochs * -(-len(images) // _BATCH)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    model.train()
    for _ in range(epochs):
        for part in torch.randperm(len(images), generator=chance).split(_BATCH):
            optimiser.zero_grad()
            functional.cross_entropy(model(images[part]), labels[part]).backward()
            optimiser.step()
            falling.step()
    return model.eval()


@torch.no_grad()
def correct(model: nn.Module, data: Data) -> int:
    """How many images of the test it names."""
    images, labels = data.test
    return int((model(images).argmax(1) == labels).sum())


def options() -> Iterator[tuple[Variant, dict[str, str]]]:
    """Every common variant at several values of its letters, the smallest first."""
    for variant in cm.VARIANTS.values():
        if variant.common and not variant.baseline:
            for part in PARTS if variant.hyper else PARTS[:1]:
                yield variant, {name: _part(h.upto, part) for name, h in variant.hyper.items()}


def _part(most: str, part: int) -> str:
    """A part of an expression's value, rounded up: "ceil(n/8)"."""
    return f"ceil(({most})/{part})" if {"+", "-"} & set(most) else f"ceil({most}/{part})"


def trained_as(plan: cm.Network, dense: nn.Module, data: Data, seed: int) -> dict[str, nn.Module]:
    """The network with the plan's layers, by the way that its weights came about."""
    models: dict[str, nn.Module] = {}
    try:
        models[FACTORS] = cm.torch.replace(dense, plan, init="weights")
    except VariantError:
        pass  # a variant that is no single convolution has no factors
    else:
        again = copy.deepcopy(models[FACTORS])
        models[BRIEF] = train(again, data, BRIEF_EPOCHS, BRIEF_RATE, seed)
    torch.manual_seed(seed)
    fresh = cm.torch.replace(network(), plan)
    return {**models, SCRATCH: train(fresh, data, EPOCHS, RATE, seed)}


def measure(seeds: tuple[int, ...], progress: Any = None) -> list[Run]:
    """Every run, and the time of every form of the network.

    progress: called with (done, all) networks.
    """
    data = digits()
    forms: list[Form] = [(cm.VARIANTS.baseline.id, {}, None)]
    plain = cm.from_torch(network(), input_shape=SHAPE)
    for variant, hyper in options():
        try:
            plan = plain.replace(variant, WHERE, hyper=hyper)
        except VariantError:
            continue
        if len(plan.replaced) == len(plan.changes):  # it fits and pays everywhere
            forms.append((variant.id, hyper, plan))
    trained: list[nn.Module] = []
    runs: list[Run] = []
    last: dict[tuple[str, str], nn.Module] = {}
    for seed in seeds:
        torch.manual_seed(seed)
        trained.append(train(network(), data, EPOCHS, RATE, seed))
    done, whole = 0, len(forms) * len(seeds)
    for id, hyper, replaced in forms:
        said = ";".join(f"{name}={text}" for name, text in hyper.items())
        counted = replaced or plain
        for seed, dense in zip(seeds, trained, strict=True):
            models = (
                {SCRATCH: dense} if replaced is None else trained_as(replaced, dense, data, seed)
            )
            runs += [
                Run(id, said, way, seed, correct(model, data), len(data.test[1])).counted(
                    counted.params, counted.macs
                )
                for way, model in models.items()
            ]
            last[id, said] = models[SCRATCH]
            done += 1
            if progress:
                progress(done, whole)
    times = milliseconds(last)
    return [found.timed(times[found.variant, found.hyper]) for found in runs]


@torch.no_grad()
def milliseconds(models: dict[Any, nn.Module]) -> dict[Any, float]:
    """Of a batch, the least of many rounds that visit every network in turn, on one thread."""
    x, threads = torch.rand(_TIMED_BATCH, *SHAPE[1:]), torch.get_num_threads()
    torch.set_num_threads(1)
    best = dict.fromkeys(models, float("inf"))
    try:
        for _ in range(_TIMED_ROUNDS):
            for name, model in models.items():
                start = time.perf_counter()
                model(x)
                best[name] = min(best[name], 1e3 * (time.perf_counter() - start))
    finally:
        torch.set_num_threads(threads)
    return best


def main(arguments: list[str]) -> int:
    """Measure and write; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help=f"how many [{len(SEEDS)}]")
    parser.add_argument("--print", action="store_true", help="write no file")
    given = parser.parse_args(arguments)
    start = time.perf_counter()

    def progress(done: int, whole: int) -> None:
        print(f"{done}/{whole} networks, {time.perf_counter() - start:.0f} s", file=sys.stderr)

    runs = measure(tuple(range(given.seeds)), progress)
    facts = {
        "data": "scikit-learn's load_digits, 1,347 images to learn from and 450 to test",
        "epochs": f"{EPOCHS}, and {BRIEF_EPOCHS} where factors are trained briefly",
        "time": f"of {_TIMED_BATCH} images on one thread, the least of {_TIMED_ROUNDS} rounds",
        "torch": torch.__version__.split("+")[0],
    }
    text = write(runs, facts)
    if given.print:
        print(text, end="")
    else:
        PATH.parent.mkdir(parents=True, exist_ok=True)
        write_whole(str(PATH), text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
