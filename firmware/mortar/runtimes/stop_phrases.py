"""Phrases that make the assistant fall silent, by two recognisers together, in a remark that is over.

PocketSphinx compares sounds, Moonshine tells how much likelier anything else is than the phrase. They err in
different places, so their objections are added up: the misfit of the one and the doubt of the other, each as
a share of its limit. Together they may come to 1. The limits were chosen on 80 "stop" of eight espeak-ng
voices over own speech 10 dB below them (72 are known), 96 other remarks and 40 minutes of own speech;
docs/architecture.md has what comes of them elsewhere.

Measured on x86: 0.25 to 0.36 s of one core for a remark.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from mortar.languages.tables import Stop
from mortar.runtimes.interfaces import Samples
from mortar.runtimes.keyphrases import KeyPhrases, Likeness
from mortar.runtimes.moonshine_model import END, Moonshine
from mortar.runtimes.moonshine_search import freely, sentences
from mortar.runtimes.spelling import Speller, Vocabulary
from mortar.word_graph import grammar

LARGEST_MISFIT = 4.0
"""Nats a frame of the phrase by which any phones may fit PocketSphinx better, if Moonshine has no doubt."""

MOST_OBJECTION = 0.75
"""What PocketSphinx's objection weighs at most: also where it found no phrase, or another one."""

LARGEST_DOUBT = 16.0
"""Nats by which any words may be likelier to Moonshine, if PocketSphinx has no objection."""

LARGEST_REST_FRAMES = 30
"""300 ms that were loud behind the phrase, as PocketSphinx finds it: then it was not all. "Start again" and
"at the top, next to it" begin like "stop" to both of them."""

MOST_TOKENS = 24
"""Of any words: what goes in circles is unlikely, and anything is likelier. It tells nothing."""

BEAM = 4
"""Beginnings of phrases that are followed side by side: all."""

LEAD_SAMPLES = 1_600
"""100 ms before it was loud. Moonshine hears the remark from there, and once more with all that is before
it: 68 and 54 of 80 "stop" are likely to it, and not the same ones."""


class StopPhrases:
    """`should_stop` is asked between two words of Moonshine's; True ends the work with Interrupted."""

    unit = "pocketsphinx+moonshine/cpu"

    def __init__(self, stop: Stop, moonshine: Moonshine, should_stop: Callable[[], bool]) -> None:
        self._sounds = KeyPhrases(stop)
        self._moonshine = moonshine
        self._speller = Speller(Vocabulary(moonshine.pieces), grammar(stop.phrases, {}))
        self._should_stop = should_stop

    def phrase(self, sound: Samples, loud_from: int, loud_to: int) -> str | None:
        doubts = self._doubts(sound)
        for phrase, doubt in self._doubts(sound[max(0, loud_from - LEAD_SAMPLES) :]).items():
            doubts[phrase] = min(doubt, doubts.get(phrase, doubt))
        likeness = self._sounds.likeness(sound, loud_from, loud_to)
        scores = {
            phrase: _objection(likeness, phrase) + doubt / LARGEST_DOUBT for phrase, doubt in doubts.items()
        }
        best = min(scores, key=lambda phrase: scores[phrase], default=None)
        return best if best is not None and scores[best] <= 1 else None

    def _doubts(self, sound: Samples) -> dict[str, float]:
        """For each phrase that it may be, the nats by which any words are likelier, or 0; empty where
        Moonshine comes to no end."""
        heard = self._moonshine.encode(sound)
        free, tokens = freely(self._moonshine, self._moonshine.rows(heard), self._should_stop, MOST_TOKENS)
        if tokens[-1] != END:
            return {}
        found = sentences(
            self._moonshine, self._moonshine.rows(heard), self._speller, BEAM, self._should_stop
        )
        return {
            phrase: max(0.0, free.fit - written.fit)
            for written in found
            if (phrase := self._speller.sentence(written.text)) is not None
        }


def _objection(likeness: Likeness | None, phrase: str) -> float:
    """PocketSphinx's, as a share of its limit."""
    if likeness is None or likeness.phrase != phrase:
        return MOST_OBJECTION
    if likeness.rest_frames > LARGEST_REST_FRAMES:
        return math.inf
    if not likeness.fills:
        return MOST_OBJECTION
    return min(MOST_OBJECTION, max(0.0, likeness.misfit) / LARGEST_MISFIT)
