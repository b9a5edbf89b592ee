"""Asks a server, and takes its answer as it is written. Everything has a bound, and nothing is believed."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from mortar.errors import MortarError
from mortar.messages import Exchange
from mortar.runtimes.openai_server.address import parsed
from mortar.runtimes.openai_server.http import Reply, Request, exchange
from mortar.runtimes.openai_server.key import authorisation
from mortar.runtimes.openai_server.stream import Piece, chunks, garbled, readable
from mortar.settings import Server

TOP_LOGPROBS = 5
"""Likeliest tokens that are asked for with each: for its entropy. The API's own limit is 20."""

MOST_MESSAGE_bytes = 4_096
MOST_MODELS_bytes = 1_000_000


@dataclass(frozen=True)
class Written:
    """One answer of a server."""

    text: str
    pieces: tuple[Piece, ...]
    is_whole: bool
    """The server says that the model ended it, and not a limit."""


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


class _Refusal(msgspec.Struct):
    error: Any = None
    detail: Any = None


class OpenAIServer:
    """Raises UsageError for an address that is none, MortarError for a key that others may read."""

    def __init__(self, settings: Server) -> None:
        self._settings = settings
        self._address = parsed(settings.url)
        self._model = settings.model
        self._authorisation = authorisation(settings.key_file)
        self.unit = f"server/{self._address.host}"

    async def model(self) -> str:
        """The model that is asked; found out once where the settings name none.

        Raises MortarError where the server does not have it, or has several to choose from.
        """
        request = Request("GET", "/v1/models", self._authorisation)
        async with self._in_time(), self._asked(request) as reply:
            held = await reply.start(MOST_MODELS_bytes)
        try:
            names = [model.id for model in msgspec.json.decode(held, type=_Models).data]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise garbled(f"{error}: {readable(held)}") from None
        if self._model not in names and (self._model or len(names) != 1):
            lacks = f"no model {self._model!r}" if self._model else "no only model"
            raise MortarError(
                "server-model-missing",
                f"{self._address} has {lacks}, but {readable(', '.join(names))}",
                "name one of them in cascade.server.model",
            )
        self._model = self._model or names[0]
        return self._model

    async def answer(
        self,
        question: str,
        jpeg: bytes | None,
        earlier: Sequence[Exchange],
        most_tok: int,
        say: Callable[[Piece], None],
    ) -> Written:
        """The answer to `question` about a picture (JPEG), after earlier turns; `say` gets each piece as it
        comes. Cancelling closes the connection at once.

        Raises MortarError: not reached, too slow, refused, redirected, broken off, garbled, another model's.
        """
        asked = self._model or await self.model()
        body = {
            "model": asked,
            "messages": _messages(question, jpeg, earlier),
            "max_tokens": most_tok,
            "temperature": 0,
            "stream": True,
            "logprobs": True,
            "top_logprobs": TOP_LOGPROBS,
        }
        headers = [
            *self._authorisation,
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream"),
        ]
        request = Request("POST", "/v1/chat/completions", headers, msgspec.json.encode(body))
        async with self._in_time() as first, self._asked(request) as reply:

            def came(piece: Piece) -> None:
                first.reschedule(None)
                say(piece)

            return await self._taken(reply, asked, most_tok, came)

    async def _taken(self, reply: Reply, asked: str, most_tok: int, say: Callable[[Piece], None]) -> Written:
        pieces: list[Piece] = []
        finished: str | None = None
        async for chunk in chunks(reply.body()):
            if chunk is None:
                return _written(pieces, finished)
            if chunk.model != asked and not self._settings.allow_other_model:
                raise MortarError(
                    "server-model-differs",
                    f"{asked} was asked, and {readable(chunk.model or 'no model by name')} answers",
                    "correct cascade.server.model, or set allow_other_model in [cascade.server]",
                )
            for piece in chunk.pieces:
                pieces.append(piece)
                say(piece)
            finished = chunk.finish_reason or finished
            if len(pieces) > most_tok:
                return _written(pieces, "length")  # it goes on beyond what it was asked for
        if finished is None:
            raise MortarError(
                "server-broke-off",
                f"{self._address} ended in the middle of its answer",
                "see the server's own log",
            )
        return _written(pieces, finished)

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[asyncio.Timeout]:
        """Bounds the block as the settings say; gives the bound of the first token, to be lifted once it is
        there."""
        settings = self._settings
        try:
            async with asyncio.timeout(settings.total_ms / 1e3):
                try:
                    async with asyncio.timeout(settings.first_token_ms / 1e3) as first:
                        yield first
                except TimeoutError:
                    if not first.expired():
                        raise
                    raise self._too_slow("did not begin its answer", settings.first_token_ms) from None
        except TimeoutError:
            raise self._too_slow("did not end its answer", settings.total_ms) from None

    def _too_slow(self, what: str, ms: int) -> MortarError:
        return MortarError(
            "server-too-slow",
            f"{self._address} {what} within {ms} ms",
            "raise first_token_ms or total_ms in [cascade.server], or use a quicker server",
        )

    @asynccontextmanager
    async def _asked(self, request: Request) -> AsyncIterator[Reply]:
        """A reply of status 200."""
        settings = self._settings
        async with exchange(
            self._address,
            request,
            allow_public=settings.allow_public,
            connect_ms=settings.connect_ms,
        ) as reply:
            if 300 <= reply.status < 400:
                raise MortarError(
                    "server-redirects",
                    f"{self._address} sends us on to {readable(reply.headers.get('location', 'nowhere'))}",
                    "pictures go to the configured address alone: correct cascade.server.url",
                )
            if reply.status != 200:
                why = _reason(await reply.start(MOST_MESSAGE_bytes))
                raise MortarError(
                    "server-refused",
                    f"{self._address} answers {reply.status}: {why}",
                    "see the server's own log, and [cascade.server]",
                )
            yield reply


def _written(pieces: Sequence[Piece], finished: str | None) -> Written:
    text = "".join(piece.text for piece in pieces).strip()
    return Written(text, tuple(pieces), is_whole=finished == "stop")


def _messages(question: str, jpeg: bytes | None, earlier: Sequence[Exchange]) -> list[dict[str, object]]:
    said: list[dict[str, object]] = []
    for turn in earlier:
        said += [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.answer}]
    content: list[dict[str, object]] = [{"type": "text", "text": question}]
    if jpeg is not None:
        url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
        content.insert(0, {"type": "image_url", "image_url": {"url": url}})
    return [*said, {"role": "user", "content": content}]


def _reason(held: bytes) -> str:
    """The message in an error's body, however the server wraps it; else what the body begins with."""
    try:
        refusal = msgspec.json.decode(held, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return readable(held)
    reason = refusal.error or refusal.detail
    if isinstance(reason, dict):
        reason = reason.get("message")
    return readable(str(reason)) if reason else readable(held)
