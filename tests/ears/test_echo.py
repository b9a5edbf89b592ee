"""What the ears know of the assistant's own speech."""

from __future__ import annotations

import pytest

from mortar.bricks.echo import TAIL_SAMPLES, OwnSpeech
from mortar.own_speech import says


@pytest.mark.parametrize(
    ("spoken", "heard", "own"),
    [
        ("The bus stop is on the left.", "stop", True),
        ("It stops here.", "stop", True),
        ("For example, ask me: what do you see, or, what time is it.", "what do you see", True),
        ("I see a cat.", "stop", False),
        ("You see what I do.", "what do you see", False),
        ("I see a cat.", "", False),
        ("", "stop", False),
    ],
)
def test_its_own_words_are_known(spoken: str, heard: str, own: bool) -> None:
    """In a row, in any case, whatever stands between them; the last one may be longer."""
    assert says(spoken, heard) is own


def test_a_sentence_is_known_until_its_echo_is_gone() -> None:
    """While it sounds, for a moment behind it, and not after that."""
    own = OwnSpeech()
    own.begin("The bus stop is on the left.", 1_000)
    assert own.sounds and own.has("stop", 50_000) and own.covers(50_000)
    own.begin("", 60_000)
    assert own.silent_from == 60_000
    assert not own.sounds
    assert own.has("stop", 60_000 + TAIL_SAMPLES - 1) and own.covers(60_000 + TAIL_SAMPLES - 1)
    assert not own.has("stop", 60_000 + TAIL_SAMPLES) and not own.covers(60_000 + TAIL_SAMPLES)


def test_a_word_of_an_earlier_sentence_is_a_command_again() -> None:
    """The answer goes on, but what it says now has no "stop" in it."""
    own = OwnSpeech()
    own.begin("The bus stop is on the left.", 0)
    own.begin("I see a cat.", 40_000)
    assert own.has("stop", 41_000)
    own.begin("I see a dog.", 80_000)
    assert not own.has("stop", 81_000)
