"""From a picture to its tokens: in the way that the power allows, on the best unit that works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from mortar.bricks.eye.points import point_for
from mortar.bricks.eye.units import Units
from mortar.bricks.frames import pool
from mortar.bricks.tiles import useful_px
from mortar.bricks.views import most_views, n_views, views
from mortar.errors import MortarError
from mortar.messages import Places
from mortar.power import MAINS, Power, PowerState
from mortar.rings.token_ring import WriteSlot
from mortar.runtimes.interfaces import Done, Floats, Interrupted, Pixels, UnitFailed, nobody
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.place import Place, part_at
from mortar.runtimes.places import places
from mortar.settings import Eye, Point
from mortar.worker import Worker

VISION = "vision"
"""The part that the eye places."""

LOAD_DEADLINE_MS = 60_000
"""Longest time to verify and load a vision encoder: some hundred megabytes from a slow card."""


Share = Callable[[WriteSlot, int], None]
"""Is told of a slot and how many of its first rows are whole; on the event loop."""


class Encoding:
    """Belongs to the event loop; engines work in the worker's thread. `prepare` first."""

    def __init__(
        self, worker: Worker, model: ModelFolder, settings: Eye | None = None, *, part: str = VISION
    ) -> None:
        """`part` is what the status calls it; settings other than the worker's own, where they are given."""
        self._worker = worker
        self._model = model
        self._settings = settings or worker.settings.eye
        self._name = part
        self._units = Units()
        self._point: Point | None = None
        """The way of looking that is loaded, if `_is_loaded`."""
        self._is_loaded = False
        self._part = model.vision
        self.power: Power = MAINS

    @property
    def unit(self) -> str:
        return self._units.encoder.unit

    @property
    def moves(self) -> int:
        """How often a unit had to be left while it worked."""
        return self._units.moves

    @property
    def frames(self) -> int:
        """How many a look takes: pooling is off when the power is critical (NANOMIND §1.6)."""
        return 1 if self.power.state is PowerState.CRITICAL else self._settings.frames

    @property
    def most_tok(self) -> int:
        """Of one picture, in any way of looking that there is."""
        return max(most_views(way) * way.n_tok for way in self._ways)

    @property
    def useful_px(self) -> tuple[int, int]:
        """The largest picture, width and height, of which some way of looking makes use."""
        widths, heights = zip(*map(useful_px, self._ways), strict=True)
        return max(widths), max(heights)

    @property
    def _ways(self) -> list[VisionPart]:
        own = self._model.vision
        return [part_at(own, point) for point in self._settings.points] or [own]

    async def prepare(self) -> None:
        """Load what the power allows, where that is not loaded. Raises MortarError where no unit can."""
        point = point_for(self.power, self._settings.points)
        if self._is_loaded and point == self._point:
            return
        found = await self._worker.job(
            "look for units",
            LOAD_DEADLINE_MS,
            places,
            self._settings,
            self._model,
            point,
            self._worker.aborted.is_set,
        )
        self._is_loaded = False
        self._point, self._part = point, part_at(self._model.vision, point)
        await self._load(found)
        self._is_loaded = True

    def size_tok(self, picture: Image.Image) -> int:
        """How many tokens `encode` makes of it."""
        return n_views(picture, self._part) * self._part.n_tok

    async def encode(
        self, frames: Sequence[Image.Image], slot: WriteSlot, share: Share | None = None
    ) -> None:
        """Frames of one size, of several the mean, on the unit in use; where that fails, on the next. What
        frames show as more or fewer views than the newest has no mean with it, and is left out.

        `share` is told of the slot's first rows as they become whole, while others are encoded: of one frame
        with several views. They are not encoded again where a unit fails.

        Raises MortarError where no unit is left, or where many tiles take too long.
        """
        newest = views(frames[-1], self._part)
        shown = [seen for frame in frames[:-1] if len(seen := views(frame, self._part)) == len(newest)]
        seen = np.concatenate([*shown, newest])
        shape = (len(seen), self._part.n_tok, self._part.n_embd)
        if not shown:
            await self._encode(seen, shape, slot, None, share)
            return
        scratch = np.empty(shape, np.float32)
        await self._encode(seen, shape, slot, scratch)
        pool(scratch.reshape(len(shown) + 1, *slot.array.shape), slot.array)

    async def _encode(
        self,
        seen: Pixels,
        shape: tuple[int, int, int],
        slot: WriteSlot,
        scratch: Floats | None,
        share: Share | None = None,
    ) -> None:
        """Into `scratch`, or straight into the slot, which is left for another where a unit may write on."""
        while True:
            out = slot.array.reshape(shape) if scratch is None else scratch
            first = slot.shared_tok // shape[1]
            encoder, deadline_ms = self._units.encoder, self._settings.deadline_ms
            what = f"encode a picture on {encoder.unit}"
            done = nobody if share is None else _on_loop(share, slot, first, shape[1])
            try:
                await self._worker.job(what, deadline_ms, encoder.encode, seen[first:], out[first:], done)
            except UnitFailed as error:
                if error.is_lost:
                    await slot.leave()
                await self._move_on(error)
            except Interrupted:
                raise MortarError(
                    "vision-too-slow",
                    f"{len(seen)} tiles took {encoder.unit} longer than one look may take",
                    "raise deadline_ms in [eye], or use a model that cuts pictures into fewer tiles",
                ) from None
            else:
                return

    async def _load(self, found: list[Place]) -> None:
        self._tell(await self._worker.job("load", LOAD_DEADLINE_MS, self._units.open, found))

    async def _move_on(self, error: UnitFailed) -> None:
        self._worker.failed(error)
        self._tell(await self._worker.job("load", LOAD_DEADLINE_MS, self._units.fail, error))

    def _tell(self, troubles: list[MortarError]) -> None:
        """What went wrong on the way, which units were considered, and which is used."""
        for trouble in troubles:
            self._worker.failed(trouble)
        self._worker.tell_supervisor(Places(self._name, self._units.considered))


def _on_loop(share: Share, slot: WriteSlot, first: int, view_tok: int) -> Done:
    """Called in the worker's thread, after the rows were written; it runs on the loop before the job ends."""
    loop = asyncio.get_running_loop()

    def done(n: int) -> None:
        loop.call_soon_threadsafe(share, slot, (first + n) * view_tok)

    return done
