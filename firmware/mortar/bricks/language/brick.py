"""The language brick's process: what it is told, and which work that leads to.

Messages only change what is known (earlier turns, picture, question). One task beside them looks
at what is known, does the most urgent piece of work in the worker's thread, and looks again: an answer, or
one chunk of what can be read before anybody asks.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import ParamSpec, TypeVar

from mortar.bricks.language.answer import NO_ANSWER, Answer
from mortar.bricks.language.asking import Asked, Given
from mortar.bricks.language.figures import memory_figures
from mortar.bricks.language.interpreter import NOT_TAUGHT, Interpreter, Telling
from mortar.bricks.language.mind import Mind
from mortar.bricks.language.minds import Minds
from mortar.bricks.language.pictures import Picture
from mortar.bricks.language.replies import ASSISTANT, Replies
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import (
    NO_TURN,
    Ask,
    Cancel,
    Context,
    EncodeFor,
    Exchange,
    LinkLost,
    Message,
    NotSeen,
    PowerChanged,
    RingOffer,
    SlotReady,
    SlotRecall,
)
from mortar.power import MAINS, PowerState
from mortar.runtimes.interfaces import Interrupted
from mortar.tiers import tiers
from mortar.worker import Mail, Worker

P = ParamSpec("P")
T = TypeVar("T")

EYE = "eye"

UNSURE = "not sure"
"""Why a larger model is asked, where nothing failed."""

PICTURE_GONE = MortarError(
    "picture-gone", "the picture that a larger model was to see is not there any more", "ask again"
)


async def main(worker: Worker) -> None:
    stop = threading.Event()

    def should_stop() -> bool:
        return stop.is_set() or worker.aborted.is_set()

    minds = Minds(worker, tiers(worker.run, worker.settings), should_stop)
    first = await minds.load(0)
    language = Language(worker, minds, first, stop)
    worker.ready({"language": first.unit})
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(language.follow())
            tasks.create_task(language.work())
    finally:
        stop.set()


class Language:
    """What the brick knows. Everything here belongs to the event loop; only jobs run elsewhere."""

    def __init__(self, worker: Worker, minds: Minds, first: Mind, stop: threading.Event) -> None:
        self._worker = worker
        self._minds = minds
        self._first = first
        """Reads ahead, and is asked before the others."""
        self._replies = Replies(worker)
        self._replies.report(**memory_figures(minds.held))
        self._stop = stop
        """Set to end the job that runs; cleared as the next begins."""
        self._earlier: list[Exchange] = []
        self._asked: Asked | None = None
        self._working_for: int | None = None
        """The turn that the running job is for."""
        self._power = MAINS
        self._escalations = 0
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
            case RingOffer(tier=tier) as offer:
                if (mind := self._minds.at(tier)) is not None:
                    mind.pictures.attach(offer, mail.descriptors, self._to_eye)
                else:
                    os.close(mail.descriptors[0])
            case SlotReady(tier=tier) | SlotRecall(tier=tier) as message:
                if (mind := self._minds.at(tier)) is not None:
                    mind.pictures.handle(message)
                if tier == 0 and isinstance(message, SlotReady) and message.turn != NO_TURN:
                    # Somebody is about to ask: what was asked of watched pictures is over.
                    self._cancel(NO_TURN)
            case NotSeen(turn, code, what, do):
                self._not_shown(turn, MortarError(code, what, do))
            case Context(earlier):
                self._earlier = earlier
            case Ask() as ask:
                # One question at a time: a newer one ends what came before.
                self._give_up(other_than=ask.turn)
                self._asked = Asked(ask, now_ms())
            case Cancel(turn):
                self._cancel(turn)
            case PowerChanged(power):
                self._power = power
            case LinkLost(peer) if peer == ASSISTANT:
                self._give_up(other_than=None)
            case LinkLost(peer) if peer == EYE and self._asked is not None:
                self._not_shown(self._asked.ask.turn, PICTURE_GONE)  # else its memory stays mapped
            case _:
                pass  # Wire: the peers say what there is

    def _not_shown(self, turn: int, error: MortarError) -> None:
        if (asked := self._asked) is not None and asked.ask.turn == turn and asked.tier > 0:
            self._pass_on(asked, None, error)

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
        else:
            for mind in self._minds.loaded:
                if (held := mind.pictures.held) and held.turn == turn:
                    mind.pictures.drop()
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
        if asked is None:
            if self._power.state is PowerState.CRITICAL:
                self._minds.unload_larger()
            self._first.pictures.take(None)
            return await self._read_ahead(self._first.pictures.held)
        if asked.own_words is None:
            await self._begin(asked)
            return True
        mind = await self._minds.load(asked.tier)  # it is
        picture = mind.pictures.take(asked.ask.turn)
        if asked.ask.look and picture is None:
            return await self._read_ahead(self._first.pictures.held) if asked.tier == 0 else False
        self._asked = None
        await self._answer(mind, asked, asked.own_words, picture if asked.ask.look else None)
        return True

    async def _begin(self, asked: Asked) -> None:
        """Turn to the model that is to be asked, and have it shown the picture."""
        try:
            mind = await self._minds.load(asked.tier)
            self._replies.report(**memory_figures(self._minds.held))
            own_words = mind.in_own_words(asked.ask)
        except MortarError as error:
            if self._asked is asked:
                self._pass_on(asked, None, error)
            return
        if self._asked is not asked:
            return  # taken back, or a newer one came
        self._asked = asked.begun(own_words)
        if asked.tier > 0 and asked.ask.look:
            is_sent = self._worker.send(EYE, EncodeFor(asked.ask.turn, asked.tier))
            if not is_sent:
                self._pass_on(asked, None, PICTURE_GONE)

    async def _read_ahead(self, picture: Picture | None) -> bool:
        """Read the next chunk of what the next prompt will begin with, and forget what it will not have.

        Whatever was asked or shown meanwhile is looked at after it: nothing waits for longer than one chunk.
        """
        turn = picture.turn if picture else None
        try:
            wanted = self._first.prompt(self._earlier_for(self._first), picture, None)
            if self._first.holds(wanted):
                return False
            read = await self._job("read", turn, self._first.read_chunk, wanted, picture)
        except Interrupted:
            if self._worker.aborted.is_set():
                self._replies.failed(_late("reading"), turn)
                return False
        except MortarError as error:
            self._replies.failed(error, turn)
            return False
        else:
            self._replies.report(context_tok=len(self._first), read_ahead_tok=read.read_tok)
        if self._stop.is_set():
            self._first.pictures.drop()  # its turn was cancelled meanwhile
        return True

    async def _answer(self, mind: Mind, asked: Asked, ask: Ask, picture: Picture | None) -> None:
        """Answer, sentence by sentence. The picture leaves with its turn; what was said of it comes
        back as text, in a Context."""
        held: list[str] = []
        """Sentences that wait for how sure the whole answer is."""
        say = held.append if self._waits(mind, asked, ask) else self._replies.sayer(ask.turn)
        told = Telling(mind.between, say) if isinstance(mind.between, Interpreter) else None
        try:
            prompt = mind.prompt(self._earlier_for(mind), picture, ask.question)
            answer = await self._job("answer", ask.turn, mind.answer, prompt, picture, told or say)
        except MortarError as error:
            self._pass_on(asked, None, error)
        else:
            if answer.interrupted and self._worker.aborted.is_set():
                self._pass_on(asked, None, _late("answering"))
            else:
                said = replace(answer, text=told.text) if told else answer
                self._judge(mind, asked, ask, answer, Given(mind.name, held, said))
        mind.pictures.drop()

    def _waits(self, mind: Mind, asked: Asked, ask: Ask) -> bool:
        """Whether nothing is said before the whole answer is judged."""
        return self._has_larger(asked) or (ask.is_free and mind.taught is not None)

    def _judge(self, mind: Mind, asked: Asked, ask: Ask, own: Answer, given: Given) -> None:
        """`ask` and `own` are question and answer in the model's words."""
        taught = mind.taught
        is_refused = taught is not None and taught.refuses(own.text, own.confidence)
        if own.interrupted or not is_refused:
            self._give(asked, given, is_sure=True)
        elif ask.is_free:
            self._pass_on(asked, None, NOT_TAUGHT)
        elif self._has_larger(asked):
            self._pass_on(asked, given, None)
        else:
            self._give(asked, given, is_sure=False)

    def _give(self, asked: Asked, given: Given, *, is_sure: bool) -> None:
        self._replies.said(asked.ask.turn, given.sentences)
        self._replies.answered(asked, given.answer, model=given.model, is_sure=is_sure)

    def _has_larger(self, asked: Asked) -> bool:
        """A watched picture is a matter of the first model alone: it is asked again and again."""
        is_watched = asked.ask.turn == NO_TURN
        return not is_watched and asked.tier + 1 < len(self._minds)

    def _pass_on(self, asked: Asked, unsure: Given | None, failure: MortarError | None) -> None:
        """To the next larger model; where there is none, people hear what there is."""
        turn, best = asked.ask.turn, unsure or asked.unsure
        has_larger = self._has_larger(asked)
        if failure is not None and failure is not NOT_TAUGHT and (has_larger or best is not None):
            self._worker.failed(failure, turn)
        if has_larger:
            self._escalations += 1
            self._replies.report(escalations=self._escalations)
            self._replies.passed_on(asked, self._minds.name(asked.tier), failure.code if failure else UNSURE)
            self._asked = asked.passed_on(unsure)
            self._changed.set()
            return
        self._asked = None
        if best is not None:
            self._give(asked, best, is_sure=False)
        else:
            assert failure is not None, "an answer or none"
            self._replies.failed(failure, turn)

    def _earlier_for(self, mind: Mind) -> list[Exchange]:
        """A model that is spoken to through an interpreter has no words for what was said."""
        return self._earlier if mind.between is None else []

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


def _late(doing: str) -> MortarError:
    return MortarError(
        "language-too-slow",
        f"{doing} took longer than the language model may take",
        "raise deadline_ms or lower answer_tok in [language], or use a smaller model",
    )
