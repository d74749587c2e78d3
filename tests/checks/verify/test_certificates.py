"""Certificates prove what they say, and refuse what is wrong."""

import csv
import itertools
from dataclasses import replace
from fractions import Fraction
from math import prod

import pytest
import sympy

import costmodel as cm
from costmodel.checks.evidence import CERTIFICATE, PROVED
from costmodel.checks.verify.certificates import (
    COUNTERS,
    certificate,
    certify,
    refuted,
    uncertified,
)
from costmodel.checks.verify.grids import SETTINGS, Lettered, layer_grid
from costmodel.checks.verify.interpolation import NotPolynomialError, SizeClass, size_classes
from costmodel.core.stage import BoundStage
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.files import data_path
from costmodel.formulas.formula import formula
from costmodel.formulas.letters import symbol
from costmodel.formulas.printing.printers import text

h, w, m, n, q, alpha = (symbol(s, s == "alpha") for s in ("h", "w", "m", "n", "q", "alpha"))
BASIS = cm.VARIANTS["basis"]


# -- which polynomial a count is -------------------------------------------------------------------
def test_a_polynomial_is_one_class():
    (case,) = size_classes([m * n * (h * w + 3)], {})
    assert case == SizeClass({}, {})
    assert case.degrees([m * n * (h * w + 3), n**2], (m, n, h, w)) == {m: 1, n: 2, h: 1, w: 1}


def test_quotients_have_the_degrees_of_both_parts():
    (case,) = size_classes([m * n / q], {})
    assert case.quotient(m * n / q) == (m * n, q)
    assert case.degrees([m * n / q], (m, n, q)) == {m: 1, n: 1, q: 1}


def test_a_rounding_splits_sizes_into_residue_classes():
    found = size_classes([sympy.ceiling(h / 2) * sympy.floor((w + 1) / 3)], {})
    assert [case.steps for case in found] == [
        {h: (2, a), w: (3, b)} for a, b in itertools.product(range(2), range(3))
    ]
    case = found[4]  # h = 2t + 1, w = 3t + 1
    assert case.at(sympy.ceiling(h / 2)) == h + 1
    assert case.at(sympy.floor((w + 1) / 3)) == w
    assert (case.size(h, 5), case.size(w, 4)) == (11, 13)


def test_what_a_rounding_divides_by_is_held():
    found = size_classes([sympy.ceiling(n / q) * m], {q: [2, 3]})
    assert [(case.held[q], case.steps) for case in found] == [
        (2, {n: (2, 0)}),
        (2, {n: (2, 1)}),
        (3, {n: (3, 0)}),
        (3, {n: (3, 1)}),
        (3, {n: (3, 2)}),
    ]
    assert found[4].at(sympy.ceiling(n / q)) == n + 1


def test_real_shares_are_held_and_nested_roundings_resolved():
    (held, *_) = size_classes([sympy.floor(alpha * m)], {alpha: [Fraction(3, 4)]})
    assert held.steps == {m: (4, 0)}
    nested = size_classes([sympy.ceiling(sympy.ceiling(h / 2) / 3)], {})
    assert len(nested) == 6
    for case, t in itertools.product(nested, (1, 2, 5)):
        size = case.size(h, t)
        at = case.at(sympy.ceiling(sympy.ceiling(h / 2) / 3))
        assert at.subs(h, t) == (size + 5) // 6


@pytest.mark.parametrize(
    "expr", [sympy.ceiling(h / w), sympy.floor(m * n / 2), sympy.Max(m, n), sympy.sqrt(m)]
)
def test_other_counts_have_no_certificate(expr):
    with pytest.raises(NotPolynomialError):
        _ = [case.quotient(expr) for case in size_classes([expr], {})]


# -- grids -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_grid_is_unisolvent_and_every_point_fits(setting):
    made = certificate(BASIS, setting)
    (grid,) = made.grids
    degrees = grid.size_class.degrees(made.formulas.values(), made.lettered.letters)
    for letter, values in grid.values.items():
        assert len(set(values)) == len(values) == degrees[letter] + 1
    assert len(grid) == prod(d + 1 for d in degrees.values()) == len(list(grid))
    for at, bound in grid:
        layer = bound.layer
        assert layer.transposed is (setting == "transposed")
        sizes = {str(letter): t for letter, t in at.items()}
        square = sizes.get("k")
        assert layer.kernel == (sizes.get("k_h", square), sizes.get("k_w", square))
        assert (layer.in_channels, layer.out_channels) == (sizes["m"], sizes["n"])
        assert layer.out_size == (sizes["h"], sizes["w"])
        assert layer.size == (sizes.get("H", sizes["h"]), sizes.get("W", sizes["w"]))
        assert bound.hyper["b"] == sizes["b"]
    if setting == "any stride":
        assert any(max(b.layer.stride) > 1 for _, b in grid)


def test_no_other_polynomial_of_the_degrees_vanishes_on_a_grid():
    """The matrix of all monomials on the grid has full rank, which is what unisolvent means."""
    (grid,) = certificate(cm.VARIANTS["linear"], "stride 1").grids
    letters = list(grid.values)
    rows = [
        [prod(at[s] ** e for s, e in zip(letters, powers, strict=True)) for powers in exponents]
        for at, _ in grid
        for exponents in [list(itertools.product(*(range(len(v)) for v in grid.values.values())))]
    ]
    assert sympy.Matrix(rows).rank() == len(rows) == len(rows[0]) == 4


def test_grids_are_the_same_every_time():
    first, second = (certificate(cm.VARIANTS["shuffle_unit"], "any stride") for _ in range(2))
    assert [g.values for g in first.grids] == [g.values for g in second.grids]


def test_a_variant_without_a_grid_says_why():
    with pytest.raises(VariantError, match="transposed"):
        Lettered(cm.VARIANTS["spatial_bottleneck"], SETTINGS["transposed"])
    lettered = Lettered(cm.VARIANTS["group_channelwise"], SETTINGS["any stride"])
    with pytest.raises(CostModelError, match=r"none of which fits.*group_channelwise"):
        layer_grid(lettered, SizeClass({}, {}), {})


# -- proofs and refutations ------------------------------------------------------------------------
def say(expr):
    """A counter that is a formula: at layers of the basis variant."""

    def count(bounds):
        for bound in bounds:
            layer = bound.layer
            (kh, kw), (out_h, out_w) = layer.kernel, layer.out_size
            values = {"k_h": kh, "k_w": kw, "m": layer.in_channels, "n": layer.out_channels}
            values |= {"h": out_h, "w": out_w, "H": layer.size[0], "W": layer.size[1]}
            values |= {"b": bound.hyper["b"]}
            yield 0, int(expr.subs({symbol(s): v for s, v in values.items()}))

    return count


def basis_claim(change=None, setting="any stride"):
    """The claim about the basis variant's MACs, and what a wrong formula makes of it."""
    made = certificate(BASIS, setting)
    right = made.formulas["macs"]
    return right, certificate(BASIS, setting, {"macs": right + (change(made) if change else 0)})


def degree_one(*names, at=0):
    """Of degree one in each letter, and zero wherever one of them has its value number `at`."""

    def change(made):
        (grid,) = made.grids
        letters = [symbol(name) for name in names]
        return prod(letter - grid.values[letter][at] for letter in letters)

    return change


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda made: symbol("b"),
        lambda made: symbol("m") - symbol("n"),
        lambda made: symbol("k_h") * symbol("b") - symbol("k_w"),
        degree_one("m"),
        degree_one("m", "n", "h", "b"),
        # right on all of the grid but for its last corner
        degree_one("k_h", "k_w", "m", "n", "h", "w", "b"),
        degree_one("k_h", "k_w", "m", "n", "h", "w", "b", at=1),
    ],
)
def test_a_wrong_formula_of_the_same_degree_is_refused(change):
    right, wrong = basis_claim(change)
    assert wrong.points == basis_claim()[1].points == 128
    (found,) = wrong.differences(say(right)).values()
    assert found.startswith("differs at k_h=")
    assert f"formula {_value(wrong, found)}, counted " in found


def _value(made, found):
    words = dict(part.split("=") for part in found.split(" (")[0].split()[2:])
    values = {symbol(s): int(v) for s, v in words.items()}
    return made.formulas["macs"].subs(values)


def test_a_count_of_a_higher_degree_shows_beyond_the_grid():
    """On the grid it is the formula; the further points are there for the assumption."""
    right, made = basis_claim()
    (grid,) = made.grids
    outside = right + prod(m - value for value in grid.values[m])
    assert all(
        one == other
        for one, other in zip(
            say(outside)([bound for _, bound in grid]),
            say(right)([bound for _, bound in grid]),
            strict=True,
        )
    )
    assert made.differences(say(outside))["macs"].startswith("differs")
    assert made.differences(say(right)) == {"macs": ""}


def _rule(stage, positions):
    return stage.out_channels * stage.fan_in * positions * stage.batch


MUTANTS = {
    "a stage at the input's resolution": (
        "macs",
        lambda s: _rule(s, prod(s.in_grid)),
        "depthwise_separable",
    ),
    "a stage at the output's resolution": (
        "macs",
        lambda s: _rule(s, prod(s.out_grid)),
        "transposed",
    ),
    "sharing ignored": ("weights", lambda s: s.out_channels * s.fan_in, "shared_basis"),
    "groups ignored": (
        "macs",
        lambda s: s.in_channels * s.out_channels * prod(s.out_grid),
        "grouped",
    ),
    "a kernel side twice": (
        "weights",
        lambda s: prod(s.sizes[a.key] for a in s.line.weights) * s.sizes["i"],
        "standard",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_of_the_rules_are_refuted(name, monkeypatch):
    attribute, rule, variant = MUTANTS[name]
    monkeypatch.setattr(BoundStage, attribute, property(rule))
    anew = replace(cm.VARIANTS[variant])  # no formula of it is kept
    found = refuted(certify([anew], ["torch"], processes=1))
    assert found
    assert all(row["variant"] == variant for row in found)


# -- the certificates of the catalogue -------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("variant", ["standard", "tucker2", "grouped", "structured", "transposed"])
def test_formulas_are_proved(variant):
    table = certify([variant], ["torch"], processes=1)
    assert [row["result"] for row in table.rows] == [PROVED, PROVED]
    assert [row["metric"] for row in table.rows] == ["params", "macs"]


@pytest.mark.slow
def test_fvcore_proves_as_well():
    table = certify(["depthwise_separable"], ["fvcore"], processes=1)
    assert [row["result"] for row in table.rows] == [PROVED, PROVED]
    assert {row["points"] for row in table.rows} == {48}  # k²·m·h·w + m·n·h·w: 3·2·2·2·2


def test_variants_of_ones_own_are_certified():
    mine = Variant("mine", "m, r m i -> r | r, n r j -> n", hyper={"r": cm.Hyper(3, "")})
    table = certify([mine], ["torch"], processes=1)
    assert table.column("result") == [PROVED, PROVED]


def test_what_has_no_certificate_is_a_row():
    table = certify(["winograd"], processes=1)
    assert [row["result"].split(":")[0] for row in table.rows] == ["no certificate"] * 2
    assert uncertified(table) == ["winograd"]
    assert refuted(table) == []


def test_unknown_names():
    with pytest.raises(CostModelError, match="unknown witness 'fvcor': did you mean 'fvcore'"):
        certify(["basis"], ["fvcor"])


@pytest.mark.slow
def test_the_kept_certificates_are_of_the_formulas_that_stand():
    """`costmodel verify --certify` renews them after a change of a rule or of a variant."""
    with open(data_path("certificates.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [column.key for column in CERTIFICATE]
    assert {row["variant"] for row in rows} == set(cm.VARIANTS)
    for row in rows:
        variant = cm.VARIANTS[row["variant"]]
        if variant.algorithm_of:
            assert row["result"].startswith("no certificate")
            continue
        lettered = Lettered(variant, SETTINGS[row["layers"]])
        found = formula(variant, row["metric"], lettered.layer)
        assert row["formula"] == text(found, own=variant.hyper), row
        assert row["result"] == PROVED
        assert int(row["points"]) >= 2
    proved = {(row["variant"], row["metric"], row["oracle"]) for row in rows if row["points"]}
    wanted = [v.id for v in cm.VARIANTS.values() if not v.algorithm_of]
    assert proved == set(itertools.product(wanted, ("params", "macs"), COUNTERS))
