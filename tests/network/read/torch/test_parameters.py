"""Parameters wherever they are kept: in lists, closures, packed objects; sparse ones too."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import costmodel as cm
from costmodel.errors import InputError

SAID = "does not list them"


class Listed(nn.Module):
    """Its layers are in a list, which PyTorch does not look into."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7)), nn.Linear(7, 6)]
        self.scales = (nn.Parameter(torch.rand(6, 4)),)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x @ self.scales[0])


def test_layers_and_parameters_in_a_list_are_counted_and_said():
    model = Listed().eval()
    hidden = [*model.layers[0].parameters(), *model.layers[1].parameters(), *model.scales]
    net = cm.from_torch(model, input_shape=(3, 5))
    assert net.params == sum(p.numel() for p in (*hidden, *model.head.parameters()))
    assert net.macs == 3 * (5 * 7 + 7 * 6 + 6 * 4 + 4 * 3)
    assert {op.kind for op in net.layers} == {"linear"}
    assert sum(SAID in note for note in net.footnotes) == 1
    assert [p.is_meta for p in hidden] == [False] * len(hidden)


def test_a_model_that_lists_its_parameters_has_no_note():
    assert not cm.from_torch(nn.Linear(5, 7), input_shape=(3, 5)).footnotes


def test_hidden_layers_survive_a_run_on_the_cpu():
    class Asking(Listed):
        def forward(self, x):
            return super().forward(x) if x.sum().item() < 1e9 else x

    model = Asking().eval()
    net = cm.from_torch(model, input_shape=(3, 5))
    assert net.macs == cm.from_torch(Listed().eval(), input_shape=(3, 5)).macs
    assert net.params == cm.from_torch(Listed().eval(), input_shape=(3, 5)).params
    assert all(not p.is_meta for p in model.layers[0].parameters())


@pytest.mark.parametrize("times", [1, 2])
def test_a_parameter_in_a_closure_is_a_weight(times):
    weight, frozen = nn.Parameter(torch.rand(7, 5)), nn.Parameter(torch.rand(7), False)

    def forward(x):
        return sum(F.linear(x, weight, frozen) for _ in range(times))

    net = cm.from_torch(forward, input_shape=(3, 5))
    assert (net.macs, net.weights, net.biases) == (times * 3 * 5 * 7, 35, 7)
    assert {op.kind for op in net.layers} == {"linear"}
    assert not net.footnotes


def test_weights_read_past_their_module_are_its_weights():
    class Past(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = (nn.Linear(5, 7),)

        def forward(self, x):
            return self.hidden[0].forward(x)

    net = cm.from_torch(Past(), input_shape=(3, 5))
    assert (net.macs, net.params) == (3 * 5 * 7, 42)
    assert SAID in net.footnotes[0]


def test_an_ordinary_constant_is_no_parameter():
    constant = torch.rand(7, 5)
    net = cm.from_torch(lambda x: F.linear(x, constant), input_shape=(3, 5))
    assert (net.macs, net.params) == (3 * 5 * 7, 0)


# -- tensors whose shape is not their work -------------------------------------------------------
class Sparse(nn.Module):
    def __init__(self, layout):
        super().__init__()
        weight = torch.rand(7, 5) * (torch.rand(7, 5) > 0.5)
        self.weight = nn.Parameter(weight.to_sparse(layout=layout))

    def forward(self, x):
        return self.weight @ x.T


@pytest.mark.parametrize("layout", [torch.sparse_csr, torch.sparse_coo, torch.sparse_csc])
def test_a_sparse_product_is_a_row_that_is_not_modelled(layout):
    net = cm.from_torch(Sparse(layout), input_shape=(3, 5))
    (row,) = net.unmodelled
    assert row.operator.endswith("of sparse tensors")
    assert (net.macs, net.params) == (0, 35)  # numel, as PyTorch says it
    assert "of sparse tensors" in net.footnotes[-1]


def test_an_activation_made_sparse_is_not_modelled_either():
    net = cm.from_torch(lambda x: x.to_sparse_csr() @ torch.ones(5, 7), input_shape=(3, 5))
    assert any("sparse" in op.operator for op in net.unmodelled)


def test_a_nested_product_is_a_row_that_is_not_modelled():
    def forward(x):
        return F.linear(torch.nested.nested_tensor([x, x[:2]]), torch.ones(7, 5))

    net = cm.from_torch(forward, input_shape=(3, 5))
    assert "aten.linear of nested tensors" in {op.operator for op in net.unmodelled}


def test_a_jagged_tensor_multiplies_as_often_as_it_has_rows():
    layer = nn.Linear(5, 7)

    def forward(x):
        return layer(torch.nested.nested_tensor([x, x[:2]], layout=torch.jagged)).values()

    net = cm.from_torch(forward, input_shape=(3, 5))
    assert net.macs == (3 + 2) * 5 * 7
    assert not net.unmodelled


def test_a_model_that_cannot_be_copied_is_one_sentence():
    class Stubborn(nn.Module):
        def __deepcopy__(self, memo):
            raise RuntimeError("there is only one")

        def forward(self, x):
            return x * x.sum().item()

    with pytest.raises(InputError, match=r"cannot be copied for a run on the CPU: .*only one"):
        cm.from_torch(Stubborn(), input_shape=(3, 5))


# -- weights that other libraries hold -----------------------------------------------------------
def quietly(make, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(*args, **kwargs)


def dynamic(model, kinds):
    return quietly(torch.ao.quantization.quantize_dynamic, model, kinds, dtype=torch.qint8)


def test_dynamically_quantised_layers_count_like_plain_ones():
    layers = nn.Sequential(nn.Linear(5, 5)), nn.Sequential(nn.Linear(5, 7, bias=False))
    plain = cm.from_torch(nn.Sequential(layers[0], layers[0], layers[1]), input_shape=(2, 3, 5))
    first, last = (dynamic(layer, {nn.Linear}) for layer in layers)
    net = cm.from_torch(nn.Sequential(first, first, last), input_shape=(2, 3, 5))
    assert net.macs == plain.macs == 6 * (2 * 25 + 35)
    assert net.params == plain.params == 25 + 5 + 35  # the shared layer once
    assert not net.unmodelled
    assert any(SAID in note for note in net.footnotes)


def test_statically_quantised_networks_count_like_plain_ones():
    from torch.ao import quantization as q

    layers = [
        nn.Conv2d(2, 4, (3, 5), stride=(2, 1), padding=1),
        nn.ReLU(),
        nn.Conv2d(4, 8, 3, groups=2, dilation=(1, 2)),
        nn.ConvTranspose2d(8, 3, 2, stride=(2, 3), output_padding=(0, 1)),
        nn.Flatten(),
    ]
    shape = (2, 2, 11, 17)
    features = nn.Sequential(*layers)(torch.rand(shape)).shape[1]
    model = nn.Sequential(q.QuantStub(), *layers, nn.Linear(features, 5), q.DeQuantStub()).eval()
    plain = cm.from_torch(nn.Sequential(*model), input_shape=shape)
    model.qconfig = q.default_qconfig
    quietly(q.fuse_modules, model, ["1", "2"], inplace=True)
    prepared = quietly(q.prepare, model)
    prepared(torch.rand(shape))
    net = cm.from_torch(quietly(q.convert, prepared), input_shape=shape)
    kinds = ("conv", "conv_transpose", "linear")
    assert [op.macs for op in net.layers] == [op.macs for op in plain.layers if op.kind in kinds]
    assert [op.layer for op in net.layers] == [op.layer for op in plain.layers]
    assert net.params == plain.params
    assert not net.unmodelled


def test_one_dimensional_quantised_convolutions():
    from torch.ao.nn.quantized import Conv1d

    layer = Conv1d(3, 4, 5, stride=2, padding=1, dilation=2)
    net = cm.from_torch(
        lambda x: layer(torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)),
        input_shape=(2, 3, 21),
    )
    assert net.macs == 2 * 4 * 3 * 5 * ((21 + 2 - 9) // 2 + 1)


def test_onednn_layers_count_like_plain_ones():
    from torch.utils.mkldnn import to_mkldnn

    model = nn.Sequential(nn.Conv2d(2, 4, 3, groups=2, stride=(1, 2)), nn.ReLU()).eval()
    net = cm.from_torch(quietly(to_mkldnn, model), input_shape=(2, 2, 9, 11))
    assert net.macs == 2 * 4 * 1 * 9 * 7 * 5
    weight, bias = torch.rand(7, 5), torch.rand(7)

    def linear(x):
        out = torch._C._nn.mkldnn_linear(x.to_mkldnn(), weight.to_mkldnn(), bias.to_mkldnn())
        return out.to_dense()

    net = cm.from_torch(linear, input_shape=(3, 2, 5))
    assert net.macs == 6 * 5 * 7
    assert not net.unmodelled
