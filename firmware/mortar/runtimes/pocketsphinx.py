"""Speech to text by PocketSphinx: only sentences of a grammar, with the en-us model in its package.

The same sound is decoded twice: once along the grammar, once as any row of phones. How much worse
the grammar explains the spoken frames is what rejects a sentence that is not in it. How much better the
first part of some sentence explains them than any whole one does is what rejects a sentence that breaks off.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import NamedTuple

from pocketsphinx import Decoder, get_model_path

from mortar.errors import MortarError
from mortar.languages import Language
from mortar.runtimes import fsg
from mortar.runtimes.accents import british
from mortar.runtimes.followed import FollowedUtterance
from mortar.runtimes.interfaces import Samples, Transcript
from mortar.word_graph import Grammar

LARGEST_MISFIT = 1.1e-3
"""Nats over 1024 a frame by which the phones may fit better. More lets other speech through, less rejects
what was meant, above all in noise: `mortar tools eval ears --engine pocketsphinx` prints both."""

LARGEST_GAP = 0.03
"""Nats over 1024 by which a path that comes to no sentence's end may fit better. Of 79 sentences that broke
off (ten espeak-ng voices, 20 dB) 72 lie above 0.02 and 56 above 0.04; of 92 that were heard right, one."""

EDGE_FRAMES = 30
"""Counted in addition to the spoken frames: onset and end fit badly and would weigh too much in a
sentence of one word."""

COMMON = {"cmn": "batch", "topn": 8, "compallsen": True}
"""Of both decoders. The mean of the features is that of what is given at once. Eight Gaussians a frame
instead of four: 75.0 instead of 72.5 % of 200 questions understood in noise 10 dB below them. Scores are
counted from the best of all senones, not of those that a decoder tries, or the two could not be compared."""

SEARCH = {"bestpath": False, "lw": 4.0, "beam": 1e-64, "pbeam": 1e-64, "wbeam": 1e-40}
"""The path that the search found, and not the best through the lattice of its words, which may be no
sentence: 91 instead of 82 % of 200 questions understood in digital silence, 90 instead of 85 % at 20 dB. With
it beams this wide cost 7 % more time, and always reach the end of a sentence."""

DICTIONARY = File(get_model_path("en-us/cmudict-en-us.dict"))
"""A word a line, then its phones."""

ALL, FEW = "all", "few"
"""Names of the searches: every sentence of the grammar, and some of them."""

LEAST = -85.0
"""Nats by which one weight may be below another: PocketSphinx reads them as float32."""

SCALE = 1024
"""PocketSphinx divides log probabilities by it."""


class Path(NamedTuple):
    """Through the words of the grammar, or through phones."""

    text: str
    fit: float
    """Nats over 1024, from the best of all senones in each frame."""


@dataclass(frozen=True)
class Explained:
    """What PocketSphinx makes of an utterance."""

    text: str | None
    """The sentence of the grammar; None where there is none that it could be."""
    misfit: float = 0.0
    """By how much any row of phones fits better, in nats over 1024 a spoken frame."""
    gap: float = 0.0
    """By how much a beginning of some sentence fits better than a whole one, in nats over 1024."""


class Decoders:
    """One of sentences, one of phones, which take sound while it comes."""

    def __init__(self, grammar: Grammar, language: Language) -> None:
        dictionary = str(language.dictionary or DICTIONARY)
        self._sentences = Decoder(loglevel="FATAL", lm=None, dict=dictionary, **COMMON, **SEARCH)
        for word, phones in language.speech.pronunciations.items():
            self._sentences.add_word(word, phones, True)
        _require_words(self._sentences, grammar)
        if language.dictionary is None:
            _add_british(self._sentences, grammar)
        self._sentences.add_fsg(ALL, fsg.sentences(self._sentences, grammar))
        self._sentences.activate_search(ALL)
        phone_model = get_model_path("en-us/en-us-phone.lm.bin")
        self._phones = Decoder(loglevel="FATAL", lm=None, **COMMON, allphone=phone_model, lw=2.0, pip=0.3)
        self._all = (self._sentences, self._phones)
        self._in_utterance = False
        self._mean = ""

    def begin(self, beginning: Samples) -> None:
        """A new utterance; one that has not ended is dropped. `beginning`, a second of it, gives the mean
        that its features are normalised with, so that nothing of the one before is in it."""
        if self._in_utterance:
            self._end()
        self._phones.reinit_feat()  # or it would go on with the mean of the utterance before
        self._phones.start_utt()
        self._phones.process_raw(beginning.tobytes(), no_search=True, full_utt=True)
        self._mean = self._phones.get_cmn(False)
        self._phones.end_utt()
        for decoder in self._all:
            decoder.set_cmn(self._mean)
            decoder.start_utt()
        self._in_utterance = True

    def take(self, samples: Samples) -> None:
        """Its next sound, int16 mono at 16 kHz."""
        for decoder in self._all:
            _process(decoder, samples)

    def conclude(self) -> Explained:
        """It has ended."""
        begun = _path(self._sentences)
        self._end()
        ended = _path(self._sentences)
        if not self._sentences.get_fsg(ALL).accept(ended.text):
            return Explained(None)
        return Explained(ended.text, self._misfit(ended.fit), max(0.0, begun.fit - ended.fit))

    def choose(self, weights: Mapping[str, float], samples: Samples) -> Explained:
        """The best of a few sentences for an utterance that has ended, all of which is given again.

        `weights` are log probabilities, in nats, that go with what is heard.
        """
        most = max(weights.values())
        shares = {sentence: math.exp(max(held - most, LEAST)) for sentence, held in weights.items()}
        self._sentences.add_fsg(FEW, fsg.weighted(self._sentences, shares))
        self._sentences.activate_search(FEW)
        self._sentences.set_cmn(self._mean)
        self._sentences.start_utt()
        _process(self._sentences, samples)
        self._sentences.end_utt()
        ended = _path(self._sentences)
        explained = Explained(None)
        if ended.text in shares:
            given = math.log(shares[ended.text] / sum(shares.values()))
            explained = Explained(ended.text, self._misfit(ended.fit - given / SCALE))
        self._sentences.activate_search(ALL)
        return explained

    def _end(self) -> None:
        for decoder in self._all:
            decoder.end_utt()
        self._in_utterance = False

    def _misfit(self, fit: float) -> float:
        spoken = sum(
            segment.end_frame - segment.start_frame + 1
            for segment in self._sentences.seg()
            if not segment.word.startswith("<")
        )
        worse: float = (_path(self._phones).fit - fit) / (spoken + EDGE_FRAMES)
        return max(0.0, worse)


class PocketSphinx:
    """Recognises by itself."""

    unit = "pocketsphinx/cpu"

    def __init__(self, grammar: Grammar, language: Language) -> None:
        self._decoders = Decoders(grammar, language)

    def utterance(self) -> FollowedUtterance[Explained]:
        return FollowedUtterance(self._decoders, lambda explained, sound: _judged(explained))


def _judged(explained: Explained) -> Transcript:
    if explained.text is None:
        return Transcript(None, 0.0)
    confidence = 0.5 ** max(explained.misfit / LARGEST_MISFIT, explained.gap / LARGEST_GAP)
    return Transcript(explained.text if confidence >= 0.5 else None, confidence)


def pronounceable(phrases: Iterable[str], language: Language) -> list[str]:
    """Those of `phrases` every word of which a dictionary has."""
    dictionary = b"\n" + (language.dictionary or DICTIONARY).read_bytes()
    pronunciations = language.speech.pronunciations

    def has(word: str) -> bool:
        return word in pronunciations or f"\n{word} ".encode() in dictionary

    return [phrase for phrase in phrases if all(has(word) for word in phrase.split())]


def _process(decoder: Decoder, samples: Samples) -> None:
    if len(samples):  # an empty buffer is an IndexError
        decoder.process_raw(samples.tobytes(), False, False)


def _path(decoder: Decoder) -> Path:
    """The best wherever it has come to or, once the utterance has ended, the best that ends a sentence."""
    found = decoder.hyp()
    return Path(found.hypstr, math.log(found.best_score)) if found else Path("", -math.inf)


def _add_british(decoder: Decoder, grammar: Grammar) -> None:
    for word in grammar.words:
        number = next(n for n in itertools.count(2) if not decoder.lookup_word(f"{word}({n})"))
        for n, phones in enumerate(sorted(british(decoder.lookup_word(word))), start=number):
            decoder.add_word(f"{word}({n})", phones, True)


def _require_words(decoder: Decoder, grammar: Grammar) -> None:
    missing = [word for word in grammar.words if not decoder.lookup_word(word)]
    if missing:
        raise MortarError(
            "words-unknown",
            f"the recogniser cannot pronounce: {', '.join(missing)}",
            "add them to the language's speech.toml, or make its words.dict anew",
        )
