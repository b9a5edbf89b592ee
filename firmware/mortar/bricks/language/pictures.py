"""The pictures that the eye hands over: which one is read, and how long its slot is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mortar.bricks.language.prompt import PictureRows
from mortar.errors import MortarError
from mortar.messages import NO_TURN, RingOffer, SlotGrown, SlotReady, SlotRecall, SlotWithdrawn
from mortar.rings.token_reader import ReadSlot, TokenRingReader
from mortar.rings.token_ring import Send


@dataclass(frozen=True)
class Picture:
    """A picture that the language model reads, where it lies."""

    rows: PictureRows
    slot: ReadSlot

    @property
    def turn(self) -> int:
        return self.slot.turn

    @property
    def is_whole(self) -> bool:
        """Whether all of it is encoded."""
        return self.slot.is_whole


class Pictures:
    """Holds the newest picture until its turn is over, not just until it was read once: it is read
    again where the text before it changes. Belongs to the event loop."""

    def __init__(self, n_embd: int) -> None:
        self._n_embd = n_embd
        self._ring: TokenRingReader | None = None
        self.held: Picture | None = None

    def attach(self, offer: RingOffer, descriptors: Sequence[int], send: Send) -> None:
        """A new link to the eye. What is held from the last one stays readable.

        Raises MortarError for a ring of embeddings that the model does not take.
        """
        ring = TokenRingReader(offer, descriptors[0], send)
        if self._ring is not None:
            self._ring.close()
            self._ring = None
        if offer.n_embd != self._n_embd:
            raise MortarError(
                "models-differ",
                f"the eye's tokens have {offer.n_embd} numbers, the language model takes {self._n_embd}",
                "use vision and language parts of one and the same model",
            )
        self._ring = ring

    def handle(self, message: SlotReady | SlotGrown | SlotWithdrawn | SlotRecall) -> None:
        if self._ring is not None:
            self._ring.handle(message)

    def take(self, turn: int | None) -> Picture | None:
        """Hold the newest picture; only one of `turn`, where that is known. What is asked of watched pictures
        takes no picture from a turn."""
        if self.held is not None and self.held.slot.is_withdrawn:
            self.drop()
        slot = self._ring.take_newest(turn) if self._ring else None
        stale = self.held is not None and turn not in (None, NO_TURN, self.held.turn)
        if slot is not None or stale:
            self.drop()
        if slot is not None:
            # The same picture handed over once more is known: nothing of it is read again.
            self.held = Picture(PictureRows(slot.picture, slot.n_tok), slot)
        return self.held if self.held is not None and turn in (None, self.held.turn) else None

    def drop(self) -> None:
        """Give the held picture's slot back. Nothing may read it any more."""
        if self.held is not None:
            self.held.slot.release()
            self.held = None
