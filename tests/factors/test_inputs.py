"""Data-aware factors: the outputs' error, measured with convolutions and against closed forms."""

import numpy
import pytest
import torch

import costmodel as cm
from costmodel.errors import InputError
from costmodel.factors import weighting
from tests.factors.cases import LAYERS, convolved, random_kernel

LAYER = cm.ConvLayer((3, 2), 6, 10, (9, 12), stride=(2, 1), padding=1, dilation=(1, 2))


def correlated(layer, images=3, seed=0):
    """Inputs whose channels and neighbours are far from independent."""
    random = numpy.random.default_rng(seed)
    mixing = random.standard_normal((layer.in_channels, layer.in_channels)) ** 3
    noise = random.standard_normal((images, layer.in_channels, *layer.size))
    for axis in range(2, noise.ndim):
        noise = noise + 0.8 * numpy.roll(noise, 1, axis)
    return numpy.einsum("dc,bc...->bd...", mixing, noise)


def measured(layer, kernel, near, inputs):
    """The relative error of outputs, by PyTorch's convolution."""
    x = torch.tensor(inputs)
    whole, part = (convolved(layer, k, x) for k in (kernel, near))
    return float((whole - part).norm() / whole.norm())


CASES = {
    "channel_svd": {"r": 3},
    "channel_svd_in": {"r": 3},
    "spatial_svd": {"r": 4},
    "basis": {"b": 2},
    "tucker2": {"r1": 3, "r2": 4},
    "cp": {"r": 2},
    "structured": {"T": 4},
    "depthwise_separable": {},
    "fire": {"q": 3, "e1": 4},
}


@pytest.mark.parametrize("variant", CASES)
def test_the_outputs_error_is_what_convolutions_say_and_smaller_than_before(variant):
    # the one-tap branch of a fire module is between the taps of an even, dilated window
    layer = LAYERS["rectangular"] if variant == "fire" else LAYER
    kernel, inputs = random_kernel(layer), correlated(layer)
    plain = cm.factorize(kernel, variant, layer=layer, hyper=CASES[variant])
    aware = cm.factorize(kernel, variant, layer=layer, inputs=inputs, hyper=CASES[variant])
    assert plain.output_error is None
    assert aware.output_error == pytest.approx(
        measured(layer, kernel, aware.kernel(), inputs), rel=1e-6
    )
    before = measured(layer, kernel, plain.kernel(), inputs)
    assert aware.output_error < 0.97 * before
    assert aware.error > plain.error - 1e-9
    assert aware.error == pytest.approx(
        numpy.linalg.norm(kernel - aware.kernel()) / numpy.linalg.norm(kernel), rel=1e-9
    )


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_whitening_is_the_least_there_is(rank):
    """Outputs · inputsᵀ of the layer itself: no kernel of this rank has smaller outputs' error."""
    kernel, inputs = random_kernel(LAYER), correlated(LAYER)
    aware = cm.factorize(kernel, "channel_svd", layer=LAYER, inputs=inputs, r=rank)
    outputs = convolved(LAYER, kernel, torch.tensor(inputs)).transpose(0, 1).flatten(1).numpy()
    values = numpy.linalg.svd(outputs, compute_uv=False)
    tail = numpy.sqrt((values[rank:] ** 2).sum() / (values**2).sum())
    assert aware.output_error == pytest.approx(tail, rel=1e-5)
    assert aware.optimal


def test_every_group_has_inputs_of_its_own():
    layer = LAYERS["strided"]
    kernel, inputs = random_kernel(layer), correlated(layer)
    aware = cm.factorize(kernel, "channel_svd", layer=layer, inputs=inputs, r=4)
    assert aware.output_error == pytest.approx(
        measured(layer, kernel, aware.kernel(), inputs), rel=1e-6
    )


def test_linear_layers_volumes_and_tensors():
    random = numpy.random.default_rng(2)
    matrix = random.standard_normal((10, 7))
    rows = random.standard_normal((40, 7)) @ random.standard_normal((7, 7)) ** 3
    aware = cm.factorize(matrix, "channel_svd", inputs=torch.tensor(rows), r=3)
    difference = numpy.linalg.norm(rows @ (matrix - aware.kernel()).T)
    assert aware.output_error == pytest.approx(difference / numpy.linalg.norm(rows @ matrix.T))
    volume = LAYERS["volume"]
    kernel, inputs = random_kernel(volume), correlated(volume, 1)
    aware = cm.factorize(kernel, "channel_svd_in", layer=volume, inputs=inputs, r=1)
    assert aware.output_error == pytest.approx(
        measured(volume, kernel, aware.kernel(), inputs), rel=1e-6
    )


def test_few_inputs_leave_the_rest_to_the_kernel():
    """One patch decides one direction; in all others the factors are still near the kernel."""
    layer = cm.ConvLayer(3, 6, 10, (3, 3), padding="valid")
    kernel, inputs = random_kernel(layer), correlated(layer, 2)
    aware = cm.factorize(kernel, "channel_svd", layer=layer, inputs=inputs, r=5)
    assert aware.output_error < 1e-3
    assert aware.error < 0.9


@pytest.mark.parametrize(
    ("inputs", "layer", "reason"),
    [
        (numpy.ones((2, 5, 9, 12)), LAYER, "inputs have the shape 2×5×9×12"),
        (numpy.ones((2, 6, 9)), LAYER, "inputs have the shape 2×6×9"),
        (numpy.ones((0, 6, 9, 12)), LAYER, "inputs have the shape 0×6×9×12"),
        (numpy.full((1, 6, 9, 12), numpy.nan), LAYER, "not finite"),
        (numpy.ones((1, 6, 9, 1)), cm.ConvLayer(3, 6, 10, (9, 9), padding="valid"), "a side of 1"),
        (numpy.ones((1, 12, 5, 6)), LAYERS["transposed"], "transposed layer"),
    ],
)
def test_bad_inputs_are_refused(inputs, layer, reason):
    with pytest.raises(InputError, match=reason):
        cm.factorize(random_kernel(layer), "channel_svd", layer=layer, inputs=inputs, r=2)


def test_a_swapped_patch_is_seen(monkeypatch):
    """The root applied to the wrong axes gives another error than the least."""
    kernel, inputs = random_kernel(LAYER), correlated(LAYER)
    right = cm.factorize(kernel, "channel_svd", layer=LAYER, inputs=inputs, r=3).output_error
    real = numpy.linalg.cholesky
    monkeypatch.setattr(weighting.numpy.linalg, "cholesky", lambda a: real(a[::-1, ::-1].copy()))
    wrong = cm.factorize(kernel, "channel_svd", layer=LAYER, inputs=inputs, r=3).output_error
    assert wrong > right + 1e-3
