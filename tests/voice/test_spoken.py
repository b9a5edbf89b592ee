"""What is played of a sentence, and how much of it was heard: given sound and times, no speaker."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.spoken import AUDIBLE, Heard, audible

RATE_Hz = 1_000
"""One sample a millisecond."""

TEXT = "a sentence of thirty letters.."
"""At 100 words a minute, 6 characters each, this is 3 s."""


def heard(made_ms: int, *, whole: bool) -> Heard:
    """A sentence of which so much is made at once, and which begins to sound at 1,000 ms."""
    sentence = Heard(TEXT, RATE_Hz, words_per_minute=100)
    sentence.made(made_ms, 990.0)
    if whole:
        sentence.made_whole()
    sentence.began(1_000.0)
    return sentence


@pytest.mark.parametrize(
    ("at_ms", "share"), [(900, 0), (1_000, 0), (1_500, 0.25), (2_000, 0.5), (3_000, 1), (9_000, 1)]
)
def test_what_was_heard_is_the_time_since_it_began(at_ms: float, share: float) -> None:
    assert heard(2_000, whole=True).share(at_ms) == share


def test_sound_that_came_too_late_was_not_heard_meanwhile() -> None:
    """The first half was there, the second came a second after it had ended."""
    sentence = heard(1_000, whole=False)
    sentence.made(1_000, 3_000.0)
    sentence.made_whole()
    assert [sentence.share(t_ms) for t_ms in (3_000.0, 3_500.0, 4_000.0)] == [0.5, 0.75, 1.0]


def test_what_is_held_is_not_heard_meanwhile() -> None:
    """Held after a quarter, for two seconds in which the second half is made."""
    sentence = heard(1_000, whole=False)
    sentence.held(1_500.0)
    sentence.made(1_000, 2_500.0)
    sentence.made_whole()
    assert [sentence.share(t_ms) for t_ms in (1_500.0, 3_400.0)] == [0.25, 0.25]
    sentence.went_on(3_500.0)
    assert [sentence.share(t_ms) for t_ms in (3_500.0, 4_000.0, 5_000.0)] == [0.25, 0.5, 1.0]


def test_what_is_held_before_it_began_is_heard_later() -> None:
    sentence = Heard(TEXT, RATE_Hz, 100)
    sentence.made(2_000, 900.0)
    sentence.made_whole()
    sentence.held(950.0)
    sentence.went_on(2_000.0)
    sentence.began(2_000.0)
    assert [sentence.share(t_ms) for t_ms in (2_000.0, 3_000.0)] == [0.0, 0.5]


def test_while_it_is_made_the_speaking_rate_tells_its_length() -> None:
    """A second of what will be three is a third, though no more is there."""
    assert heard(1_000, whole=False).share(9_000.0) == pytest.approx(1 / 3)


def test_what_never_began_was_not_heard() -> None:
    sentence = Heard(TEXT, RATE_Hz, 100)
    assert sentence.share(0.0) == 0
    sentence.made(2_700, 990.0)
    sentence.made_whole()
    assert sentence.share(9_000.0) == 0


@given(st.text(max_size=30), st.integers(0, 3_000), st.booleans(), st.lists(st.floats(0, 9_000), min_size=2))
def test_more_time_never_means_less_heard(text: str, made_ms: int, whole: bool, times: list[float]) -> None:
    sentence = Heard(text, RATE_Hz, 170)
    sentence.made(made_ms, 0.0)
    if whole:
        sentence.made_whole()
    sentence.began(10.0)
    shares = [sentence.share(t_ms) for t_ms in sorted(times)]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


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
