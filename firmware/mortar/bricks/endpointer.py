"""Where an utterance begins and ends. Counts samples that it is given, and reads no clock."""

from __future__ import annotations

from dataclasses import dataclass

from mortar.messages import Outlook
from mortar.settings import Ears

SAMPLES_PER_MS = 16

SHORTEST_SPEECH_ms = 190
"""Less voice than this is a click, or the tail of the wake word: the shortest question, "stop",
has more."""

TRAILING_ms = 160
"""Kept behind the last voiced window: final consonants are not voiced."""

PAUSE_ms = 192
"""So long without voice may be the end already: worth recognising what there is, while the patience
still runs."""

UNVOICED_SHARE = 0.7
"""Speech that has begun goes on down to this share of the threshold, so that a weak syllable does
not end it."""


@dataclass(frozen=True)
class Began:
    from_sample: int


@dataclass(frozen=True)
class Paused:
    """The utterance may be [.., to_sample), if nothing more is said."""

    to_sample: int


@dataclass(frozen=True)
class Ended:
    """The utterance is [from_sample, to_sample)."""

    from_sample: int
    to_sample: int


@dataclass(frozen=True)
class NothingSaid:
    """Nobody spoke within the patience."""


Edge = Began | Paused | Ended | NothingSaid


class Endpointer:
    """For one utterance, listened for from `start` on. `start_patience_ms` replaces the setting's.

    How long a silence ends it depends on what was said before: `judge` is told. Where `pause_ms` is given,
    it is that long, whatever was said.
    """

    def __init__(
        self,
        settings: Ears,
        start: int,
        start_patience_ms: int | None = None,
        pause_ms: int | None = None,
    ) -> None:
        self._settings = settings
        self._start = start
        self._start_patience_ms = (
            settings.start_patience_ms if start_patience_ms is None else start_patience_ms
        )
        self._patience_ms = {
            Outlook.CLOSED: pause_ms or settings.complete_patience_ms,
            Outlook.OPEN: pause_ms or settings.end_patience_ms,
            Outlook.UNFINISHED: pause_ms or settings.hesitation_patience_ms,
        }
        self._outlook = Outlook.OPEN
        self._began: int | None = None
        self._first_voiced: int | None = None
        self._last_voiced = start
        self._voiced = 0
        self._paused_at: int | None = None
        """End of the utterance, if the silence that goes on is its end."""

    @property
    def voiced_to(self) -> int:
        """End of the last window with voice; what lies behind it may still be silence."""
        return self._last_voiced

    def feed(self, probability: float, from_sample: int, to_sample: int) -> Edge | None:
        """The next window [from_sample, to_sample) with its probability of speech."""
        if self._began is None:
            return self._waiting(probability, from_sample, to_sample)
        if probability >= self._settings.speech_threshold * UNVOICED_SHARE:
            self._last_voiced = to_sample
            self._paused_at, self._outlook = None, Outlook.OPEN
        silent_ms = (to_sample - self._last_voiced) // SAMPLES_PER_MS
        end = min(self._last_voiced + TRAILING_ms * SAMPLES_PER_MS, to_sample)
        too_long = to_sample - self._began >= self._settings.longest_speech_ms * SAMPLES_PER_MS
        if silent_ms >= self._patience_ms[self._outlook] or too_long:
            return Ended(self._began, end)
        if silent_ms >= PAUSE_ms and self._paused_at is None:
            self._paused_at = end
            return Paused(end)
        return None

    def judge(self, to_sample: int, outlook: Outlook) -> None:
        """What was said up to the pause at `to_sample`; nothing where that pause is over."""
        if to_sample == self._paused_at:
            self._outlook = outlook

    def _waiting(self, probability: float, from_sample: int, to_sample: int) -> Began | NothingSaid | None:
        if probability >= self._settings.speech_threshold:
            if self._first_voiced is None:
                self._first_voiced = from_sample
            self._last_voiced = to_sample
            self._voiced += to_sample - from_sample
            if self._voiced >= SHORTEST_SPEECH_ms * SAMPLES_PER_MS:
                preroll = self._settings.preroll_ms * SAMPLES_PER_MS
                self._began = max(self._first_voiced - preroll, 0)
                return Began(self._began)
        elif to_sample - self._last_voiced > SHORTEST_SPEECH_ms * SAMPLES_PER_MS:
            self._first_voiced, self._voiced = None, 0
        if to_sample - self._start >= self._start_patience_ms * SAMPLES_PER_MS:
            return NothingSaid()
        return None
