"""Conditions say what the guards say, and no more."""

import itertools
import random

import pytest

from costmodel.core.polynomial import symbol
from costmodel.network.conditions import conditions, fixed_letters, sentence
from costmodel.network.formula import to_sympy
from costmodel.network.guards import Guard

H, W = symbol("H"), symbol("W")


@pytest.mark.parametrize(
    ("guards", "wanted"),
    [
        ([Guard(64 - H, ">=")], "H ≤ 64"),
        ([Guard(H - 12, "==")], "H = 12"),
        ([Guard(H - 12, "!=")], "H ≠ 12"),
        ([Guard(H // 16 - 4, "==")], "64 ≤ H ≤ 79"),
        ([Guard(H // 16 - 4, "!=")], "(H < 64 or H > 79)"),
        ([Guard(H - 1, "!="), Guard(H - 2, "!=")], "H ≥ 3"),
        ([Guard(9 - H, ">="), Guard(H - 9, "!=")], "H ≤ 8"),
        ([Guard(3 * H - 21 * (H // 7), "==")], "H divisible by 7"),
        ([Guard(H % 7, "!=")], "H not divisible by 7"),
        ([Guard((H + 3) % 7 - 1, "==")], "H mod 7 = 5"),
        ([Guard((7 - W % 7) % 7, "==")], "W divisible by 7"),
        ([Guard(H % 4, "=="), Guard(H % 6, "==")], "H divisible by 12"),
        ([Guard(H - W, ">=")], "H ≥ W"),
        ([Guard(90 - H * W, ">=")], "H*W ≤ 90"),
        ([Guard(50 - H, ">="), Guard(W % 3, "==")], "H ≤ 50 and W divisible by 3"),
    ],
)
def test_guards_in_short(guards, wanted):
    assert sentence(guards) == wanted


@pytest.mark.slow
def test_conditions_and_guards_hold_at_the_same_sizes():
    generator = random.Random(3)

    def guard():
        a, b, c = (generator.randint(1, 9) for _ in range(3))
        value = generator.choice(
            [
                H - 5 * a,
                40 - a * H,
                (a * H + b) // (c + 1) - 6,
                (a * H + b) % (2 * a + c) - c // 2,
                a * W - b * H,
                H * W - 90 * a,
                20 + b - W // a,
                (H + a * W) % (a + b),
            ]
        )
        return Guard(value, generator.choice([">=", "==", "!="]))

    for _ in range(60):
        guards = [guard() for _ in range(generator.randint(1, 4))]
        said = [condition.sympy(to_sympy) for condition in conditions(guards)]
        h, w = (next((s for c in said for s in c.free_symbols if s.name == n), n) for n in "HW")
        for sizes in itertools.product((1, 2, 5, 9, 14, 35, 36, 61), (1, 3, 8, 21, 40)):
            values = dict(zip("HW", sizes, strict=True))
            meant = all(g.holds(values) for g in guards)
            found = all(bool(c.subs({h: sizes[0], w: sizes[1]})) for c in said)
            assert meant is found, (guards, sentence(guards), sizes)


def test_a_certain_guard_holds_at_every_size():
    assert Guard(H - 1, ">=").certain
    assert Guard(H + W, "!=").certain
    assert Guard(H - H // 2, ">=").certain
    assert Guard((H + 1) // 2 - H // 2, ">=").certain
    assert Guard(2 * ((H + 1) // 2) - H, ">=").certain
    assert Guard(H + (7 - H % 7) % 7 + 1, "!=").certain
    assert not Guard((H + 1) // 2 - H // 2 - 1, ">=").certain
    assert not Guard(H - 2, ">=").certain
    assert not Guard(H - 1, "!=").certain


def test_letters_with_one_value_are_fixed():
    guards = [Guard(H - 7, ">="), Guard(7 - H, ">="), Guard(W // 4 - 2, "==")]
    assert fixed_letters(conditions(guards)) == {"H": 7}


def test_a_condition_in_latex():
    guards = [Guard(64 - H, ">="), Guard(W % 7, "=="), Guard(H - 2 * W, "!=")]
    assert sentence(guards, latex=True) == (
        r"H \le 64 \text{ and } W \equiv 0 \pmod{7} \text{ and } H \ne 2 W"
    )
