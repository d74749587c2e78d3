"""Files that nobody vouches for: one sentence, exit code 2, and nothing outside is touched."""

import itertools
import random
import sys

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

import costmodel as cm
from costmodel.errors import InputError
from costmodel.network.read.onnx import folding, graph, loading, shapes
from tests.network.read.onnx.test_onnx import LIGHT, save

pytestmark = pytest.mark.slow


def refused(path, match, **kwargs):
    with pytest.raises(InputError, match=match) as error:
        cm.from_onnx(path, **kwargs)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2
    return str(error.value)


def rewrite(path, change):
    model = ModelProto()
    model.ParseFromString(path.read_bytes())
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def small(tmp_path, **attributes):
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], **attributes)]
    return save(tmp_path, nodes, {"x": [2, 6, 11, 13]}, {"w": (8, 6, 3, 5)})


def test_files_that_are_no_model(tmp_path):
    path = tmp_path / "m.onnx"
    refused(path, "cannot read")
    refused(tmp_path, "cannot read")
    path.write_bytes(b"")
    refused(path, "no graph")
    path.write_bytes(b"\x00\xff not a protobuf" * 50)
    refused(path, "not an ONNX model")
    good = small(tmp_path)
    path.write_bytes(good.read_bytes()[:-20])
    refused(path, "not an ONNX model")


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = small(tmp_path)
    monkeypatch.setattr(loading, "MAX_BYTES", path.stat().st_size - 1)
    refused(path, "bytes; allowed are")


@pytest.mark.parametrize(
    "location",
    ["../weights.bin", "/etc/passwd", "a/../../b", "C:\\weights.bin", "..\\b", "\\\\host\\b"],
)
def test_external_data_stays_in_the_folder(tmp_path, location):
    def change(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", location

    refused(rewrite(small(tmp_path), change), "allowed are files in the model's folder")


def test_external_data_is_never_opened(tmp_path):
    def change(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "folder"

    (tmp_path / "folder").mkdir()  # opening it would fail
    path = rewrite(small(tmp_path), change)
    assert cm.from_onnx(path).params == 8 * 6 * 15


def test_sizes_are_checked_before_they_are_used(tmp_path):
    def huge(model):
        model.graph.initializer[0].dims[0] = 1 << 61

    def negative(model):
        model.graph.initializer[0].dims[0] = -8

    def huge_input(model):
        for dim in model.graph.input[0].type.tensor_type.shape.dim:
            dim.dim_value = 1 << 20

    refused(rewrite(small(tmp_path), huge), "more than")
    refused(rewrite(small(tmp_path), negative), "-8")
    refused(rewrite(small(tmp_path), huge_input), "more than")


def test_a_constant_that_would_be_huge_is_not_made(tmp_path):
    nodes = [
        helper.make_node("ConstantOfShape", ["s"], ["w"]),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    path = save(tmp_path, nodes, {"x": [5, 1 << 28]})
    rewrite(
        path,
        lambda m: m.graph.initializer.append(
            numpy_helper.from_array(np.array([1 << 28, 1 << 28]), "s")
        ),
    )
    assert cm.from_onnx(path).macs == 5 << 56


def test_functions_that_would_explode_are_refused(tmp_path):
    """Thirty functions, each calling the one before twice: a billion operations in 4 kB."""
    functions = []
    for i in range(30):
        call, domain = ("Relu", "") if not i else (f"F{i - 1}", "local")
        functions.append(
            helper.make_function(
                "local",
                f"F{i}",
                ["a"],
                ["c"],
                [
                    helper.make_node(call, ["a"], ["b"], domain=domain),
                    helper.make_node(call, ["b"], ["c"], domain=domain),
                ],
                [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)],
            )
        )
    nodes = [helper.make_node("F29", ["x"], ["y"], domain="local")]
    path = save(tmp_path, nodes, {"x": [5, 6]}, functions=functions)
    refused(path, "once its functions are written out")


def test_a_function_that_calls_itself_is_refused(tmp_path):
    function = helper.make_function(
        "local",
        "F",
        ["a"],
        ["b"],
        [helper.make_node("F", ["a"], ["b"], domain="local")],
        [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)],
    )
    nodes = [helper.make_node("F", ["x"], ["y"], domain="local")]
    refused(save(tmp_path, nodes, {"x": [5, 6]}, functions=[function]), "calls itself")


def nested(depth):
    """A model whose only operation holds a graph that holds an operation …, byte by byte.

    Protobuf itself refuses to write (and, from a hundred messages on, to read) such a file.
    """

    def field(number, data):
        size, length = b"", len(data)
        while length > 127:
            size += bytes((length & 127 | 128,))
            length >>= 7
        return bytes((number << 3 | 2,)) + size + bytes((length,)) + data

    node = field(2, b"r") + field(4, b"Relu")
    for _ in range(depth):
        attribute = field(1, b"then_branch") + b"\xa0\x01\x05" + field(6, field(1, node))
        node = field(2, b"r") + field(4, b"If") + field(5, attribute)
    return field(7, field(1, node))


@pytest.mark.parametrize("depth", [7, 400, 20000])
def test_deep_nesting_is_refused(tmp_path, monkeypatch, depth):
    path = tmp_path / "deep.onnx"
    path.write_bytes(nested(3))
    assert [op.operator for op in cm.from_onnx(path).unmodelled] == ["If"]
    monkeypatch.setattr(loading, "MAX_DEPTH", 5)
    path.write_bytes(nested(depth))
    refused(path, "more than 5 deep" if depth < 30 else "not an ONNX model")


def test_too_many_operations_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "MAX_NODES", 5)
    nodes = [helper.make_node("Relu", [f"x{i}"], [f"x{i + 1}"]) for i in range(6)]
    refused(save(tmp_path, nodes, {"x0": [5, 6]}), "more than 5 operations")


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"group": 5}, "groups"),
        ({"group": 0}, "groups"),
        ({"strides": [1]}, "strides"),
        ({"strides": [0, 1]}, "stride"),
        ({"pads": [1, 1, 1]}, "pads"),
        ({"auto_pad": "ODD"}, "auto_pad"),
        ({"dilations": [9, 9]}, "sides from 0 up"),
    ],
)
def test_attributes_that_fit_no_convolution(tmp_path, attributes, said):
    refused(small(tmp_path, **attributes), said)


def test_sizes_that_do_not_fit_each_other(tmp_path):
    matmul = [helper.make_node("MatMul", ["a", "b"], ["y"])]
    refused(save(tmp_path, matmul, {"a": [5, 6], "b": [7, 8]}), "inner sides differ")
    refused(save(tmp_path, matmul, {"a": [2, 5, 6], "b": [3, 6, 8]}), "do not fit")
    einsum = [helper.make_node("Einsum", ["a", "b"], ["y"], equation="ij,jk->ikz")]
    refused(save(tmp_path, einsum, {"a": [5, 6], "b": [6, 8]}), "result has an axis")
    einsum = [helper.make_node("Einsum", ["a", "b"], ["y"], equation="ijk,jk->i")]
    refused(save(tmp_path, einsum, {"a": [5, 6], "b": [6, 8]}), "2 axes")


def test_a_broken_constant(tmp_path):
    def change(model):
        model.graph.initializer[0].raw_data = b"123"
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.append(4)

    refused(rewrite(small(tmp_path), change), "broken constant")


def test_a_given_shape_that_does_not_fit(tmp_path):
    path = small(tmp_path)
    refused(path, "4 axes", input_shape=(2, 6, 11))
    refused(path, "2 input shapes", input_shape=((2, 6, 11, 13), (3, 4)))
    refused(path, "shapes such as", input_shape=(2, 6, -11, 13))


def test_a_missing_onnx_is_one_sentence(tmp_path, monkeypatch):
    path = small(tmp_path)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(cm.CostModelError, match="pip install") as error:
        cm.from_onnx(path)
    assert error.value.exit_code == 3


def test_names_that_are_no_text(tmp_path):
    path = small(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Conv", b"Con\xff"))
    refused(path, "UTF-8")


@pytest.mark.parametrize("attributes", [{"group": "two"}, {"strides": 2}, {"auto_pad": 1}])
def test_attributes_of_another_type(tmp_path, attributes):
    refused(small(tmp_path, **attributes), "of another type")


def test_files_with_random_damage_are_read_or_refused(tmp_path):
    """Whatever is in a file, the answer is a network or one sentence."""
    whole = (LIGHT / "light_bvlc_alexnet.onnx").read_bytes()
    generator = random.Random(11)
    path = tmp_path / "damaged.onnx"
    outcomes: list[bool] = []
    refusals: list[str] = []
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(generator.choice((1, 2, 9))):
            place = generator.randrange(len(data))
            if generator.random() < 0.7:
                data[place] = generator.randrange(256)
            else:
                del data[place : place + generator.randrange(1, 40)]
        path.write_bytes(data)
        try:
            outcomes.append(cm.from_onnx(path).macs > 0)
        except InputError as error:
            refusals.append(str(error))
    assert any(outcomes)
    assert refusals
    assert not any("\n" in text for text in refusals)


def integers(name, values):
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def graph_file(path, nodes, constants=(), stated=()):
    """A graph whose result is a rectified input, whatever its other nodes ask for."""
    made = helper.make_graph(
        [*nodes, helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 9])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        initializer=constants,
        value_info=stated,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def doubled(operator, start, times, **attributes):
    """A chain in which each node reads the one before it twice."""
    names = [start, *(f"c{i}" for i in range(times))]
    return [
        helper.make_node(operator, [a, a], [b], **attributes) for a, b in itertools.pairwise(names)
    ]


LARGE = 10**9
BOMBS = {
    "range": ([helper.make_node("Range", ["zero", "large", "one"], ["r"])], "r"),
    "made": ([helper.make_node("ConstantOfShape", ["sides"], ["r"])], "r"),
    "expand": ([helper.make_node("Expand", ["one1", "sides"], ["r"])], "r"),
    "joined": (doubled("Concat", "pair", 28, axis=0), "c27"),
    "wide": ([helper.make_node("Concat", ["long"] * 3000, ["r"], axis=0)], "r"),
    "outer": (
        [
            helper.make_node("Unsqueeze", ["long", "one1"], ["u"]),
            helper.make_node("Add", ["long", "u"], ["r"]),
        ],
        "r",
    ),
    "gathered": (doubled("Gather", "deep", 40), "c39"),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("lie", [False, True])
def test_what_is_computed_is_as_large_as_values_say_it_is(tmp_path, bomb, lie, monkeypatch):
    made = []
    evaluated = folding.evaluated
    monkeypatch.setattr(
        shapes, "evaluated", lambda *args: made.append(evaluated(*args)) or made[-1]
    )
    monkeypatch.setattr(onnx.shape_inference, "infer_shapes", unbounded)
    nodes, result = BOMBS[bomb]
    constants = [
        integers("zero", 0),
        integers("one", 1),
        integers("large", LARGE),
        integers("sides", [LARGE]),
        integers("one1", [1]),
        integers("pair", [0, 1]),
        integers("deep", [[0]]),
        integers("long", [1] * 4096),
    ]
    stated = [helper.make_tensor_value_info(result, TensorProto.INT64, [1])] if lie else []
    path = graph_file(tmp_path / "m.onnx", nodes, constants, stated)
    if bomb == "gathered":
        refused(path, "axes; allowed are 64")
    else:
        assert "y" in [op.name for op in cm.from_onnx(path)]
    assert max((value.size for value in made if value is not None), default=0) <= 4096


def unbounded(*_args, **_kwargs):
    pytest.fail("ONNX's pass over a whole graph has no bounds")


@pytest.mark.parametrize("place", ["initializer", "attribute", "sparse", "typed"])
def test_a_constant_holds_as_many_numbers_as_its_sides_say(tmp_path, place):
    broken = integers("s", [1])
    if place == "typed":
        broken = helper.make_tensor("s", TensorProto.INT64, [1], [7])
    broken.dims[:] = [2**32]
    if place == "sparse":
        sparse = helper.make_sparse_tensor(broken, integers("i", [0]), [5])
        nodes, held = [helper.make_node("Constant", [], ["c"], sparse_value=sparse)], []
    elif place == "attribute":
        nodes, held = [helper.make_node("Constant", [], ["c"], value=broken)], []
    else:
        nodes, held = [helper.make_node("Reshape", ["x", "s"], ["c"])], [broken]
    refused(graph_file(tmp_path / "m.onnx", nodes, held), "broken constant 's': .* 4294967296")


def test_four_bits_and_absent_numbers_are_no_mistake(tmp_path):
    packed = TensorProto(name="p", data_type=TensorProto.INT4, dims=[7], raw_data=b"\1\2\3\4")
    absent = TensorProto(name="a", data_type=TensorProto.FLOAT, dims=[2**20, 2**10])
    assert len(cm.from_onnx(graph_file(tmp_path / "m.onnx", [], [packed, absent]))) >= 1


def test_constants_that_are_kept_are_few_bytes_in_all(tmp_path, monkeypatch):
    nodes = [helper.make_node("ConstantOfShape", ["s"], [f"r{i}"]) for i in range(30)]
    path = graph_file(tmp_path / "m.onnx", nodes, [integers("s", [4096])])
    assert len(cm.from_onnx(path)) >= 1
    monkeypatch.setattr(shapes, "MAX_KEPT_BYTES", 20 * 4096 * 4)
    refused(path, "small constants of more than")


def test_a_tensor_has_few_axes(tmp_path):
    nodes = [helper.make_node("Reshape", ["x", "s"], ["z"])]
    refused(
        graph_file(tmp_path / "m.onnx", nodes, [integers("s", [216] + [1] * 900)]),
        "901 axes; allowed are 64",
    )


def test_a_branch_sees_what_stands_before_it_and_both_have_to_agree(tmp_path):
    def branch(channels):
        weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[channels, 3, 3, 3])
        node = helper.make_node("Conv", ["x", "w"], ["z"], kernel_shape=[3, 3])
        end = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
        return helper.make_graph([node], f"b{channels}", [], [end], initializer=[weight])

    def macs(one, other):
        kernel = TensorProto(name="v", data_type=TensorProto.FLOAT, dims=[7, 5, 1, 1])
        nodes = [
            helper.make_node("If", ["c"], ["i"], then_branch=branch(one), else_branch=branch(other))
        ]
        nodes.append(helper.make_node("Conv", ["i", "v"], ["o"], kernel_shape=[1, 1]))
        held = [kernel, numpy_helper.from_array(np.array(True), "c")]
        return cm.from_onnx(graph_file(tmp_path / "m.onnx", nodes, held))["o"].macs

    assert macs(5, 5) == 7 * 5 * 6 * 7
    assert not macs(5, 4)


def test_a_transposed_convolution_of_another_rank(tmp_path):
    nodes = [helper.make_node("ConvTranspose", ["x", "v"], ["t"], output_shape=[9])]
    weight = TensorProto(name="v", data_type=TensorProto.FLOAT, dims=[3, 4, 3, 3])
    stated = [helper.make_tensor_value_info("t", TensorProto.FLOAT, [1, 4, 9])]
    path = graph_file(tmp_path / "m.onnx", nodes, [weight], stated)
    refused(path, r"ConvTranspose.* has a result of 1 sides; allowed are the 2 of its input")


def test_what_no_rule_expects_is_refused(tmp_path, monkeypatch):
    def surprised(view):
        return view.inputs[99]

    monkeypatch.setitem(graph.PRODUCTS._entries, "Conv", surprised)
    refused(small(tmp_path), "operation 'y' .Conv. .* do not fit each other .*index")


def test_weights_computed_in_many_steps_are_read_at_once(tmp_path):
    """A chain of constants that hundreds of convolutions read: neither deep nor quadratic."""
    steps = 1500
    nodes = [helper.make_node("Abs", [f"w{i}"], [f"w{i + 1}"]) for i in range(steps)]
    nodes += [helper.make_node("Conv", ["x", f"w{steps}"], [f"y{i}"]) for i in range(300)]
    net = cm.from_onnx(save(tmp_path, nodes, {"x": [1, 6, 9, 11]}, {"w0": (8, 6, 3, 5)}))
    assert net.params == 8 * 6 * 15


@pytest.mark.parametrize(
    ("entry", "value"),
    [("offset", "-5"), ("offset", "x"), ("length", "x"), ("length", "1"), ("location", ".")],
)
def test_broken_external_data_of_a_small_constant_is_as_good_as_none(tmp_path, entry, value):
    from onnx import save_model

    nodes = [helper.make_node("Add", ["x", "onnx::Add_1"], ["y"])]
    path = save(tmp_path, nodes, {"x": [3, 5]}, {"onnx::Add_1": (3, 5)})
    model = ModelProto()
    model.ParseFromString(path.read_bytes())
    save_model(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)

    def spoil(model):
        (tensor,) = model.graph.initializer
        for pair in tensor.external_data:
            if pair.key == entry:
                pair.value = value

    assert cm.from_onnx(path).params == 0  # zeros that the exporter has named
    assert cm.from_onnx(rewrite(path, spoil)).params == 15


def test_a_constant_of_very_many_axes(tmp_path):
    nodes = [helper.make_node("Add", ["x", "onnx::Add_1"], ["y"])]
    path = save(tmp_path, nodes, {"x": [3, 5]}, {"onnx::Add_1": (8, 2)})

    def fold(model):
        (tensor,) = model.graph.initializer
        del tensor.dims[:]
        tensor.dims.extend([1] * 100 + [16])

    refused(rewrite(path, fold), "broken constant")


def test_types_that_there_are_none_of(tmp_path):
    weight = TensorProto(name="v", data_type=99, dims=[3])
    refused(graph_file(tmp_path / "m.onnx", [], [weight]), "tensor 'v' type 99; allowed are ONNX")
    stated = helper.make_tensor_value_info("y", -(2**31), [1, 3, 8, 9])
    assert len(cm.from_onnx(graph_file(tmp_path / "n.onnx", [], [], [stated]))) == 1
