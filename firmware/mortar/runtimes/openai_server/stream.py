"""The stream of a chat completion: server-sent events, each with a piece of the answer."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from textwrap import shorten

import msgspec

from mortar.errors import MortarError

MOST_LINE_bytes = 1_000_000
"""A line that is longer is no piece of an answer."""

MOST_TOLD = 160
"""Characters of a server's own message that are passed on."""

DONE = b"[DONE]"


@dataclass(frozen=True)
class Piece:
    """Of an answer: a token where the server tells how probable it was."""

    text: str
    log_probability: float | None = None
    """Nats."""
    entropy: float | None = None
    """Nats; of the tokens that the server lists as the likeliest, with all others as one: a lower bound."""


class _Top(msgspec.Struct):
    logprob: float


class _Token(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Top] = []


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Error(msgspec.Struct):
    message: str = "no reason given"


class Chunk(msgspec.Struct):
    """chat.completion.chunk of the OpenAI API; what is not used here is passed over."""

    model: str | None = None
    choices: list[_Choice] = []
    error: _Error | str | None = None

    @property
    def finish_reason(self) -> str | None:
        return self.choices[0].finish_reason if self.choices else None

    @property
    def pieces(self) -> list[Piece]:
        """What it adds to the answer."""
        if not self.choices:
            return []
        choice = self.choices[0]
        tokens = (choice.logprobs and choice.logprobs.content) or []
        text = choice.delta.content or ""
        if not tokens:
            return [Piece(text)] if text else []
        # One chunk may carry several tokens, and characters that are split over them stand in its own text.
        told = [Piece("", token.logprob, entropy(token)) for token in tokens]
        return [Piece(text, told[0].log_probability, told[0].entropy), *told[1:]]


def entropy(token: _Token) -> float | None:
    """Nats; None where the server lists no others. What the list leaves over counts as one more token."""
    shares = [math.exp(min(top.logprob, 0.0)) for top in token.top_logprobs]
    if not shares:
        return None
    shares.append(max(0.0, 1.0 - sum(shares)))
    return -sum(share * math.log(share) for share in shares if share > 0)


async def chunks(body: AsyncIterator[bytes]) -> AsyncIterator[Chunk | None]:
    """Every chunk; None for the end mark, after which nothing comes. Raises MortarError for what is none."""
    async for line in _lines(body):
        name, _, held = line.partition(b":")
        if name != b"data":
            continue  # comments keep the connection alive; event and id say nothing here
        data = held.strip()
        if data == DONE:
            yield None
            return
        try:
            chunk = msgspec.json.decode(data, type=Chunk)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise garbled(f"{error}: {readable(data)}") from None
        if chunk.error is not None:
            why = chunk.error if isinstance(chunk.error, str) else chunk.error.message
            raise MortarError(
                "server-refused", f"the server gave up: {readable(why)}", "see the server's own log"
            )
        yield chunk


async def _lines(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = b""
    async for data in body:
        *whole, held = (held + data).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")
        if len(held) > MOST_LINE_bytes:
            raise garbled(f"a line of more than {MOST_LINE_bytes} bytes")
    if held.strip():
        yield held


def garbled(why: str) -> MortarError:
    return MortarError(
        "server-answer-garbled",
        f"the server's answer is none of the OpenAI API: {why}",
        "check cascade.server.url: it is the address before /v1",
    )


def readable(held: bytes | str) -> str:
    """Somebody else's message as part of one line."""
    text = held.decode("utf-8", "replace") if isinstance(held, bytes) else held
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return shorten(printable, MOST_TOLD, placeholder=" …") or "nothing"
