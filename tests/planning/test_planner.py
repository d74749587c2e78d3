"""Plans: against counting every plan of a small network, and against the built model."""

import copy
import random

import pytest

import costmodel as cm
from benchmarks.greedy import greedy
from costmodel.errors import CostModelError
from costmodel.network import columns
from costmodel.planning.statement import Statement
from tests.planning.networks import SMALL, VARIANTS, all_plans, total

KEYS = ("params", "macs", "weight_bytes", "changed")
FEW = ("grouped", "depthwise_separable")


@pytest.fixture(scope="module")
def every():
    """The totals of every plan."""
    found = Statement(SMALL, None, variants=FEW).measured(KEYS)
    plans = [{key: total(network, key) for key in KEYS} for network in all_plans(found)]
    assert len(plans) > 300
    return plans


@pytest.mark.parametrize("seed", range(25))
def test_the_least_of_all_plans(every, seed):
    random_ = random.Random(seed)
    objective, *limited = random_.sample(KEYS, 3)
    limited = limited[: random_.randint(1, 2)]
    whole = {key: total(SMALL, key) for key in KEYS}
    at_most = {key: random_.randint(0, max(whole[key], 4)) for key in limited}
    within = [p for p in every if all(p[key] <= most for key, most in at_most.items())]
    if not within:
        with pytest.raises(CostModelError, match="out of reach; the least that any plan reaches"):
            cm.plan(SMALL, at_most, minimize=objective, variants=FEW)
        return
    plan = cm.plan(SMALL, at_most, minimize=objective, variants=FEW)
    assert plan.value == min(p[objective] for p in within)
    assert plan.proved
    assert plan.bound == plan.value
    assert total(plan.network, objective) == plan.value
    for key, most in at_most.items():
        assert total(plan.network, key) <= most


def test_floors_and_ceilings_together(every):
    at_most, at_least = {"macs": "60%"}, {"params": "70%"}
    plan = cm.plan(SMALL, at_most, at_least, minimize="weight_bytes", variants=FEW)
    most, least = SMALL.macs * 60 // 100, -(-SMALL.params * 70 // 100)
    within = [p for p in every if p["macs"] <= most and p["params"] >= least]
    assert plan.value == min(p["weight_bytes"] for p in within)
    assert [str(limit) for limit in plan.limits] == [
        f"macs ≤ {most:,} (60 %)",
        f"params ≥ {least:,} (70 %)",
    ]


def test_of_plans_that_change_as_little_one_that_keeps_the_most(every):
    plan = cm.plan(SMALL, {"macs": "50%"}, variants=FEW)
    assert plan.objective == "changed"
    alike = [p for p in every if p["macs"] <= SMALL.macs // 2 and p["changed"] == plan.value]
    assert plan.network.params >= 0.99 * max(p["params"] for p in alike)
    assert plan.value == min(p["changed"] for p in every if p["macs"] <= SMALL.macs // 2)


def test_what_must_stay_stays_and_what_is_allowed_is_all_there_is():
    plan = cm.plan(
        cm.load("resnet18"),
        {"macs": "70%"},
        variants={"layer4.*": ["tucker2"], "layer[123].*,kernel=3": ["basis"]},
        keep="layer3.*",
    )
    assert plan.choices
    for name, choice in plan.choices.items():
        assert name[:6] in ("layer1", "layer2", "layer4")
        assert choice.variant.id == ("tucker2" if name.startswith("layer4") else "basis")


def test_a_plan_that_needs_nothing_changes_nothing():
    plan = cm.plan(SMALL, {"macs": "100%"})
    assert (plan.value, plan.choices, plan.network.macs) == (0, {}, SMALL.macs)
    assert plan.rows[-1]["macs"] == SMALL.macs


@pytest.mark.parametrize("share", [30, 55, 80])
def test_a_greedy_planner_is_never_better(share):
    net = cm.load("alexnet")
    most = net.macs * share // 100
    found = Statement(net, None, variants=VARIANTS).measured(["macs", "params"])
    macs, params, changed = greedy(found, most)
    assert macs <= most
    plan = cm.plan(net, {"macs": f"{share}%"}, variants=VARIANTS)
    assert plan.value <= changed
    held = {"changed": changed}
    kept = cm.plan(net, held, {"params": params}, minimize="macs", variants=VARIANTS)
    assert kept.value <= macs


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cm.plan(SMALL, {"macs": "1%"}, variants=["cp"]), r"macs ≤ 2,268 \(1 %\) is out"),
        (lambda: cm.plan(SMALL, {"mac": "1%"}), "unknown measure of a plan 'mac'"),
        (lambda: cm.plan(SMALL, {"macs": "some"}), "macs='some'; allowed are amounts"),
        (lambda: cm.plan(SMALL, {"peak_memory": "9%"}), "peak_memory of a network is not the sum"),
        (lambda: cm.plan(SMALL, {"macs": "9%"}, minimize="error"), "trained weights are not known"),
        (lambda: cm.plan(SMALL, {"largest_error": 0.1}), "no sum; allowed is minimize="),
        (lambda: cm.plan(SMALL, {"macs": "9%"}, {"macs": "10%"}), "allowed is a floor"),
        (lambda: cm.plan(SMALL, {"macs": "9%"}, where="stern"), "no layer of small is selected"),
        (lambda: cm.plan(SMALL, {"macs": "9%"}, keep="stern"), "no layer of small is selected"),
        (lambda: cm.plan(SMALL, {"macs": "9%"}, variants=["bases"]), "unknown variant 'bases'"),
        (lambda: cm.plan(SMALL, {"macs": True}), "macs=True; allowed are amounts"),
    ],
)
def test_wrong_calls_are_one_sentence(call, words):
    with pytest.raises(CostModelError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_milliseconds_are_those_that_are_predicted():
    """On the times that come with the project."""
    from costmodel.timing.convolution import convolutions
    from costmodel.timing.opened import open_times
    from costmodel.timing.store.shipped import names

    machine = f"shipped/{names()[0]}"
    net = cm.load("alexnet")
    plan = cm.plan(net, {"ms": "70%"}, variants=["basis", "channel_svd"], machine=machine)
    predictor = open_times(machine=machine).predictor

    def milliseconds(network):
        bounds = [op.bound or cm.count("standard", op.layer).bound for op in network.layers]
        return 1e3 * sum(s for bound in bounds for s in predictor.seconds_of(convolutions(bound)))

    assert plan.totals["ms"] == pytest.approx(milliseconds(plan.network), rel=1e-6)
    assert milliseconds(plan.network) <= 0.7 * milliseconds(net) * (1 + 1e-9)
    assert plan.choices


# -- with weights ----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def model():
    """A small model with three convolutions and a linear layer."""
    torch = pytest.importorskip("torch", reason="no torch: pip install it")
    torch.manual_seed(3)
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 14, 3, padding=1),
        nn.BatchNorm2d(14),
        nn.ReLU(),
        nn.Conv2d(14, 18, (3, 5), stride=2, padding=(1, 2), bias=False),
        nn.ReLU(),
        nn.Conv2d(18, 22, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(22, 6),
    )


SHAPE = (1, 3, 16, 20)
RANKED = ("channel_svd", "spatial_svd", "tucker2")


@pytest.mark.parametrize("objective", ["error", "largest_error", "params"])
def test_the_built_model_is_what_was_planned(model, objective):
    plan = cm.plan(model, {"macs": "50%"}, minimize=objective, input_shape=SHAPE, variants=RANKED)
    assert plan.proved
    built = cm.from_torch(plan.torch(model, init="weights"), SHAPE)
    assert (built.macs, built.params) == (plan.network.macs, plan.network.params)
    assert built.macs <= cm.from_torch(model, SHAPE).macs // 2


@pytest.mark.parametrize("objective", ["error", "largest_error"])
def test_errors_are_those_of_the_factors(model, objective):
    plan = cm.plan(model, {"macs": "45%"}, minimize=objective, input_shape=SHAPE, variants=RANKED)
    assert plan.choices
    found = {
        name: cm.factorize(
            model.get_submodule(name).weight,
            choice.variant,
            layer=plan.before[name].layer,
            hyper=dict(choice.hyper),
        ).error
        for name, choice in plan.choices.items()
    }
    if objective == "error":
        planned = sum(error**2 for error in found.values())
    else:
        planned = max(found.values())
    # higher-order orthogonal iteration starts from the decomposition that a plan goes by
    assert planned <= plan.value * (1 + 1e-6)
    assert planned > 0.6 * plan.value


def test_errors_of_outputs_are_those_on_what_the_layers_see(model):
    """Beside running each layer on its inputs, with its kernel and with the factors'."""
    torch = pytest.importorskip("torch", reason="no torch: pip install it")
    torch.manual_seed(3)
    inputs = torch.randn(3, *SHAPE[1:]) * torch.tensor([1.0, 0.02, 3.0]).reshape(1, 3, 1, 1)
    call = {"minimize": "error", "input_shape": SHAPE, "variants": ["channel_svd", "spatial_svd"]}
    plan = cm.plan(model, {"macs": "45%"}, inputs=inputs, **call)
    assert plan.proved
    seen = {}
    for name in plan.choices:
        model.get_submodule(name).register_forward_pre_hook(
            lambda _, arguments, name=name: seen.update({name: arguments[0]})
        )
    with torch.no_grad():
        model.eval()(inputs)
        total = 0.0
        for name, choice in plan.choices.items():
            layer = model.get_submodule(name)
            factors = cm.factorize(
                layer.weight, choice.variant, layer=plan.before[name].layer,
                hyper=dict(choice.hyper),
            )  # fmt: skip
            other = copy.deepcopy(layer)
            other.weight.copy_(torch.tensor(factors.kernel()).reshape(layer.weight.shape))
            bias = 0 if layer.bias is None else layer.bias.reshape(-1, *[1] * (seen[name].ndim - 2))
            whole = layer(seen[name]) - bias
            total += float(((whole - (other(seen[name]) - bias)).norm() / whole.norm()) ** 2)
    assert plan.value == pytest.approx(total, rel=1e-3)
    assert plan.value != pytest.approx(cm.plan(model, {"macs": "45%"}, **call).value, rel=0.02)


def test_inputs_need_a_model_and_variants(model):
    with pytest.raises(CostModelError, match="inputs= with a Network"):
        cm.plan(SMALL, {"macs": "50%"}, inputs=[1.0])
    with pytest.raises(CostModelError, match="inputs= without variants="):
        cm.plan(model, {"macs": "50%"}, input_shape=SHAPE, inputs=[1.0])


def test_the_largest_error_is_the_least_there_is(model):
    plan = cm.plan(
        model, {"macs": "45%"}, minimize="largest_error", input_shape=SHAPE, variants=RANKED
    )
    statement = Statement.of(model, None, SHAPE, variants=RANKED)
    found = statement.measured(["largest_error", "macs"])
    rest = [
        [(e, m) for e, m in zip(errors, macs, strict=True) if e**0.5 < plan.value * (1 - 1e-9)]
        for errors, macs in zip(*found.parts.values(), strict=True)
    ]
    least = sum(min(m for _, m in part) for part in rest)
    assert plan.before.macs + least > plan.before.macs * 45 // 100, "no smaller error is within"


def test_weights_of_another_network_are_refused(model):
    from costmodel.factors.read.model import weights_of

    with pytest.raises(CostModelError, match="has no weights of layer 'stem'"):
        cm.plan(SMALL, {"macs": "50%"}, weights=weights_of(model, "another"), minimize="error")
    with pytest.raises(CostModelError, match="weights= with a model"):
        cm.plan(model, {"macs": "50%"}, weights=weights_of(model, "another"), input_shape=SHAPE)


def test_the_proof_is_in_every_output():
    plan = cm.plan(SMALL, {"macs": "50%"}, variants=FEW)
    assert "proved" in plan.proof
    for text in (plan.to_csv(), plan.to_json(), plan.to_markdown(), str(plan), repr(plan)):
        assert plan.proof in text.replace("\\", "")
    assert columns.total(plan.network, "macs") == plan.totals["macs"]


@pytest.mark.slow
def test_a_floor_that_leaves_many_nearly_equal_plans_is_proved():
    """Linear relaxations of what is left cut them; a price of cost alone leaves millions."""
    net, ids = cm.load("resnet18"), ["basis", "channel_svd", "spatial_svd", "tucker2", "cp"]
    tight, loose = (
        cm.plan(net, at_least={"params": share}, minimize="macs", variants=ids, seconds=None)
        for share in ("90%", "80%")
    )
    assert tight.proved
    assert loose.proved
    assert loose.value < tight.value
