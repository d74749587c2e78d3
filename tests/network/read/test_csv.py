"""Networks as tables: what a file may say, and what it is told when it is wrong."""

import pytest

import costmodel as cm
from costmodel.errors import InputError
from costmodel.network.network import Network
from costmodel.network.operation import NetOp, Parameter
from costmodel.network.read.csv.reader import COLUMNS, parse_csv
from costmodel.network.read.csv.writer import layer_table, to_csv
from costmodel.network.read.library import available

GOOD = """\
# name: tiny
# source: written for a test
# input: 1x3x20x31
# any other comment
name,kind,in_channels,out_channels,kernel,height,width,stride,padding,dilation,groups,bias,norm
stem,conv,3,8,3x5,20,31,2x1,1x2,,,1,2

up,conv_transpose,8,6,2,10,31,2,valid,,2,0,
fc,linear,7440,9,,,,,,,,yes,
"""


def read(text):
    return parse_csv(text, "layers.csv")


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_layers_come_out_as_they_stand(tmp_path):
    net = cm.from_csv(write(tmp_path / "file.csv", GOOD))
    assert (net.name, net.source, net.input_shapes) == (
        "tiny",
        "written for a test",
        ((1, 3, 20, 31),),
    )
    stem = cm.ConvLayer((3, 5), 3, 8, (20, 31), stride=(2, 1), padding=(1, 2), bias=True)
    up = cm.ConvLayer(2, 8, 6, (10, 31), stride=2, padding="valid", groups=2, transposed=True)
    assert [op.layer for op in net.ops[:2]] == [stem, up]
    assert [op.kind for op in net] == ["conv", "conv_transpose", "linear"]
    assert net["stem"].norm_params == 16
    assert net["fc"].biases == 9
    assert net.params == 3 * 5 * 3 * 8 + 8 + 16 + 2 * 2 * 4 * 6 + 7440 * 9 + 9


def test_without_facts_the_file_gives_the_name(tmp_path):
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith("#"))
    net = cm.from_csv(write(tmp_path / "file.csv", text))
    assert net.name == "file"
    assert net.source.endswith("file.csv")
    assert cm.from_csv(tmp_path / "file.csv", name="mine").name == "mine"


def test_one_and_three_dimensions_and_other_kinds():
    net = read(
        "name,kind,in_channels,out_channels,kernel,depth,height,width,positions,heads,norm\n"
        "audio,conv,2,5,7,,,44,,,\n"
        "video,conv,3,4,3x5x7,9,10,11,,,\n"
        "tokens,linear,12,18,,,,,50,,2\n"
        "scores,matmul,16,50,,,,,49,8,\n"
        "bn,norm,24,,,,,,30,,2\n"
        "positions,embedding,50,12,,,,,,,\n"
    )
    assert net["audio"].macs == 7 * 2 * 5 * 44
    assert net["video"].macs == 3 * 5 * 7 * 3 * 4 * 9 * 10 * 11
    assert net["tokens"].macs == 12 * 18 * 50
    assert net["tokens"].norm_params == 36
    assert net["scores"].macs == 8 * 49 * 16 * 50
    assert (net["positions"].params, net["positions"].macs) == (600, 0)
    assert (net["bn"].norm_params, net["bn"].work) == (48, 720)


def test_repeat_is_that_many_layers_with_parameters_of_their_own():
    net = read("name,kind,in_channels,out_channels,repeat\nblock,linear,6,10,3\n")
    assert [op.name for op in net] == ["block.0", "block.1", "block.2"]
    assert net.params == 180


def test_line_ends_a_byte_order_mark_spaces_and_quotes_do_not_matter(tmp_path):
    plain = read(GOOD).ops
    changed = GOOD.replace("\n", "\r\n").replace("stem,conv,3", '"stem", conv , 3')
    path = tmp_path / "bom.csv"
    path.write_bytes(b"\xef\xbb\xbf" + changed.encode())
    assert cm.from_csv(path).ops == plain


def test_columns_in_any_order():
    lines = [line.split(",") for line in GOOD.splitlines() if "," in line and line[0] != "#"]
    turned = "\n".join(",".join(reversed(cells)) for cells in lines)
    assert read(turned).ops == read(GOOD).ops


def test_standard_input(monkeypatch):
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO(GOOD))
    assert cm.from_csv("-").ops == read(GOOD).ops


HEAD = "name,kind,in_channels,out_channels,kernel,height,width,groups,bias,padding\n"


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "layers.csv has no header row"),
        ("# only\n# comments\n", "has no header row"),
        (HEAD, "has no layers"),
        (
            "# input: 3 of 8x8\n" + HEAD + "a,conv,3,4,3,5,6,,,\n",
            "layers.csv, input='3of8x8'; allowed are integers such as 3 or 56x56",
        ),
        ("name,kind,in_channels\n", "line 1: column 'out_channels' is missing"),
        ("a;b;c\n", "line 1: unknown column 'a;b;c'"),
        (HEAD.replace("groups", "group"), "unknown column 'group': did you mean 'groups'"),
        (HEAD.replace("groups", "bias"), "column 'bias' stands twice"),
        (HEAD + "a,conv,3\n", "line 2: 3 cells under 10 columns"),
        (HEAD + "a,pool,3,4,3,5,6,,,\n", "line 2, column 'kind': 'pool'; allowed are conv"),
        (HEAD + ",conv,3,4,3,5,6,,,\n", "line 2, column 'name': ''"),
        (HEAD + "a,conv,three,4,3,5,6,,,\n", "line 2, column 'in_channels': 'three'; allowed"),
        (HEAD + "a,conv,,4,3,5,6,,,\n", "line 2, column 'in_channels': ''; allowed"),
        (HEAD + "a,conv,0,4,3,5,6,,,\n", "line 2, column 'in_channels': '0'; allowed"),
        (HEAD + "a,conv,3.0,4,3,5,6,,,\n", "line 2, column 'in_channels': '3.0'; allowed"),
        (HEAD + "a,conv,3,4,,5,6,,,\n", "line 2, column 'kernel': ''"),
        (HEAD + "a,conv,3,4,3xx,5,6,,,\n", "line 2, column 'kernel': '3xx'"),
        (HEAD + "a,conv,3,4,3x3x3,5,6,,,\n", "line 2: kernel has 3 values"),
        (HEAD + "a,conv,3,4,3,5,,,,\n", "line 2, column 'width': ''"),
        (HEAD + "a,conv,3,4,3,,,,,\n", "line 2, column 'width': the input size is missing"),
        (HEAD + "\n# x\na,conv,6,8,3,5,6,4,,\n", "line 4: in_channels 6 is not divisible by group"),
        (HEAD + "a,conv,3,4,9,5,6,,,0\n", "line 2: kernel 9 .* reaches over 9 positions"),
        (
            HEAD + "a,conv,3,4,3,5,6,,maybe,\n",
            "line 2, column 'bias': 'maybe'; allowed are 0 and 1",
        ),
        (HEAD + "a,conv,3,4,3,5,6,,,big\n", "line 2, column 'padding': 'big'; allowed are same"),
        (HEAD + "a,conv,3,4,3,5,6,,,-1\n", "line 2, column 'padding': '-1'"),
        (HEAD + 'a,"conv,3,4,3,5,6,,,\n', "line 2: "),
        (HEAD + "a,conv,٣,4,3,5,6,,,\n", "line 2, column 'in_channels': '٣'"),
        (HEAD + f"a,conv,{'9' * 19},4,3,5,6,,,\n", "line 2, column 'in_channels'"),
        (
            "name,kind,in_channels,out_channels,repeat\na,linear,2,3,99999999\n",
            "line 2, column 'repeat': '99999999'; allowed are integers up to 10000",
        ),
    ],
)
def test_errors_name_file_line_column_value_and_what_is_allowed(text, words):
    with pytest.raises(InputError, match=words) as caught:
        read(text)
    assert "layers.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*absent.csv"):
        cm.from_csv(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="cannot read"):
        cm.from_csv(tmp_path)
    (tmp_path / "latin.csv").write_bytes(b"name,kind\n\xe9,conv\n")
    with pytest.raises(InputError, match="not UTF-8"):
        cm.from_csv(tmp_path / "latin.csv")


def test_a_written_network_reads_back_the_same():
    net = read(GOOD)
    again = read(to_csv(net))
    assert again == net
    assert to_csv(again) == to_csv(net)


def test_every_kind_of_line_survives_writing():
    layer = cm.ConvLayer((3, 5, 2), 6, 9, (7, 8, 11), stride=(1, 2, 1), dilation=2, groups=3)
    net = Network(
        "all",
        (
            NetOp.conv("conv", layer, norm=9),
            NetOp.conv(
                "up", cm.ConvLayer(4, 5, 3, (6,), stride=3, padding=1, transposed=True, bias=True)
            ),
            NetOp.linear("fc", 12, 7, positions=5),
            NetOp.product("scores", 4, 8, 6, batch=3),
            NetOp.table("tokens", 77),
            NetOp("bn", "norm", work=60, parameters=(Parameter(24, "norm"),)),
        ),
        source="layers.csv",
    )
    assert read(to_csv(net)) == net


@pytest.mark.parametrize(
    "op, words",
    [
        (NetOp("relu", "activation", work=3), "of kind 'activation'"),
        (NetOp.linear("fc", 2, 3, batch=4), "has batch 4"),
        (NetOp.linear("fc", 2, 3).replace(times=2), "repeated"),
        (
            NetOp.linear("fc", 2, 3).replace(parameters=(Parameter(6, id="w"),)),
            "shares its weights",
        ),
    ],
)
def test_what_the_schema_cannot_say_is_not_left_out_silently(op, words):
    with pytest.raises(InputError, match=words):
        to_csv(Network("n", (op,)))


def test_every_column_is_documented():
    from costmodel.network.read.csv import reader as csv_reader

    for column in COLUMNS:
        assert column in (csv_reader.__doc__ or "")


@pytest.mark.slow
def test_repeats_are_counted_before_they_are_written_out():
    line = "name,kind,in_channels,out_channels,repeat\n"
    layers = "".join(f"l{i},linear,3,4,10000\n" for i in range(9))
    assert len(read(line + layers)) == 90_000
    with pytest.raises(InputError, match=r"line 12: more layers .* allowed are 1 more"):
        read(line + layers + "a,linear,3,4,9999\nb,linear,3,4,2\n")


@pytest.mark.parametrize("name", ["n" * 201, ".".join("n" * 50_000)])
def test_names_are_short(name):
    with pytest.raises(InputError, match=r"column 'name': 'n.*…'; allowed are up to 200") as error:
        read(f"name,kind,in_channels,out_channels,repeat\n{name},linear,3,4,10000\n")
    assert len(str(error.value)) < 300


def test_facts_are_short():
    with pytest.raises(InputError, match="line 1: a name of 90000 characters; allowed are 500"):
        read(f"# name: {'n' * 90_000}\nname,kind,in_channels,out_channels\na,linear,3,4\n")


def test_a_deep_name_of_another_source_is_no_deep_recursion():
    deep = ".".join(["n"] * 50_000)
    network = Network("net", (NetOp.linear(deep, 3, 4), NetOp.linear("n.other", 5, 6)))
    assert max(depth for depth, _ in network.tree().walk()) == 51
    assert network.tree().params == network.params


# -- the layers of any network as a file ---------------------------------------------------------
LAYER = cm.ConvLayer(3, 3, 6, (9, 11))


def costs(network):
    """Parameters and multiplies of every layer that has some."""
    return {op.name: (op.params, op.macs) for op in network if op.params or op.macs}


@pytest.mark.parametrize("name", available())
def test_every_shipped_network_comes_back_from_its_table(tmp_path, name):
    net = cm.load(name)
    path = tmp_path / "layers.csv"
    path.write_text(layer_table(net).to_csv())
    again = cm.from_csv(path)
    assert costs(again) == costs(net)
    assert (again.params, again.macs) == (net.params, net.macs)


def test_a_captured_network_comes_back_from_its_table(tmp_path):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    net = cm.from_torch(
        nn.Sequential(
            nn.Conv2d(3, 8, (3, 5), stride=2, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 6, 3, stride=(1, 2), groups=2),
            nn.Flatten(2),
            nn.Linear(372, 7),
        ).eval(),
        input_shape=(1, 3, 21, 34),
    )
    table = layer_table(net)
    assert "activation ×1" in table.notes[0]
    path = tmp_path / "layers.csv"
    path.write_text(table.to_csv())
    again = cm.from_csv(path)
    assert costs(again) == costs(net)
    after = [n.replace("basis", b=2, pays=False) for n in (again, net)]
    assert after[0].macs == after[1].macs != net.macs


@pytest.mark.parametrize(
    "op, words",
    [
        (NetOp.linear("fc", 2, 3).replace(times=2), "repeated"),
        (NetOp("lstm", "linear", given_macs=77), "of no sizes that a line states"),
        (NetOp("fft", "other", status="not modelled"), "of kind 'other'"),
        (NetOp.conv("c", LAYER).replace(parameters=(Parameter(5),)), "can say 162 and"),
    ],
)
def test_what_does_not_come_back_is_one_sentence(op, words):
    with pytest.raises(InputError, match=words) as error:
        layer_table(Network("n", (op,)))
    assert "\n" not in str(error.value)


def test_a_table_of_costs_is_told_from_a_table_of_layers():
    with pytest.raises(InputError, match=r"--view file -o layers\.csv` writes$"):
        read(cm.load("alexnet").to_table().to_csv())
    with pytest.raises(InputError, match=r"or its network with `--plan layers\.csv`$"):
        read("layer,params,macs,variant\nconv1,12,20,basis\n")


# -- variants in the place of layers -------------------------------------------------------------
VARIANT_LINES = """name,kind,in_channels,out_channels,kernel,height,width,stride,bias,norm,variant
a,conv,12,20,3,17,22,2,1,2,"basis,b=4"
b,conv,20,20,1,9,11,,,,"group_channelwise,g=2,dc=5"
c,conv,20,24,3,9,11,,,,tucker2
d,linear,24,10,,,,,1,,"channel_svd,r=n/2"
e,conv,24,28,3,9,11,,,,
"""


def test_a_line_can_hold_any_variant_of_the_catalogue():
    net = read(VARIANT_LINES)
    layers = {op.name: op.layer for op in net}
    wanted = {
        "a": cm.count("basis", layers["a"], b=4),
        "b": cm.count("group_channelwise", layers["b"], g=2, dc=5),
        "c": cm.count("tucker2", layers["c"]),
        "d": cm.count("channel_svd", layers["d"], r=5),
        "e": cm.count("standard", layers["e"]),
    }
    assert {op.name: op.macs for op in net} == {name: c.macs for name, c in wanted.items()}
    norm = {"a": 2 * 20}
    for op in net:
        assert op.params == wanted[op.name].params + norm.get(op.name, 0)
    assert {name: b.variant.id for name, b in net.plan.items()} == {
        "a": "basis",
        "b": "group_channelwise",
        "c": "tucker2",
        "d": "channel_svd",
    }
    assert costs(read(layer_table(net).to_csv())) == costs(net)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ('"basis,c=4"', "c"),
        ("basic", "basic"),
        ('"grouped,g=7"', "7"),
        ('"basis,b=4,b=5"', "given twice"),
    ],
)
def test_a_variant_that_does_not_fit_is_refused_with_its_line(cell, words):
    with pytest.raises(InputError, match=words) as error:
        read(VARIANT_LINES.replace('"basis,b=4"', cell))
    assert "layers.csv, line 2" in str(error.value)


def test_a_variant_in_a_line_without_a_layer_is_refused():
    with pytest.raises(InputError, match="no convolution or linear layer"):
        read("name,kind,in_channels,out_channels,variant\nt,embedding,5,7,basis\n")


def test_a_replaced_network_comes_back_from_its_table():
    net = cm.load("resnet18").replace("tucker2", "layer3.*", r1=16)
    again = read(layer_table(net).to_csv())
    assert costs(again) == costs(net)
    assert len(again.plan) == len(net.plan) > 0
    mine = cm.define("mine_of_csv", "m, r m i -> r", "r, n r j -> n", r=3)
    try:
        with pytest.raises(InputError, match="variants of the catalogue"):
            layer_table(cm.load("resnet18").replace(mine, "layer3.*"))
    finally:
        cm.VARIANTS.remove("mine_of_csv")
