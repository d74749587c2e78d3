"""The notation's grammar, and errors as good as einops'."""

import pytest

from costmodel.core.notation import MAX_TEXT, parse
from costmodel.core.stage_line import Block, Slice
from costmodel.errors import NotationError


def test_a_stage_has_inputs_weights_outputs_and_windows():
    (line,) = parse("m, m b i j -> m b").stages()
    assert line.input_names == ("m",)
    assert line.weight_names == ("m", "b", "i", "j")
    assert line.output_names == ("m", "b")
    assert line.windows == ("i", "j")


def test_spaces_do_not_matter():
    assert parse("m,r m i j->r|r,n r->n").stages()[1].output_names == ("n",)


def test_a_window_letter_in_the_output_is_a_channel_axis():
    first, second = parse("m, n j m -> n j | n j, n i j -> n").stages()
    assert first.windows == ()
    assert second.windows == ("i", "j")


def test_blocks_slices_and_repeats():
    sequence = parse("{ :a | a, c a -> c & = }^L-1 | :n")
    block, end = sequence.items
    assert isinstance(block, Block)
    assert (block.mode, str(block.times)) == ("concat", "L-1")
    assert isinstance(block.branches[0].items[0], Slice)
    assert block.branches[1].items == ()
    assert isinstance(end, Slice)


def test_window_sizes_patterns_and_channel_windows():
    (line,) = parse("e+c=d f~g, e c f g (i j)=T -> e f").stages()
    assert [(a.names, a.spread) for a in line.inputs] == [(("e", "c"), False), (("f", "g"), True)]
    assert line.weights[-1].names == ("i", "j")
    assert str(line.weights[-1].size) == "T"
    (line,) = parse("c, c i=d j=d -> c @ dilation=2").stages()
    assert str(line.weights[1].size) == "d"
    assert str(line.option("dilation")) == "2"
    assert line.option("up") is None


@pytest.mark.parametrize(
    ("text", "cause", "under"),
    [
        ("m, n m i j -> q", "output axis 'q' is neither", "q"),
        ("m n m i j -> n", "',' is missing after the input axes", "->"),
        ("m, n m i j n", "'->' is missing after the weight axes", ""),
        ("m, n m q -> n", "weight axis 'q' is neither", "q"),
        ("m k, n m i j -> n", "input axis 'k' is neither", "k"),
        ("m, n m n -> n", "axis 'n' stands twice in the weight", "n"),
        ("m, n m i j -> n @foo=3", "unknown option 'foo=3'", "foo=3"),
        ("m, n m i j -> n @", "an option is missing", ""),
        ("m, n m i j -> n @ up=2 up=3", "option 'up' is given twice", "up=3"),
        ("m, n m i=q+ j -> n", "a number, a name or '(' is missing", " j"),
        ("m, n m=3 -> n", "only a window axis", "m=3"),
        ("m, n m (i m)=3 -> n", "a pattern is written", "(i m)"),
        ("m=4, n m -> n", "only a channel window", "m=4"),
        ("e+c, e -> e", "input axis 'c' is neither", "e+c"),
        ("e+c, e c -> e c", "a channel window 'e+c' needs", "e+c"),
        ("m, n 7 -> n", "'7' is no axis of a weight", "7"),
        ("{ m, n m -> n", "this '{' is never closed", "{"),
        ("{ m, n m -> n & = + = }", "'&' and '+' in one block", "+ ="),
        ("m, n m -> n }", "'}' does not belong here", "}"),
        ("m, n m -> n, k", "',' after the output axes", ", k"),
        (", n m -> n", "the input axes are missing", ", n"),
        ("m, n m ->", "the output axes are missing", ""),
        (":", "a slice without ends", ":"),
        (":n", "a variant needs at least one stage", ":n"),
        ("", "an empty declaration", ""),
        ("   ", "an empty declaration", ""),
        ("{" * 9 + "m, n m -> n" + "}" * 9, "nested more than 6 deep", "{{{m"),
    ],
)
def test_errors_have_a_cause_and_a_caret_under_the_place(text, cause, under):
    with pytest.raises(NotationError) as caught:
        parse(text)
    message = str(caught.value)
    assert message.startswith(cause) or cause in message.splitlines()[0]
    assert text[caught.value.position :].startswith(under)
    if text.strip():
        shown, caret = message.splitlines()[1:3]
        assert shown == "  " + text
        assert caret.index("^") - 2 == caught.value.position


def test_valid_names_are_listed():
    with pytest.raises(NotationError, match="valid here: m, n"):
        parse("m, n m i j -> q")


def test_a_long_text_is_refused_at_once():
    with pytest.raises(NotationError, match=f"allowed are {MAX_TEXT}"):
        parse("m, n m -> n | " * 1000)
