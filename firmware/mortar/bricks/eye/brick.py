"""The eye's process: what it is told, and the looks that it takes.

The encoder writes straight into the token ring's shared memory, where the language model reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from PIL import Image

from mortar import resources
from mortar.bricks.eye.encoding import VISION, Encoding
from mortar.bricks.eye.tiers import LargerModels
from mortar.bricks.eye.watching import Watching
from mortar.clock import now_ms
from mortar.drivers import npu
from mortar.drivers.camera import open_camera
from mortar.drivers.frames import VGA, Size
from mortar.drivers.kernel import Kernel
from mortar.drivers.pictures import jpeg
from mortar.errors import MortarError
from mortar.messages import (
    EncodeFor,
    Failure,
    KeepPicture,
    LinkLost,
    Look,
    Looked,
    PeerGone,
    PowerChanged,
    Privacy,
    PrivacyObeyed,
    ShowPicture,
    SlotReleased,
    SlotTaken,
    TurnOver,
    Watch,
    Wire,
)
from mortar.photos import FOLDER, PhotoFolder
from mortar.rings.slots import Policy
from mortar.rings.token_ring import Embeddings, TokenRingWriter, WriteSlot
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.model_folder import ModelFolder
from mortar.tiers import Tier, tiers
from mortar.traces.folder import Beside
from mortar.traces.keepsakes import Keepsakes
from mortar.worker import Worker

ASSISTANT, LANGUAGE = "assistant", "language"


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
    models = tiers(worker.run, worker.settings)
    first = ModelFolder(models[0].folder)
    encoding = Encoding(worker, first)
    eye = Eye(worker, first.vision, encoding, models)
    await encoding.prepare()
    worker.ready({VISION: encoding.unit})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(eye.follow())
        tasks.create_task(eye.work())
        tasks.create_task(eye.watching.run())
        tasks.create_task(eye.larger.follow())


class Eye:
    """Everything here belongs to the event loop, except what runs as a job."""

    def __init__(self, worker: Worker, part: VisionPart, encoding: Encoding, models: Sequence[Tier]) -> None:
        self._worker = worker
        self._encoding = encoding
        settings = worker.settings.eye
        wanted = Size(*map(max, VGA, encoding.useful_px))
        self._camera = open_camera(worker.settings.camera, worker.run, wanted)
        # The newest picture wins: a question is about what is in front of the camera now.
        self._ring = TokenRingWriter(
            settings.ring_slots,
            encoding.most_tok,
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
        self._is_off = True  # until the supervisor says otherwise
        self._camera_in_use = asyncio.Lock()
        self._one_at_a_time = asyncio.Lock()
        """A look, or a glance."""
        self.larger = LargerModels(worker, models, self._one_at_a_time)
        self.watching = Watching(
            worker,
            self._camera,
            self._ring,
            encoding,
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
                    self._encoding.power = power
                    self.watching.power_changed(power)
                case TurnOver(turn):
                    self.watching.end_turn(turn)
                    self.larger.let_go(turn)
                case Watch(is_wanted):
                    self.watching.want(is_wanted)
                case LinkLost(peer) if peer == ASSISTANT:
                    self.watching.want(False)
                    self.watching.end_turn(None)
                    self.larger.let_go()
                case EncodeFor() | ShowPicture() as wanted:
                    self.larger.ask(wanted)
                case KeepPicture(turn, run):
                    self._keepsakes.keep(turn, run)
                case SlotTaken(tier=tier) | SlotReleased(tier=tier) as message if tier > 0:
                    self.larger.handle(message)
                case SlotTaken() | SlotReleased() as message:
                    self._ring.handle(message)
                    self._report()
                case Wire(peer) if peer == LANGUAGE:
                    self._worker.send(LANGUAGE, self._ring.offer(), [self._ring.descriptor])
                    self._ring.connect(lambda message: self._worker.send(LANGUAGE, message))
                case PeerGone(peer) if peer == LANGUAGE:
                    self._ring.reader_gone()
                    self.larger.language_gone()
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
                    await self._encoding.prepare()
                    await self._look(look)
            except MortarError as error:
                if not isinstance(error, CameraOff):  # that is as people wanted it
                    self._worker.failed(error, look.turn)
                self._worker.send(ASSISTANT, Failure(error.code, error.what, error.do, look.turn))

    async def _switch(self, *, is_off: bool) -> None:
        """Returns once it is so: a picture that is being taken is waited for, and then refused."""
        self._is_off = is_off
        if is_off:
            self._keepsakes.forget()
            self.larger.let_go()
        await self.watching.switch(is_off=is_off)

    async def _look(self, look: Look) -> None:
        deadline_ms = self._worker.settings.eye.deadline_ms
        async with self._camera_in_use:
            self._require_on()
            began_ms = now_ms()
            taken = await self._worker.job(
                "take a picture", deadline_ms, self.watching.capture, self._encoding.frames
            )
        captured_ms = now_ms()
        kept = self.watching.unchanged(taken)
        with await (self._again(kept.tokens) if kept else self._encoded(taken.frames, look.turn)) as slot:
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
        if not self._is_off:  # it may have been switched while a photo was kept
            self.larger.hold(look.turn, taken.frames)
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

    async def _again(self, tokens: Embeddings) -> WriteSlot:
        """A slot with the tokens of a picture that was encoded before."""
        slot = await self._ring.acquire_async(len(tokens))
        slot.array[:] = tokens
        return slot

    async def _encoded(self, frames: Sequence[Image.Image], turn: int) -> WriteSlot:
        """A slot with the tokens of a picture, of several the mean; of many tiles, the first are handed over
        while others are encoded. Raises MortarError as `encode`: what was handed over is withdrawn then."""

        def share(slot: WriteSlot, n_tok: int) -> None:
            if not self._is_off:
                slot.share(n_tok, turn)

        with ExitStack() as held:
            slot = held.enter_context(await self._ring.acquire_async(self._encoding.size_tok(frames[-1])))
            await self._encoding.encode(frames, slot, share)
            held.pop_all()
            return slot

    def _keep(self, picture: Image.Image) -> str:
        """Its file's name, on the disk; runs in the worker's thread."""
        return self._photos.keep(jpeg(picture), datetime.now())

    def _report(self) -> None:
        self._worker.report(
            looks=self._looks,
            capture_ms=round(self._last.capture_ms, 1),
            encode_ms=round(self._last.encode_ms, 1),
            moves=self._encoding.moves,
            power=self._encoding.power.state,
            **self._ring.counts(),
            **self.watching.figures(),
        )
