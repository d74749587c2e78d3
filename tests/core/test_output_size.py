"""Output sizes along one axis, beside PyTorch's own."""

import itertools

import pytest

from costmodel.core.output_size import conv_size, pool_size, transposed_size

torch = pytest.importorskip("torch")
functional = torch.nn.functional

_CASES = list(itertools.product(range(4, 12), (1, 2, 3, 4), (1, 2, 3, 5), (0, 1, 2), (1, 2)))


def sides(op, n, *arguments, **options):
    """What an operator of PyTorch makes of one axis, None where it refuses."""
    try:
        return op(torch.empty(1, 1, n), *arguments, **options).shape[-1]
    except RuntimeError:
        return None


def test_convolutions():
    weight = {k: torch.empty(1, 1, k) for k in range(1, 5)}
    checked = 0
    for n, k, s, p, d in _CASES:
        options = {"stride": s, "padding": p, "dilation": d}
        if out := sides(functional.conv1d, n, weight[k], **options):
            assert conv_size(n, k, s, (p, p), d) == out
            checked += 1
        for extra in (0, 1):
            again = sides(
                functional.conv_transpose1d, n, weight[k], **options, output_padding=extra
            )
            if again:
                assert transposed_size(n, k, s, (p, p), d, extra) == again
                checked += 1
    assert checked > len(_CASES)


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_pooling(ceil_mode):
    checked = 0
    for n, k, s, p, d in _CASES:
        options = {"stride": s, "padding": p, "dilation": d, "ceil_mode": ceil_mode}
        if out := sides(functional.max_pool1d, n, k, **options):
            assert pool_size(n, k, s, p, d, ceil_mode) == out
            checked += 1
    assert checked > len(_CASES) // 2


def test_a_window_that_begins_behind_the_input_is_none():
    assert pool_size(5, 2, 3, 1, ceil_mode=True) == 2  # beginning at -1 and 2; at 5 is nothing
