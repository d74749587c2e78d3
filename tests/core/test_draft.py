"""Drafts: letters found while typing, errors that point into what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel import VARIANTS, ConvLayer, count
from costmodel.core.draft import DRAFT, draft, letters, one_line, pointing, sizes
from costmodel.errors import CostModelError, InputError, NotationError

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a\nb", "a|b"),
        ("a |\nb", "a | b"),
        ("a\n| b", "a | b"),
        ("a\n\nb\n", "a| b "),
        ("a\r\nb", "a| b"),
        ("{ a &\nb\n}^2", "{ a & b }^2"),
        ("", ""),
    ],
)
def test_lines_become_stages_of_the_same_length(typed, read):
    assert one_line(typed) == read
    assert len(one_line(typed)) == len(typed)


@given(st.text(alphabet="abmn,->|{}&+ \r\n", max_size=60))
def test_typing_never_breaks_anything(typed):
    assert len(one_line(typed)) == len(typed)
    try:
        found = letters(typed)
        draft(typed, {}, dict.fromkeys(found, 2))
    except CostModelError:
        pass


@pytest.mark.parametrize(
    ("stages", "where", "found"),
    [
        ("m, n m i j -> n", {}, []),
        ("m, r m i -> r\nr, n r j -> n", {}, ["r"]),
        ("m, c m i j -> c\n{ = & c, c t i=d j=d -> c t }\n:n", {"c": "ceil(n/q)"}, ["t", "d", "q"]),
        ("g m, g n m i j -> g n", {}, ["g"]),
        ("{ m, m i j -> m }^r | m, n m -> n", {}, ["r"]),
    ],
)
def test_letters_that_need_a_size(stages, where, found):
    assert letters(stages, where) == found


@pytest.mark.parametrize("variant", list(VARIANTS.values()), ids=lambda v: v.id)
def test_the_catalogue_can_be_typed(variant):
    """Every letter of a variant is found, and nothing else."""
    # word lengths, and how often training does something, are no axes
    words = {variant.weight_bits, variant.activation_bits, variant.every}
    assert set(letters(variant.stages, variant.where)) == set(variant.hyper) - words


def test_a_draft_counts_like_the_variant():
    mine = draft("m, r m i -> r\nr, n r j -> n\n", {}, {"r": 7})
    assert count(mine, LAYER).macs == count("spatial_svd", LAYER, r=7).macs
    assert DRAFT not in VARIANTS


def test_an_error_points_into_the_line_as_it_was_typed():
    typed = "m, r m i -> r\nr, n q k j -> n"
    with pytest.raises(NotationError) as refused:
        draft(typed, {}, {"r": 4, "q": 2, "k": 2})
    lines = str(refused.value).splitlines()
    assert lines[1] == "  r, n q k j -> n"
    assert lines[2] == "  ^"
    assert refused.value.text == typed
    assert refused.value.position == typed.index("\n") + 1


def test_an_error_of_an_expression_keeps_its_own_text():
    error = NotationError("cause", "ceil(n/", 7)
    assert pointing(error, "m, n m -> n") is error


@pytest.mark.parametrize(
    ("typed", "found"),
    [("", {}), (" ; ", {}), ("c = ceil(n/q); p=r/g", {"c": "ceil(n/q)", "p": "r/g"})],
)
def test_derived_sizes(typed, found):
    assert sizes(typed) == found


@pytest.mark.parametrize("typed", ["c", "c =", "= 3", "2c = 3", "c = 1; c = 2"])
def test_derived_sizes_that_are_none(typed):
    with pytest.raises(InputError, match="allowed is"):
        sizes(typed)


def test_nothing_typed_is_evaluated():
    for typed in ("__import__('os').system('true')", "m, n m -> n @ macs=exit()", "m" * 5000):
        with pytest.raises(CostModelError):
            draft(typed, {}, {})
    with pytest.raises(CostModelError):
        draft("m, n m -> n", {"c": "().__class__"}, {})
