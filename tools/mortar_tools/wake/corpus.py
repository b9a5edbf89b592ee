"""The corpus of `mortar tools eval wake`: synthetic, made minute by minute from a seed.

A minute says where in it the wake word, or what sounds like it, is said; everything else in it is
sound in which nothing may be heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from mortar.drivers import recordings
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Samples as Recorded
from mortar_tools.session import RATE_Hz, Samples
from mortar_tools.wake import sayings, sounds

MINUTE = 60 * RATE_Hz
SNRS_dB = (30, 20, 10)
LEAD_s, TAIL_s = 1.0, 0.8
"""Of noise alone around a wake word; it is known up to 270 ms after its end."""
NEAR_SHARE = 0.01
"""Sentences among the other speech that are near misses: some ten an hour."""


class Kind(StrEnum):
    WAKE = "wake"
    NEAR = "near"
    SPEECH = "speech"
    MUSIC = "music"
    HOUSEHOLD = "household"


NEGATIVES = (Kind.SPEECH, Kind.MUSIC, Kind.HOUSEHOLD)


@dataclass(frozen=True)
class Part:
    """What is to be made, or read: all that a process needs to know."""

    kind: Kind
    word: str
    seed: int
    number: int
    file: Path | None = None


@dataclass(frozen=True)
class Saying:
    """The wake word (or a near miss) is in [from_sample, to_sample), and nothing else is."""

    from_sample: int
    to_sample: int
    voice: str
    snr_dB: int | None


@dataclass(frozen=True)
class Sound:
    """int16 mono at 16 kHz."""

    samples: Recorded
    sayings: tuple[Saying, ...] = ()


def made(part: Part) -> Sound:
    """The sound of a part; the same part gives the same sound."""
    if part.file is not None:
        samples = recordings.load(part.file)
        said = (Saying(0, len(samples), part.file.stem, None),) if part.kind is Kind.WAKE else ()
        return Sound(samples, said)
    rng = np.random.default_rng([part.seed, list(Kind).index(part.kind), part.number])
    match part.kind:
        case Kind.WAKE | Kind.NEAR:
            return _saying(part, rng)
        case Kind.SPEECH:
            return Sound(sounds.recorded(_talk(part.word, rng)))
        case Kind.MUSIC:
            return Sound(sounds.recorded(sounds.music(MINUTE, rng) * _loudness(rng)))
        case Kind.HOUSEHOLD:
            return Sound(sounds.recorded(sounds.household(MINUTE, rng) * _loudness(rng)))


def parts(word: str, n: int, hours: float, seed: int) -> list[Part]:
    """`n` sayings of the word, as many near misses, and `hours` of other sound, a third of each kind."""
    minutes = round(hours * 60)
    return [
        *(Part(Kind.WAKE, word, seed, number) for number in range(n)),
        *(Part(Kind.NEAR, word, seed, number) for number in range(n if sayings.near_misses(word) else 0)),
        *(Part(NEGATIVES[number % 3], word, seed, number) for number in range(minutes)),
    ]


def folder_parts(folder: Path, word: str) -> list[Part]:
    """A person's own recordings: NAME.wav (or FLAC, OGG), and what is said in it in NAME.txt.

    One whose text has the wake word in it is a saying of it; every other is sound in which nothing
    may be heard. Raises MortarError where one of the two is missing altogether.
    """
    found = [
        Part(Kind.WAKE if sayings.wake_word(word) in words_of(file) else Kind.SPEECH, word, 0, 0, file)
        for file in recordings.recordings(folder)
    ]
    kinds = {part.kind for part in found}
    if Kind.WAKE not in kinds:
        raise MortarError(
            "no-sayings",
            f"no text in {folder} has {sayings.wake_word(word)!r} in it",
            "write what is said in NAME.wav into NAME.txt beside it",
        )
    if Kind.SPEECH not in kinds:
        raise MortarError(
            "no-other-sound",
            f"every recording in {folder} has the wake word in it",
            "add recordings of other speech and sound",
        )
    return found


def words_of(recording: Path) -> str:
    """What is said in a recording, as small words with one space between; nothing where nobody says."""
    text = recording.with_suffix(".txt")
    said = text.read_text(encoding="utf-8", errors="replace").lower() if text.is_file() else ""
    letters = "".join(sign if sign.isalpha() or sign == "'" else " " for sign in said)
    return " ".join(letters.split())


def _saying(part: Part, rng: np.random.Generator) -> Sound:
    """One saying in noise of some kind."""
    voice, snr_dB = str(rng.choice(sayings.VOICES)), int(rng.choice(SNRS_dB))
    near = sayings.near_misses(part.word)
    text = str(rng.choice(near)) if part.kind is Kind.NEAR else sayings.wake_word(part.word)
    spoken = sayings.speak(text, voice, rng)
    lead, tail = int(LEAD_s * RATE_Hz), int(TAIL_s * RATE_Hz)
    sound = np.concatenate([np.zeros(lead), spoken, np.zeros(tail)]).astype(np.float32) * _loudness(rng)
    sound += _around(sound, snr_dB, rng)
    said = Saying(lead, len(sound), voice, snr_dB)
    return Sound(sounds.recorded(sound), (said,))


def _around(speech: Samples, snr_dB: float, rng: np.random.Generator) -> Samples:
    """Room, music or household, `snr_dB` below the RMS of the speech where somebody speaks."""
    length = len(speech)
    heard = (
        lambda: sounds.noise(length, rng, -3.0),
        lambda: sounds.music(length, rng),
        lambda: sounds.household(length, rng),
    )[rng.integers(3)]()
    voiced = speech[np.abs(speech) > 0.02 * np.abs(speech).max()]
    return sounds.below(voiced, heard, snr_dB)


def _talk(word: str, rng: np.random.Generator) -> Samples:
    """A minute of sentences of many voices, in a room."""
    sound = np.zeros(MINUTE, np.float32)
    at = 0
    for text in _sentences(word, rng):
        spoken = sayings.speak(text, str(rng.choice(sayings.VOICES)), rng) * _loudness(rng)
        if at + len(spoken) > MINUTE:
            break
        sound[at : at + len(spoken)] = spoken
        at += len(spoken) + int(RATE_Hz * rng.uniform(0.1, 1.2))
    return sound + _around(sound, float(rng.uniform(15, 40)), rng)


def _sentences(word: str, rng: np.random.Generator) -> Iterator[str]:
    near = sayings.near_misses(word)
    while True:
        yield str(rng.choice(near)) if near and rng.random() < NEAR_SHARE else sayings.sentence(word, rng)


def _loudness(rng: np.random.Generator) -> float:
    """Near and far: 0 to -20 dB."""
    return float(10 ** rng.uniform(-1, 0))
