"""What keeps the assistant from obeying itself, and lets people stop it. Reads no clock."""

from __future__ import annotations

from collections.abc import Callable

from mortar.bricks.echo import OwnSpeech
from mortar.bricks.remarks import Remarks
from mortar.messages import Scalar
from mortar.runtimes.interfaces import PhraseRecogniser, Samples


class Guard:
    """`load_stop_phrases` is called whenever the assistant begins to speak; it goes when that ends."""

    def __init__(self, load_stop_phrases: Callable[[], PhraseRecogniser]) -> None:
        self._load_stop_phrases = load_stop_phrases
        self._stop_phrases: PhraseRecogniser | None = None
        self._remarks = Remarks()
        self.own = OwnSpeech()
        self.figures: dict[str, Scalar] = {"own_wakes": 0, "own_stops": 0}
        """How often the assistant's own words were heard and not acted on."""

    @property
    def hears_somebody(self) -> bool:
        """Whether, while the assistant speaks, somebody louder than it does too, or did a moment ago."""
        return self._stop_phrases is not None and self._remarks.somebody_speaks

    def speaks(self, text: str, at: int) -> None:
        """From sample `at` on the assistant says `text`; nothing where that is empty."""
        self.own.begin(text, at)
        if not text:
            self._stop_phrases = None
            self._remarks.end()
        elif self._stop_phrases is None:
            self._stop_phrases = self._load_stop_phrases()

    def stop(self, block: Samples, at: int) -> str | None:
        """What somebody has said to stop it, over with the block of 512 samples that ends at `at`.

        First the loudness tells that somebody spoke, then their whole remark is looked at.
        """
        if self._stop_phrases is None or (remark := self._remarks.add(block)) is None:
            return None
        phrase = self._stop_phrases.phrase(remark.sound, remark.loud_from, remark.loud_to)
        return None if phrase is None or self.is_own("own_stops", phrase, at) else phrase

    def is_own(self, figure: str, phrase: str, at: int) -> bool:
        """Whether it says `phrase` itself, which then counts in `figure`."""
        own = self.own.has(phrase, at)
        self.figures[figure] = int(self.figures[figure] or 0) + own
        return own
