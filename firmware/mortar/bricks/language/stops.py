"""Texts that end an answer. Nothing of them is said, however they are split over tokens."""

from __future__ import annotations

from collections.abc import Sequence


class Stops:
    """Passes on text that comes piece by piece, up to the first stop sequence in it.

    The first is the one that is whole first; of two that end together the longer. So it does not matter
    where the pieces are cut.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._longest = max(map(len, texts), default=0)
        self._held = ""
        """The end of what came, which may be the beginning of a stop sequence."""
        self.is_found = False

    def feed(self, text: str) -> str:
        """What may be said by now; nothing may be fed once one is found."""
        held = self._held + text
        found = [(at + len(stop), at) for stop in self._texts if (at := held.find(stop)) >= 0]
        if found:
            self.is_found = True
            self._held = ""
            return held[: min(found)[1]]
        n_held = next((n for n in range(self._longest - 1, 0, -1) if self._may_begin(held[-n:])), 0)
        free = len(held) - min(n_held, len(held))
        self._held = held[free:]
        return held[:free]

    def rest(self) -> str:
        """What was held back, once no more text comes: it was no stop sequence after all."""
        held, self._held = self._held, ""
        return held

    def _may_begin(self, text: str) -> bool:
        return any(stop.startswith(text) for stop in self._texts)
