"""What the language brick tells its peers: sentences, answers, failures, and figures for the status."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence

from mortar.bricks.language.answer import Answer
from mortar.bricks.language.asking import Asked
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import Answered, Escalated, Failure, Scalar, Sentence
from mortar.worker import Worker

ASSISTANT = "assistant"


class Replies:
    """Belongs to the event loop, like the links that it sends over."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._figures: dict[str, Scalar] = {}

    def sayer(self, turn: int) -> Callable[[str], None]:
        """Sends the sentences of a turn; called in the worker's thread, while more is written."""
        loop = asyncio.get_running_loop()
        index = itertools.count()

        def say(text: str) -> None:
            sentence = Sentence(turn, next(index), text, now_ms())
            loop.call_soon_threadsafe(self._worker.send, ASSISTANT, sentence)

        return say

    def said(self, turn: int, texts: Sequence[str]) -> None:
        """The sentences of an answer that was held until it was whole."""
        for index, text in enumerate(texts):
            self._worker.send(ASSISTANT, Sentence(turn, index, text, now_ms()))

    def passed_on(self, asked: Asked, model: str, why: str) -> None:
        """`model` gave no answer that counts; the next one is asked."""
        self._worker.send(ASSISTANT, Escalated(asked.ask.turn, model, why, now_ms()))

    def answered(self, asked: Asked, answer: Answer, *, model: str = "", is_sure: bool = True) -> None:
        """The turn's last word. Where no token came, the time to the first is the time to here."""
        ended_ms = now_ms()
        first_token_ms = (answer.first_token_ms or ended_ms) - asked.at_ms
        self._worker.send(
            ASSISTANT,
            Answered(
                turn=asked.ask.turn,
                text=answer.text,
                n_tok=answer.n_tok,
                confidence=answer.confidence,
                first_token_ms=first_token_ms,
                cancelled=answer.interrupted,
                t_ms=ended_ms,
                is_sure=is_sure,
                model=model,
            ),
        )
        if answer.read is not None:
            self.report(
                question_tok=answer.read.read_tok,
                reused_tok=answer.read.reused_tok,
                first_token_ms=round(first_token_ms, 1),
                tok_per_s=round(answer.tok_per_s, 1),
            )

    def overcome(self, error: MortarError, turn: int) -> None:
        """To the supervisor alone: somebody else answers."""
        self._worker.failed(error, turn)

    def failed(self, error: MortarError, turn: int | None) -> None:
        """To the assistant, who apologises, and to the supervisor, who remembers."""
        self._worker.failed(error, turn)
        self._worker.send(ASSISTANT, Failure(error.code, error.what, error.do, turn))

    def report(self, **figures: Scalar) -> None:
        """A report replaces the one before: earlier figures are repeated."""
        self._figures |= figures
        self._worker.report(**self._figures)
