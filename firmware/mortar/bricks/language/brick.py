"""The language brick's process: what it is told, and which work that leads to.

Messages only change what is known (earlier turns, picture, question). One task beside them looks
at what is known, does the most urgent piece of work in the worker's thread, and looks again: an answer, or
one chunk of what can be read before anybody asks.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec

from mortar import languages, resources
from mortar.bricks.language.answer import NO_ANSWER
from mortar.bricks.language.interpreter import NOT_TAUGHT, Interpreter, Telling, interpreter
from mortar.bricks.language.mind import Mind
from mortar.bricks.language.pictures import Picture
from mortar.bricks.language.replies import ASSISTANT, Asked, Replies
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import (
    NO_TURN,
    Ask,
    Cancel,
    Context,
    Exchange,
    LinkLost,
    Message,
    RingOffer,
    SlotReady,
    SlotRecall,
)
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Interrupted
from mortar.runtimes.model_folder import Manifest, ModelFolder
from mortar.worker import Mail, Worker

P = ParamSpec("P")
T = TypeVar("T")

EYE = "eye"

LOAD_DEADLINE_MS = 120_000
"""Longest time to verify and load a model: some gigabytes from a slow card."""


async def main(worker: Worker) -> None:
    folder = ModelFolder(Path(worker.run.model) if worker.run.model else resources.bundled_model())
    stop = threading.Event()

    def should_stop() -> bool:
        return stop.is_set() or worker.aborted.is_set()

    model = await worker.job(
        "load", LOAD_DEADLINE_MS, choose.language_model, worker.settings.language, folder, should_stop
    )
    mind = Mind(model, folder.manifest, worker.settings.language)
    language = Language(worker, mind, stop, _between(worker, folder.manifest))
    worker.ready({"language": model.unit})
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(language.follow())
            tasks.create_task(language.work())
    finally:
        stop.set()


class Language:
    """What the brick knows. Everything here belongs to the event loop; only jobs run elsewhere."""

    def __init__(
        self,
        worker: Worker,
        mind: Mind,
        stop: threading.Event,
        between: Interpreter | MortarError | None,
    ) -> None:
        self._worker = worker
        self._mind = mind
        self._replies = Replies(worker)
        self._between = between
        """What stands between people and a model that speaks another language: who interprets, or why nobody
        can."""
        self._stop = stop
        """Set to end the job that runs; cleared as the next begins."""
        self._earlier: list[Exchange] = []
        self._asked: Asked | None = None
        self._working_for: int | None = None
        """The turn that the running job is for."""
        self._changed = asyncio.Event()

    # --- messages ---

    async def follow(self) -> None:
        """Take in what the peers say, for as long as the process lives."""
        while True:
            mail = await self._worker.next()
            try:
                self._take(mail)
            except MortarError as error:
                self._replies.failed(error, None)
            self._changed.set()

    def _take(self, mail: Mail) -> None:
        match mail.message:
            case RingOffer() as offer:
                self._mind.pictures.attach(
                    offer, mail.descriptors, lambda message: self._worker.send(EYE, message)
                )
            case SlotReady() | SlotRecall() as message:
                self._mind.pictures.handle(message)
                if isinstance(message, SlotReady) and message.turn != NO_TURN:
                    # Somebody is about to ask: what was asked of watched pictures is over.
                    self._cancel(NO_TURN)
            case Context(earlier) if self._between is None:
                self._earlier = earlier  # else it would read what it has no words for
            case Ask() as ask:
                # One question at a time: a newer one ends what came before.
                self._give_up(other_than=ask.turn)
                asked_ms = now_ms()
                try:
                    self._asked = Asked(self._interpreted(ask), asked_ms)
                except MortarError as error:
                    self._replies.failed(error, ask.turn)  # a Cancel follows, for the picture
            case Cancel(turn):
                self._cancel(turn)
            case LinkLost(peer) if peer == ASSISTANT:
                self._give_up(other_than=None)
            case _:
                pass  # Wire: the peers say what there is. The eye is lost: its memory stays mapped.

    def _interpreted(self, ask: Ask) -> Ask:
        """In the model's own words. Raises MortarError where there are none."""
        match self._between:
            case None:
                return ask
            case Interpreter() as interprets:
                question = interprets.question(ask.question)
                return msgspec.structs.replace(ask, question=question, is_free=False)
            case error:
                raise error

    def _to_eye(self, message: Message) -> None:
        self._worker.send(EYE, message)

    def _give_up(self, *, other_than: int | None) -> None:
        turns = {self._working_for, self._asked.ask.turn if self._asked else None}
        for turn in turns - {None, other_than}:
            assert turn is not None
            self._cancel(turn)

    def _cancel(self, turn: int) -> None:
        if self._working_for == turn:
            self._stop.set()  # the job ends within a token, and what it worked on is let go then
        elif (held := self._mind.pictures.held) and held.turn == turn:
            self._mind.pictures.drop()
        if (asked := self._asked) and asked.ask.turn == turn:
            self._asked = None
            self._replies.answered(asked, NO_ANSWER)

    # --- work ---

    async def work(self) -> None:
        """Do what there is to do, the most urgent first; wait while that is nothing."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            while await self._step():
                pass

    async def _step(self) -> bool:
        """One piece of work. False where there is none, or it failed and would again."""
        asked = self._asked
        picture = self._mind.pictures.take(asked.ask.turn if asked else None)
        if asked is None or (asked.ask.look and picture is None):
            return await self._read_ahead(self._mind.pictures.held)
        self._asked = None
        await self._answer(asked, picture if asked.ask.look else None)
        return True

    async def _read_ahead(self, picture: Picture | None) -> bool:
        """Read the next chunk of what the next prompt will begin with, and forget what it will not have.

        Whatever was asked or shown meanwhile is looked at after it: nothing waits for longer than one chunk.
        """
        turn = picture.turn if picture else None
        try:
            wanted = self._mind.prompt(self._earlier, picture, None)
            if self._mind.holds(wanted):
                return False
            read = await self._job("read", turn, self._mind.read_chunk, wanted, picture)
        except Interrupted:
            if self._worker.aborted.is_set():
                self._replies.failed(_late("reading"), turn)
                return False
        except MortarError as error:
            self._replies.failed(error, turn)
            return False
        else:
            self._replies.report(context_tok=len(self._mind), read_ahead_tok=read.read_tok)
        if self._stop.is_set():
            self._mind.pictures.drop()  # its turn was cancelled meanwhile
        return True

    async def _answer(self, asked: Asked, picture: Picture | None) -> None:
        """Answer, sentence by sentence. The picture leaves with its turn; what was said of it comes
        back as text, in a Context."""
        ask = asked.ask
        own = self._mind.taught
        taught = own if ask.is_free else None
        held: list[str] = []
        """Sentences that wait for how sure the whole answer is."""
        say = self._replies.sayer(ask.turn) if taught is None else held.append
        told = Telling(self._between, say) if isinstance(self._between, Interpreter) else None
        try:
            prompt = self._mind.prompt(self._earlier, picture, ask.question)
            answer = await self._job("answer", ask.turn, self._mind.answer, prompt, picture, told or say)
        except MortarError as error:
            self._replies.failed(error, ask.turn)
        else:
            if answer.interrupted and self._worker.aborted.is_set():
                self._replies.failed(_late("answering"), ask.turn)
            elif taught is not None and taught.refuses(answer.text, answer.confidence):
                self._replies.failed(NOT_TAUGHT, ask.turn)
            else:
                self._replies.said(ask.turn, held)
                is_sure = self._mind.taught is None or not self._mind.taught.refuses(
                    answer.text, answer.confidence
                )
                said = replace(answer, text=told.text) if told else answer
                self._replies.answered(asked, said, is_sure=is_sure)
        self._mind.pictures.drop()

    async def _job(
        self, what: str, turn: int | None, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        self._stop.clear()
        self._working_for = turn
        deadline_ms = self._worker.settings.language.deadline_ms
        try:
            return await self._worker.job(what, deadline_ms, work, *args, **kwargs)
        finally:
            self._working_for = None


def _between(worker: Worker, manifest: Manifest) -> Interpreter | MortarError | None:
    """Where the model does not speak what people do. Who asks from the command line has chosen the words."""
    spoken, known = worker.settings.assistant.language, manifest.languages
    if not known or spoken in known or worker.run.ask is not None:
        return None
    return interpreter(languages.of(spoken), manifest) or MortarError(
        "model-speaks-other",
        f"the model {manifest.name} speaks {', '.join(known)} alone, and people here speak {spoken}",
        f"set assistant.language to {known[0]}, or run a model that speaks {spoken} (--model)",
    )


def _late(doing: str) -> MortarError:
    return MortarError(
        "language-too-slow",
        f"{doing} took longer than the language model may take",
        "raise deadline_ms or lower answer_tok in [language], or use a smaller model",
    )
