"""The notation's grammar, and errors as good as einops'."""

import random

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
        ("e+-c, e c -> e c", "a channel window 'e+-c' needs", "e+-c"),
        ("e+c, e c -> e c", "a channel window 'e+c' needs", "e+c"),
        ("m, n 7 -> n", "'7' is no axis of a weight", "7"),
        ("{ m, n m -> n", "this '{' is never closed", "{"),
        ("{ m, n m -> n & = + = }", "'&' and '+' in one block", "+ ="),
        ("{ =? & m, n m -> n }", "'=?' is added to a branch of stages", "{"),
        ("{ =? + =? } | m, n m -> n", "'=?' is added to a branch of stages", "{"),
        ("{ =? }", "'=?' is added to a branch of stages", "{"),
        ("=? | m, n m -> n", "'=?' is added to a branch", "=?"),
        ("{ m, n m -> n | =? + = }", "'=?' is added to a branch", "=?"),
        ("m, n m -> n }", "'}' does not belong here", "}"),
        ("m, n m -> n, k", "',' after the output axes", ", k"),
        (", n m -> n", "the input axes are missing", ", n"),
        ("m, n m ->", "the output axes are missing", ""),
        (":", "a slice without ends", ":"),
        (":n", "a variant needs at least one stage", ":n"),
        ("", "an empty declaration", ""),
        ("   ", "an empty declaration", ""),
        ("{" * 9 + "m, n m -> n" + "}" * 9, "nested more than 6 deep", "{{{m"),
        ("m, n m i j -> n @ up=2 down=3", "'up' and 'down' in one stage", "down=3"),
        ("m, n m (i j)= -> n", "a pattern is written", "(i j)="),
        ("m, n m (i j) -> n", "a pattern is written", "("),
        ("m, n m ()=3 -> n", "a pattern is written", "()"),
        ("m, n m (i j)=3* -> n", "a number, a name or '(' is missing", " -> n"),
        ("e+c=, e c -> e", "a number, a name or '(' is missing", ", e c"),
        ("e++c, e c -> e", "'e++c' is no axis of an input", "e++c"),
        ("e~c, e -> e", "input axis 'c' is neither", "e~c"),
        ("e~c, n c -> n", "input axis 'e' is neither", "e~c"),
        ("/1 | m, n m -> n", "a pooling is written '/2'", "/1"),
        ("/x | m, n m -> n", "a pooling is written '/2'", "/x"),
        ("m, n m -> n | *", "an upsampling '*2'", "*"),
        ("m, n m -> n | *2 3", "'3' does not belong here", "3"),
        ("m, n m -> n |", "a stage is missing", ""),
        ("{ m, n m -> n }^", "a number, a name or '(' is missing", ""),
        ("{ m, n m -> n }^L+", "a number, a name or '(' is missing", ""),
        ("m, n m -> n | 3:2:", "does not belong in an expression", ":"),
        ("{ & m, n m -> n }", "a stage is missing; a branch that passes", "& m"),
        ("{ m, n m -> n & }", "is written '='", "}"),
        ("m, n m -> n | | n, n -> n", "a stage is missing", "| n"),
        ("m, n m -> n | max(a):", "max() needs two values", "max(a)"),
        ("m, n m i j -> n @ macs=min(m,n", "this '(' is never closed", "(m"),
        ("m, n m (i j -> n", "'(i' is no axis of a weight or a pattern is written", "(i"),
    ],
)
def test_errors_have_a_cause_and_a_caret_under_the_place(text, cause, under):
    with pytest.raises(NotationError) as caught:
        parse(text)
    message = str(caught.value)
    assert any(part in message.splitlines()[0] for part in cause.split(" or ")), message
    assert text[caught.value.position :].startswith(under), message
    if text.strip():
        shown, caret = message.splitlines()[1:3]
        assert shown == "  " + text
        assert caret.index("^") - 2 == caret.count(" ") - 2 == caught.value.position


def test_valid_names_are_listed():
    with pytest.raises(NotationError, match="valid here: m, n"):
        parse("m, n m i j -> q")


def test_a_long_text_is_refused_at_once():
    with pytest.raises(NotationError, match=f"allowed are {MAX_TEXT}"):
        parse("m, n m -> n | " * 1000)


# -- whatever is typed -----------------------------------------------------------------------------
def test_any_text_is_read_or_refused_with_a_place() -> None:
    draw = random.Random(0)
    words = ["m", "n", "i", "j", ",", "->", "|", "{", "}", "&", "+", "=", "(", ")", "@", "^L", "/2"]
    words += [
        "*2",
        ":n",
        "a:b",
        "e~c",
        "e+c=d",
        "i=d",
        "(i j)=T",
        "up=2",
        "macs=min(m, n)",
        "7",
        "/",
    ]
    correct = "m , r m i j -> r | { r , n r -> n & = } | :n"
    read = 0
    for _ in range(3000):
        if draw.random() < 0.5:
            text = " ".join(draw.choices(words, k=draw.randint(1, 12)))
        else:  # a correct line with one word exchanged
            line = correct.split(" ")
            line[draw.randrange(len(line))] = draw.choice(words)
            text = " ".join(line)
        try:
            read += len(parse(text).stages()) > 0
        except NotationError as error:
            assert 0 <= error.position <= len(text)  # noqa: PT017
    assert 20 < read < 1000


@pytest.mark.parametrize("text", ["(" * 1999, "((" * 600 + "))" * 300, "(a" * 900, "{=&" * 600])
def test_texts_that_would_make_a_parser_slow_are_refused_soon(text: str) -> None:
    with pytest.raises(NotationError):  # the suite's time-out is what a hang would meet
        parse(text)
