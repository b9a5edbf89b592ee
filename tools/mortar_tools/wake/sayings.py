"""Who says what: synthetic voices, the wake word, what sounds like it, and sentences without it."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np

from mortar import languages
from mortar.assistant.intents import Understanding
from mortar.runtimes.pocketsphinx import DICTIONARY
from mortar.runtimes.wake_words import spoken
from mortar_tools import session
from mortar_tools.session import Samples

ACCENTS = (
    *("en-us", "en-us-nyc", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan"),
    *("en-gb-x-gbcwmd", "en-029"),
)
MALE = ("", "+m1", "+m2", "+m3", "+m4", "+m7")
FEMALE = ("+f1", "+f2", "+f3", "+f4")
"""Variants of espeak-ng: formants and pitch of another speaker."""

VOICES = tuple(accent + variant for accent, variant in itertools.product(ACCENTS, MALE + FEMALE))

NEAR_MISSES = {
    "okay_nabu": (
        *("okay nobody", "okay now", "okay maybe", "okay navy", "okay a new", "okay taboo", "hey nabu"),
        *("nabu", "okay nab it", "okay noodle", "go to Malibu", "okay then", "okay", "okay Nebuchadnezzar"),
    ),
    "hey_jarvis": ("hey", "jarvis", "hey jars", "hey carvers", "hey Travis", "hey service", "a harvest"),
    "hey_mycroft": ("hey", "mycroft", "hey my craft", "hey Microsoft", "hey my cough", "hey minecraft"),
    "alexa": ("a lexus", "Alexander", "a legs a", "election", "elect her", "relax a", "a Texan", "Alex"),
}
"""Wake word → what sounds like it, and is not."""


def speak(text: str, voice: str, rng: np.random.Generator) -> Samples:
    """`text` at a speed and a pitch of chance."""
    return session.speech(text, voice, int(rng.integers(120, 200)), int(rng.integers(25, 75)))


def wake_word(word: str) -> str:
    """How the word is spelt for a synthesiser."""
    return spoken(word)


def near_misses(word: str) -> tuple[str, ...]:
    """None for a word of one's own: nobody has thought of them."""
    return NEAR_MISSES.get(word, ())


def sentence(word: str, rng: np.random.Generator) -> str:
    """A question to the assistant, or as often a row of words out of CMUdict, which have every sound of
    English. The wake word is none of them."""
    if rng.random() < 0.5:
        return str(rng.choice(_questions()))
    return row_of_words(word, rng)


def row_of_words(but: str, rng: np.random.Generator) -> str:
    """Four to ten words out of CMUdict; `but` is none of them."""
    return " ".join(rng.choice(_words(but), rng.integers(4, 11)))


@cache
def questions(tag: str = languages.REFERENCE) -> dict[str, list[str]]:
    """Intent → its sentences in a language."""
    found: dict[str, list[str]] = {}
    for intent, text in Understanding(languages.of(tag)).sentences():
        found.setdefault(intent, []).append(text)
    return found


@cache
def _questions() -> list[str]:
    return [text for of_intent in questions().values() for text in of_intent]


@cache
def _words(but: str) -> list[str]:
    words = (line.partition(" ")[0] for line in DICTIONARY.read_text().splitlines())
    return [word for word in words if word.isalpha() and word != but]
