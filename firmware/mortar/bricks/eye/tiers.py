"""What the larger models of the cascade see: the picture of the turn, encoded once more, in their own way.

It happens only where a smaller model was not sure, so nothing is loaded before it is asked for.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec
from PIL import Image

from mortar.bricks.eye.encoding import Encoding
from mortar.drivers.pictures import jpeg
from mortar.errors import MortarError
from mortar.messages import EncodeFor, NotSeen, PictureShown, ShowPicture, SlotReleased, SlotTaken
from mortar.rings import memory
from mortar.rings.slots import Policy
from mortar.rings.token_ring import TokenRingWriter
from mortar.runtimes.model_folder import ModelFolder
from mortar.tiers import Tier
from mortar.worker import Worker

LANGUAGE = "language"

GONE = MortarError(
    "picture-gone",
    "the picture that a larger model was to see is not there any more",
    "ask again",
)


@dataclass(frozen=True)
class Seen:
    """The picture of a turn, with those that were taken with it."""

    turn: int
    frames: Sequence[Image.Image]


@dataclass(frozen=True)
class Sight:
    """How one model sees."""

    encoding: Encoding
    ring: TokenRingWriter


class LargerModels:
    """Belongs to the event loop; `follow` works for as long as the process lives.

    `models`: the whole cascade, of which the first is the eye's own concern.
    """

    def __init__(self, worker: Worker, models: Sequence[Tier], one_at_a_time: asyncio.Lock) -> None:
        self._worker = worker
        self._models = models
        self._one_at_a_time = one_at_a_time
        self._sights: dict[int, Sight] = {}
        """Tier → what was loaded for it."""
        self._is_needed = len(models) > 1 or bool(worker.settings.cascade.server.url)
        self._seen: Seen | None = None
        self._wanted: asyncio.Queue[EncodeFor | ShowPicture] = asyncio.Queue()
        self._offered: set[int] = set()
        """Tiers whose ring the language brick has."""

    # --- what the eye tells ---

    def hold(self, turn: int, frames: Sequence[Image.Image]) -> None:
        """What was looked at last, until its turn is over or something else is."""
        if self._is_needed:
            self._seen = Seen(turn, frames)

    def let_go(self, turn: int | None = None) -> None:
        """Of that turn, or of whatever is held."""
        if self._seen is not None and turn in (None, self._seen.turn):
            self._seen = None

    def language_gone(self) -> None:
        """Its process has ended; the next one knows none of the rings."""
        for tier in self._offered:
            self._sights[tier].ring.reader_gone()
        self._offered.clear()

    def ask(self, wanted: EncodeFor | ShowPicture) -> None:
        self._wanted.put_nowait(wanted)

    def handle(self, message: SlotTaken | SlotReleased) -> None:
        if (sight := self._sights.get(message.tier)) is not None:
            sight.ring.handle(message)

    # --- work ---

    async def follow(self) -> None:
        while True:
            wanted = await self._wanted.get()
            try:
                async with self._one_at_a_time:
                    await self._show(wanted)
            except MortarError as error:
                if error is not GONE:
                    self._worker.failed(error, wanted.turn)
                self._worker.send(LANGUAGE, NotSeen(wanted.turn, error.code, error.what, error.do))

    async def _show(self, wanted: EncodeFor | ShowPicture) -> None:
        match wanted:
            case EncodeFor(turn, tier):
                sight = await self._sight(tier)
                self._offer(tier, sight.ring)
                await self._encode(self._picture(turn), sight)
            case ShowPicture(turn):
                self._hand_over(turn, jpeg(self._picture(turn).frames[-1]))

    def _picture(self, turn: int) -> Seen:
        if self._seen is None or self._seen.turn != turn:
            raise GONE
        return self._seen

    async def _sight(self, tier: int) -> Sight:
        """Raises MortarError where the model has no part that sees, or no unit can run it."""
        if (sight := self._sights.get(tier)) is not None:
            return sight
        name, model = self._models[tier].name, ModelFolder(self._models[tier].folder)
        # Points are measured for the model that looks first, and for no other.
        settings = msgspec.structs.replace(self._worker.settings.eye, points=[])
        encoding = Encoding(self._worker, model, settings, part=f"vision of {name}")
        await encoding.prepare()
        n_tok = encoding.most_tok
        # One picture at a time: nobody waits for another.
        ring = TokenRingWriter(2, n_tok, model.vision.n_embd, 2 * n_tok, Policy.DROP_OLDEST, tier=tier)
        sight = self._sights[tier] = Sight(encoding, ring)
        return sight

    def _offer(self, tier: int, ring: TokenRingWriter) -> None:
        if tier not in self._offered:
            self._offered.add(tier)
            self._worker.send(LANGUAGE, ring.offer(), [ring.descriptor])
            ring.connect(lambda message: self._worker.send(LANGUAGE, message))

    async def _encode(self, seen: Seen, sight: Sight) -> None:
        with ExitStack() as held:
            n_tok = sight.encoding.size_tok(seen.frames[-1])
            slot = held.enter_context(await sight.ring.acquire_async(n_tok))
            await sight.encoding.encode(seen.frames, slot)
            self._picture(seen.turn)  # privacy may have taken it meanwhile
            slot.commit(seen.turn)

    def _hand_over(self, turn: int, picture: bytes) -> None:
        descriptor, mapping = memory.create("mortar-picture", len(picture))
        try:
            mapping[:] = picture
            self._worker.send(LANGUAGE, PictureShown(turn, len(picture)), [descriptor])
        finally:
            os.close(descriptor)
