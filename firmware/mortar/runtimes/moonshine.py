"""Dictation by Moonshine. It understands an utterance as a whole.

Where there is nothing to hear, it writes what often stood in what it learned from ("You", "Thank you for
watching!"), and is as sure of that as of speech. It writes the same in silence, though. So what counts is how
much likelier the text is with this sound than in silence. What has no end or goes in circles is dropped.

Of 370 sounds without speech (silence, white and pink noise, running and household sounds, hum, music; 0.3 to
5 s) 10 became text, 5 of them hum; of 500 sentences (ten espeak-ng voices in five conditions) 498 did.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np

from mortar.runtimes.circles import goes_in_circles
from mortar.runtimes.dictation_model import located
from mortar.runtimes.interfaces import Interrupted, Samples, Transcript
from mortar.runtimes.moonshine_model import END, loaded, packaged
from mortar.runtimes.moonshine_search import freely
from mortar.runtimes.recorded import RecordedUtterance
from mortar.settings import Listening

RATE_Hz = 16_000

LEAST_EVIDENCE = 9.0
"""Nats by which the text must be likelier with the sound than in silence."""

LEAST_LOG_PROBABILITY = -1.3
"""Nats a token. Alone it would say little: half of what it makes of noise is likelier than that."""

TOKENS_A_SECOND, SPARE_TOKENS = 13, 8
"""More are a circle. The makers' own limit for the languages that need most; English needs half as many."""

SILENCE = np.zeros(RATE_Hz, np.int16)


class MoonshineDictation:
    """`should_stop` is asked between two tokens; True ends the work with Interrupted."""

    unit = "moonshine/cpu"

    def __init__(self, settings: Listening, should_stop: Callable[[], bool]) -> None:
        folder = located(settings) if settings.model else packaged(settings.language)
        self._model = loaded(folder, settings.threads)
        self._silence = self._model.encode(SILENCE)
        self._should_stop = should_stop

    def utterance(self) -> RecordedUtterance:
        return RecordedUtterance(self.transcribe)

    def transcribe(self, samples: Samples) -> Transcript:
        if self._should_stop():
            raise Interrupted
        heard = self._model.encode(samples)
        most = SPARE_TOKENS + TOKENS_A_SECOND * len(samples) // RATE_Hz
        written, tokens = freely(self._model, self._model.rows(heard), self._should_stop, most)
        if tokens[-1] != END or not re.search(r"\w", written.text) or goes_in_circles(written.text):
            return Transcript(None, 0.0)
        likely = written.fit / (len(tokens) - 1)
        evidence = written.fit - self._model.rows(self._silence).fit(tokens)
        is_sure = likely >= LEAST_LOG_PROBABILITY and evidence >= LEAST_EVIDENCE
        return Transcript(written.text if is_sure else None, math.exp(likely))
