"""From bytes of tokens to what is said: characters and stop sequences that are split, and answers that are
cut."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mortar.bricks.language.stops import Stops
from mortar.bricks.language.streaming import Streaming

Cuts = st.lists(st.integers(0, 200), max_size=12)


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """`data` as tokens that end anywhere, in the middle of a character too."""
    ends = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[a:b] for a, b in itertools.pairwise(ends)]


def streamed(
    parts: Sequence[bytes], stops: Sequence[str] = (), *, is_cut: bool = False
) -> tuple[list[str], str]:
    """The sentences that were said, and the text."""
    said: list[str] = []
    streaming = Streaming(said.append, stops)
    for part in parts:
        streaming.feed(part)
        if streaming.is_stopped:
            break
    if is_cut:
        streaming.cut()
    else:
        streaming.end()
    return said, streaming.text


@given(st.text(max_size=60), Cuts)
@example("Où est 猫 🐈‍⬛? Là.", [3, 8, 11, 14, 15])
def test_where_tokens_end_does_not_matter(text: str, cuts: list[int]) -> None:
    assert streamed(pieces(text.encode(), cuts)) == streamed([text.encode()])
    assert streamed(pieces(text.encode(), cuts))[1] == text.strip()


@given(st.text(min_size=1, max_size=30))
def test_byte_by_byte_is_no_different(text: str) -> None:
    """As byte tokens do it."""
    assert streamed([bytes([byte]) for byte in text.encode()]) == streamed([text.encode()])


@given(st.binary(max_size=40), Cuts)
def test_any_bytes_are_text(data: bytes, cuts: list[int]) -> None:
    """A model may write bytes that are none: nothing fails, and splitting them differently changes
    nothing."""
    assert streamed(pieces(data, cuts)) == streamed([data])


def test_half_a_character_is_not_said() -> None:
    """An answer that is cut within one."""
    assert streamed(["A 🐈".encode()[:-1]])[1] == "A"


STOPS = ["<|user|>", "\nQ:", "END"]


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("text", ["A cat.", "A cat. It sleeps", "", "A cat.\nQ", "<|user"])
def test_nothing_of_a_stop_sequence_is_said(text: str, stop: str) -> None:
    """In one token with what stands around it, or one character at a time; nor what follows it."""
    whole = f"{text}{stop} and more. END".encode()
    for parts in ([whole], [bytes([byte]) for byte in whole]):
        said, kept = streamed(parts, STOPS)
        assert kept == text.strip()
        assert " ".join(said).split() == text.split()


def test_what_only_begins_like_one_is_said() -> None:
    """Held back until it is known, and not lost at the end."""
    for text in ("A <|userless|> cat. EN", "EEEND"[:-1], "a\nQ and A"):
        for parts in ([text.encode()], [bytes([byte]) for byte in text.encode()]):
            assert streamed(parts, STOPS)[1] == text


@given(
    st.text(alphabet="abc", max_size=20),
    st.lists(st.text(alphabet="abc", min_size=1, max_size=4), max_size=3),
    Cuts,
)
def test_stop_sequences_are_found_however_they_are_split(
    text: str, stops: list[str], cuts: list[int]
) -> None:
    """The one that is whole first ends the text, as if it had come letter by letter."""

    def by_letter() -> str:
        for end in range(len(text) + 1):
            if found := [stop for stop in stops if text[:end].endswith(stop)]:
                return text[: end - max(map(len, found))]
        return text

    held, passed = Stops(stops), ""
    for part in pieces(text.encode(), cuts):
        passed += held.feed(part.decode())
        if held.is_found:
            break
    assert passed + held.rest() == by_letter()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A cat. It sle", "A cat."),
        ("A cat. It sleeps.", "A cat. It sleeps."),
        ('A cat. "It sleeps!"', 'A cat. "It sleeps!"'),
        ("I see a", "I see a"),
        ("A cat. Ask Dr.", "A cat."),
        ("这是猫。它在", "这是猫。"),
    ],
)
def test_what_is_cut_ends_with_its_last_whole_sentence(text: str, kept: str) -> None:
    """Nothing half is said, nor kept, unless that is all there is: better a few words than none."""
    said, own = streamed([text.encode()], is_cut=True)
    assert own == kept
    assert "".join("".join(said).split()) == "".join(kept.split())
