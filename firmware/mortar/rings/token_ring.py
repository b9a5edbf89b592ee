"""The token ring: image embeddings from the vision encoder to the language model, without a copy.

The encoder's output is placed once into a slot of shared memory; `llama_batch.embd` of the other
process points at it. A slot changes hands by a message, and that system call is both the ordering
of memory and the wake-up:

    writer                                   reader
    acquire          FREE -> WRITE
    quarantine       WRITE -> out of use
    commit           WRITE -> READY   -- SlotReady -->
    share            WRITE -> GROWING -- SlotReady -->  of the first rows alone
    share, commit    GROWING          -- SlotGrown -->  of more of them, of all
    abandon          GROWING          -- SlotWithdrawn ->
                                      <- SlotTaken --  take          READY -> READ
                                      <- SlotReleased  leave the with-block  READ -> FREE
    full, dropping                    -- SlotRecall ->
                                      <- SlotReleased  if still unread; else SlotTaken is under way

A slot may be read while it is still written: rows that a message has told of are not written any more, and
rows that none has told of are not read. So here too the message is the ordering.

This is the writing end; `token_reader.py` is the other. Both belong to the event loop of their process. Only
the arrays go to other threads.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mortar.errors import MortarError
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
from mortar.rings.slots import FREE, GROWING, GROWING_READ, READY, IllegalTransition, Policy, Slot, SlotTable

Embeddings = npt.NDArray[np.float32]
SHARED = (GROWING, GROWING_READ)
"""The reader has been told of some rows, and not of all."""

Send = Callable[[Message], object]


class WriteSlot:
    """A slot that is being written. Leaving the with-block without a commit abandons it."""

    def __init__(self, ring: TokenRingWriter, slot: Slot, array: Embeddings) -> None:
        self.array = array
        """float32 [n_tok, n_embd], straight in the shared memory."""
        self._ring = ring
        self._slot = slot
        self._open = True

    @property
    def n_tok(self) -> int:
        return len(self.array)

    @property
    def address(self) -> int:
        """Where `array` begins."""
        return int(self.array.ctypes.data)

    @property
    def generation(self) -> int:
        """A number that no other slot has, nor this one at another time."""
        return self._slot.generation

    @property
    def shared_tok(self) -> int:
        """How many rows were handed over by `share`, in the memory that is written now."""
        return self._slot.shared_tok

    def share(self, n_tok: int, turn: int) -> None:
        """Hand the first `n_tok` rows to the reader, which are not all. They must not be written any more."""
        self._ring._share(self._slot, n_tok, turn)

    def commit(self, turn: int, picture: int = 0) -> None:
        """Hand the slot to the reader. The array must not be written from here on.

        `picture` is the generation of the slot that these tokens were written for, where it was another one.
        """
        self._close()
        self._ring._commit(self._slot, turn, picture)

    def abandon(self) -> None:
        """Free the slot; nobody hears of it, unless it was shared: then the reader forgets it."""
        self._close()
        self._ring._abandon(self._slot)

    def quarantine(self) -> None:
        """Never use this memory again: what was to write to it may still do so."""
        self._close()
        self._ring._quarantine(self._slot)

    async def leave(self) -> None:
        """Quarantine this memory, and go on in other memory, as large."""
        self.quarantine()
        other = await self._ring.acquire_async(self.n_tok)
        self.array, self._slot, self._open = other.array, other._slot, True

    def _close(self) -> None:
        if not self._open:
            raise IllegalTransition(f"slot {self._slot.index} has left the writer's hands")
        self._open = False
        self.array.setflags(write=False)

    def __enter__(self) -> WriteSlot:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            self.abandon()


class TokenRingWriter:
    """The writing end; it makes the memory and owns the table of slots.

    For each new link to a reader: send `offer()` with `descriptor`, then `connect`.
    """

    def __init__(
        self,
        slots: int,
        slot_tok: int,
        n_embd: int,
        budget_tok: int,
        policy: Policy,
        *,
        is_for_devices: bool = False,
        tier: int = 0,
    ) -> None:
        """`slots` slots of at most `slot_tok` embeddings float32 [n_embd]; all slots together
        hold at most `budget_tok`. `is_for_devices`: a device writes to it, see `memory.create`.
        `tier`: for which model of the cascade, as its messages say."""
        shape = (slots, slot_tok, n_embd)
        self.descriptor, mapping = memory.create(
            "mortar-tokens", size_bytes(*shape), is_for_devices=is_for_devices
        )
        self._tier = tier
        self._offer = RingOffer(*shape, tier)
        self._memory: Embeddings = np.frombuffer(mapping, np.float32).reshape(shape)
        # A reader may finish with the ring of a dead writer when the link to the next one is up
        # already. A random start keeps its late messages from fitting the new ring's slots.
        self._table = SlotTable(slots, slot_tok, budget_tok, policy, generation=secrets.randbits(31) << 32)
        self._send: Send | None = None
        self._changed = asyncio.Event()

    def offer(self) -> RingOffer:
        return self._offer

    def connect(self, send: Send) -> None:
        """A reader has a link and has been sent the offer: announce what is unread to it.

        Raises IllegalTransition while an earlier reader is not known to be gone.
        """
        if self._send is not None:
            raise IllegalTransition("a ring has one reader: the last one must be gone first")
        self._send = send
        for slot in self._table.in_state(READY):
            self._announce(slot)

    def reader_gone(self) -> None:
        """The reader's process has ended (PeerGone, not merely a lost link): reclaim its slots.

        Unread slots wait for the next reader. Whatever still arrives from the dead one is ignored.
        """
        self._send = None
        self._table.reader_gone()
        self._changed.set()

    def acquire(self, n_tok: int) -> WriteSlot | None:
        """A slot for `n_tok` embeddings; None while the ring is full.

        Under Policy.DROP_OLDEST a full ring asks its oldest unread slots back; try again when
        `handle` returns True. Raises MortarError for tokens that can never fit.
        """
        most_tok = min(self._table.slot_tok, self._table.budget_tok)
        if not 1 <= n_tok <= most_tok:
            raise MortarError(
                "ring-too-small",
                f"{n_tok} image tokens do not fit in the token ring, which takes 1 to {most_tok}",
                "raise ring_budget_tok in [eye], or use a vision encoder with fewer tokens",
            )
        slot = self._table.allocate(n_tok)
        if slot is None:
            self._make_room(n_tok)
            slot = self._table.allocate(n_tok)
        if slot is None:
            return None
        return WriteSlot(self, slot, self._memory[slot.index, :n_tok])

    async def acquire_async(self, n_tok: int) -> WriteSlot:
        """`acquire`, waiting for a slot. Somebody else must meanwhile feed `handle`."""
        while (slot := self.acquire(n_tok)) is None:
            self._changed.clear()
            await self._changed.wait()
        return slot

    def handle(self, message: Message) -> bool:
        """Take in SlotTaken or SlotReleased; True where `acquire` is worth another try."""
        if self._send is None:
            return False
        match message:
            case SlotTaken(slot, generation):
                current = self._table.taken(slot, generation)
                # Only matters where it was recalled: another slot has to be asked back then.
                worth = current and self._table.policy is Policy.DROP_OLDEST
            case SlotReleased(slot, generation):
                worth = self._table.released(slot, generation)
            case _:
                raise ValueError(f"not for the writer of a token ring: {message}")
        if worth:
            self._changed.set()
        return worth

    def counts(self) -> dict[str, int]:
        """For the status: slots by state, tokens in flight, slots that were dropped unread."""
        return self._table.counts() | {
            "in_flight_tok": self._table.in_flight_tok,
            "dropped": self._table.dropped,
        }

    def close(self) -> None:
        """Give up the memory; it goes once no view of it is left, here or in the reader."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            del self._memory

    def _make_room(self, n_tok: int) -> None:
        for slot in self._table.to_drop(n_tok):
            if self._send is None:
                self._table.drop(slot)
            else:
                slot.recalled = True
                self._send(SlotRecall(slot.index, slot.generation, self._tier))

    def _share(self, slot: Slot, n_tok: int, turn: int) -> None:
        if self._send is None:
            return  # a reader that comes by then gets it whole
        was_shared = slot.state in SHARED
        self._table.share(slot, n_tok, turn)
        if was_shared:
            self._send(SlotGrown(slot.index, slot.generation, n_tok, self._tier))
        elif slot.state in SHARED:
            self._send(self._ready(slot, n_tok, of_tok=slot.n_tok))

    def _commit(self, slot: Slot, turn: int, picture: int) -> None:
        was_shared = slot.state in SHARED
        self._table.commit(slot, turn, picture)
        if slot.state is FREE:
            self._changed.set()
        elif not was_shared:
            self._announce(slot)
        elif self._send is not None:
            self._send(SlotGrown(slot.index, slot.generation, slot.n_tok, self._tier))

    def _abandon(self, slot: Slot) -> None:
        self._withdraw(slot)
        self._table.abandon(slot)
        self._changed.set()

    def _quarantine(self, slot: Slot) -> None:
        self._withdraw(slot)
        self._table.quarantine(slot)
        self._changed.set()

    def _withdraw(self, slot: Slot) -> None:
        if self._send is not None and slot.state in SHARED:
            self._send(SlotWithdrawn(slot.index, slot.generation, self._tier))

    def _announce(self, slot: Slot) -> None:
        if self._send is not None:
            self._send(self._ready(slot, slot.n_tok))

    def _ready(self, slot: Slot, n_tok: int, of_tok: int = 0) -> SlotReady:
        return SlotReady(slot.index, slot.generation, n_tok, slot.turn, slot.picture, self._tier, of_tok)


def size_bytes(slots: int, slot_tok: int, n_embd: int) -> int:
    """Of a ring's memory."""
    return slots * slot_tok * n_embd * np.dtype(np.float32).itemsize
