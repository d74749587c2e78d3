"""The inverse question: certified against counting, and how long an answer takes.

    python -m benchmarks.solving [--cases 100000] [--seed 1]    certify; exit code 1 for a wrong one
    python -m benchmarks.solving --time                         milliseconds per answer

A case is a variant, a letter, a metric and a budget on a random layer, with the other letters at
random values. Its solution is compared with counting every value up to a limit, and some far out;
the library itself counts at every edge. Layers have distinct sides, and strides, dilations,
paddings, groups, in 1-D, 2-D and 3-D.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.solving.budget import Budget
from costmodel.solving.letters import read_letters
from costmodel.solving.on_layer import Question
from costmodel.solving.solution import Solution

CASES = 100_000
_EVERY = 48  # values counted one by one
_FAR = (60, 97, 200, 1_000, 4_095, 10**6)
_BUDGETS = 3  # of each metric
_SHARES = tuple(Fraction(p, 100) for p in (10, 30, 50, 75, 100, 130))
#: How a budget is solved: the solution, or an error's sentence.
Solve = Callable[[Question], Solution]


@dataclass(frozen=True)
class Case:
    """A variant's letter on a layer with other letters' values, and everything counted there."""

    variant: Variant
    letter: str
    layer: ConvLayer
    hyper: Mapping[str, Any]
    values: Mapping[Any, BoundVariant]
    base: BoundVariant

    def counted(self, metric: str) -> dict[Any, Any]:
        """The metric at every value that fits."""
        return {x: METRICS[metric].of(bound) for x, bound in self.values.items()}

    def question(self, budget: Budget) -> Question:
        """Which values meet a budget."""
        return Question(read_letters(self.variant, self.letter, self.hyper), self.layer, (budget,))

    def __str__(self) -> str:
        given = "".join(f", {name}={value}" for name, value in self.hyper.items())
        return f"{self.variant.id} {self.letter}{given} on {self.layer}"


def layers(some: random.Random) -> ConvLayer | None:
    """A random layer, so small that all values of letters can be counted; None where none fits."""
    dims = some.choice((1, 2, 2, 2, 2, 3))
    channels = some.sample(range(1, 33), 2) if some.random() < 0.8 else [4 * c for c in (2, 5)]
    try:
        return ConvLayer(
            kernel=tuple(some.choice((1, 2, 3, 3, 4, 5)) for _ in range(dims)),
            in_channels=channels[0],
            out_channels=channels[1],
            size=tuple(some.randint(1, 20) for _ in range(dims)),
            stride=some.choice((1, 1, 1, 2, 3)),
            padding=some.choice(("same", "same", "valid", 1)),
            dilation=some.choice((1, 1, 1, 2)),
            groups=some.choice((1, 1, 1, 1, 2, 3)),
            batch=some.choice((1, 1, 3)),
            bias=some.random() < 0.2,
            transposed=some.random() < 0.1,
        )
    except CostModelError:
        return None


def cases(seed: int) -> Iterator[Case]:
    """Random cases without end."""
    some = random.Random(seed)
    letters = [(v, name) for v in VARIANTS.values() for name in v.hyper]
    while True:
        variant, letter = some.choice(letters)
        layer = layers(some)
        if layer is None:
            continue
        if "size" in variant.domain or not variant.domain.items() <= {("kernel", 1)}:
            layer = _plain(layer, some) or layer
        hyper = {
            name: some.randint(declared.low, 12)
            for name, declared in variant.hyper.items()
            if name != letter
            and not declared.real
            and declared.high is None
            and some.random() < 0.5
        }
        case = _case(variant, letter, layer, hyper) or _case(variant, letter, layer, {})
        if case is not None:
            yield case


def _plain(layer: ConvLayer, some: random.Random) -> ConvLayer | None:
    """The layer without what algorithms of the standard layer refuse."""
    try:
        return layer.replace(stride=1, dilation=1, transposed=False, output_padding=0)
    except CostModelError:
        return None


def _case(variant: Variant, letter: str, layer: ConvLayer, hyper: Mapping[str, Any]) -> Case | None:
    declared = variant.hyper[letter]
    if declared.real:
        parts = {layer.in_channels, layer.out_channels, 7, 2}
        values: Any = sorted({Fraction(i, p) for p in parts for i in range(p + 1)})
    else:
        values = (*range(declared.low, declared.low + _EVERY), *_FAR)
    found = {}
    for x in values:
        try:
            found[x] = bind(variant, layer, {**hyper, letter: x})
        except CostModelError:
            continue
    return (
        Case(variant, letter, layer, hyper, found, bind(VARIANTS.baseline, layer))
        if found
        else None
    )


def budgets(case: Case, metric: str, some: random.Random) -> list[Budget]:
    """Budgets that the answer turns at: shares, costs that are reached, and one less."""
    costs = list(case.counted(metric).values())
    reached = some.choice(costs)
    found = [
        Budget(METRICS[metric], amount=reached),
        Budget(METRICS[metric], amount=reached, strict=True),
    ]
    if METRICS[metric].of(case.base):
        found.append(
            Budget(METRICS[metric], share=some.choice(_SHARES), strict=some.random() < 0.5)
        )
    else:
        found.append(Budget(METRICS[metric], amount=max(costs)))
    return found


def solved(question: Question) -> Solution:
    """The solution as the library gives it."""
    return question.solve()


def wrong(case: Case, budget: Budget, solve: Solve = solved) -> str:
    """What is wrong with the solution of a case; "" where nothing is."""
    counted = case.counted(budget.metric.key)
    limit = budget.limit(case.layer)
    meets = {x: cost < limit if budget.strict else cost <= limit for x, cost in counted.items()}
    try:
        solution = solve(case.question(budget))
    except CostModelError as error:
        constant = len(set(counted.values())) == 1
        return "" if constant and "does not depend" in str(error) else f"{case}: {error}"
    except AssertionError as error:
        return str(error)
    declared = case.variant.hyper[case.letter]
    for x in (*case.values, *(() if declared.real else range(declared.low, _EVERY))):
        if (x in solution) is not meets.get(x, False):
            return f"{case}: {budget.metric.key} at {x} is {counted.get(x)}, limit {limit}"
    fits = list(meets.values())
    if solution.never and any(fits):
        return f"{case}: never"
    return f"{case}: always" if solution.always and not all(fits) else ""


def certify(seed: int, number: int, say: Callable[[str], None] = lambda text: None) -> list[str]:
    """Compare so many cases with counting; returns what is wrong."""
    some, found, done = random.Random(seed), [], 0
    for case in cases(seed):
        for metric in METRICS:
            for budget in budgets(case, metric, some):
                if done >= number:
                    return found
                done += 1
                if text := wrong(case, budget):
                    found.append(text)
                    say(text)
                if done % 5_000 == 0:
                    say(f"{done} cases, {len(found)} wrong")
    return found


#: What is asked in the documents, for the time of an answer.
QUESTIONS = (
    ("basis", "b", Budget(METRICS["macs"], share=Fraction(3, 10))),
    ("spatial_svd", "r", Budget(METRICS["params"], share=Fraction(1, 2))),
    ("bottleneck", "r", Budget(METRICS["macs"], share=1)),
    (
        "tucker2",
        "r1=r2",
        Budget(METRICS["params"], share=1, other=VARIANTS["basis"], given={"b": 4}),
    ),
    ("ghost", "q", Budget(METRICS["macs"], share=Fraction(1, 2))),
    ("octave", "alpha", Budget(METRICS["macs"], share=Fraction(1, 2))),
)


def times(rounds: int = 50) -> None:
    """Print the median time of an answer, beside that of a single count."""
    layer = ConvLayer(3, 64, 128, (56, 56))

    def median(call: Callable[[], object]) -> float:
        taken = []
        for _ in range(rounds):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
        return statistics.median(taken) * 1000

    for id, letters, budget in QUESTIONS:
        variant = VARIANTS[id]
        asked = read_letters(variant, letters, {})
        answer = median(
            lambda asked=asked, budget=budget: Question(asked, layer, (budget,)).solve()
        )
        one = median(lambda variant=variant: METRICS["macs"].of(bind(variant, layer)))
        print(f"{id} {letters}: {answer:.2f} ms, {answer / one:.1f} × a count of {one:.2f} ms")


def main() -> int:
    """Certify, or time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.time:
        times()
        return 0
    start = time.perf_counter()
    found = certify(options.seed, options.cases, lambda text: print(text, flush=True))
    seconds = time.perf_counter() - start
    print(f"{options.cases} cases, {len(found)} wrong, {seconds:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
