"""What the assistant says itself, and whether it may still be heard. Counts samples, and reads no clock."""

from __future__ import annotations

from mortar.own_speech import says

SAMPLES_PER_MS = 16

TAIL_SAMPLES = 500 * SAMPLES_PER_MS
"""So long a sentence may still be heard behind its end: the sound card's buffers, the room, and what a
recogniser takes to notice."""


class OwnSpeech:
    """Sentences that sound, and those whose echo may still be in the air."""

    def __init__(self) -> None:
        self._now: str | None = ""
        """None is a recording, whose words nobody knows."""
        self._fading: list[tuple[str | None, int]] = []
        """What has ended, and the sample to which it may be heard."""
        self.silent_from = 0
        """Sample at which the assistant fell silent last, echo aside."""

    @property
    def sounds(self) -> bool:
        return self._now != ""

    def begin(self, text: str | None, at: int) -> None:
        """From sample `at` on it says `text`, or nothing where that is empty; None is a recording."""
        self._fading = [(held, until) for held, until in self._fading if until > at]
        if self.sounds:
            self._fading.append((self._now, at + TAIL_SAMPLES))
            self.silent_from = at
        self._now = text

    def covers(self, at: int) -> bool:
        """Whether it may be heard at sample `at`."""
        return self.sounds or at < max((until for _, until in self._fading), default=0)

    def has(self, phrase: str, at: int) -> bool:
        """Whether what may be heard of it at sample `at` is known to have `phrase` in it."""
        return any(text is not None and says(text, phrase) for text in self._audible(at))

    def has_a_recording(self, at: int) -> bool:
        """Whether what may be heard of it at sample `at` may have any words in it."""
        return None in self._audible(at)

    def _audible(self, at: int) -> list[str | None]:
        return [*(text for text, until in self._fading if until > at), self._now]
