"""The reading end of the token ring, see `token_ring.py`."""

from __future__ import annotations

import os

import numpy as np
from msgspec.structs import replace

from mortar.messages import (
    Message,
    RingOffer,
    SlotGrown,
    SlotReady,
    SlotRecall,
    SlotReleased,
    SlotTaken,
    SlotWithdrawn,
)
from mortar.rings import memory
from mortar.rings.token_ring import Embeddings, Send, size_bytes


class ReadSlot:
    """A slot that is being read, from `take_*` until the with-block is left."""

    def __init__(self, ring: TokenRingReader, ready: SlotReady, array: Embeddings) -> None:
        self.array = array
        """float32 [n_tok, n_embd], read-only, in the shared memory; not to be used after leaving."""
        self.turn = ready.turn
        self.picture = ready.picture or ready.generation
        """What is the same for slots of the same tokens, and for no others."""
        self.n_tok = ready.of_tok or ready.n_tok
        self.there_tok = ready.n_tok
        """How many of them may be read; the others are being written."""
        self.is_withdrawn = False
        """The others will not come: what was read is to be forgotten."""
        self._ring = ring
        self._ready: SlotReady | None = ready

    @property
    def is_whole(self) -> bool:
        return self.there_tok == self.n_tok

    @property
    def address(self) -> int:
        """Where `array` begins, for `llama_batch.embd`."""
        return int(self.array.ctypes.data)

    def release(self) -> None:
        """Give the slot back; a second time does nothing."""
        if self._ready is not None:
            self._ring._release(self._ready)
            self._ready = None

    def __enter__(self) -> ReadSlot:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class TokenRingReader:
    """The reading end of the ring that a RingOffer describes."""

    def __init__(self, offer: RingOffer, descriptor: int, send: Send) -> None:
        """Maps the memory and closes `descriptor`, also on failure. Raises MortarError as
        `memory.attach` does."""
        shape = (offer.slots, offer.slot_tok, offer.n_embd)
        try:
            mapping = memory.attach(descriptor, size_bytes(*shape))
        finally:
            os.close(descriptor)
        self._memory: Embeddings = np.frombuffer(mapping, np.float32).reshape(shape)
        self._unread: dict[int, SlotReady] = {}
        self._growing: dict[int, ReadSlot] = {}
        """Those taken that are still being written."""
        self._send: Send | None = send

    def handle(self, message: Message) -> None:
        """Take in what the writer says; a closed end hears nothing."""
        if self._send is None:
            return
        match message:
            case SlotReady(slot, generation, n_tok, of_tok=of_tok):
                slots, slot_tok, _ = self._memory.shape
                if not (0 <= slot < slots and 1 <= n_tok <= max(n_tok, of_tok) <= slot_tok):
                    raise ValueError(f"outside of the ring {self._memory.shape}: {message}")
                self._unread[generation] = message
            case SlotGrown(_, generation, n_tok):
                if generation in self._unread:
                    self._unread[generation] = replace(self._unread[generation], n_tok=n_tok)
                elif generation in self._growing:
                    self._grow(generation, n_tok)
            case SlotWithdrawn(_, generation):
                if withdrawn := self._unread.pop(generation, None):
                    self._release(withdrawn)
                elif taken := self._growing.pop(generation, None):
                    taken.is_withdrawn = True
            case SlotRecall(_, generation):
                # Otherwise it was taken or given back; that message is under way, and is the answer.
                if recalled := self._unread.pop(generation, None):
                    self._release(recalled)
            case _:
                raise ValueError(f"not for the reader of a token ring: {message}")

    def take_newest(self, turn: int | None = None) -> ReadSlot | None:
        """The newest unread slot (of `turn`); older unread ones are given back. None: there is none."""
        newest = max(self._of(turn), default=None)
        if newest is None:
            return None
        for generation in [held for held in self._unread if held < newest]:
            self._release(self._unread.pop(generation))
        return self._take(newest)

    def take_oldest(self) -> ReadSlot | None:
        """The oldest unread slot. None: there is none."""
        oldest = min(self._unread, default=None)
        return None if oldest is None else self._take(oldest)

    def close(self) -> None:
        """The link or the writer has gone: send nothing more, forget what is unread.

        Slots being read stay readable until they are left; those that are not whole never will be.
        """
        if self._send is not None:
            self._send = None
            self._unread.clear()
            for slot in self._growing.values():
                slot.is_withdrawn = True
            self._growing.clear()
            del self._memory

    def _of(self, turn: int | None) -> list[int]:
        return [g for g, ready in self._unread.items() if turn is None or ready.turn == turn]

    def _take(self, generation: int) -> ReadSlot:
        ready = self._unread.pop(generation)
        self._tell(SlotTaken(ready.slot, ready.generation, ready.tier))
        slot = ReadSlot(self, ready, self._memory[ready.slot, : ready.of_tok or ready.n_tok])
        if not slot.is_whole:
            self._growing[generation] = slot
        return slot

    def _grow(self, generation: int, n_tok: int) -> None:
        slot = self._growing[generation]
        slot.there_tok = n_tok
        if slot.is_whole:
            del self._growing[generation]

    def _release(self, ready: SlotReady) -> None:
        self._growing.pop(ready.generation, None)
        self._tell(SlotReleased(ready.slot, ready.generation, ready.tier))

    def _tell(self, message: Message) -> None:
        if self._send is not None:
            self._send(message)
