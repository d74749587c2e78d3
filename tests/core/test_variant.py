"""A declaration: names that nobody knows are refused where they stand."""

import pytest

from costmodel.core.hyper import Hyper
from costmodel.core.variant import Variant
from costmodel.errors import NotationError, VariantError


def declared(stages: str, **hyper: Hyper) -> Variant:
    return Variant("mine", stages, hyper=hyper)


@pytest.mark.parametrize(
    ("stages", "name", "under"),
    [
        ("m, n m i=q j=q -> n", "q", "q j=q"),
        ("m, n m (i j)=T -> n", "T", "T -> n"),
        ("n~c=d, n c -> n", "d", "d, n c"),
        ("m, n m i j -> n @ dilation=2*d", "d", "d"),
        ("m, n m i j -> n @ down=2 | { = + n, n -> n }^LL", "LL", "LL"),
        ("m, n m i j -> n | mm:n", "mm", "mm:n"),
        ("m, n m i j -> n | :ceil(n/qq)", "qq", "qq)"),
        ("{ m, n m i j -> n & { m, n m i j -> n @ macs=m*depth } }", "depth", "depth }"),
    ],
)
def test_unknown_names_are_found_at_the_declaration(stages: str, name: str, under: str) -> None:
    with pytest.raises(NotationError) as caught:
        declared(stages, c=Hyper(3, "a size"))
    assert f"unknown name {name!r}" in str(caught.value)
    assert stages[caught.value.position :].startswith(under)
    assert "valid here: " in str(caught.value)


def test_names_in_defaults_bounds_and_training_are_checked_too() -> None:
    with pytest.raises(NotationError, match="unknown name 's'"):
        declared(
            "m, n m i=q j=q -> n", q=Hyper("s + 1", "a window"), s=Hyper(2, "")
        )  # s comes after q
    with pytest.raises(NotationError, match="unknown name 'z'"):
        declared("m, n m i=q j=q -> n", q=Hyper(3, "a window", upto="z"))
    with pytest.raises(NotationError, match="unknown name 'z'"):
        Variant("mine", "m, n m i j -> n", training="z*m")
    with pytest.raises(VariantError, match="'taps' of variant 'mine' has a reserved name"):
        declared("m, n m i j -> n", taps=Hyper(3, "a size"))
