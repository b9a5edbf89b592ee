"""The audio ring: the last seconds of the microphone, int16 mono at 16 kHz, in shared memory.

It never waits for its reader, because a microphone does not wait either. Positions count samples
since the microphone opened; sample `p` lies at `p % capacity`. The writer keeps account of the
samples it lent and says which utterances it had to overwrite before the reader copied them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mortar.messages import AudioOffer
from mortar.rings import memory

Samples = npt.NDArray[np.int16]

RATE_HZ = 16_000


class AudioRingWriter:
    """The writing end; it makes the memory."""

    def __init__(self, capacity: int) -> None:
        """`capacity` samples."""
        self.descriptor, mapping = memory.create("mortar-audio", _size(capacity))
        self._memory: Samples = np.frombuffer(mapping, np.int16)
        self._lent: dict[int, tuple[int, int]] = {}
        self.position = 0
        """Samples written in all: the position of the next one."""

    @property
    def capacity(self) -> int:
        return len(self._memory)

    @property
    def oldest(self) -> int:
        """Position of the oldest sample that is still there."""
        return max(0, self.position - self.capacity)

    def offer(self) -> AudioOffer:
        return AudioOffer(self.capacity, RATE_HZ)

    def write(self, samples: Samples) -> list[int]:
        """Append int16 [n]. Gives the utterances that lost samples which were lent and not taken."""
        self.position += len(samples)
        kept = samples[-self.capacity :]
        start = self.position - len(kept)
        for ring, span in _pieces(start, self.position, self.capacity):
            self._memory[ring] = kept[span]
        lost = [utterance for utterance, (first, _) in self._lent.items() if first < self.oldest]
        for utterance in lost:
            del self._lent[utterance]
        return lost

    def lend(self, utterance: int, from_sample: int, to_sample: int) -> None:
        """The reader is being sent Audio for these samples of `utterance`; further ones follow on.

        Raises ValueError for samples that are not there.
        """
        if not self.oldest <= from_sample <= to_sample <= self.position:
            raise ValueError(
                f"cannot lend [{from_sample}, {to_sample}): the ring holds [{self.oldest}, {self.position})"
            )
        if from_sample < to_sample:
            first, _ = self._lent.get(utterance, (from_sample, to_sample))
            self._lent[utterance] = (first, to_sample)

    def taken(self, utterance: int, to_sample: int) -> None:
        """The reader has copied all below `to_sample` (AudioTaken). Unknown utterances are ignored:
        they were lost, and the reader will hear so."""
        if utterance in self._lent:
            first, last = self._lent.pop(utterance)
            if to_sample < last:
                self._lent[utterance] = (max(first, to_sample), last)

    def reader_gone(self) -> None:
        """Nobody will take what was lent."""
        self._lent.clear()

    def wipe(self) -> None:
        """Forget all sound: what is read from now on is silence. Positions go on."""
        self._memory[:] = 0
        self._lent.clear()

    def close(self) -> None:
        """Give up the memory; it goes once no view of it is left, here or in the reader."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            del self._memory


class AudioRingReader:
    """The reading end of the ring that an AudioOffer describes."""

    def __init__(self, offer: AudioOffer, descriptor: int) -> None:
        """Maps the memory and closes `descriptor`, also on failure. Raises MortarError as
        `memory.attach` does."""
        try:
            mapping = memory.attach(descriptor, _size(offer.capacity))
        finally:
            os.close(descriptor)
        self._memory: Samples = np.frombuffer(mapping, np.int16)

    def read(self, from_sample: int, to_sample: int) -> Samples:
        """A copy, int16 [to_sample - from_sample]. Raises ValueError if longer than the ring.

        Whether the writer was overwriting meanwhile only the writer knows: an AudioLost that
        arrives later takes back the whole utterance.
        """
        if not 0 <= to_sample - from_sample <= len(self._memory):
            raise ValueError(f"samples [{from_sample}, {to_sample}) of a ring of {len(self._memory)}")
        return _copy(self._memory, from_sample, to_sample)

    def close(self) -> None:
        """Give up the memory; what was read stays, it is a copy."""
        self._memory = np.empty(0, np.int16)


def _size(capacity: int) -> int:
    return capacity * np.dtype(np.int16).itemsize


def _copy(ring: Samples, from_sample: int, to_sample: int) -> Samples:
    copied = np.empty(to_sample - from_sample, np.int16)
    for inside, span in _pieces(from_sample, to_sample, len(ring)):
        copied[span] = ring[inside]
    return copied


def _pieces(from_sample: int, to_sample: int, capacity: int) -> Iterator[tuple[slice, slice]]:
    """Where a span of at most `capacity` lies: (slice of the ring, slice of the span), one or two."""
    length = to_sample - from_sample
    begin = from_sample % capacity
    before_end = min(length, capacity - begin)
    yield slice(begin, begin + before_end), slice(0, before_end)
    yield slice(0, length - before_end), slice(before_end, length)
