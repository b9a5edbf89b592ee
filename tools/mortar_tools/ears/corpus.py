"""The corpus of `mortar tools eval ears`: synthetic, made from a seed, or a person's own recordings.

The same sayings are played under each condition, so that conditions differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from mortar import languages
from mortar.assistant.intents import Understanding
from mortar.assistant.wake_phrase import without_wake_word
from mortar.drivers import recordings
from mortar.errors import MortarError
from mortar.languages import REFERENCE
from mortar.runtimes.interfaces import Samples as Recorded
from mortar.runtimes.wake_words import spoken
from mortar.settings import Ears
from mortar_tools import session
from mortar_tools.session import RATE_Hz, Samples
from mortar_tools.wake import sayings, sounds
from mortar_tools.wake.corpus import words_of

VOICES = (
    *("en-us", "en-us+m3", "en-us+m7", "en-us+f2", "en-us+f4"),
    *("en-gb", "en-gb+m1", "en-gb+f3", "en-gb-x-rp", "en-gb-scotland"),
)
SPEAKERS: Mapping[str, tuple[str, ...]] = {
    "en": VOICES,
    "de": ("de", "de+m3", "de+m7", "de+f2", "de+f4"),
}
"""Language → voices of espeak-ng."""
WORDS_PER_MINUTE = (140, 160, 180)
LEAD_ms, TRAIL_ms = 300, 160
"""What the ears leave around a question."""
ROWS_OF_QUESTIONS = 4
"""For so many questions, one row of words out of CMUdict."""
LONGEST = Ears().longest_speech_ms * RATE_Hz // 1_000
"""Samples of a recording that count: the ears hand on no more."""
WAKE_PHRASES = [spoken(word) for word in Ears().wake_words]


class Kind(StrEnum):
    QUESTION = "question"
    OTHER = "other"
    """What people say that no template has."""
    ROW = "row"
    """Words of chance, one after another."""


@dataclass(frozen=True)
class Condition:
    """What is around the speech: `noise` so many dB below the sentence's RMS, or digital silence."""

    noise: Callable[[int, sounds.Rng], Samples] | None = None
    snr_dB: float = 0.0


CONDITIONS = {
    "20 dB": Condition(sounds.noise, 20),
    "10 dB": Condition(sounds.noise, 10),
    "room 20 dB": Condition(sounds.running, 20),
    "room 10 dB": Condition(sounds.running, 10),
    "silence": Condition(),
}
RECORDED = "recordings"
"""The condition of a person's own."""


@dataclass(frozen=True)
class Utterance:
    """What is to be made, or read: all that a process needs to know."""

    kind: Kind
    asked: str
    """Nothing where nobody wrote down what a recording has."""
    voice: str
    """Of espeak-ng; the name of a recording."""
    condition: str = RECORDED
    words_per_minute: int = 0
    seed: int = 0
    number: int = 0
    file: Path | None = None


def made(utterance: Utterance) -> Recorded:
    """Its sound, int16 mono at 16 kHz; the same utterance gives the same sound."""
    if utterance.file is not None:
        return recordings.load(utterance.file)[:LONGEST]
    speech = session.speech(utterance.asked, utterance.voice, utterance.words_per_minute)
    sound = np.concatenate([session.silence(LEAD_ms), speech, session.silence(TRAIL_ms)])
    condition = CONDITIONS[utterance.condition]
    if condition.noise is not None:
        rng = np.random.default_rng([utterance.seed, utterance.number])
        sound += sounds.below(speech, condition.noise(len(sound), rng), condition.snr_dB)
    return sounds.recorded(sound)


def utterances(n: int, seed: int, conditions: Sequence[str], tag: str = REFERENCE) -> list[Utterance]:
    """Under each condition, of each voice: `n` questions, `n` other sentences, and a few rows of words."""
    said = list(_sayings(n, seed, tag))
    return [replace(one, condition=condition) for condition in conditions for one in said]


def folder_utterances(folder: Path, tag: str = REFERENCE) -> list[Utterance]:
    """A person's own recordings: NAME.wav (or FLAC, OGG), and what is said in it in NAME.txt.

    One whose text is a sentence of the templates, after the wake word or without it, is a question;
    every other is other speech. Raises MortarError where there is no question.
    """
    understanding = Understanding(languages.of(tag))
    found = []
    for file in recordings.recordings(folder):
        text = without_wake_word(words_of(file), WAKE_PHRASES)
        kind = Kind.QUESTION if understanding.understand(text) else Kind.OTHER
        found.append(Utterance(kind, text, file.stem, file=file))
    if not any(one.kind is Kind.QUESTION for one in found):
        raise MortarError(
            "no-questions",
            f"no text in {folder} is a sentence of the templates",
            "write what is asked in NAME.wav into NAME.txt beside it; docs/sentences.md lists the sentences",
        )
    return found


def other_speech(tag: str = REFERENCE) -> list[str]:
    """Sentences of a family and its television, a line each; no template has one of them."""
    return Path(__file__).with_name(f"other_speech.{tag}.txt").read_text(encoding="utf-8").splitlines()


def _sayings(n: int, seed: int, tag: str) -> Iterator[Utterance]:
    rng = np.random.default_rng(seed)
    others = cycle(rng.permutation(other_speech(tag)).tolist())  # dealt out: voices share them
    number = 0
    n_rows = max(1, n // ROWS_OF_QUESTIONS) if tag == REFERENCE else 0  # CMUdict is English
    for voice in SPEAKERS[tag]:
        texts = [
            *((Kind.QUESTION, text) for text in _questions(n, rng, tag)),
            *((Kind.OTHER, text) for text in islice(others, n)),
            *((Kind.ROW, sayings.row_of_words("", rng)) for _ in range(n_rows)),
        ]
        for kind, text in texts:
            speed = int(rng.choice(WORDS_PER_MINUTE))
            yield Utterance(kind, text, voice, words_per_minute=speed, seed=seed, number=number)
            number += 1


def _questions(n: int, rng: np.random.Generator, tag: str) -> Iterator[str]:
    """An intent, then one of its sentences: some intents have a thousand times as many as others."""
    sentences = sayings.questions(tag)
    intents = list(sentences)
    for _ in range(n):
        of_intent = sentences[intents[rng.integers(len(intents))]]
        yield of_intent[rng.integers(len(of_intent))]
