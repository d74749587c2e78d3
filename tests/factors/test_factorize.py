"""Factors of kernels: closed forms, planted factors, modules, and what is refused."""

import numpy
import pytest
import torch

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.errors import CostModelError, InputError, VariantError
from costmodel.factors import splitting
from costmodel.factors.derive import derive
from costmodel.torch.lowering import StageModule
from tests.factors.cases import LAYERS, convolved, module_of, random_kernel

KERNEL = numpy.random.default_rng(5).standard_normal((12, 8, 3, 5))


def tail(unfolding, rank):
    """The Eckart–Young error of one unfolding or of a batch, by NumPy's own decomposition."""
    values = numpy.linalg.svd(unfolding, compute_uv=False)
    return numpy.sqrt((values[..., rank:] ** 2).sum() / (values**2).sum())


UNFOLDINGS = {
    "channel_svd": ("r", KERNEL.reshape(12, -1)),
    "channel_svd_in": ("r", KERNEL.swapaxes(0, 1).reshape(8, -1)),
    "spatial_svd": ("r", KERNEL.transpose(1, 2, 0, 3).reshape(24, 60)),
    "basis": ("b", KERNEL.transpose(1, 0, 2, 3).reshape(8, 12, 15)),
    "decoupled": ("t", KERNEL.reshape(12, 8, 15)),
    "shared_basis": ("b", KERNEL.reshape(96, 15)),
}


@pytest.mark.parametrize("rank", [1, 3, 7])
@pytest.mark.parametrize("variant", UNFOLDINGS)
def test_two_factors_leave_the_tail_of_their_unfolding(variant, rank):
    letter, unfolding = UNFOLDINGS[variant]
    factors = cm.factorize(KERNEL, variant, **{letter: rank})
    assert factors.error == pytest.approx(tail(unfolding, rank), abs=1e-9)
    difference = numpy.linalg.norm(KERNEL - factors.kernel()) / numpy.linalg.norm(KERNEL)
    assert factors.error == pytest.approx(difference, abs=1e-12)
    assert factors.optimal


def test_one_filter_per_channel_is_a_decomposition_too():
    factors = cm.factorize(KERNEL, "depthwise_separable")
    assert factors.error == pytest.approx(tail(UNFOLDINGS["basis"][1], 1), abs=1e-9)


@pytest.mark.parametrize("variant", UNFOLDINGS)
def test_at_full_rank_nothing_is_lost(variant):
    letter, unfolding = UNFOLDINGS[variant]
    full = min(unfolding.shape[-2:])
    kernel = KERNEL.astype(numpy.float32)
    factors = cm.factorize(kernel, variant, **{letter: full})
    assert factors.error < 1e-6
    assert all(weight.dtype == numpy.float32 for weight in factors.weights)
    assert cm.factorize(KERNEL, variant, **{letter: full - 1}).error > 1e-2
    with pytest.raises(VariantError, match=f"{letter} is {full + 1}, above full rank.*1 to {full}"):
        cm.factorize(kernel, variant, **{letter: full + 1})


def fits(variant, layer):
    try:
        return derive(bind(variant, layer))
    except CostModelError:
        return None


CASES = [
    pytest.param(variant.id, name, id=f"{variant.id}-{name}")
    for variant in cm.VARIANTS.values()
    for name, layer in LAYERS.items()
    if fits(variant, layer)
]


def test_most_of_the_catalogue_has_factors():
    having = {case.values[0] for case in CASES}
    assert len(having) >= 34
    assert {"resnext", "fire", "tucker4", "topological_3d", "two_dimensional"} <= having


#: Variants with taps outside of the layer's window, which factors leave at zero.
WIDER = {"dilated", "ghost"}


@pytest.mark.parametrize(("variant", "name"), CASES)
def test_the_module_computes_what_the_rebuilt_kernel_does(variant, name):
    """Any weights at all, laid out for the module: two ways to the same outputs."""
    from costmodel.factors.factors import rebuilt
    from costmodel.factors.module_weights import module_weight

    layer = LAYERS[name]
    bound = bind(cm.VARIANTS[variant], layer)
    network = derive(bound)
    random = numpy.random.default_rng(3)
    shapes = [factor.shape for factor in network.factors]
    groups = [[random.standard_normal(shape) for shape in shapes] for _ in range(layer.groups)]
    weights = tuple(
        module_weight(factor.stage, parts)
        for factor, parts in zip(network.factors, zip(*groups, strict=True), strict=True)
    )
    module = cm.torch.build(variant, layer).double()
    stages = [part for part in module.modules() if isinstance(part, StageModule)]
    with torch.no_grad():
        for stage, weight in zip(stages, weights, strict=True):
            stage.conv.weight.copy_(torch.from_numpy(weight))
        x = torch.randn(2, layer.in_channels, *layer.size, dtype=torch.float64)
        wanted = convolved(layer, rebuilt(network, weights), x)
        if variant in WIDER and not torch.allclose(module(x), wanted):
            return  # random weights stand there
        assert torch.allclose(module(x), wanted, rtol=1e-9, atol=1e-9)


CLOSED = ["channel_svd", "basis", "bsconv_u", "tucker2", "structured", "grouped", "standard"]


@pytest.mark.parametrize("name", ["strided", "transposed", "rectangular"])
@pytest.mark.parametrize("variant", [*CLOSED, "dilated", "fire", "depthwise_channelwise"])
def test_factors_in_a_module_are_the_convolution_with_their_kernel(variant, name):
    layer = LAYERS[name]
    kernel = random_kernel(layer)
    factors = cm.factorize(kernel, variant, layer=layer, starts=1)
    x = torch.randn(2, layer.in_channels, *layer.size, dtype=torch.float64)
    with torch.no_grad():
        outputs = module_of(factors)(x)
    assert torch.allclose(outputs, convolved(layer, factors.kernel(), x), rtol=1e-9, atol=1e-9)
    assert 0 <= factors.error < 1


@pytest.mark.parametrize("name", ["strided", "volume", "sequence", "transposed"])
def test_at_full_rank_the_module_is_the_layer(name):
    layer = LAYERS[name]
    kernel = random_kernel(layer).astype(numpy.float32)
    rank = cm.full_rank("channel_svd", "r", layer)
    factors = cm.factorize(kernel, "channel_svd", layer=layer, r=rank)
    module = cm.torch.build("channel_svd", layer, r=rank)
    stages = [part for part in module.modules() if isinstance(part, StageModule)]
    x = torch.randn(2, layer.in_channels, *layer.size)
    with torch.no_grad():
        for stage, weight in zip(stages, factors.weights, strict=True):
            stage.conv.weight.copy_(torch.from_numpy(weight))
        wanted = convolved(layer, kernel, x)
        assert (module(x) - wanted).abs().max() < 1e-5 * wanted.abs().max()


PLANTED = {
    "tucker2": {"r1": 3, "r2": 5},
    "tucker4": {"r1": 3, "r2": 5, "s1": 2, "s2": 3},
    "cp": {"r": 4},
    "tt": {"r1": 3, "r2": 5, "r3": 4},
    "asym_3d": {"r1": 4, "r2": 5},
    "bsconv_s": {"r": 3},
    "separable_basis": {"r": 2},
    "spatial_svd": {"r": 5},
    "bottleneck": {"r": 3},
    "resnext": {"g": 2, "r": 4},
    "shuffle_unit": {"g": 4, "r": 12},
    "fire": {"q": 3, "e1": 5},
    "topological": {},
    "depthwise_channelwise": {"dc": 3},
    "group_channelwise": {},
    "shared_basis": {"b": 3},
    "inverted_residual": {"e": 1},
}


@pytest.mark.parametrize("variant", PLANTED)
def test_planted_factors_are_found(variant):
    layer = LAYERS["rectangular"]
    network = derive(bind(cm.VARIANTS[variant], layer, PLANTED[variant]))
    random = numpy.random.default_rng(11)
    kernel = network.kernel([random.standard_normal(f.shape) for f in network.factors])
    assert cm.factorize(kernel, variant, hyper=PLANTED[variant]).error < 1e-6


def test_the_second_group_is_a_kernel_of_its_own():
    layer = LAYERS["strided"]
    kernel = random_kernel(layer)
    whole = cm.factorize(kernel, "channel_svd", layer=layer, r=4)
    halves = [cm.factorize(part, "channel_svd", r=4) for part in (kernel[:12], kernel[12:])]
    assert numpy.allclose(whole.kernel()[12:], halves[1].kernel(), atol=1e-12)
    squares = [half.error**2 * numpy.square(part).sum() for half, part in
               zip(halves, (kernel[:12], kernel[12:]), strict=True)]  # fmt: skip
    assert whole.error == pytest.approx(numpy.sqrt(sum(squares) / numpy.square(kernel).sum()))


def test_a_variant_of_ones_own_factorises():
    mine = cm.define("mine", "m, m a j -> m a | m a, n m a i -> n", a=2, register=False)
    factors = cm.factorize(KERNEL, mine, a=2)
    unfolding = KERNEL.transpose(1, 0, 2, 3).reshape(8, 36, 5)
    assert factors.error == pytest.approx(tail(unfolding, 2), abs=1e-9)
    assert [weight.shape for weight in factors.weights] == [(16, 1, 1, 5), (12, 16, 3, 1)]


def test_a_sum_of_branches_and_a_repeat_factorise():
    stages = "{ m, m i j -> m | m, n m -> n + m, r m -> r | r, n r i j -> n }"
    both = cm.define("both", stages, r=2, register=False)
    random = numpy.random.default_rng(2)
    network = derive(bind(both, LAYERS["rectangular"]))
    planted = network.kernel([random.standard_normal(f.shape) for f in network.factors])
    assert cm.factorize(planted, both).error < 1e-4
    alone = [cm.factorize(KERNEL, v, **h).error for v, h in
             (("depthwise_separable", {}), ("channel_svd_in", {"r": 2}))]  # fmt: skip
    assert cm.factorize(KERNEL, both).error < min(alone)
    deep = cm.define(
        "deep", "m, n m i j -> n | { n, o n -> o }^2", where={"o": "n"}, register=False
    )
    factors = cm.factorize(KERNEL, deep)
    assert len(factors.weights) == 3
    assert factors.error < 1e-6


def test_a_residual_is_taken_off_the_kernel():
    skip = cm.define("skip", "{ = + m, r m i j -> r | r, n r -> n }", r=3, register=False)
    kernel = random_kernel(LAYERS["square"])
    centre = numpy.zeros_like(kernel)
    centre[:, :, 1, 2] = numpy.eye(8)
    factors = cm.factorize(kernel, skip)
    rest = (kernel - centre).reshape(8, -1)
    wanted = tail(rest, 3) * numpy.linalg.norm(rest) / numpy.linalg.norm(kernel)
    assert factors.error == pytest.approx(wanted, rel=1e-4)


def test_a_pattern_keeps_its_taps():
    factors = cm.factorize(KERNEL, "structured", T=5)
    kept = numpy.zeros((3, 5), dtype=bool)
    for tap in [(1, 2), (0, 2), (2, 2), (1, 1), (1, 3)]:
        kept[tap] = True
    assert numpy.array_equal(factors.kernel(), KERNEL * kept)


def test_counts_are_those_of_the_formula():
    factors = cm.factorize(KERNEL, "tucker2", r1=3, r2=5)
    assert sum(weight.size for weight in factors.weights) == factors.counts().params
    layer = cm.ConvLayer((3, 5), 8, 12, (14, 17), stride=2)
    assert (
        factors.counts(size=(14, 17), stride=2).macs == cm.count("tucker2", layer, r1=3, r2=5).macs
    )
    assert "tucker2, r1=3, r2=5: error 0." in repr(factors)


@pytest.mark.parametrize("variant", ["tucker2", "basis", "spatial_svd"])
def test_fvcore_counts_what_the_formula_says(variant):
    from fvcore.nn import FlopCountAnalysis

    layer = LAYERS["strided"]
    factors = cm.factorize(random_kernel(layer), variant, layer=layer)
    x = torch.zeros(1, layer.in_channels, *layer.size, dtype=torch.float64)
    counted = FlopCountAnalysis(module_of(factors), x).by_operator()["conv"]
    assert counted == factors.counts().macs == factors.counts(size=layer.size).macs
    assert factors.counts(size=(20, 22)).macs != counted


def test_torch_tensors_and_matrices_are_kernels():
    parameter = torch.nn.Parameter(torch.tensor(KERNEL))
    assert (
        cm.factorize(parameter, "channel_svd", r=2).error
        == cm.factorize(KERNEL, "channel_svd", r=2).error
    )
    matrix = KERNEL.reshape(12, -1)
    factors = cm.factorize(matrix, "channel_svd", r=2)
    assert factors.kernel().shape == matrix.shape
    assert factors.error == pytest.approx(tail(matrix, 2), abs=1e-9)
    half = torch.tensor(KERNEL).bfloat16()
    assert cm.factorize(half, "channel_svd", r=2).weights[0].dtype == numpy.float32


def test_a_kernel_of_zeros_has_no_error():
    assert cm.factorize(numpy.zeros((4, 3, 3, 3)), "cp", r=2).error == 0


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        ("winograd", "algorithm for the weights of 'standard'"),
        ("fft", "algorithm for the weights of 'standard'"),
        ("sic", "two windows in a row move over axis 0"),
        ("ghost", "two windows in a row move over axis 0"),
        ("octave", "changes the resolution"),
        ("spatial_bottleneck", "strides in another way"),
    ],
)
def test_what_is_no_convolution_says_why(variant, reason):
    kernel = random_kernel(LAYERS["square"])
    with pytest.raises(VariantError, match=reason):
        cm.factorize(kernel, variant, layer=cm.ConvLayer((3, 5), 8, 8, (9, 11)))


@pytest.mark.parametrize(
    ("kernel", "reason"),
    [
        (numpy.full((3, 2, 3, 3), numpy.nan), "holds nan"),
        (numpy.full((3, 2, 3, 3), numpy.inf), "holds inf"),
        (numpy.ones((3, 2, 3, 3), dtype=int), "numbers of type int64"),
        (numpy.ones(7), "has the shape 7"),
        (numpy.ones((3, 0, 3, 3)), "has the shape 3×0×3×3"),
    ],
)
def test_bad_kernels_are_refused(kernel, reason):
    with pytest.raises(InputError, match=reason):
        cm.factorize(kernel, "channel_svd")


def test_a_kernel_of_another_layer_is_refused():
    with pytest.raises(InputError, match="12×8×3×5, its layer 12×8×3×3"):
        cm.factorize(KERNEL, "channel_svd", layer=cm.ConvLayer(3, 8, 12, (9, 9)))


# -- the proofs can fail ---------------------------------------------------------------------------
def test_a_mutated_unfolding_is_seen(monkeypatch):
    real = splitting.unfolded

    def swapped(target, labels, *sides):
        flat = real(target, labels, *sides)
        return flat.reshape(flat.shape[0], flat.shape[2], flat.shape[1]).swapaxes(1, 2)

    monkeypatch.setattr(splitting, "unfolded", swapped)
    error = cm.factorize(KERNEL, "channel_svd", r=3).error
    assert error > tail(UNFOLDINGS["channel_svd"][1], 3) + 1e-2


def test_a_wrong_unfolding_has_another_tail():
    errors = {tail(unfolding, 2) for _, unfolding in UNFOLDINGS.values()}
    assert len({round(error, 6) for error in errors}) == len(UNFOLDINGS)


def test_a_swapped_window_is_another_convolution():
    layer = cm.ConvLayer(3, 8, 12, (9, 11))
    kernel = random_kernel(layer)
    factors = cm.factorize(kernel, "spatial_svd", layer=layer, r=5)
    x = torch.randn(1, 8, 9, 11, dtype=torch.float64)
    with torch.no_grad():
        outputs = module_of(factors)(x)
    swapped = numpy.ascontiguousarray(factors.kernel().swapaxes(2, 3))
    assert not torch.allclose(outputs, convolved(layer, swapped, x), atol=1e-3)
