"""What the ears know of the assistant's own speech."""

from __future__ import annotations

import numpy as np
import pytest

from mortar.bricks.echo import TAIL_SAMPLES, Loudness, OwnSpeech
from mortar.own_speech import says
from voices import RATE_Hz, in_room, pause, speak

BLOCK = 512


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


@pytest.mark.parametrize(("echo_dB", "risen"), [(-10.0, True), (-20.0, True), (6.0, False)])
def test_a_person_is_louder_than_the_echo(echo_dB: float, risen: bool) -> None:
    """Somebody says "stop" into the echo of an answer; where the echo is louder, nobody can tell."""
    answer = speak("I see a cat on the left, and two dogs and a banana on the right.")
    sound = answer * 10 ** (echo_dB / 20)
    word = speak("stop", "en-gb")
    at = len(sound) // 2
    sound[at : at + len(word)] += word
    assert max(rises(sound)) is risen


def test_who_interrupted_is_not_taken_for_the_echo() -> None:
    """The next answer can be interrupted by the same person, as loud as before."""
    loudness = Loudness()
    echo = (speak("I see a cat on the left, and two dogs and a banana on the right.") * 0.1).astype(np.int16)
    person = speak("stop")
    for sound in (echo, person):
        for at in range(0, len(sound) - BLOCK, BLOCK):
            loudness.add(sound[at : at + BLOCK])
    assert loudness.has_risen
    loudness.end()
    for at in range(0, RATE_Hz - BLOCK, BLOCK):
        loudness.add(echo[at : at + BLOCK])
        assert not loudness.has_risen
    for at in range(0, len(person) - BLOCK, BLOCK):
        loudness.add(person[at : at + BLOCK])
    assert loudness.has_risen


def test_its_own_voice_is_not_louder_than_itself() -> None:
    """A whole answer with its pauses, in a quiet room."""
    assert not any(rises(in_room(speak("I see a cat."), pause(500), speak("There are two dogs. Stop."))))


def test_a_radio_in_the_next_room_is_not_meant() -> None:
    """With headphones there is no echo at all: then not everything that is heard is an interruption."""
    sound = np.random.default_rng(0).normal(0, 4, 4 * RATE_Hz)
    sound[2 * RATE_Hz : 2 * RATE_Hz + len(speak("stop"))] += speak("stop") * 0.01
    assert not any(rises(sound))


def rises(sound: np.ndarray) -> list[bool]:
    loudness = Loudness()
    risen = []
    for at in range(0, len(sound) - BLOCK, BLOCK):
        loudness.add(np.clip(sound[at : at + BLOCK], -32_768, 32_767).astype(np.int16))
        risen.append(loudness.has_risen)
    return risen
