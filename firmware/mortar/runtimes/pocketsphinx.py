"""Speech to text by PocketSphinx: only sentences of a grammar, with the en-us model in its package.

The same sound is decoded twice: once along the grammar, once as any row of phones. How much worse
the grammar explains the spoken frames is what rejects a sentence that is not in it. How much better the
first part of some sentence explains them than any whole one does is what rejects a sentence that breaks off.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pocketsphinx import Decoder, get_model_path

from mortar.errors import MortarError
from mortar.runtimes.accents import british
from mortar.runtimes.interfaces import Samples, Transcript
from mortar.runtimes.noise import evened
from mortar.runtimes.recorded import RecordedUtterance

LARGEST_MISFIT = 1.2e-3
"""Nats over 1024 a frame by which the phones may fit better. More lets other speech through (ten espeak-ng
voices in white noise 20 dB below them: 3 of 120 sentences at 1.1e-3, 5 at 1.2e-3, 6 at 1.3e-3), less rejects
what was meant, above all in noise (10 dB: 99, 101, 104 of 120 questions understood). `mortar tools eval ears`
prints both, with `--json --each` the confidence of each."""

LARGEST_GAP = 0.03
"""Nats over 1024 by which a path that comes to no sentence's end may fit better. Of 79 sentences that broke
off (ten espeak-ng voices, 20 dB) 72 lie above 0.02 and 56 above 0.04; of 92 that were heard right, one."""

EDGE_FRAMES = 15
"""Counted in addition to the spoken frames: onset and end fit badly and would weigh too much in a
sentence of one word."""

COMMON = {"cmn": "batch", "topn": 8, "compallsen": True}
"""Of both decoders. The mean is taken over the utterance. Eight Gaussians a frame instead of four: 75.0
instead of 72.5 % of 200 questions understood in noise 10 dB below them. Scores are counted from the best of
all senones, not of those that a decoder happens to try, or the two could not be compared."""

SEARCH = {"bestpath": False, "lw": 4.0, "beam": 1e-64, "pbeam": 1e-64, "wbeam": 1e-40}
"""The path that the search found, and not the best through the lattice of its words, which may be no
sentence: 91 instead of 82 % of 200 questions understood in digital silence, 90 instead of 85 % at 20 dB. With
it beams this wide cost 7 % more time, and always reach the end of a sentence."""

DICTIONARY = Path(get_model_path("en-us/cmudict-en-us.dict"))
"""A word a line, then its phones."""

WORD = re.compile(r"[a-z][a-z']*(?![\w>])")


class _Path(NamedTuple):
    text: str
    fit: float
    """Nats over 1024, from the best of all senones in each frame."""


class PocketSphinx:
    """`grammar` is JSGF text; `pronunciations` gives words that CMUdict lacks, in its phones."""

    unit = "pocketsphinx/cpu"

    def __init__(self, grammar: str, pronunciations: Mapping[str, str]) -> None:
        self._sentences = Decoder(loglevel="FATAL", lm=None, **COMMON, **SEARCH)
        for word, phones in pronunciations.items():
            self._sentences.add_word(word, phones, True)
        _require_words(self._sentences, grammar)
        _add_british(self._sentences, grammar)
        self._sentences.add_jsgf_string("sentences", grammar)
        self._sentences.activate_search("sentences")
        self._grammar = self._sentences.get_fsg("sentences")
        phone_model = get_model_path("en-us/en-us-phone.lm.bin")
        self._phones = Decoder(loglevel="FATAL", lm=None, **COMMON, allphone=phone_model, lw=2.0, pip=0.3)

    def utterance(self) -> RecordedUtterance:
        return RecordedUtterance(self.transcribe)

    def transcribe(self, samples: Samples) -> Transcript:
        sound = evened(samples).tobytes()
        begun, ended = _decode(self._sentences, sound)
        if not self._grammar.accept(ended.text):
            return Transcript(None, 0.0)
        spoken = sum(
            segment.end_frame - segment.start_frame + 1
            for segment in self._sentences.seg()
            if not segment.word.startswith("<")
        )
        _, phones = _decode(self._phones, sound)
        misfit = max(0.0, (phones.fit - ended.fit) / (spoken + EDGE_FRAMES))
        gap = max(0.0, begun.fit - ended.fit)
        confidence = 0.5 ** max(misfit / LARGEST_MISFIT, gap / LARGEST_GAP)
        return Transcript(ended.text if confidence >= 0.5 else None, confidence)


def pronounceable(phrases: Iterable[str], pronunciations: Mapping[str, str]) -> list[str]:
    """Those of `phrases` of which CMUdict, or `pronunciations`, has every word."""
    dictionary = b"\n" + DICTIONARY.read_bytes()

    def has(word: str) -> bool:
        return word in pronunciations or f"\n{word} ".encode() in dictionary

    return [phrase for phrase in phrases if all(has(word) for word in phrase.split())]


def _decode(decoder: Decoder, sound: bytes) -> tuple[_Path, _Path]:
    """The best path wherever it has come to, and the best of those that have come to a sentence's end."""
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    begun = _path(decoder)
    decoder.end_utt()
    return begun, _path(decoder)


def _path(decoder: Decoder) -> _Path:
    found = decoder.hyp()
    return _Path(found.hypstr, math.log(found.best_score)) if found else _Path("", -math.inf)


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
