"""The frame ring: the latest picture wins, and a picture that is looked at does not change."""

import gc
import os
import threading
from contextlib import ExitStack

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mortar.errors import MortarError
from mortar.rings.frame_ring import FrameRing

HEIGHT, WIDTH = 6, 8
LONGEST_MS = 20_000


def picture(number):
    return np.full((HEIGHT, WIDTH, 3), number % 256, np.uint8)


class Frames(RuleBasedStateMachine):
    """Any order of putting, looking and looking away."""

    def __init__(self):
        super().__init__()
        self.slots = 3
        self.ring = FrameRing(self.slots, HEIGHT, WIDTH)
        self.put_last = 0
        self.shown = 0
        self.looking = []  # (frame, the with-block it is in)

    @rule()
    def put(self):
        held = {frame.number for frame, _ in self.looking}
        self.put_last += 1
        assert self.ring.put(picture(self.put_last), t_ms=self.put_last * 10.0) == self.put_last
        if len(held) < self.slots:
            self.shown = self.put_last

    @precondition(lambda self: self.shown)
    @rule()
    def look(self):
        block = ExitStack()
        self.looking.append((block.enter_context(self.ring.latest()), block))
        assert self.looking[-1][0].number == self.shown

    @precondition(lambda self: self.looking)
    @rule(which=st.integers(0, 10))
    def look_away(self, which):
        self.looking.pop(which % len(self.looking))[1].close()

    @invariant()
    def what_is_looked_at_stays(self):
        for frame, _ in self.looking:
            assert (frame.picture == frame.number % 256).all()
            assert frame.t_ms == frame.number * 10.0

    def teardown(self):
        for _, block in self.looking:
            block.close()
        self.ring.close()


TestFrames = Frames.TestCase
TestFrames.settings = settings(max_examples=60, deadline=None)


def test_a_picture_is_seen_in_place_and_read_only():
    """Two looks see the same memory; the mapping they see cannot be written."""
    ring = FrameRing(3, HEIGHT, WIDTH)
    ring.put(picture(1), t_ms=5.0)
    with ring.latest() as one, ring.latest() as other:
        assert one.picture.ctypes.data == other.picture.ctypes.data
        with pytest.raises(ValueError, match="WRITEABLE"):
            one.picture.setflags(write=True)


def test_a_camera_thread_never_tears_a_picture():
    """While a thread puts pictures of one value each, every look sees one value only."""
    ring = FrameRing(4, 120, 160)
    last = 2_000

    def camera():
        for number in range(1, last + 1):
            ring.put(np.full((120, 160, 3), number % 251, np.uint8), t_ms=0.0)

    thread = threading.Thread(target=camera)
    thread.start()
    seen = 0
    while seen < last:
        assert ring.wait_for_newer(seen, LONGEST_MS)
        with ring.latest() as frame:
            assert frame.number > seen
            assert (frame.picture == frame.number % 251).all()
            seen = frame.number
    thread.join()


def test_waiting_ends_with_the_next_picture():
    """A waiting reader is woken; without a picture it gives up in time."""
    ring = FrameRing(3, HEIGHT, WIDTH)
    ring.put(picture(1), t_ms=0.0)
    assert ring.wait_for_newer(0, timeout_ms=0)
    assert not ring.wait_for_newer(1, timeout_ms=1)
    camera = threading.Thread(target=ring.put, args=(picture(2), 0.0))
    camera.start()
    assert ring.wait_for_newer(1, LONGEST_MS)
    camera.join()


def test_the_oldest_picture_goes_first():
    """Of three slots the one that is overwritten next is the one that has waited longest."""
    ring = FrameRing(3, HEIGHT, WIDTH)
    ring.put(picture(1), t_ms=0.0)
    with ring.latest() as frame:
        first = frame.picture
    for number, there in ((2, 1), (3, 1), (4, 4)):
        ring.put(picture(number), t_ms=0.0)
        assert (first == there).all()


def test_an_error_while_looking_lets_go():
    """After it the slot is free for the camera again."""
    ring = FrameRing(1, HEIGHT, WIDTH)
    ring.put(picture(1), t_ms=0.0)
    with pytest.raises(ZeroDivisionError), ring.latest():
        raise ZeroDivisionError
    ring.put(picture(2), t_ms=0.0)
    with ring.latest() as frame:
        assert frame.number == 2


def test_no_picture_yet_is_a_clear_error():
    """Looking before the camera gave anything."""
    with pytest.raises(MortarError) as caught, FrameRing(2, HEIGHT, WIDTH).latest():
        pass
    assert caught.value.code == "camera-no-frame"


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((HEIGHT, WIDTH + 1, 3), np.uint8),
        np.zeros((HEIGHT, WIDTH), np.uint8),
        np.zeros((HEIGHT, WIDTH, 3), np.float32),
    ],
    ids=["wider", "grey", "float"],
)
def test_a_picture_of_another_shape_is_refused(wrong):
    """And leaves the ring as it was."""
    ring = FrameRing(2, HEIGHT, WIDTH)
    ring.put(picture(1), t_ms=0.0)
    with pytest.raises(MortarError) as caught:
        ring.put(wrong, t_ms=1.0)
    assert caught.value.code == "frame-shape-wrong"
    with ring.latest() as frame:
        assert frame.number == 1


def test_closing_leaves_no_descriptor():
    """Neither the memory's own, nor those of the two mappings."""
    gc.collect()
    before = set(os.listdir("/proc/self/fd"))
    FrameRing(2, HEIGHT, WIDTH).close()
    assert set(os.listdir("/proc/self/fd")) == before
