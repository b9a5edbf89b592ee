"""What keeps the assistant from obeying itself, and lets people stop it. Reads no clock."""

from __future__ import annotations

from collections.abc import Callable

from mortar.bricks.echo import Loudness, OwnSpeech
from mortar.messages import Scalar
from mortar.runtimes.interfaces import KeyphraseSpotter, Samples


class Guard:
    """`load_stop_spotter` is called whenever the assistant begins to speak; it goes when that ends."""

    def __init__(self, load_stop_spotter: Callable[[], KeyphraseSpotter]) -> None:
        self._load_stop_spotter = load_stop_spotter
        self._stop_spotter: KeyphraseSpotter | None = None
        self._loudness = Loudness()
        self.own = OwnSpeech()
        self.figures: dict[str, Scalar] = {"own_wakes": 0, "own_stops": 0}
        """How often the assistant's own words were heard and not acted on."""

    def speaks(self, text: str, at: int) -> None:
        """From sample `at` on the assistant says `text`; nothing where that is empty."""
        self.own.begin(text, at)
        if not text:
            self._stop_spotter = None
            self._loudness.end()
        elif self._stop_spotter is None:
            self._stop_spotter = self._load_stop_spotter()

    def stops(self, block: Samples, at: int) -> list[str]:
        """What somebody said to stop it, in the block of 512 samples that ends at `at`."""
        if self._stop_spotter is None:
            return []
        self._loudness.add(block)
        phrases = self._stop_spotter.process(block)
        if not self._loudness.has_risen:
            return []
        return [phrase for phrase in phrases if not self.is_own("own_stops", phrase, at)]

    def is_own(self, figure: str, phrase: str, at: int) -> bool:
        """Whether it says `phrase` itself, which then counts in `figure`."""
        own = self.own.has(phrase, at)
        self.figures[figure] = int(self.figures[figure] or 0) + own
        return own
