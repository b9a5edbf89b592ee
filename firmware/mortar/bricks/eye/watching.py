"""Watching: the eye glances at what is in front of the camera, and encodes it when it has changed.

What was encoded last stays at hand. A look that finds nothing changed since is answered with it: nothing is
encoded, and what the language model has read already is not read again. A turn has the language model for
itself: watching pauses from its look until it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Protocol

from PIL import Image

from mortar.bricks.eye.glances import Counts, Glance, Taken
from mortar.bricks.eye.newest import Kept, Newest
from mortar.bricks.eye.pace import Budget, Pace, period_ms
from mortar.clock import now_ms
from mortar.drivers.frames import Camera, Stream
from mortar.errors import MortarError
from mortar.messages import NO_TURN, Scalar, Watched
from mortar.power import MAINS, Power
from mortar.rings.token_ring import TokenRingWriter, WriteSlot
from mortar.worker import Worker

ASSISTANT = "assistant"

FRAME_ms = 5_000
"""A camera that gives no frame for so long has failed."""

LOOK_AGAIN_ms = 10_000
"""After a camera failed."""

REPORTED = 20
"""Every so manieth glance is told of, though it show nothing new."""


class Encoder(Protocol):
    async def prepare(self) -> None:
        """Before each of the next two: load what the power state allows. Raises MortarError."""

    def size_tok(self, picture: Image.Image) -> int:
        """How many tokens `encode` makes of it."""

    async def encode(self, frames: Sequence[Image.Image], slot: WriteSlot) -> None:
        """Frames of one size into a slot of that size. Raises MortarError."""


@dataclass
class Watching:
    """Belongs to the event loop, except what runs as a job. `one_at_a_time` is held for a glance or a look;
    `camera_in_use` while the camera is."""

    worker: Worker
    camera: Camera
    ring: TokenRingWriter
    encoder: Encoder
    one_at_a_time: asyncio.Lock
    camera_in_use: asyncio.Lock
    told: Callable[[], None]
    """Figures have changed."""
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self._settings = self.worker.settings.eye
        self._newest = Newest()
        self._pace = Pace()
        self._budget = Budget(self._settings.watch_budget_tok_per_min)
        self._is_owed = False
        """Language has let go of the picture that is kept, or it has not been asked of."""
        self._is_asked = False
        self._is_off = True  # until the supervisor says otherwise
        self._turn: int | None = None
        """Which has the eye and the language model for itself."""
        self._power = MAINS
        self._trouble: MortarError | None = None
        self._stream: Stream | None = None
        self._open = ExitStack()
        self._changed = asyncio.Event()

    # --- what the eye is told ---

    def want(self, is_wanted: bool) -> None:
        """Somebody waits to be told."""
        self._is_asked = is_wanted
        self._is_owed = True  # a question that nobody had asked of it
        self._changed.set()

    def power_changed(self, power: Power) -> None:
        self._power = power
        self._changed.set()

    def begin_turn(self, turn: int) -> None:
        self._turn = turn

    def end_turn(self, turn: int | None) -> None:
        """None: whatever goes on, there is nobody who will say that it is over."""
        if turn is not None and self._turn not in (None, turn):
            return  # a newer one looks
        self._turn, self._is_owed = None, True
        self._changed.set()

    async def switch(self, *, is_off: bool) -> None:
        """For privacy. Once this returns the camera is closed, and nothing is left of what it saw."""
        self._is_off = is_off
        self._changed.set()
        if is_off:
            await self._stop()

    # --- a look ---

    def capture(self, frames: int = 1) -> Taken:
        """What is in front of the camera now, in one frame or several that follow on each other. Blocks, in
        the worker's thread; raises MortarError."""
        if self._stream is not None:
            return _taken(self._stream, frames)
        if frames == 1:
            return Taken(self.camera.capture(), None)
        with self.camera.watch() as stream:
            return replace(_taken(stream, frames), gate=None)  # nothing is watched

    def unchanged(self, taken: Taken) -> Kept | None:
        """What was encoded last, if `taken` shows nothing else."""
        if taken.gate is None or self._newest.judge(taken.gate, now_ms()).is_changed:
            return None
        self.counts.spared += 1
        return self._newest.kept

    def keep(self, taken: Taken, slot: WriteSlot) -> None:
        """`taken` was encoded into `slot`."""
        if taken.gate is not None:
            self._newest.remember(taken.gate, slot, now_ms())
            self._budget.spend(slot.n_tok)

    # --- watching ---

    async def run(self) -> None:
        """Glance, as often as the power state allows, for as long as the process lives."""
        with self._open:
            while True:
                self._changed.clear()
                period = period_ms(self._power, self._settings) if self._is_wanted else None
                if period is None or self._turn is not None:
                    self._pace.rest()
                    if period is None:
                        await self._stop()
                    await self._wait_ms(None)
                elif (left_ms := self._pace.due_ms - now_ms()) > 0:
                    await self._wait_ms(left_ms)
                else:
                    self.counts.passed_over += self._pace.glanced(now_ms(), period)
                    await self._try_glance()

    def figures(self) -> dict[str, Scalar]:
        """Nothing where nothing was ever watched."""
        return self.counts.figures() if self.counts.glances else {}

    @property
    def _is_wanted(self) -> bool:
        if self._is_off or self.worker.run.ask is not None:
            return False
        return self._is_asked or self._settings.watch

    async def _wait_ms(self, length_ms: float | None) -> None:
        """Until something changes, or `length_ms` is over."""
        try:
            async with asyncio.timeout(length_ms and length_ms / 1e3):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _stop(self) -> None:
        """Close the camera, and forget what it saw."""
        async with self.camera_in_use:
            self._stream = None
            self._open.close()
            self._newest.forget()

    async def _try_glance(self) -> None:
        """A camera that fails is told of once, and looked for again."""
        try:
            async with self.one_at_a_time:
                await self._glance()
            self._trouble = None
        except MortarError as error:
            if self._trouble is None or self._trouble.code != error.code:
                self.worker.failed(error)
            self._trouble = error
            self._pace.rest()
            await self._stop()
            await self._wait_ms(LOOK_AGAIN_ms)

    async def _glance(self) -> None:
        """One frame: handed over if it is news, and if there are tokens to spend."""
        deadline_ms = self._settings.deadline_ms
        async with self.camera_in_use:
            if self._is_off or self._turn is not None:
                return
            if self._stream is None:
                self._stream = self._open.enter_context(self.camera.watch())
            has_tokens = self._budget.has_some(now_ms())
            seen = await self.worker.job("glance", deadline_ms, self._seen, self._stream, has_tokens)
        self.counts.glances += 1
        if self.counts.glances % REPORTED == 0:
            self.told()
        self.counts.gated += not seen.verdict.is_changed
        if self._is_off or self._turn is not None or not (seen.verdict.is_changed or self._is_owed):
            return
        await self.encoder.prepare()
        slot = self._slot_for(seen) if has_tokens else None
        if slot is None:
            self.counts.held_back += 1
            return
        with slot:
            await self._hand_over(slot, seen)
        self.told()

    def _seen(self, stream: Stream, has_tokens: bool) -> Glance:
        """Runs in the worker's thread; a frame that shows nothing new is never converted."""
        with stream.newest(FRAME_ms) as frame:
            verdict = self._newest.judge(frame.gate, now_ms())
            is_wanted = has_tokens and verdict.is_changed
            return Glance(frame.gate, verdict, frame.picture() if is_wanted else None)

    def _slot_for(self, seen: Glance) -> WriteSlot | None:
        """None while the ring is full: language reads more slowly than things change."""
        if seen.picture is not None:
            return self.ring.acquire(self.encoder.size_tok(seen.picture))
        kept = self._newest.kept
        return self.ring.acquire(len(kept.tokens)) if kept is not None else None

    async def _hand_over(self, slot: WriteSlot, seen: Glance) -> None:
        """The picture, or the one that is kept where it shows the same."""
        picture = 0
        if seen.picture is not None:
            await self.encoder.encode([seen.picture], slot)
            if self._is_off:
                return
            self._newest.remember(seen.gate, slot, now_ms())
            self.counts.encoded += 1
        elif (kept := self._newest.kept) is not None:
            slot.array[:] = kept.tokens
            picture = kept.picture
        if self._turn is not None:
            return  # somebody looks: that picture is the newest, and is this one if nothing has changed
        slot.commit(NO_TURN, picture)
        self._is_owed = False
        self._budget.spend(slot.n_tok)
        if self._is_asked:
            self.worker.send(ASSISTANT, Watched())


def _taken(stream: Stream, frames: int) -> Taken:
    """The newest of `frames` pictures, with those before it that are as large."""
    pictures = []
    for _ in range(frames):
        with stream.newest(FRAME_ms) as frame:
            pictures.append(frame.picture())
            gate = frame.gate
    *before, newest = pictures
    return Taken(newest, gate, tuple(picture for picture in before if picture.size == newest.size))
