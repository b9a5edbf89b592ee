"""German by ears that know English phones: what a German voice says, through the real recogniser."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest

from mortar import languages
from mortar.assistant.grammar import sentence_grammar
from mortar.assistant.intents import Understanding
from mortar.assistant.outlook import Sentences
from mortar.messages import Outlook
from mortar.runtimes import choose
from mortar.runtimes.interfaces import SpeechToText
from mortar.runtimes.recorded import transcribe
from mortar.settings import Listening, Recogniser
from voices import in_room, pause, speak

GERMAN = languages.of("de")
LISTENING = Listening(engine=Recogniser.POCKETSPHINX, language="de")


@cache
def recogniser() -> SpeechToText:
    grammar = partial(sentence_grammar, ["okay nabu"], GERMAN)
    return choose.speech_to_text(LISTENING, grammar, GERMAN, should_stop=lambda: False)


@pytest.mark.parametrize(
    "text",
    [
        "wie spät ist es",
        "stell einen timer auf fünf minuten",
        "weck mich um halb sieben",
        "vergiss die letzte notiz",
        "schalte das mikrofon aus",
        "lauter",
        "wo ist die katze",
        "siehst du einen roten kreis",
        "was ist links",
    ],
)
@pytest.mark.parametrize("voice", ["de", "de+m7"])
def test_what_a_german_voice_says_is_understood(text: str, voice: str) -> None:
    """A skill, a number, a time, a single word, and questions about the picture."""
    understanding = Understanding(GERMAN)
    sound = in_room(pause(300), speak(text, voice), pause(160))
    heard = transcribe(recogniser(), sound).text
    assert heard is not None
    assert understanding.understand(heard) == understanding.understand(text)


@pytest.mark.parametrize("text", ["der drucker hat kein papier", "oma kommt am sonntag zum kaffee"])
def test_other_german_is_not_taken_for_a_command(text: str) -> None:
    sound = in_room(pause(300), speak(text, "de"), pause(160))
    assert transcribe(recogniser(), sound).text is None


def test_stopp_makes_it_fall_silent() -> None:
    """And a word that is no stop phrase does not."""
    phrases = choose.stop_phrases(LISTENING, GERMAN.speech.stop, should_stop=lambda: False)
    found = {}
    for word in ("stopp", "banane"):
        sound = in_room(pause(300), speak(word, "de"), pause(200))
        loud = np.flatnonzero(np.abs(sound) > 1_000)
        found[word] = phrases.phrase(sound, int(loud[0]), int(loud[-1]))
    assert found == {"stopp": "stopp", "banane": None}


@pytest.mark.parametrize(
    ("text", "outlook"),
    [
        ("wie spät ist es", Outlook.CLOSED),
        ("stell einen timer", Outlook.UNFINISHED),
        ("weck mich um sieben", Outlook.OPEN),
        ("stopp", Outlook.CLOSED),
    ],
)
def test_a_pause_ends_what_is_whole(text: str, outlook: Outlook) -> None:
    """Who breaks off in a German sentence is waited for."""
    assert Sentences(GERMAN).outlook(text, 1.0) is outlook
