"""The audio ring: what is in it, what a reader copies, which utterances were lost."""

import gc
import os

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mortar.errors import MortarError
from mortar.messages import AudioOffer
from mortar.rings.audio_ring import AudioRingReader, AudioRingWriter

CAPACITY = 100


def sound(from_sample, to_sample):
    """Each sample is its own position, so that it shows where it came from."""
    return np.arange(from_sample, to_sample, dtype=np.int64).astype(np.int16)


def ring_with(samples, capacity=CAPACITY):
    writer = AudioRingWriter(capacity)
    writer.write(sound(0, samples))
    return writer, AudioRingReader(writer.offer(), os.dup(writer.descriptor))


class AudioRing(RuleBasedStateMachine):
    """Against the plain model: a list of everything, and the spans that are lent."""

    def __init__(self):
        super().__init__()
        self.writer, self.reader = ring_with(0)
        self.position = 0
        self.lent = {}  # utterance -> (first sample not taken, end)
        self.utterance = 0

    @property
    def oldest(self):
        return max(0, self.position - CAPACITY)

    @rule(n=st.integers(0, 2 * CAPACITY + 10) | st.integers(0, CAPACITY // 4))
    def write(self, n):
        lost = self.writer.write(sound(self.position, self.position + n))
        self.position += n
        should_be = {u for u, (first, end) in self.lent.items() if first < self.oldest and first < end}
        assert set(lost) == should_be and len(lost) == len(should_be)
        for utterance in lost:
            del self.lent[utterance]

    @rule(a=st.integers(0, CAPACITY), b=st.integers(0, CAPACITY))
    def read(self, a, b):
        begin, end = sorted((min(self.oldest + a, self.position), min(self.oldest + b, self.position)))
        assert (self.reader.read(begin, end) == sound(begin, end)).all()

    @rule(back=st.integers(0, CAPACITY))
    def lend(self, back):
        self.utterance += 1
        begin = max(self.oldest, self.position - back)
        self.writer.lend(self.utterance, begin, self.position)
        self.lent[self.utterance] = (begin, self.position)

    @rule()
    def lend_more(self):
        if self.utterance in self.lent:
            begin, end = self.lent[self.utterance]
            self.writer.lend(self.utterance, max(end, self.oldest), self.position)
            first = begin if begin < end else max(end, self.oldest)
            self.lent[self.utterance] = (first, self.position)

    @rule(share=st.floats(0, 1))
    def taken(self, share):
        if self.lent:
            utterance, (begin, end) = next(iter(self.lent.items()))
            to_sample = begin + round((end - begin) * share)
            self.writer.taken(utterance, to_sample)
            self.lent[utterance] = (to_sample, end)

    @invariant()
    def positions_agree(self):
        assert (self.writer.position, self.writer.oldest) == (self.position, self.oldest)

    def teardown(self):
        self.reader.close()
        self.writer.close()


TestAudioRing = AudioRing.TestCase
TestAudioRing.settings = settings(max_examples=100, deadline=None)


def test_the_reader_copies_across_the_end_of_the_memory():
    """Samples 90 to 130 of a ring of 100 lie in two pieces."""
    _, reader = ring_with(130)
    assert (reader.read(90, 130) == sound(90, 130)).all()


def test_what_was_read_is_a_copy():
    """Recognition takes longer than the ring lasts: later sound must not change it."""
    writer, reader = ring_with(50)
    heard = reader.read(0, 50)
    writer.write(sound(50, 250))
    assert (heard == sound(0, 50)).all()


def test_an_utterance_is_lost_when_untaken_samples_are_overwritten():
    """Said once; one that was taken in full is never said."""
    writer, _ = ring_with(50)
    writer.lend(1, 10, 40)
    writer.lend(2, 20, 50)
    writer.taken(1, 40)
    assert writer.write(sound(50, 120)) == []
    assert writer.write(sound(120, 121)) == [2]
    assert writer.write(sound(121, 500)) == []


def test_a_chunk_longer_than_the_ring_leaves_its_end():
    """Positions go on counting what was written, not what was kept."""
    writer, reader = ring_with(30)
    writer.write(sound(30, 1000))
    assert (writer.position, writer.oldest) == (1000, 900)
    assert (reader.read(900, 1000) == sound(900, 1000)).all()


def test_nothing_is_lost_once_the_reader_is_gone():
    """Nobody waits for it any more."""
    writer, _ = ring_with(50)
    writer.lend(1, 0, 50)
    writer.reader_gone()
    assert writer.write(sound(50, 500)) == []


@pytest.mark.parametrize("span", [(49, 100), (150, 151), (120, 110)])
def test_samples_that_are_not_there_cannot_be_lent(span):
    """150 samples went through a ring of 100: [50, 150) is there."""
    writer, _ = ring_with(150)
    with pytest.raises(ValueError):
        writer.lend(1, *span)


def test_a_span_longer_than_the_ring_cannot_be_read():
    """It would hold some samples twice."""
    _, reader = ring_with(150)
    with pytest.raises(ValueError):
        reader.read(0, 101)


def test_an_offer_of_another_size_is_refused():
    """The reader checks the memory against the offer, and closes the descriptor even so."""
    writer, _ = ring_with(0)
    descriptor = os.dup(writer.descriptor)
    with pytest.raises(MortarError) as caught:
        AudioRingReader(AudioOffer(CAPACITY + 1, 16_000), descriptor)
    assert caught.value.code == "ring-size-wrong"
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_closing_leaves_no_descriptor():
    """Neither end keeps one."""
    gc.collect()
    before = set(os.listdir("/proc/self/fd"))
    writer, reader = ring_with(10)
    reader.close()
    writer.close()
    assert set(os.listdir("/proc/self/fd")) == before
