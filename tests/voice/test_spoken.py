"""What is played of a sentence, and how much of it was heard: given sound and times, no speaker."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.spoken import AUDIBLE, Heard, audible

RATE_Hz = 1_000
"""One sample a millisecond."""

TEXT = "one two three four five six"


def heard(*, whole: bool = True, made_ms: int = 2_700) -> Heard:
    """A sentence of 100 ms a character that is made at once and begins to sound at 1,000 ms."""
    sentence = Heard(TEXT, RATE_Hz, words_per_minute=100)
    sentence.made(made_ms, 990.0)
    if whole:
        sentence.made_whole()
    sentence.began(1_000.0)
    return sentence


@pytest.mark.parametrize(
    ("at_ms", "words"),
    [(900, ""), (1_000, ""), (1_200, ""), (1_300, "one"), (1_650, "one"), (2_350, "one two three"), (3_600, TEXT[:23]), (3_700, TEXT), (9_000, TEXT)],
)
def test_words_count_once_they_were_heard_to_their_end(at_ms: float, words: str) -> None:
    assert TEXT[: heard().until(at_ms)[1]] == words


def test_sound_that_came_too_late_was_not_heard_meanwhile() -> None:
    """The first half was there, the second came a second after it had ended."""
    sentence = heard(whole=False, made_ms=1_350)
    assert sentence.until(3_000.0)[0] == 1_350
    sentence.made(1_350, 3_350.0)
    sentence.made_whole()
    assert sentence.until(3_350.0)[0] == 1_350
    assert sentence.until(3_850.0)[0] == 1_850
    assert TEXT[: sentence.until(3_850.0)[1]] == "one two three four"


def test_while_it_is_made_the_speaking_rate_tells_its_length() -> None:
    """100 words a minute are 100 ms a character: a second of sound is ten of them, not all."""
    sentence = heard(whole=False, made_ms=1_000)
    assert TEXT[: sentence.until(2_000.0)[1]] == "one two"


def test_what_never_began_was_not_heard() -> None:
    sentence = Heard(TEXT, RATE_Hz, 100)
    sentence.made(2_700, 990.0)
    sentence.made_whole()
    assert sentence.until(9_000.0) == (0.0, 0)


@given(st.text(max_size=30), st.integers(0, 3_000), st.booleans(), st.lists(st.floats(0, 9_000), min_size=2))
def test_more_time_never_means_less_heard(text: str, made_ms: int, whole: bool, times: list[float]) -> None:
    """Within the sentence, whatever it is, and down to the end of a word."""
    sentence = Heard(text, RATE_Hz, 170)
    sentence.made(made_ms, 0.0)
    if whole:
        sentence.made_whole()
    sentence.began(10.0)
    counts = [sentence.until(t_ms) for t_ms in sorted(times)]
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in itertools.pairwise(counts))
    assert all(n == 0 or n == len(text) or text[n].isspace() for _, n in counts)


def samples(*values: int) -> np.ndarray:
    return np.array(values, np.int16)


def test_silence_around_the_speech_is_left_out_and_inside_it_stays() -> None:
    chunks = [samples(0, 3), samples(0, 500, 7), samples(0, 0), samples(0, -900, 1), samples(2, 0)]
    assert np.concatenate(list(audible(chunks))).tolist() == [500, 7, 0, 0, 0, -900]
    assert list(audible([samples(0, AUDIBLE)])) == []


@given(st.lists(st.lists(st.sampled_from([0, 50, 5_000, -5_000]), max_size=6), max_size=6))
def test_where_the_chunks_are_cut_does_not_matter(chunks: list[list[int]]) -> None:
    """The same sound in one piece gives the same samples."""
    cut = [part.tolist() for part in audible(samples(*chunk) for chunk in chunks)]
    whole = [part.tolist() for part in audible([samples(*itertools.chain(*chunks))])]
    assert list(itertools.chain(*cut)) == list(itertools.chain(*whole))
