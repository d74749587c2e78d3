"""What a greedy planner loses: the kept plans are what is found again, and the page says them."""

import dataclasses

import pytest

import costmodel as cm
from benchmarks.greedy import NAMES, SHARES, pairs
from costmodel.documents.pages.greedy import DATA, FIGURE, PATH, by_network, greedy_page, read
from costmodel.errors import InputError
from costmodel.files import data_path


@pytest.fixture(scope="module")
def kept():
    return read(data_path(*DATA))


def test_every_network_at_every_budget(kept):
    found = by_network(kept)
    assert tuple(found) == NAMES
    for own in found.values():
        assert tuple(pair.budget for pair in own) == SHARES


def test_a_greedy_plan_is_never_better(kept):
    for pair in kept:
        assert pair.greedy_layers >= pair.layers
        if pair.greedy_layers == pair.layers:  # of equal plans, to within 1 % of the network
            assert pair.lost >= -0.01
    assert max(pair.lost for pair in kept) > 0.5


@pytest.mark.slow
def test_the_kept_plans_are_found_again(kept):
    again = pairs(cm.load("vgg16"))
    assert again == by_network(kept)["vgg16"]
    other = [dataclasses.replace(again[0], kept=again[0].kept + 1), *again[1:]]
    assert other != by_network(kept)["vgg16"]


def test_the_page_has_the_figures_of_the_file(kept):
    page = greedy_page()
    assert set(page) == {PATH, FIGURE}
    text = page[PATH].decode()
    for pair in kept:
        row = f"| {pair.network} | {pair.budget} % |"
        assert (row in text) == (pair.budget % 10 == 0)
        if row in text:
            assert f"{pair.kept:,} | {pair.greedy_kept:,}" in text
    assert "both touch the same number of layers" in text


@pytest.mark.parametrize("text", ["", "network,budget\n", "x,1\n", "a,b\nc,d\n"])
def test_another_file_is_refused(tmp_path, text):
    path = tmp_path / "greedy.csv"
    path.write_text(text)
    with pytest.raises(InputError, match="holds no plans"):
        read(str(path))
