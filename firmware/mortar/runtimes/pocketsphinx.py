"""Speech to text by PocketSphinx: only sentences of a grammar, with the en-us model in its package.

The same sound is decoded twice: once along the grammar, once as any row of phones. How much worse
the grammar explains the spoken frames is what rejects a sentence that is not in it.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder, get_model_path

from mortar.errors import MortarError
from mortar.runtimes.accents import british
from mortar.runtimes.interfaces import Samples, Transcript
from mortar.runtimes.recorded import RecordedUtterance

LARGEST_MISFIT = 2.4e-3
"""Nats a frame by which the phones may fit better. Measured on 5 espeak-ng voices: of 140 questions, all
63 that were heard right at 30 dB lie below it and 60 of 61 at 20 dB, and 28 of 40 sentences that are not in
the grammar lie above it or lead to no sentence at all. `mortar tools eval ears` prints both."""

EDGE_FRAMES = 15
"""Counted in addition to the spoken frames: onset and end fit badly and would weigh too much in a
sentence of one word."""

DITHER = 8.0
"""Standard deviation in steps of int16. Digital silence has no spectrum, and spoils the mean that
the features are normalised with: 28 of 60 sentences right, where a quiet room has 56."""

DICTIONARY = Path(get_model_path("en-us/cmudict-en-us.dict"))
"""A word a line, then its phones."""

WORD = re.compile(r"[a-z][a-z']*(?![\w>])")


class PocketSphinx:
    """`grammar` is JSGF text; `pronunciations` gives words that CMUdict lacks, in its phones."""

    unit = "pocketsphinx/cpu"

    def __init__(self, grammar: str, pronunciations: Mapping[str, str]) -> None:
        # The mean is taken over the utterance ("batch"): 56 of 60 right instead of 40.
        self._sentences = Decoder(loglevel="FATAL", lm=None, cmn="batch")
        for word, phones in pronunciations.items():
            self._sentences.add_word(word, phones, True)
        _require_words(self._sentences, grammar)
        _add_british(self._sentences, grammar)
        self._sentences.add_jsgf_string("sentences", grammar)
        self._sentences.activate_search("sentences")
        self._grammar = self._sentences.get_fsg("sentences")
        phone_model = get_model_path("en-us/en-us-phone.lm.bin")
        self._phones = Decoder(loglevel="FATAL", lm=None, cmn="batch", allphone=phone_model, lw=2.0, pip=0.3)

    def utterance(self) -> RecordedUtterance:
        return RecordedUtterance(self.transcribe)

    def transcribe(self, samples: Samples) -> Transcript:
        sound = _dithered(samples)
        text, fit = _decode(self._sentences, sound)
        if not self._grammar.accept(text):  # the best path had not come to a sentence's end
            return Transcript(None, 0.0)
        _, best_fit = _decode(self._phones, sound)
        spoken = sum(
            segment.end_frame - segment.start_frame + 1
            for segment in self._sentences.seg()
            if not segment.word.startswith("<")
        )
        misfit = max(0.0, (best_fit - fit) / (spoken + EDGE_FRAMES))
        confidence = 0.5 ** (misfit / LARGEST_MISFIT)
        return Transcript(text if confidence >= 0.5 else None, confidence)


def pronounceable(phrases: Iterable[str], pronunciations: Mapping[str, str]) -> list[str]:
    """Those of `phrases` of which CMUdict, or `pronunciations`, has every word."""
    dictionary = b"\n" + DICTIONARY.read_bytes()

    def has(word: str) -> bool:
        return word in pronunciations or f"\n{word} ".encode() in dictionary

    return [phrase for phrase in phrases if all(has(word) for word in phrase.split())]


def _decode(decoder: Decoder, sound: bytes) -> tuple[str, float]:
    """The best path's words and its score in nats; no words where there is no path."""
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return (found.hypstr, math.log(found.best_score)) if found else ("", -math.inf)


def _dithered(samples: Samples) -> bytes:
    noise = np.random.default_rng(0).normal(0, DITHER, len(samples))
    return np.clip(np.round(samples + noise), -32_768, 32_767).astype(np.int16).tobytes()


def _words(grammar: str) -> list[str]:
    rules = [line.partition("=")[2] for line in grammar.splitlines() if "=" in line]
    return sorted({word for rule in rules for word in WORD.findall(rule)})


def _add_british(decoder: Decoder, grammar: str) -> None:
    for word in _words(grammar):
        number = next(n for n in itertools.count(2) if not decoder.lookup_word(f"{word}({n})"))
        for n, phones in enumerate(sorted(british(decoder.lookup_word(word))), start=number):
            decoder.add_word(f"{word}({n})", phones, True)


def _require_words(decoder: Decoder, grammar: str) -> None:
    missing = [word for word in _words(grammar) if not decoder.lookup_word(word)]
    if missing:
        raise MortarError(
            "words-unknown",
            f"the recogniser cannot pronounce: {', '.join(missing)}",
            "add them to PRONUNCIATIONS in assistant/grammar.py",
        )
