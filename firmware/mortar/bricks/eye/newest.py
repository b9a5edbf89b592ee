"""The picture that was encoded last: its tokens, and whether a frame shows the same. Reads no clock."""

from __future__ import annotations

from dataclasses import dataclass

from mortar.bricks.eye.gate import Gate, Luma, Verdict
from mortar.rings.token_ring import Embeddings, WriteSlot

FRESH_ms = 60_000
"""A picture that was encoded longer ago is encoded anew, even if the gate saw nothing: gates err."""


@dataclass(frozen=True)
class Kept:
    picture: int
    """Generation of the slot that the tokens were written for."""
    tokens: Embeddings
    """float32 [n_tok, n_embd], a copy."""
    at_ms: float


class Newest:
    def __init__(self) -> None:
        self.kept: Kept | None = None
        self._gate = Gate()

    def judge(self, luma: Luma, now_ms: float) -> Verdict:
        """Whether a frame is news; without a picture, or with one that is not fresh, it is the first."""
        if self.kept is None or now_ms - self.kept.at_ms > FRESH_ms:
            self.forget()
        return self._gate.judge(luma)

    def remember(self, luma: Luma, slot: WriteSlot, now_ms: float) -> None:
        """The frame was encoded into `slot`, which is not handed over yet."""
        self._gate.take(luma)
        self.kept = Kept(slot.generation, slot.array.copy(), now_ms)

    def forget(self) -> None:
        self._gate.forget()
        self.kept = None
