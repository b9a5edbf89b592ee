"""Cuts out what somebody says over the assistant's own voice. Counts samples, and reads no clock."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from mortar.messages import Remark
from mortar.runtimes.interfaces import Samples

BLOCK = 512

FULL_SCALE_dB = 20 * math.log10(32_768)


class Remarks:
    """Fed with blocks of 512 samples while the assistant speaks. It keeps their levels, and no sound.

    How loud the assistant itself is at the microphone is what was heard of it before. espeak-ng's own words
    rise 5 dB above that now and then; a person 10 dB above the echo rises 8 to 15 dB. In 20 minutes of own
    speech 10 dB below a person, 3 remarks began that nobody made (`mortar tools eval echo`).
    """

    RISE_dB = 6.0
    """Above the echo, somebody begins to speak ..."""
    HELD_dB = 3.0
    """... and speaks on while this much above it: the soft sounds inside a phrase."""
    FAINTEST_dBFS = -45.0
    """Where no echo is heard, everything is louder than it: a person who means the assistant is nearer."""
    KEPT_BLOCKS = 150
    """4.8 s."""
    NEW_BLOCKS, LOUDEST_BLOCKS = 19, 4
    """A word of 600 ms, and its loudest part."""
    OLD_BLOCKS = 25
    """What is as old is not part of that word."""
    FEWEST_BLOCKS = 16
    """Half a second tells how loud the assistant is here."""
    LEAD_BLOCKS = 8
    """Sound kept from before it was loud: 256 ms, more than an "s"."""
    PAUSE_BLOCKS = 5
    """160 ms that are not loud end it: more than the closure of a "p"."""
    LONGEST_BLOCKS = 60
    """1.9 s: what lasts longer is no remark, but what the room sounds like from now on."""
    BEHIND_BLOCKS = 16
    """500 ms: so long after somebody was loud, what is recognised may have been said by them."""
    LAST_BLOCKS = 40
    """The 1.3 s before silence: whoever interrupted is in them."""

    def __init__(self) -> None:
        self._levels_dB: deque[float] = deque(maxlen=self.KEPT_BLOCKS)
        self._held_dB: float | None = None
        """Level from which on whoever speaks now is loud; None where nobody does."""
        self._n_blocks = self._n_heard = self._n_remarks = 0
        """In all, since the assistant began to speak, and cut out."""
        self._loud_from = self._loud_to = -self.BEHIND_BLOCKS
        """Blocks between which somebody is or was loud."""

    @property
    def somebody_speaks(self) -> bool:
        """Whether somebody louder than the assistant speaks, or did a moment ago."""
        return self._n_blocks - self._loud_to < self.BEHIND_BLOCKS

    @property
    def goes_on(self) -> bool:
        """Whether a remark has begun and is not over."""
        return self._held_dB is not None

    def add(self, block: Samples, at: int) -> Remark | None:
        """The next block, int16 [512], which ends at sample `at`. Gives the remark that is over with it,
        from a little before it was loud on."""
        level_dB = level_dBFS(block)
        self._levels_dB.append(level_dB)
        self._n_blocks += 1
        self._n_heard += 1
        if self._held_dB is None:
            self._begin()
        elif level_dB >= self._held_dB:
            self._loud_to = self._n_blocks
        if self._held_dB is None:
            return None
        if self._n_blocks - self._loud_from >= self.LONGEST_BLOCKS:
            self._held_dB = None
        elif self._n_blocks - self._loud_to >= self.PAUSE_BLOCKS:
            return self._ended(at)
        return None

    def end(self) -> None:
        """The assistant fell silent. How loud it is here is remembered, how loud a person was is not."""
        self._held_dB = None
        self._n_heard = 0
        self._forget(self.LAST_BLOCKS)

    def _begin(self) -> None:
        """A remark, where the last blocks are louder than those before."""
        old = list(self._levels_dB)[: -self.OLD_BLOCKS]
        if len(old) < self.FEWEST_BLOCKS:
            return
        new = list(self._levels_dB)[-self.NEW_BLOCKS :]
        echo_dB = float(np.percentile(old, 90))
        loudest_dB = float(np.mean(sorted(new)[-self.LOUDEST_BLOCKS :]))
        if loudest_dB < max(self.FAINTEST_dBFS, echo_dB + self.RISE_dB):
            return
        self._held_dB = max(self.FAINTEST_dBFS, echo_dB + self.HELD_dB)
        loud = [at for at, level_dB in enumerate(new, self._n_blocks - len(new)) if level_dB >= self._held_dB]
        self._loud_from, self._loud_to = loud[0], loud[-1] + 1

    def _ended(self, at: int) -> Remark:
        self._held_dB = None
        self._n_remarks += 1
        n_blocks = min(self._n_blocks - self._loud_from + self.LEAD_BLOCKS, self._n_heard)
        self._forget(n_blocks)
        from_sample = at - n_blocks * BLOCK
        loud_from, loud_to = (
            max(from_sample, at - (self._n_blocks - block) * BLOCK)
            for block in (self._loud_from, self._loud_to)
        )
        return Remark(self._n_remarks, from_sample, at, loud_from, loud_to)

    def _forget(self, n_blocks: int) -> None:
        """The latest levels: they were not the echo's."""
        for _ in range(min(n_blocks, len(self._levels_dB))):
            self._levels_dB.pop()


def level_dBFS(block: Samples) -> float:
    """Mean power of a block, -90 for digital silence."""
    power = float(np.mean(np.square(block.astype(np.float32)))) + 1
    return 10 * math.log10(power) - FULL_SCALE_dB
