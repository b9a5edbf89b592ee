"""The loudspeaker of a simulated room: sentences one after the other, a block at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mortar.messages import Said, Say, SoundBegan
from mortar.runtimes.interfaces import Samples
from mortar_tools.echo.room import BLOCK


@dataclass
class Playing:
    say: Say
    sound: Samples
    at: int = 0
    """The sample that is played next."""


class Loudspeaker:
    """Tells what voice tells. `spoken` makes a sentence's sound; earcons are left out."""

    def __init__(self, spoken: Callable[[str], Samples]) -> None:
        self._spoken = spoken
        self._waiting: deque[Say] = deque()
        self._playing: Playing | None = None
        self.is_held = False

    @property
    def sounds(self) -> bool:
        return self._playing is not None

    def say(self, say: Say) -> None:
        self._waiting.append(say)

    def play(self, now_ms: float) -> tuple[Samples, list[SoundBegan | Said]]:
        """The next block, int16 [512], and what begins and ends with it."""
        told: list[SoundBegan | Said] = []
        if self.is_held:
            return np.zeros(BLOCK, np.int16), told
        if self._playing is None and self._waiting:
            say = self._waiting.popleft()
            self._playing = Playing(say, self._spoken(say.text))
            told.append(SoundBegan(say.turn, say.index, now_ms))
        if (playing := self._playing) is None:
            return np.zeros(BLOCK, np.int16), told
        block = playing.sound[playing.at : playing.at + BLOCK]
        playing.at += BLOCK
        if playing.at >= len(playing.sound):
            self._playing = None
            told.append(Said(playing.say.turn, playing.say.index, False, now_ms))
        return np.pad(block, (0, BLOCK - len(block))), told

    def hush(self, now_ms: float) -> list[Said]:
        """Silent at once."""
        told: list[Said] = []
        if (playing := self._playing) is not None:
            share = playing.at / len(playing.sound)
            told.append(Said(playing.say.turn, playing.say.index, True, now_ms, share))
        told += [Said(say.turn, say.index, True, now_ms) for say in self._waiting]
        self._playing = None
        self.is_held = False
        self._waiting.clear()
        return told
