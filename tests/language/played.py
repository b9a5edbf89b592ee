"""The language brick's real process, with its eye played by a real ring writer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from harness import Brick, started
from mortar import resources
from mortar.bricks import language
from mortar.messages import Message
from mortar.rings.slots import Policy, SlotState
from mortar.rings.token_ring import TokenRingWriter, WriteSlot
from mortar.runtimes.manifest import MANIFEST
from mortar.settings import Language, RunOptions, Settings

ROOMY = Settings(language=Language(context_tok=4_096))


class Growing:
    """A picture that is handed over while it is encoded."""

    def __init__(self, slot: WriteSlot, picture: np.ndarray, turn: int) -> None:
        self._slot, self._picture, self._turn = slot, picture, turn

    def to(self, n_tok: int) -> None:
        """So many rows are there."""
        self._slot.array[self._slot.shared_tok : n_tok] = self._picture[self._slot.shared_tok : n_tok]
        self._slot.share(n_tok, self._turn)

    def whole(self) -> None:
        self._slot.array[self._slot.shared_tok :] = self._picture[self._slot.shared_tok :]
        self._slot.commit(self._turn)

    def fails(self) -> None:
        """The others cannot be encoded."""
        self._slot.abandon()


class Eye:
    """The eye's end of the token ring."""

    def __init__(self, brick: Brick, n_embd: int = 256) -> None:
        self._peer = brick["eye"]
        self.ring = TokenRingWriter(3, 16, n_embd, 48, Policy.DROP_OLDEST)
        self._peer.send(self.ring.offer(), [self.ring.descriptor])
        self.ring.connect(self._peer.send)

    async def shows(self, picture: np.ndarray, turn: int, *, again: int = 0) -> int:
        """Gives the number of the picture; `again` is that of one that was shown before."""
        while (slot := self.ring.acquire(len(picture))) is None:
            await self._hear()
        with slot:
            slot.array[:] = picture
            slot.commit(turn, again)
            return slot.generation

    async def begins(self, picture: np.ndarray, turn: int, n_tok: int) -> Growing:
        """The first `n_tok` rows of a picture; see Growing for the others."""
        while (slot := self.ring.acquire(len(picture))) is None:
            await self._hear()
        growing = Growing(slot, picture, turn)
        growing.to(n_tok)
        return growing

    async def until_given_back(self, slots: int = 0) -> None:
        """Until the brick holds no more than `slots` pictures."""
        while self.ring.counts()[SlotState.FREE] < 3 - slots:
            await self._hear()

    async def _hear(self) -> None:
        self.ring.handle(await self._peer.expect(Message))


@asynccontextmanager
async def brick_and_eye(
    settings: Settings = ROOMY, model: Path | None = None
) -> AsyncIterator[tuple[Brick, Eye]]:
    options = RunOptions(model=str(model) if model else None)
    async with started(language.main, ["assistant", "eye"], settings=settings, run=options) as brick:
        await brick.ready()
        yield brick, Eye(brick)


def bundled_with(folder: Path, line: str, instead: str) -> Path:
    """The bundled model in `folder`, its manifest with another line."""
    folder.mkdir()
    for path in resources.bundled_model().iterdir():
        (folder / path.name).symlink_to(path)
    manifest = folder / MANIFEST
    text = manifest.read_text(encoding="utf-8")
    assert line in text
    manifest.unlink()
    manifest.write_text(text.replace(line, instead), encoding="utf-8")
    return folder
