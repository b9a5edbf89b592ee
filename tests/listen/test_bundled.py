"""The ears that come with Mortar: two recognisers, with their real weights, over the templates."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from mortar import languages
from mortar.assistant.grammar import sentence_grammar
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Interrupted, Samples, SpeechToText, Transcript
from mortar.settings import Listening
from voices import in_room, pause, speak

PIECE = 4_000
"""Samples: as the ears hand it on, a quarter of a second at a time."""


@cache
def ears(stopped: bool = False) -> SpeechToText:
    def grammar():  # type: ignore[no-untyped-def]
        return sentence_grammar(["okay nabu"])

    return choose.speech_to_text(Listening(), grammar, languages.of(), should_stop=lambda: stopped)


def heard(*parts: Samples, snr_dB: float = 20.0) -> Transcript:
    utterance = ears().utterance()
    for piece in pieces(in_room(pause(400), *parts, pause(160), snr_dB=snr_dB)):
        utterance.hear(piece)
    return utterance.conclude()


def pieces(sound: Samples) -> list[Samples]:
    return np.split(sound, range(PIECE, len(sound), PIECE))


@pytest.mark.parametrize("snr_dB", [20, 10])
@pytest.mark.parametrize("voice", ["en-us+f2", "en-gb", "en-gb-scotland"])
def test_a_question_is_understood_in_noise(voice: str, snr_dB: float) -> None:
    assert heard(speak("what can you do", voice), snr_dB=snr_dB).text == "what can you do"


@pytest.mark.parametrize(
    ("voice", "words_per_minute", "sentence"),
    [
        ("en-us+f2", 160, "do you see more bananas than donuts"),
        ("en-us+f4", 160, "turn it up"),
        ("en-gb-scotland", 180, "volume to thirty percent"),
        ("en-gb", 160, "what is the date today"),
    ],
)
def test_where_one_recogniser_errs_the_other_is_heard(
    voice: str, words_per_minute: int, sentence: str
) -> None:
    """PocketSphinx alone hears bulbs in the first and a whale in the second, Moonshine alone dogs in the
    first, fifty percent in the third and "what is that" in the fourth."""
    assert heard(speak(sentence, voice, words_per_minute), snr_dB=10).text == sentence


@pytest.mark.parametrize(
    "sentence",
    ["we are going to the beach next weekend", "the football match starts at eight", "thank you very much"],
)
def test_other_speech_is_rejected(sentence: str) -> None:
    assert heard(speak(sentence)).text is None


def test_a_sentence_that_breaks_off_is_rejected() -> None:
    """Nobody asked anything yet: the ears wait on."""
    whole = speak("are there more dogs than cats")
    assert heard(whole).text == "are there more dogs than cats"
    assert heard(whole[: len(whole) * 6 // 10]).text is None


def test_what_follows_a_pause_is_heard_with_what_was_before_it() -> None:
    """A conclusion in the pause takes nothing away."""
    utterance = ears().utterance()
    begun = in_room(pause(400), speak("what color is the"), pause(160))
    ended = in_room(pause(300), speak("bus"), pause(160))
    for piece in pieces(begun):
        utterance.hear(piece)
    utterance.conclude()
    for piece in pieces(ended):
        utterance.hear(piece)
    assert utterance.conclude().text == "what color is the bus"


def test_one_utterance_is_dropped_for_the_next() -> None:
    """Nothing of it is in the next."""
    dropped = ears().utterance()
    dropped.hear(in_room(pause(400), speak("how many dogs are there")))
    assert heard(speak("what time is it")).text == "what time is it"


@pytest.mark.parametrize("length", [0, 1, 800, 16_000])
def test_silence_of_any_length_is_no_sentence(length: int) -> None:
    utterance = ears().utterance()
    utterance.hear(np.zeros(length, np.int16))
    assert utterance.conclude().text is None


def test_it_gives_up_when_told_to() -> None:
    utterance = ears(stopped=True).utterance()
    utterance.hear(in_room(pause(400), speak("what time is it"), pause(160)))
    with pytest.raises(Interrupted):
        utterance.conclude()
