"""What a conversation can do to the world."""

from __future__ import annotations

from typing import Protocol

from mortar.assistant.turn import Turn
from mortar.messages import Message, Scalar


class Port(Protocol):
    def send(self, peer: str, message: Message) -> bool:
        """False where the peer is not there."""

    def emit(self, event: str, at_ms: float, **data: Scalar) -> None: ...

    def turn_ended(self, turn: Turn, at_ms: float) -> None: ...
