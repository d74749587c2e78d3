"""Networks in documents: the same question as the command's has the same answer."""

import csv
import io
import random
import warnings

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.documents.embedding import process
from costmodel.documents.request import Target, render
from costmodel.errors import CostModelError, FullRankWarning, InputError

METRICS = ("macs", "params", "weights", "bytes_moved", "weight_bytes")
# variants with values of theirs, and with one that they do not have
VALUES = {
    "tucker2": ({}, {"r1": "m/4"}, {"tucker2.r1": "5", "tucker2.r2": "7"}, {"r": "3"}),
    "basis": ({}, {"b": "3"}, {"basis.b": "2"}, {"r": "2"}),
    "cp": ({}, {"r": "n/8"}, {"r": "40"}),
    "shared_basis": ({"b": "8"}, {"b": "2"}),
    "quantised": ({}, {"bw": "4"}),
}
PLACES = ("", "", "layer1.*", "kernel=3", "share=3%", "conv*")
SIZES = ("", "H=160,W=128", "N=2")


def drawn(seed):
    """A random call: the network, the options of a directive and those of the command."""
    pick = random.Random(seed)
    name = pick.choice(("alexnet", "resnet18", "mobilenet"))
    metrics = pick.sample(METRICS, pick.choice((0, 1, 2)))
    variants = pick.sample(sorted(VALUES), pick.choice((1, 1, 2)))
    places = [pick.choice(PLACES) for _ in variants]
    options, words = {}, []
    if len(variants) > 1 or pick.random() < 0.3:
        typed = [f"{p}={v}" if p else v for p, v in zip(places, variants, strict=True)]
        options["replace"] = "; ".join(typed)
        words += [word for text in typed for word in ("--replace", text)]
    else:
        options["replace"] = variants[0]
        words += ["--replace", variants[0]]
        if places[0]:
            options["where"] = places[0]
            words += ["--where", places[0]]
        for key, value in pick.choice(VALUES[variants[0]]).items():
            options[key] = value
            words += ["--set", f"{key}={value}"]
    match pick.choice(("judged", "by", "costlier")):
        case "by":
            options["by"] = pick.choice(("params", "macs,params", "bytes_moved"))
            words += ["--by", options["by"]]
        case "costlier":
            options["costlier"] = "yes"
            words.append("--costlier")
    if sizes := pick.choice(SIZES):
        options["at"] = sizes
        words += [word for pair in sizes.split(",") for word in ("--at", pair)]
    return name, metrics, options, words


def spelled(options):
    return " ".join(f'{key}="{value}"' for key, value in options.items())


def written(directive, inline=False):
    """What a directive gives, or None where it is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FullRankWarning)
        try:
            return render(directive, Target("markdown", inline, "plan.md"))
        except CostModelError:
            return None


def printed(capsys, *words):
    """What a command prints, or None where it is refused."""
    code = main(["network", *words, "--quiet"])
    out = capsys.readouterr().out
    assert code in (0, 2)
    return out if code == 0 else None


@pytest.mark.parametrize("seed", range(32))
def test_directives_and_the_command_replace_by_one_rule(seed, capsys):
    name, metrics, options, words = drawn(seed)
    shown = ["--metrics", ",".join(metrics)] if metrics else []
    table = printed(capsys, name, *words, *shown, "--format", "markdown")
    asked = {**options, "metrics": ",".join(metrics)} if metrics else options
    assert written(f"network {name} {spelled(asked)}") == table
    for metric in metrics or ("macs",):
        rows = printed(capsys, name, *words, "--metrics", metric)
        total = written(f"total {name} {metric} as=plain {spelled(options)}", inline=True)
        if rows is None:
            assert total is None
        else:
            *_, last = csv.DictReader(io.StringIO(rows))
            assert total == last[metric]


def test_random_calls_replace_something_and_are_refused_now_and_then(capsys):
    tables = [printed(capsys, name, *words) for name, _, _, words in map(drawn, range(32))]
    assert tables.count(None) >= 2
    assert sum(" replaced" in table for table in tables if table) >= 10
    assert len(set(tables)) >= 15


def test_a_replacement_that_does_not_pay_is_not_in_the_total():
    net = cm.load("resnet18")
    line = "total resnet18 macs as=plain replace=shared_basis b=8 where=layer1.*"
    pays = net.replace("shared_basis", "layer1.*", b=8).macs
    forced = net.replace("shared_basis", "layer1.*", pays=False, b=8).macs
    assert pays != forced
    assert written(line, inline=True) == str(pays)
    assert written(f"{line} costlier=yes", inline=True) == str(forced)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("where=layer1.*", "where=layer1.* with no replace="),
        ("r1=64", "r1=64 with no replace="),
        ("replace=cp by=macs costlier=yes", "by=macs with costlier=yes"),
        ('replace="cp; basis" r=3', "r=3 with several replacements"),
        ('replace="layer1.*=cp" where=kernel=3', "where=kernel=3 with several replacements, or"),
        ("plan=a.csv replace=cp", "replace=cp with plan="),
        ("replace=cp costlier=perhaps", "costlier='perhaps'; allowed are yes, no"),
        ("at=H", "'H'; allowed is NAME=VALUE"),
        ("at=Q=3", "unknown size 'Q'"),
    ],
)
def test_an_option_without_effect_is_refused(rest, words):
    for line in (f"total resnet18 macs {rest}", f"network resnet18 {rest}"):
        with pytest.raises(CostModelError) as caught:
            render(line, Target("markdown", False, "plan.md"))
        assert words in str(caught.value)


def test_options_of_other_views_are_refused():
    target = Target("markdown", False, "plan.md")
    with pytest.raises(InputError, match="variants= without view=compare"):
        render("network resnet18 variants=cp", target)
    with pytest.raises(InputError, match="replace= with view=compare"):
        render("network resnet18 view=compare replace=cp", target)


def test_every_variant_at_other_sizes_is_the_commands_table(capsys):
    words = ["resnet18", "--compare", "--variants", "cp,basis", "--at", "H=160"]
    table = printed(capsys, *words, "--where", "layer4.*", "--set", "b=2", "--format", "markdown")
    line = "network resnet18 view=compare variants=cp,basis at=H=160 where=layer4.* b=2"
    assert written(line) == table


CSV = "name,kind,in_channels,out_channels,kernel,height,width,bias\na,conv,3,8,3,10,13,1\n"


def test_paths_are_meant_from_where_the_document_stands(tmp_path, monkeypatch, capsys):
    book = tmp_path / "book"
    (book / "nets").mkdir(parents=True)
    (book / "nets" / "small.csv").write_text(CSV)
    assert main(["plan", "alexnet", "--at-most", "macs=60%", "-o", str(book / "plan.csv")]) == 0
    page = book / "plan.md"
    page.write_text(
        "<!-- costmodel: total nets/small.csv macs --><!-- /costmodel --> and\n"
        "<!-- costmodel: total alexnet macs plan=plan.csv --><!-- /costmodel -->\n"
    )
    net = cm.from_csv(str(book / "nets" / "small.csv"))
    for folder in (tmp_path, book):  # wherever the command runs
        monkeypatch.chdir(folder)
        text = process(page.read_text(), str(page.relative_to(folder))).text
        assert f"-->{net.macs:,}<!--" in text
    main(["network", "alexnet", "--plan", str(book / "plan.csv")])
    *_, last = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert f"-->{int(last['macs']):,}<!--" in text
    assert int(last["macs"]) < cm.load("alexnet").macs
