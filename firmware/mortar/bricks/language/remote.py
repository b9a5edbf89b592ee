"""The last model of the cascade: one on a server in the user's own network."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence

from mortar.bricks.language.answer import Answer
from mortar.bricks.language.evidence import Evidence
from mortar.bricks.language.sentences import SentenceSplitter
from mortar.clock import now_ms
from mortar.messages import Exchange, PictureShown
from mortar.rings import memory
from mortar.runtimes.openai_server import OpenAIServer, Piece, Written
from mortar.settings import Server

NAME = "server"


class Remote:
    """Belongs to the event loop. Raises what OpenAIServer does for settings that it cannot use."""

    def __init__(self, settings: Server) -> None:
        self._server = OpenAIServer(settings)
        self.unit = self._server.unit
        self._shown: tuple[int, bytes] | None = None

    def take(self, shown: PictureShown, descriptor: int) -> None:
        """The eye's picture, a JPEG."""
        try:
            held: mmap.mmap = memory.attach(descriptor, shown.size_bytes)
        finally:
            os.close(descriptor)
        with held:
            self._shown = (shown.turn, held[:])

    def picture(self, turn: int) -> bytes | None:
        """Of that turn, once the eye has shown it."""
        return self._shown[1] if self._shown is not None and self._shown[0] == turn else None

    def drop(self) -> None:
        """Let the picture go."""
        self._shown = None

    async def answer(
        self, question: str, picture: bytes | None, earlier: Sequence[Exchange], most_tok: int
    ) -> Answer:
        """Raises MortarError; whatever the server does ends within the limits of its settings."""
        first_ms: list[float] = []

        def came(_: Piece) -> None:
            if not first_ms:
                first_ms.append(now_ms())

        written = await self._server.answer(question, picture, earlier, most_tok, came)
        evidence = _evidence(written)
        took_ms = now_ms() - first_ms[0] if first_ms else 0.0
        return Answer(
            text=written.text,
            n_tok=len(written.pieces),
            confidence=evidence.probability,
            first_token_ms=first_ms[0] if first_ms else None,
            tok_per_s=len(written.pieces) / took_ms * 1e3 if took_ms else 0.0,
            interrupted=False,
            read=None,
            evidence=evidence,
            is_whole=written.is_whole,
        )


def sentences(text: str) -> list[str]:
    splitter = SentenceSplitter()
    whole = splitter.feed(text)
    rest = splitter.rest()
    return [*whole, rest] if rest else whole


def _evidence(written: Written) -> Evidence:
    """Empty where the server tells nothing of how probable its words were."""
    logs = [one.log_probability for one in written.pieces if one.log_probability is not None]
    entropies = [one.entropy for one in written.pieces if one.entropy is not None]
    if min(len(logs), len(entropies)) < len(written.pieces):
        return Evidence()
    return Evidence(tuple(logs), tuple(entropies))
