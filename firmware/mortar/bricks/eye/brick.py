"""The eye's process: what it is told, and the looks that it takes.

The encoder writes straight into the token ring's shared memory, where the language model reads. Where a
unit fails, the picture that was being encoded is encoded again on the next one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image

from mortar import resources
from mortar.bricks.eye.points import point_for
from mortar.bricks.eye.units import Units
from mortar.bricks.eye.watching import Watching
from mortar.bricks.tiles import cut, grid_for, most_pictures, pictures_of, useful_px
from mortar.clock import now_ms
from mortar.drivers import npu
from mortar.drivers.camera import open_camera
from mortar.drivers.frames import VGA, Size
from mortar.drivers.kernel import Kernel
from mortar.drivers.pictures import jpeg
from mortar.errors import MortarError
from mortar.messages import (
    Failure,
    KeepPicture,
    LinkLost,
    Look,
    Looked,
    PeerGone,
    Places,
    PowerChanged,
    Privacy,
    PrivacyObeyed,
    SlotReleased,
    SlotTaken,
    TurnOver,
    Watch,
    Wire,
)
from mortar.photos import FOLDER, PhotoFolder
from mortar.power import MAINS
from mortar.rings.slots import Policy
from mortar.rings.token_ring import TokenRingWriter, WriteSlot
from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.places import part_at, places
from mortar.settings import Point
from mortar.traces.folder import Beside
from mortar.traces.keepsakes import Keepsakes
from mortar.worker import Worker

ASSISTANT, LANGUAGE = "assistant", "language"

VISION = "vision"
"""The part that the eye places."""

LOAD_DEADLINE_MS = 60_000
"""Longest time to verify and load a vision encoder: some hundred megabytes from a slow card."""


@dataclass(frozen=True)
class Sight:
    """What one look took."""

    capture_ms: float
    encode_ms: float
    photo: str | None = None
    """The file, where it was to be kept."""


class CameraOff(MortarError):
    """Nobody may look."""

    def __init__(self) -> None:
        super().__init__(
            "camera-off",
            "the camera is switched off",
            'say "turn the camera on", or run `mortar camera on`',
        )


async def main(worker: Worker) -> None:
    folder = ModelFolder(Path(worker.run.model) if worker.run.model else resources.bundled_model())
    eye = Eye(worker, folder)
    units = await eye.load(point_for(MAINS, worker.settings.eye.points))
    worker.ready({VISION: units.encoder.unit})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(eye.follow())
        tasks.create_task(eye.work())
        tasks.create_task(eye.watching.run())


class Eye:
    """Everything here belongs to the event loop, except what runs as a job."""

    def __init__(self, worker: Worker, folder: ModelFolder) -> None:
        self._worker = worker
        self._folder = folder
        self._units = Units([])
        self._point: Point | None = None
        """The way of looking that is loaded."""
        self._part = part = folder.manifest.vision
        settings = worker.settings.eye
        ways = [part_at(part, point) for point in settings.points] or [part]
        wanted = Size(*map(max, VGA, *map(useful_px, ways)))
        self._camera = open_camera(worker.settings.camera, worker.run, wanted)
        # The newest picture wins: a question is about what is in front of the camera now.
        self._ring = TokenRingWriter(
            settings.ring_slots,
            max(most_pictures(way) * way.n_tok for way in ways),
            part.n_embd,
            settings.ring_budget_tok,
            Policy.DROP_OLDEST,
            is_for_devices=npu.soc(Kernel()) is not None,
        )
        self._looks = 0
        self._last = Sight(0.0, 0.0)
        self._photos = PhotoFolder(resources.data_folder() / FOLDER)
        self._keepsakes = Keepsakes(worker, Beside.PICTURE, jpeg, is_on=worker.settings.trace.pictures)
        self._wanted: Look | None = None
        """The next look; a newer one takes its place."""
        self._asked = asyncio.Event()
        self._power = MAINS
        self._is_off = True  # until the supervisor says otherwise
        self._camera_in_use = asyncio.Lock()
        self._one_at_a_time = asyncio.Lock()
        """A look, or a glance."""
        self.watching = Watching(
            worker,
            self._camera,
            self._ring,
            self,
            self._one_at_a_time,
            self._camera_in_use,
            self._report,
        )

    async def follow(self) -> None:
        """Take in what the peers say, for as long as the process lives."""
        while True:
            match (await self._worker.next()).message:
                case Privacy(closed, number):
                    await self._switch(is_off=closed.camera)
                    self._worker.tell_supervisor(PrivacyObeyed(number))
                case Look() as look:
                    self.watching.begin_turn(look.turn)
                    self._wanted = look
                    self._asked.set()
                case PowerChanged(power):
                    self._power = power
                    self.watching.power_changed(power)
                case TurnOver(turn):
                    self.watching.end_turn(turn)
                case Watch(is_wanted):
                    self.watching.want(is_wanted)
                case LinkLost(peer) if peer == ASSISTANT:
                    self.watching.want(False)
                    self.watching.end_turn(None)
                case KeepPicture(turn, run):
                    self._keepsakes.keep(turn, run)
                case SlotTaken() | SlotReleased() as message:
                    self._ring.handle(message)
                    self._report()
                case Wire(peer) if peer == LANGUAGE:
                    self._worker.send(LANGUAGE, self._ring.offer(), [self._ring.descriptor])
                    self._ring.connect(lambda message: self._worker.send(LANGUAGE, message))
                case PeerGone(peer) if peer == LANGUAGE:
                    self._ring.reader_gone()
                case _:
                    pass  # Wire of the assistant; LinkLost of language: PeerGone follows

    async def work(self) -> None:
        """Look, one look at a time; wait while nobody asks for one."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            look, self._wanted = self._wanted, None
            if look is None:
                continue
            try:
                async with self._one_at_a_time:
                    await self.prepare()
                    await self._look(look)
            except MortarError as error:
                if not isinstance(error, CameraOff):  # that is as people wanted it
                    self._worker.failed(error, look.turn)
                self._worker.send(ASSISTANT, Failure(error.code, error.what, error.do, look.turn))

    async def load(self, point: Point | None) -> Units:
        """Load the encoder for a way of looking, on the best unit; the one before is let go of first."""
        settings = self._worker.settings.eye
        await self._worker.job("let go of the encoder", LOAD_DEADLINE_MS, self._units.close)
        self._units = Units(places(settings, self._folder, point), self._units.moves)
        self._point, self._part = point, part_at(self._folder.manifest.vision, point)
        await self._worker.job("load", LOAD_DEADLINE_MS, self._units.open)
        self.tell_places()
        return self._units

    async def prepare(self) -> None:
        """Look in another way, where the power has changed so much."""
        point = point_for(self._power, self._worker.settings.eye.points)
        if point != self._point:
            await self.load(point)

    async def _switch(self, *, is_off: bool) -> None:
        """Returns once it is so: a picture that is being taken is waited for, and then refused."""
        self._is_off = is_off
        if is_off:
            self._keepsakes.forget()
        await self.watching.switch(is_off=is_off)

    async def _look(self, look: Look) -> None:
        deadline_ms = self._worker.settings.eye.deadline_ms
        async with self._camera_in_use:
            self._require_on()
            began_ms = now_ms()
            taken = await self._worker.job("take a picture", deadline_ms, self.watching.capture)
        captured_ms = now_ms()
        kept = self.watching.unchanged(taken)
        n_tok = len(kept.tokens) if kept else self.size_tok(taken.picture)
        with await self._ring.acquire_async(n_tok) as slot:
            if kept:
                slot.array[:] = kept.tokens
            else:
                await self.encode(taken.picture, slot)
            encoded_ms = now_ms()
            self._require_on()
            photo = (
                await self._worker.job("keep a photo", deadline_ms, self._keep, taken.picture)
                if look.keep
                else None
            )
            sight = Sight(captured_ms - began_ms, encoded_ms - captured_ms, photo)
            if kept is None:
                self.watching.keep(taken, slot)
            slot.commit(look.turn, kept.picture if kept else 0)
        if not look.keep:
            self._keepsakes.hold(look.turn, taken.picture)
        self._looks += 1
        # Language has the picture before the assistant hears of it: its question will not find an older one.
        self._worker.send(
            ASSISTANT,
            Looked(look.turn, self._looks, slot.n_tok, sight.encode_ms, now_ms(), sight.photo),
        )
        self._last = sight
        self._report()

    def _require_on(self) -> None:
        if self._is_off:
            raise CameraOff

    def size_tok(self, picture: Image.Image) -> int:
        """How many tokens `encode` makes of it."""
        return pictures_of(grid_for(picture.size, self._part), self._part) * self._part.n_tok

    async def encode(self, picture: Image.Image, slot: WriteSlot) -> None:
        """On the unit in use; where that fails, on the next. Raises MortarError where none is left."""
        seen = cut(picture, grid_for(picture.size, self._part), self._part)
        while True:
            out = slot.array.reshape(len(seen), self._part.n_tok, self._part.n_embd)
            unit = self._units.encoder.unit
            deadline_ms = self._worker.settings.eye.deadline_ms
            try:
                await self._worker.job(
                    f"encode a picture on {unit}", deadline_ms, self._units.encoder.encode, seen, out
                )
            except UnitFailed as error:
                if error.is_lost:
                    await self._ring.leave(slot)
                self._worker.failed(error)
                await self._worker.job("load", LOAD_DEADLINE_MS, self._units.fail, error)
                self.tell_places()
            else:
                return

    def tell_places(self) -> None:
        """Which units were considered, and which is used."""
        self._worker.tell_supervisor(Places(VISION, self._units.considered))

    def _keep(self, picture: Image.Image) -> str:
        """Its file's name, on the disk; runs in the worker's thread."""
        return self._photos.keep(jpeg(picture), datetime.now())

    def _report(self) -> None:
        self._worker.report(
            looks=self._looks,
            capture_ms=round(self._last.capture_ms, 1),
            encode_ms=round(self._last.encode_ms, 1),
            moves=self._units.moves,
            power=self._power.state,
            **self._ring.counts(),
            **self.watching.figures(),
        )
