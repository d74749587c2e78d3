"""What a capture counts: every product that runs, exactly, against two independent counters."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from fvcore.nn import FlopCountAnalysis
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import costmodel as cm
from costmodel.errors import InputError
from costmodel.network.read.torch import run
from costmodel.network.read.torch.inputs import read_inputs
from tests.network.models import MODELS, RECURRENT, Detector, Recurrent, conv_bn

#: Products that fvcore has no word for in these networks; what it counts is compared without them.
_NOT_IN_FVCORE = ("vit", "vit_unfused", "transformer")


def torch_macs(model, shapes, integers=False):
    """torch's own counter on the meta device, halved: it counts a multiply and an add."""
    dtype = torch.int64 if integers else None
    inputs = [torch.empty(s, device="meta", dtype=dtype) for s in shapes]
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model.to("meta")(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return counter.get_total_flops() // 2


@pytest.mark.parametrize("name", MODELS)
def test_totals_are_those_of_torchs_counter_and_of_numel(name):
    make, shapes, integers = MODELS[name]
    model = make().eval()
    net = cm.from_torch(model, input_shape=shapes)
    assert net.params == sum(p.numel() for p in model.parameters())
    assert net.macs == torch_macs(model, shapes, integers) > 0
    assert not net.notes  # no way around, such as a run on the CPU, was needed


@pytest.mark.parametrize("name", [n for n in MODELS if n not in _NOT_IN_FVCORE])
def test_convolutions_and_linear_layers_are_those_of_fvcore(name):
    make, shapes, _ = MODELS[name]
    model = make().eval()
    net = cm.from_torch(model, input_shape=shapes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        analysis = FlopCountAnalysis(model, tuple(torch.rand(s) for s in shapes))
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        counted = analysis.by_operator()
    kinds = ("conv", "conv_transpose", "linear")
    ours = sum(op.macs for op in net.layers if op.kind in kinds)
    assert ours == counted["conv"] + counted["linear"]


def test_recurrent_layers_are_counted_step_by_step():
    make, shapes, integers = RECURRENT
    model = make().eval()
    net = cm.from_torch(model, input_shape=shapes, dtype="int64")
    assert net.macs == torch_macs(model, shapes, integers)
    n, length = shapes[0]
    lstm = sum(p.numel() for k, p in Recurrent().lstm.named_parameters() if k.startswith("weight"))
    gru = sum(p.numel() for k, p in Recurrent().gru.named_parameters() if k.startswith("weight"))
    assert net.macs == n * length * (lstm + gru) + n * 14 * 5


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", [*MODELS, "recurrent"])
def test_shortcuts_change_no_operation(name, training):
    """The fast way gives, row for row, what PyTorch's own meta kernels give."""
    make, shapes, integers = MODELS.get(name, RECURRENT)
    model = make().train(training)
    inputs = read_inputs(model, shapes, "int64" if integers else None)
    fast = run.on_meta(model, inputs, run.FAST)
    plain = run.on_meta(model, inputs, run.PLAIN)
    assert fast == plain
    assert any(op.column == "macs" for op in fast)


@pytest.mark.parametrize("name", ["resnet18", "unet", "wavenet", "video", "recurrent"])
def test_a_run_on_the_cpu_counts_the_same(name):
    make, shapes, integers = MODELS.get(name, RECURRENT)
    model = make().eval()
    inputs = read_inputs(model, shapes, "int64" if integers else None)
    real = run._on_cpu(model, inputs, "the test asks for it")
    fast = run.on_meta(model, inputs, run.FAST)
    assert _macs_by_name(real.ops) == _macs_by_name(fast)


def _macs_by_name(ops):
    """Multiplies per module; a recurrent layer's steps are fewer, larger products on the CPU."""
    totals: dict[str, int] = {}
    for op in ops:
        if op.column == "macs":
            totals[op.name] = totals.get(op.name, 0) + op.macs
    return totals


# -- what runs ---------------------------------------------------------------------------------
def test_a_functional_call_counts_like_a_module():
    weight = torch.rand(10, 3, 3, 5)
    net = cm.from_torch(lambda x: F.conv2d(x, weight, stride=2), input_shape=(2, 3, 17, 23))
    (op,) = net.layers
    assert op.macs == 2 * 10 * 3 * 15 * ((17 - 3) // 2 + 1) * ((23 - 5) // 2 + 1)


def test_a_shared_module_counts_every_time_it_runs_and_its_parameters_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(6, 6, 3, padding=1)

        def forward(self, x):
            return self.conv(F.avg_pool2d(self.conv(x), 2))

    net = cm.from_torch(Twice(), input_shape=(1, 6, 12, 16))
    assert [op.name for op in net.layers] == ["conv", "conv#2"]
    assert net.macs == 6 * 6 * 9 * (12 * 16 + 6 * 8)
    assert net.params == 6 * 6 * 9 + 6


def test_an_unused_module_costs_nothing_and_its_parameters_stay_visible():
    model = Detector().eval()
    net = cm.from_torch(model, input_shape=(1, 3, 64, 96))
    row = net["unused"]
    assert (row.kind, row.macs, row.params) == ("unused", 0, 13 * 17 + 17)
    assert net.params == sum(p.numel() for p in model.parameters())


def test_a_tied_weight_is_one_parameter():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(50, 12)
            self.head = nn.Linear(12, 50, bias=False)
            self.head.weight = self.embed.weight

        def forward(self, x):
            return self.head(self.embed(x))

    net = cm.from_torch(Tied(), input_shape=(3, 7), dtype="int64")
    assert net.params == 50 * 12
    assert net.macs == 3 * 7 * 12 * 50


def test_matrix_products_einsum_and_attention_are_counted():
    def forward(a, b, c):
        scores = torch.einsum("bld,bsd->bls", a, b)
        mixed = scores.softmax(-1) @ c
        return F.scaled_dot_product_attention(a[:, None], b[:, None], c[:, None]) + mixed[:, None]

    net = cm.from_torch(forward, input_shape=((2, 5, 8), (2, 7, 8), (2, 7, 11)))
    once = 2 * 5 * 8 * 7 + 2 * 5 * 7 * 11
    assert net.macs == 2 * once
    assert {op.kind for op in net.layers} == {"matmul"}


def test_vectors_and_batches_with_a_summand_are_counted():
    def forward(a, b, v):
        return torch.baddbmm(torch.zeros(4, 5, 1), a, b), a[0] @ v, v.dot(v)

    net = cm.from_torch(forward, input_shape=((4, 5, 6), (4, 6, 7), (6,)))
    assert net.macs == 4 * 5 * 6 * 7 + 5 * 6 + 6


def test_unbatched_and_odd_convolutions():
    model = nn.Sequential(
        nn.Conv2d(4, 6, (2, 3), padding="same", dilation=(3, 2)),
        nn.ConvTranspose2d(6, 9, (3, 2), stride=(2, 3), padding=1, output_padding=(1, 2), groups=3),
    )
    net = cm.from_torch(model, input_shape=(4, 11, 14))
    first, second = net.layers
    assert first.macs == 6 * 4 * 2 * 3 * 11 * 14
    assert second.macs == 9 * 6 // 3 * 3 * 2 * 11 * 14
    assert second.layer is not None
    assert second.layer.out_size == ((11 - 1) * 2 - 2 + 2 + 1 + 1, (14 - 1) * 3 - 2 + 1 + 2 + 1)


def test_circular_padding_and_subclassed_layers_take_the_ordinary_way():
    class Scaled(nn.Conv2d):
        def forward(self, x):
            return F.conv2d(x, self.weight * 2, self.bias, self.stride, self.padding)

    model = nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1, padding_mode="circular"), Scaled(5, 7, 3, stride=2)
    )
    net = cm.from_torch(model, input_shape=(1, 3, 13, 18))
    assert net.macs == 5 * 3 * 9 * 13 * 18 + 7 * 5 * 9 * 6 * 8
    assert net.params == sum(p.numel() for p in model.parameters())
    assert net.macs == torch_macs(model, ((1, 3, 13, 18),))


def test_weight_norm_and_parametrisations():
    model = nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Conv1d(3, 8, 5)),
        nn.utils.parametrizations.spectral_norm(nn.Linear(20, 6)),
    ).eval()
    net = cm.from_torch(model, input_shape=(2, 3, 24))
    assert net.macs >= 2 * 8 * 3 * 5 * 20 + 2 * 8 * 20 * 6
    assert net.params == sum(p.numel() for p in model.parameters())


def test_a_scripted_module():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.jit.script(nn.Sequential(conv_bn(3, 8, 3), nn.Conv2d(8, 5, 1)).eval())
    net = cm.from_torch(model, input_shape=(1, 3, 9, 14))
    assert net.macs == (8 * 3 * 9 + 8 * 5) * 9 * 14
    assert net.params == sum(p.numel() for p in model.parameters())


def test_a_lazy_model_is_left_lazy():
    model = nn.Sequential(nn.LazyConv2d(8, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))
    net = cm.from_torch(model, input_shape=(1, 3, 9, 14))
    assert net.macs == 8 * 3 * 9 * 7 * 12 + 8 * 7 * 12 * 5
    assert net.params == 8 * 27 + 8 + 8 * 7 * 12 * 5 + 5
    assert isinstance(model[0], nn.LazyConv2d)


def test_the_fused_attention_path_counts_what_the_plain_one_counts():
    layer = nn.TransformerEncoderLayer(24, 3, 60, batch_first=True).eval()
    net = cm.from_torch(layer, input_shape=(2, 13, 24))
    projections = 13 * (4 * 24 * 24 + 2 * 24 * 60)
    assert net.macs == 2 * (projections + 2 * 13 * 13 * 24)
    assert torch.backends.mha.get_fastpath_enabled()


def test_half_precision_needs_no_dtype():
    net = cm.from_torch(nn.Conv2d(3, 8, 3).half(), input_shape=(1, 3, 9, 14))
    assert net.macs == 8 * 27 * 7 * 12


def test_hooks_of_the_users_run():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 5, 1))
    seen = []
    model[0].register_forward_hook(lambda module, args, out: seen.append(tuple(out.shape)))
    model[0].register_forward_hook(lambda module, args, out: out[..., ::2])
    net = cm.from_torch(model, input_shape=(1, 3, 9, 14))
    assert seen == [(1, 8, 7, 12)]
    assert net["1"].macs == 8 * 5 * 7 * 6


# -- names and rows ------------------------------------------------------------------------------
def test_rows_are_named_like_the_module_tree():
    net = cm.from_torch(MODELS["resnet18"][0]().eval(), input_shape=(1, 3, 64, 96))
    names = [op.name for op in net.layers]
    assert names[:3] == ["conv1", "layer1.0.conv1", "layer1.0.conv2"]
    assert "layer2.0.downsample.0" in names
    assert names[-1] == "fc"
    assert net["layer1.0.bn1"].kind == "norm"


def test_other_operators_are_listed_by_kind_and_never_a_silent_zero():
    def forward(x):
        y = F.batch_norm(x, torch.zeros(3), torch.ones(3)).relu()
        y = F.max_pool2d(y + 1, (2, 3)).flatten(1)
        return torch.fft.rfft(y)

    net = cm.from_torch(forward, input_shape=(2, 3, 8, 9))
    kinds = {op.operator: op for op in net}
    assert kinds["aten.native_batch_norm"].work == 2 * 3 * 8 * 9
    assert kinds["aten.relu"].work == 2 * 3 * 8 * 9
    assert kinds["aten.add"].work == 2 * 3 * 8 * 9
    assert kinds["aten.max_pool2d_with_indices"].work == 2 * 3 * 4 * 3 * 6
    (missing,) = net.unmodelled
    assert "fft" in missing.operator
    assert "not modelled" in net.footnotes[-1]


def test_adaptive_pooling_reads_every_element_of_every_window():
    net = cm.from_torch(nn.AdaptiveAvgPool2d((3, 4)), input_shape=(2, 5, 7, 9))
    (op,) = net.ops
    rows = sum(-(-(i + 1) * 7 // 3) - i * 7 // 3 for i in range(3))
    columns = sum(-(-(i + 1) * 9 // 4) - i * 9 // 4 for i in range(4))
    assert op.work == 2 * 5 * rows * columns > 2 * 5 * 7 * 9


# -- inputs --------------------------------------------------------------------------------------
def test_several_inputs_by_place_and_by_name():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 6), nn.Linear(5, 6)

        def forward(self, left, right):
            return self.a(left) + self.b(right)

    model = Two()
    by_place = cm.from_torch(model, input_shape=((3, 4), (3, 5)))
    by_name = cm.from_torch(model, input_shape={"right": (3, 5), "left": (3, 4)})
    assert by_place.macs == by_name.macs == 3 * 6 * (4 + 5)
    assert by_place.input_shapes == ((3, 4), (3, 5))


def test_token_ids_are_recognised_and_said():
    model = nn.Sequential(nn.Embedding(30, 8), nn.Linear(8, 5))
    net = cm.from_torch(model, input_shape=(2, 9))
    assert net.macs == 2 * 9 * 8 * 5
    assert any("integers" in note for note in net.notes)
    assert not cm.from_torch(model, input_shape=(2, 9), dtype="int64").notes


@pytest.mark.parametrize(
    ("shape", "dtype", "said"),
    [
        ((1, 0, 4), None, "0"),
        ((1, 2.5), None, "2.5"),
        ("1x3", None, "1x3"),
        ((1, 3, 8, 9), "float31", "float31"),
        (((1, 3, 8, 9),), ("float32", "float32"), "2 values"),
        ((1 << 40, 1 << 40), None, "elements"),
    ],
)
def test_an_input_that_is_none_is_one_sentence(shape, dtype, said):
    with pytest.raises(InputError, match=said) as error:
        cm.from_torch(nn.Conv2d(3, 4, 1), input_shape=shape, dtype=dtype)
    assert "\n" not in str(error.value)


def test_a_shape_that_the_model_does_not_take_is_one_sentence():
    with pytest.raises(InputError, match=r"Conv2d does not run on an input of 1×5×8×9") as error:
        cm.from_torch(nn.Conv2d(3, 4, 1), input_shape=(1, 5, 8, 9))
    assert "\n" not in str(error.value)


# -- forwards that need values -------------------------------------------------------------------
class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 8), nn.Linear(6, 9)

    def forward(self, x):
        return self.a(x) if x.mean().item() < 2 else self.b(x)


def test_a_forward_that_needs_values_runs_on_the_cpu_and_says_so():
    model = Branching()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    net = cm.from_torch(model, input_shape=(3, 6))
    assert net.macs == 3 * 6 * 8
    assert any("CPU" in note for note in net.footnotes)
    assert net["b"].kind == "unused"
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_a_meta_model_that_needs_values_still_runs():
    net = cm.from_torch(Branching().to("meta"), input_shape=(3, 6))
    assert net.macs == 3 * 6 * 8


def test_constants_of_the_forward_keep_their_values():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(6, 8)
            self.register_buffer("table", torch.tensor([0, 2, 3]))

        def forward(self, x):
            keep = torch.arange(x.shape[1], device=x.device) != 1
            x = x[:, keep][:, self.table]
            if keep.all():
                raise RuntimeError("the mask has lost its values")
            return self.fc(x)

    net = cm.from_torch(Masked(), input_shape=(2, 5, 6))
    assert net.macs == 2 * 3 * 6 * 8
    assert not net.notes


def test_integer_inputs_that_are_looked_at_need_no_run_on_the_cpu():
    class Warned(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.fc = nn.Embedding(30, 8), nn.Linear(8, 5)

        def forward(self, ids):
            if (ids == 0).any():
                return self.embed(ids)
            return self.fc(self.embed(ids))

    net = cm.from_torch(Warned(), input_shape=(2, 9))
    assert net.macs == 2 * 9 * 8 * 5
    assert any("taken as 1" in note for note in net.notes)
