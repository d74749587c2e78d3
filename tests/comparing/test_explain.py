"""The generated sentences say what the numbers say."""

import contextlib

import pytest

from costmodel import VARIANTS, ConvLayer, CostModelError, count
from costmodel.comparing.explain import explain, times_words

LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 48))


def counted(variant):
    """Counts on a layer that the variant is made for: each one has such a layer here."""
    for changes in ({}, {"out_channels": 64}, {"kernel": 3, "size": (9, 17, 14)}):
        with contextlib.suppress(CostModelError):
            return count(variant, LAYER.replace(**{**changes, **variant.domain}))
    raise AssertionError(f"no layer here fits {variant.id}")


@pytest.mark.parametrize("variant", list(VARIANTS.values()), ids=lambda v: v.id)
def test_every_variant_has_a_sentence(variant):
    sentence = explain(counted(variant))
    assert sentence.endswith(".")
    assert sentence.count("\n") == 0


def test_the_baseline_says_that_it_is_one():
    assert explain(count("standard", LAYER)) == (
        "On this layer the standard convolution needs 198.2 M multiplies and 73,728 parameters; "
        "the others are compared with it."
    )


def test_savings_have_both_numbers():
    assert explain(count("basis", LAYER, b=2)) == (
        "In place of the standard convolution, basis convolution with b = 2 needs 4.2× fewer "
        "multiplies (47.14 M instead of 198.2 M) and 4.2× fewer parameters (17,536 instead of "
        "73,728)."
    )


def test_a_saving_that_is_bought_is_a_but():
    counts = count("shared_basis", LAYER.replace(out_channels=60), b=8)
    assert counts.macs > count("standard", counts.layer).macs
    assert counts.params < count("standard", counts.layer).params
    assert ") but 1" in explain(counts)


@pytest.mark.parametrize(
    ("value", "base", "words"),
    [
        (5, 5, "exactly as many"),
        (1001, 1000, "about as many"),
        (50, 100, "2× fewer"),
        (150, 100, "1.5× as many"),
        (0, 100, "no"),
        (0, 0, "as many"),
    ],
)
def test_times_words(value, base, words):
    assert times_words(value, base) == words
