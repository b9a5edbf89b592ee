"""What keeps the assistant from obeying itself, and lets people stop it. Reads no clock."""

from __future__ import annotations

from mortar.bricks.echo import OwnSpeech
from mortar.bricks.remarks import Remarks
from mortar.messages import Remark, Remarked, Scalar
from mortar.runtimes.interfaces import Samples

LATEST_SAMPLES = 3 * 16_000
"""3 s: who said "stop" and was not heard has said it again by then."""


class Guard:
    """What is said over the assistant it cuts out, and others judge; at work while the assistant speaks."""

    def __init__(self) -> None:
        self._remarks = Remarks()
        self._judged: Remark | None = None
        """The remark that is being judged."""
        self.own = OwnSpeech()
        self.figures: dict[str, Scalar] = {"own_wakes": 0, "own_stops": 0}
        """How often the assistant's own words were heard and not acted on."""

    @property
    def hears_somebody(self) -> bool:
        """Whether, while the assistant speaks, somebody louder than it does too, or did a moment ago."""
        return self.own.sounds and self._remarks.somebody_speaks

    def is_spoken_over(self, at: int) -> bool:
        """Whether somebody speaks over the assistant at sample `at`, or what they said is being judged."""
        return self.own.sounds and (self._remarks.goes_on or self._is_judged(at))

    def speaks(self, text: str | None, at: int) -> None:
        """From sample `at` on the assistant says `text`; nothing where that is empty. None is a recording."""
        self.own.begin(text, at)
        if not self.own.sounds:
            self._remarks.end()
            self._judged = None

    def remark(self, block: Samples, at: int) -> Remark | None:
        """What somebody said over the assistant, over with the block of 512 samples that ends at `at`."""
        if not self.own.sounds or (remark := self._remarks.add(block, at)) is None:
            return None
        self._judged = remark
        return remark

    def stop(self, remarked: Remarked, at: int) -> str | None:
        """The phrase that stops the assistant, told by sample `at`; None for what it said itself, and for
        what comes too late."""
        remark = self._judged
        if remark is None or remark.number != remarked.number or not self._is_judged(at):
            return None
        self._judged = None
        if remarked.phrase is None:
            return None
        # A recording that says it is not told apart by its words, but it was loud enough to be a remark.
        own = self.own.has(remarked.phrase, remark.to_sample)
        return None if self._counted("own_stops", own) else remarked.phrase

    def _is_judged(self, at: int) -> bool:
        return self._judged is not None and at - self._judged.to_sample <= LATEST_SAMPLES

    def is_own_wake(self, phrase: str, at: int) -> bool:
        """Whether it says the wake word itself. A recording may: then somebody must be louder than it."""
        may_be_recorded = self.own.has_a_recording(at) and not self._remarks.somebody_speaks
        return self._counted("own_wakes", self.own.has(phrase, at) or may_be_recorded)

    def _counted(self, figure: str, own: bool) -> bool:
        self.figures[figure] = int(self.figures[figure] or 0) + own
        return own
